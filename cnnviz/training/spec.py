"""A training run written down."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin

import torch

from cnnviz.data import DATASETS, DatasetEntry, ImageDataset, load, thin_out
from cnnviz.data.catalogue import SCENES, Split
from cnnviz.errors import CnnvizError
from cnnviz.models import INITIALISATIONS, NetworkSpec, Plan, resolve, summary
from cnnviz.settings import Settings, settings
from cnnviz.training.augmentation import AUGMENTATIONS
from cnnviz.training.registry import OPTIMIZERS, SCHEDULES, suited_rate
from cnnviz.training.tasks import TASKS
from cnnviz.words import say

VERSION = 2
"""Of a written specification. In version 1 the optimiser ``momentum`` was the one that is ``nesterov`` now."""
PRECISIONS = ("float32", "mixed")
KNOB_TITLES = {
    "learning_rate": "Learning rate",
    "weight_decay": "L2 penalty (weight decay)",
    "l1": "L1 penalty",
    "clip": "Longest gradient",
    "label_smoothing": "Label smoothing",
}
KNOBS = tuple(KNOB_TITLES)
"""What may change in mid-run."""


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
        learning_rate: the base rate η; ``None`` takes one that suits optimiser and network (``suited_rate``).
        schedule: a key of ``SCHEDULES``; how η changes from the first to the last step.
        weight_decay: λ of the L2 penalty, of all weights.
        label_smoothing: ε: the true class is wanted with 1 − ε + ε / classes (Szegedy et al., 2016).
        seed: of the weights, the order of the images and dropout.
        device: ``"auto"`` (CUDA where it is, else CPU), ``"cpu"`` or ``"cuda"``.
        limit: train with only the first so many images.
        full: train with all of the data set, which must have been fetched before (``cnnviz.data.load(…,
            full=True)``).
        validations: how often, besides the start, the whole test split is measured.
        threads: CPU threads of the worker. One is nearly as fast as two for small networks.
        task: a key of ``TASKS``: what the network is asked.
        classes: train with these classes only, two or more of the data set's names; ``None`` for all.
        share: train with the first share of the images, above 0 to 1.
        rare: classes of which only the first ``rare_share`` of their training images is used, above 0 to 1: a skewed
            sample. The test images stay as they are.
        loss: a key of ``LOSSES``: what training makes small.
        l1: λ of the L1 penalty λ Σ|w|, of all weights; its gradient λ sign(w) is added to that of the loss.
        clip: where the norm of the whole gradient is longer than this, it is made so long.
        augmentation: keys of ``AUGMENTATIONS``; one text with commas will do.
        initialisation: a key of ``INITIALISATIONS``: how the first weights are chosen.
        noise: share of the training labels that are drawn anew at random, 0 to 1.
        precision: ``"float32"``, or ``"mixed"``: products in bfloat16, weights in float32.
        patience: stop after so many validations without a smaller validation loss (early stopping).
        stop_accuracy: stop when a validation reaches this accuracy, 0 to 1.
        stop_seconds: stop after so many seconds of work.
        stop_joules: stop after so much energy, estimated from the multiply-adds.
    """

    dataset: str = "mnist"
    network: NetworkSpec | str = "fast"
    epochs: int = 3
    batch_size: int = 128
    optimizer: str = "nesterov"
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
    classes: tuple[str, ...] | None = None
    share: float = 1.0
    rare: tuple[str, ...] = ()
    rare_share: float = 0.05
    loss: str = "cross_entropy"
    l1: float = 0.0
    clip: float | None = None
    augmentation: tuple[str, ...] | str = ()
    initialisation: str = "default"
    noise: float = 0.0
    precision: str = "float32"
    patience: int | None = None
    stop_accuracy: float | None = None
    stop_seconds: float | None = None
    stop_joules: float | None = None

    def __post_init__(self) -> None:
        if self.learning_rate is None and self.optimizer in OPTIMIZERS:
            rate = OPTIMIZERS[self.optimizer].learning_rate
            with suppress(CnnvizError):
                rate = suited_rate(self.optimizer, self.plan, self.loss)
            object.__setattr__(self, "learning_rate", rate)
        if self.classes is not None:
            object.__setattr__(self, "classes", tuple(map(str, self.classes)))
        object.__setattr__(self, "rare", tuple(map(str, self.rare)))
        names: str | tuple[str, ...] = self.augmentation
        given = names.split(",") if isinstance(names, str) else names
        object.__setattr__(self, "augmentation", tuple(name.strip() for name in given if name.strip()))

    @property
    def augmentations(self) -> tuple[str, ...]:
        """``augmentation``, of which a text with commas has been read."""
        assert isinstance(self.augmentation, tuple)
        return self.augmentation

    @property
    def entry(self) -> DatasetEntry:
        """The data set, with the chosen classes only.

        Raises:
            CnnvizError: there is no such data set, or it has no such classes.
        """
        if self.dataset not in DATASETS:
            raise CnnvizError(
                say(
                    "There is no data set '{dataset}'. Choose one of: {datasets}.",
                    dataset=self.dataset,
                    datasets=", ".join(DATASETS),
                )
            )
        return DATASETS[self.dataset].of_classes(self.classes)

    @property
    def plan(self) -> Plan:
        """The network worked out; raises CnnvizError if it cannot be built."""
        entry = self.entry
        if self.task not in TASKS:
            raise CnnvizError(
                say(
                    "There is no task '{task}'. Choose one of: {tasks}.",
                    task=self.task,
                    tasks=", ".join(TASKS),
                )
            )
        return _plan(resolve(self.network), entry.shape, TASKS[self.task].outputs(entry), settings())

    def load(self, split: Split = "train", limit: int | None = None) -> ImageDataset:
        """The images: all test images of the chosen classes, or the training images that are used.

        Args:
            limit: only the first so many.
        """
        found = load(
            self.dataset,
            split,
            limit if split == "test" else self.limit,
            full=self.full,
            classes=self.classes,
        )
        if split == "train" and self.rare:
            found = thin_out(found, self.rare, self.rare_share)
        if split == "test" or (self.share == 1 and limit is None):
            return found
        count = min(limit or len(found), max(1, round(self.share * len(found))))
        return found.only(slice(count))

    @property
    def base_learning_rate(self) -> float:
        assert self.learning_rate is not None
        return self.learning_rate

    def check(self) -> Plan:
        """The network worked out; raises CnnvizError with a sentence about the first thing that cannot be."""
        registries: tuple[tuple[str, str, Mapping[str, Any] | tuple[str, ...]], ...] = (
            ("data set", self.dataset, DATASETS),
            ("task", self.task, TASKS),
            ("optimiser", self.optimizer, OPTIMIZERS),
            ("schedule", self.schedule, SCHEDULES),
            ("device", self.device, ("auto", "cpu", "cuda")),
            ("initialisation", self.initialisation, INITIALISATIONS),
            ("precision", self.precision, PRECISIONS),
            *(("augmentation", name, AUGMENTATIONS) for name in self.augmentations),
        )
        for name, value, known in registries:
            _check_name(name, value, known)
        self._check_task()
        if TASKS[self.task].losses:
            _check_name("loss", self.loss, TASKS[self.task].losses)
        for name, number, least, most in (
            ("number of epochs", self.epochs, 1, 1000),
            ("batch size", self.batch_size, 1, 10_000),
            ("limit of images", 1 if self.limit is None else self.limit, 1, 10**9),
            ("seed", self.seed, 0, 2**63 - 1),
            ("number of validations", self.validations, 1, 1000),
            ("number of threads", self.threads, 1, 256),
            ("patience", 1 if self.patience is None else self.patience, 1, 1000),
        ):
            if not isinstance(number, int) or not least <= number <= most:
                raise CnnvizError(
                    say(
                        "The {name} is {number}, but it must be a whole number from {least} to {most:,}.",
                        name=name,
                        number=number,
                        least=least,
                        most=most,
                    )
                )
        check_learning_rate(self.base_learning_rate)
        for knob in KNOBS[1:]:
            check_knob(knob, getattr(self, knob))
        if not 0 < self.share <= 1:
            raise CnnvizError(
                say(
                    "The share of the images is {share}, but it must be above 0 and at most 1.",
                    share=self.share,
                )
            )
        for name in self.rare:
            _check_name("class", name, self.entry.classes)
        if not 0 < self.rare_share <= 1:
            raise CnnvizError(
                say(
                    "The share of the rare classes is {rare_share}, but it must be above 0 and at most 1.",
                    rare_share=self.rare_share,
                )
            )
        if not 0 <= self.noise <= 1:
            raise CnnvizError(
                say(
                    "The share of random labels is {noise}, but it must lie between 0 and 1.",
                    noise=self.noise,
                )
            )
        for name, goal, unit in (
            ("accuracy", self.stop_accuracy, "from 0 to 1"),
            ("time", self.stop_seconds, "seconds"),
            ("energy", self.stop_joules, "joules"),
        ):
            if goal is not None and not (0 < goal <= (1 if name == "accuracy" else math.inf)):
                raise CnnvizError(
                    say(
                        "The {name} at which to stop is {goal}, but it must be a number above 0, {unit}.",
                        name=name,
                        goal=goal,
                        unit=unit,
                    )
                )
        if self.device == "cuda" and not torch.cuda.is_available():
            raise CnnvizError("This machine has no CUDA device. Choose the device 'auto' or 'cpu'.")
        return self.plan

    def _check_task(self) -> None:
        task = TASKS[self.task]
        many = self.entry.many_labels
        if many and task.labels:
            raise CnnvizError(
                say(
                    "An image of '{dataset}' may have several labels, or none, so it has no class to learn. Choose the task 'labels': "
                    "yes or no for each.",
                    dataset=self.dataset,
                )
            )
        if many and self.rare:
            raise CnnvizError(
                "Rare classes go with one class an image, not with many labels. Leave them away."
            )
        if task.wants and task.wants not in self.load("test", 1).targets:
            raise CnnvizError(
                say(
                    "The data set '{dataset}' has no {wants}, which the task '{task}' asks for. Choose one of: {scenes}.",
                    dataset=self.dataset,
                    wants=task.wants,
                    task=self.task,
                    scenes=", ".join(SCENES),
                )
            )
        if not task.labels and (self.augmentations or self.noise):
            raise CnnvizError(
                say(
                    "Augmentation and random labels go with classes of whole images, not with {task}. Leave them away.",
                    task=self.task,
                )
            )

    def to_dict(self) -> dict[str, Any]:
        data = {"version": VERSION, **asdict(replace(self, network=""))}
        data["network"] = self.network if isinstance(self.network, str) else self.network.to_dict()
        return data

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "TrainingSpec":
        if not isinstance(data, Mapping):
            raise CnnvizError('A training is written as {"dataset": "mnist", "epochs": 3, …}.')
        data = dict(data)
        version = data.pop("version", 1)
        if version == 1 and data.get("optimizer") == "momentum":
            data["optimizer"] = "nesterov"
        known = {field.name for field in fields(cls)}
        if unknown := set(data) - known:
            raise CnnvizError(
                say(
                    "A training has no setting '{unknown}'. It has: {known}.",
                    unknown=min(unknown),
                    known=", ".join(sorted(known)),
                )
            )
        if isinstance(data.get("network"), dict):
            data["network"] = NetworkSpec.from_dict(data["network"])
        for name, value in data.items():
            _check_kind(name, value, cls.__annotations__[name])
        return cls(**data)

    @classmethod
    def from_json(cls, text: str) -> "TrainingSpec":
        """What ``to_json`` wrote.

        Raises:
            CnnvizError: it is no training; ``check`` says whether one can be trained.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise CnnvizError(
                say(
                    "This is not JSON: {msg} in line {lineno}, column {colno}.",
                    msg=error.msg,
                    lineno=error.lineno,
                    colno=error.colno,
                )
            ) from None
        except (RecursionError, ValueError):
            raise CnnvizError(
                "This JSON is nested too deeply, or has a number with too many digits. Write it more plainly."
            ) from None
        return cls.from_dict(data)

    @property
    def network_name(self) -> str:
        return self.network if isinstance(self.network, str) else self.network.name

    def __repr__(self) -> str:
        return (
            f"TrainingSpec({self.network_name} on {self.dataset}, {self.epochs} epochs of {self.batch_size}, "
            f"{self.optimizer} {self.learning_rate:g}, seed {self.seed})"
        )


@lru_cache(maxsize=128)
def _plan(
    network: NetworkSpec, shape: tuple[int, int, int], outputs: int | tuple[int, ...], limits: Settings
) -> Plan:
    return summary(network, shape, outputs, limits=limits)


_KINDS: Mapping[type, tuple[type, ...]] = {float: (int, float), tuple: (list, tuple)}
"""Type of a setting -> what JSON makes of it, if that is not the type itself."""


def _check_kind(name: str, value: Any, annotation: Any) -> None:
    """Raises CnnvizError unless the value is of the type that the setting has."""
    for kind in get_args(annotation) if isinstance(annotation, UnionType) else (annotation,):
        plain = get_origin(kind) or kind
        if isinstance(value, bool) and plain is not bool:
            continue
        if isinstance(value, _KINDS.get(plain, (plain,))) and (
            plain is not tuple or all(isinstance(one, str) for one in value)
        ):
            return
    raise CnnvizError(say("The setting '{name}' cannot be {value!r:.60}.", name=name, value=value))


def _check_name(what: str, value: str, known: Mapping[str, Any] | tuple[str, ...]) -> None:
    if value not in known:
        raise CnnvizError(
            say(
                "There is no {what} '{value}'. Choose one of: {known}.",
                what=what,
                value=value,
                known=", ".join(known),
            )
        )


def check_knob(name: str, value: float | None) -> None:
    """Raises CnnvizError unless this may be the value of a knob of ``KNOBS``."""
    if name not in KNOBS:
        raise CnnvizError(
            say(
                "'{name}' cannot change in mid-run. Choose one of: {knobs}.",
                name=name,
                knobs=", ".join(KNOBS),
            )
        )
    if value is None and name == "clip":
        return
    if name == "learning_rate":
        check_learning_rate(value)
        return
    least, most, wrong = {
        "weight_decay": (
            0.0,
            1.0,
            say("The weight decay is {value}, but it must lie between 0 and 1.", value=value),
        ),
        "l1": (0.0, 1.0, say("The L1 penalty is {value}, but it must lie between 0 and 1.", value=value)),
        "clip": (1e-12, 1e12, say("The longest gradient is {value}, but it must be above 0.", value=value)),
        "label_smoothing": (
            0.0,
            math.nextafter(1, 0),
            say("The label smoothing is {value}, but it must be at least 0 and below 1.", value=value),
        ),
    }[name]
    if not isinstance(value, int | float) or not least <= value <= most:
        raise CnnvizError(wrong)


def check_learning_rate(value: float | None) -> None:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 < value <= 1000:
        raise CnnvizError(
            say(
                "The learning rate is {value}, but it must be above 0 and at most 1000. Try 0.1 for SGD, 0.001 for Adam.",
                value=value,
            )
        )
