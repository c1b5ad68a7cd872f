"""A training run written down."""

import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import torch

from cnnviz.data import DATASETS
from cnnviz.errors import CnnvizError
from cnnviz.models import NetworkSpec, Plan, resolve, summary
from cnnviz.training.registry import OPTIMIZERS, SCHEDULES
from cnnviz.training.tasks import TASKS


@dataclass(frozen=True)
class TrainingSpec:
    """Everything that decides the weights: two runs of one specification on one machine are equal to the bit.

    ``TrainingSpec(dataset="mnist")`` is the fast recipe: 98 % test accuracy in about two seconds on one core.

    Attributes:
        dataset: a key of ``cnnviz.data.DATASETS``.
        network: the name of a preset or a ``NetworkSpec``.
        epochs: how often all training images are seen.
        batch_size: images a step.
        optimizer: a key of ``OPTIMIZERS``.
        learning_rate: the base rate η; ``None`` takes the optimiser's own default.
        schedule: a key of ``SCHEDULES``; how η changes from the first to the last step.
        weight_decay: λ of the L2 penalty, of all weights.
        label_smoothing: ε of the cross-entropy (Szegedy et al., 2016).
        seed: of the weights, the order of the images and dropout.
        device: ``"auto"`` (CUDA where it is, else CPU), ``"cpu"`` or ``"cuda"``.
        limit: train with only the first so many images.
        full: train with all of the data set, which must have been fetched before (``cnnviz.data.load(…,
            full=True)``).
        validations: how often, besides the start, the whole test split is measured.
        threads: CPU threads of the worker. One is nearly as fast as two for small networks.
        task: a key of ``TASKS``: what the network is asked.
    """

    dataset: str = "mnist"
    network: NetworkSpec | str = "fast"
    epochs: int = 3
    batch_size: int = 128
    optimizer: str = "momentum"
    learning_rate: float | None = None
    schedule: str = "one_cycle"
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    seed: int = 0
    device: str = "auto"
    limit: int | None = None
    full: bool = False
    validations: int = 9
    threads: int = 1
    task: str = "classification"

    def __post_init__(self) -> None:
        if self.learning_rate is None and self.optimizer in OPTIMIZERS:
            object.__setattr__(self, "learning_rate", OPTIMIZERS[self.optimizer].learning_rate)

    @property
    def base_learning_rate(self) -> float:
        assert self.learning_rate is not None
        return self.learning_rate

    def check(self) -> Plan:
        """The network worked out; raises CnnvizError with a sentence about the first thing that cannot be."""
        for name, value, known in (
            ("data set", self.dataset, DATASETS),
            ("task", self.task, TASKS),
            ("optimiser", self.optimizer, OPTIMIZERS),
            ("schedule", self.schedule, SCHEDULES),
            ("device", self.device, ("auto", "cpu", "cuda")),
        ):
            if value not in known:
                raise CnnvizError(f"There is no {name} '{value}'. Choose one of: {', '.join(known)}.")
        for name, number, least, most in (
            ("number of epochs", self.epochs, 1, 1000),
            ("batch size", self.batch_size, 1, 10_000),
            ("limit of images", 1 if self.limit is None else self.limit, 1, 10**9),
            ("seed", self.seed, 0, 2**63 - 1),
            ("number of validations", self.validations, 1, 1000),
            ("number of threads", self.threads, 1, 256),
        ):
            if not isinstance(number, int) or not least <= number <= most:
                raise CnnvizError(
                    f"The {name} is {number}, but it must be a whole number from {least} to {most:,}."
                )
        check_learning_rate(self.base_learning_rate)
        if not 0 <= self.weight_decay <= 1:
            raise CnnvizError(f"The weight decay is {self.weight_decay}, but it must lie between 0 and 1.")
        if not 0 <= self.label_smoothing < 1:
            raise CnnvizError(
                f"The label smoothing is {self.label_smoothing}, but it must be at least 0 and below 1."
            )
        if self.device == "cuda" and not torch.cuda.is_available():
            raise CnnvizError("This machine has no CUDA device. Choose the device 'auto' or 'cpu'.")
        entry = DATASETS[self.dataset]
        return summary(resolve(self.network), entry.shape, TASKS[self.task].outputs(entry))

    def to_dict(self) -> dict[str, Any]:
        data = asdict(replace(self, network=""))
        data["network"] = self.network if isinstance(self.network, str) else self.network.to_dict()
        return data

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "TrainingSpec":
        known = {field.name for field in fields(cls)}
        if unknown := set(data) - known:
            raise CnnvizError(
                f"A training has no setting '{min(unknown)}'. It has: {', '.join(sorted(known))}."
            )
        data = dict(data)
        if isinstance(data.get("network"), dict):
            data["network"] = NetworkSpec.from_dict(data["network"])
        return cls(**data)

    @classmethod
    def from_json(cls, text: str) -> "TrainingSpec":
        return cls.from_dict(json.loads(text))

    @property
    def network_name(self) -> str:
        return self.network if isinstance(self.network, str) else self.network.name

    def __repr__(self) -> str:
        return (
            f"TrainingSpec({self.network_name} on {self.dataset}, {self.epochs} epochs of {self.batch_size}, "
            f"{self.optimizer} {self.learning_rate:g}, seed {self.seed})"
        )


def check_learning_rate(value: float) -> None:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 < value <= 1000:
        raise CnnvizError(
            f"The learning rate is {value}, but it must be above 0 and at most 1000. Try 0.1 for SGD, 0.001 for Adam."
        )
