"""The training loop: images in memory, batches gathered by index. No files, no processes."""

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.data import ImageDataset, floats
from cnnviz.data.source import order_of, orders
from cnnviz.models import Network, build
from cnnviz.random_numbers import drawing_from
from cnnviz.training.augmentation import Augment
from cnnviz.training.registry import OPTIMIZERS, SCHEDULES
from cnnviz.training.spec import KNOBS, TrainingSpec, check_knob
from cnnviz.training.stopping import Stopping
from cnnviz.training.tasks import TASKS, Evaluation

EVALUATION_BATCH = 200


@dataclass(frozen=True)
class Metric:
    """What is known at one logged step.

    Attributes:
        step: optimiser steps so far.
        epoch: passes over the training images so far, as a fraction.
        images: training images seen so far.
        seconds: time spent training and validating so far, pauses left out.
        loss, accuracy: mean over the training batches since the last record; ``None`` at step 0.
        val_loss, val_accuracy: on the whole test split, or ``None`` where it was not measured.
        learning_rate: of the last step.
        gradient_norm: layer -> L2 norm of the gradient of its parameters in the last step.
        confusion: (true class, predicted class) counts of the test split, where it was measured.
    """

    step: int
    epoch: float
    images: int
    seconds: float
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    gradient_norm: dict[str, float] = field(default_factory=dict)
    confusion: list[list[int]] | None = None


def _layer_of(parameter: str) -> str:
    """``stage1.block1.conv2`` of ``stage1.block1.conv2.weight``; a weight that is partly fixed lies one level
    deeper.
    """
    layer, partly_fixed, _ = parameter.partition(".parametrizations.")
    return layer if partly_fixed else parameter.rpartition(".")[0]


def evaluate(
    network: nn.Module, dataset: ImageDataset, task: str = "classification", loss: str | None = None
) -> Evaluation:
    """The network on all images of a data set, in evaluation mode; its mode is put back.

    Args:
        loss: a key of the task's losses, if it is not the usual one.
    """
    device = next(network.parameters()).device
    mode = network.training
    network.eval()
    try:
        with torch.inference_mode():
            outputs = torch.cat(
                [
                    network(dataset.floats(slice(start, start + EVALUATION_BATCH)).to(device)).cpu()
                    for start in range(0, len(dataset), EVALUATION_BATCH)
                ]
            )
    finally:
        network.train(mode)
    asked = TASKS[task]
    found = asked.evaluate(outputs, dataset)
    if loss not in asked.losses:
        return found
    return replace(found, loss=asked.loss_named(str(loss))(outputs, asked.targets(dataset), 0.0).item())


def noisy(targets: Tensor, share: float, classes: int, seed: int) -> Tensor:
    """Labels (N,) of which a share, chosen at random, is drawn anew from all classes."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(targets), generator=generator)[: round(share * len(targets))]
    labels = targets.clone()
    labels[chosen] = torch.randint(classes, (len(chosen),), generator=generator)
    return labels


def batch_at(spec: TrainingSpec, step: int) -> ImageDataset:
    """The images that a training learns from in the step after ``step``, as they are before any augmentation."""
    train = spec.load("train")
    size = min(spec.batch_size, len(train))
    epoch, place = divmod(step, len(train) // size)
    order = order_of(len(train), spec.seed, epoch)
    return train.only(order[place * size : (place + 1) * size])


def choose_device(name: str) -> torch.device:
    return torch.device(
        "cuda" if name == "auto" and torch.cuda.is_available() else "cpu" if name == "auto" else name
    )


class Trainer:
    """One training run in this process: ``step()`` until ``done``; ``state()`` and ``restore()`` for
    checkpoints.

    The order of images, the weights and dropout depend only on the specification, so a restored trainer goes
    on exactly as if it had never stopped. Their generators are its own: several may train in one process.
    """

    def __init__(self, spec: TrainingSpec) -> None:
        spec.check()
        self.spec = spec
        self.task = TASKS[spec.task]
        self.device = choose_device(spec.device)
        self.dataset = spec.load("train")
        self.validation = spec.load("test")
        self._images = self.dataset.images.to(self.device)
        classes = len(spec.entry.classes)
        targets = self.task.targets(self.dataset)
        if spec.noise:
            targets = noisy(targets, spec.noise, classes, spec.seed)
        self.targets = targets.to(self.device)
        self._loss = self.task.loss_named(spec.loss)
        self._augment = Augment(spec.augmentations, spec.entry.shape, classes) if spec.augmentation else None
        self.network = build_for(spec).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.weights_now: Mapping[str, Tensor] = self.network.state_dict()
        """The network's parameters and buffers themselves: each step changes them in place."""
        self.optimizer = OPTIMIZERS[spec.optimizer].make(
            self.network.parameters(), spec.base_learning_rate, spec.weight_decay
        )
        self.batch_size = min(spec.batch_size, len(self.dataset))
        self.steps_per_epoch = len(self.dataset) // self.batch_size
        self.total_steps = self.steps_per_epoch * spec.epochs
        self.step_count = 0
        self.seconds = 0.0
        self.learning_rate = self._scheduled_rate()
        self.own_learning_rate: float | None = None
        """A rate set by hand: from then on it holds, and the schedule does not."""
        self.knobs: dict[str, float | None] = {name: getattr(spec, name) for name in KNOBS[1:]}
        """What else may be turned in mid-run, as it is now."""
        self.stopping = Stopping(spec, self.network.plan.multiply_adds)
        self._orders = orders(len(self.dataset), spec.seed)
        self._draws = bool(spec.augmentation) or any(
            isinstance(module, nn.Dropout) for module in self.network.modules()
        )
        self._random_name = "random_cuda" if self.device.type == "cuda" else "random"
        self._order = torch.empty(0, dtype=torch.int64)
        self._epochs_drawn = 0
        self._since_record: list[tuple[Tensor, Tensor]] = []
        self._generator = torch.Generator(self.device).manual_seed(spec.seed)

    @property
    def done(self) -> bool:
        return self.step_count >= self.total_steps or bool(self.stopping.reason)

    def turn(self, knob: str, value: float | None) -> None:
        """From the next step on this knob of ``KNOBS`` has this value; a learning rate holds from then on."""
        check_knob(knob, value)
        if knob == "learning_rate":
            self.own_learning_rate = value
        else:
            self.knobs[knob] = value

    def _scheduled_rate(self) -> float:
        return self.spec.base_learning_rate * SCHEDULES[self.spec.schedule].factor(
            self.step_count / max(1, self.total_steps)
        )

    def _batch(self) -> Tensor:
        epoch, place = divmod(self.step_count, self.steps_per_epoch)
        while self._epochs_drawn <= epoch:
            self._order = next(self._orders)
            self._epochs_drawn += 1
        return self._order[place * self.batch_size : (place + 1) * self.batch_size]

    def step(self) -> float:
        """One batch forward, backward, update. Returns the loss; if it is not finite, the weights are left as
        they were.
        """
        started = time.perf_counter()
        self.learning_rate = self.own_learning_rate or self._scheduled_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
            group["weight_decay"] = self.knobs["weight_decay"]
        indices = self._batch()
        self.network.train()
        self.optimizer.zero_grad()
        outputs, targets = self._outputs(floats(self._images[indices]), self.targets[indices])
        loss = self._loss(outputs, targets, self.knobs["label_smoothing"] or 0.0)
        value = loss.item()
        if value - value == 0:
            loss.backward()
            self._change_gradients()
            self.optimizer.step()
            self.step_count += 1
            self._since_record.append((loss.detach(), self.task.score(outputs.detach(), targets)))
        self.seconds += time.perf_counter() - started
        self.stopping.worked(self.seconds, self.step_count * self.batch_size)
        return value

    def _change_gradients(self) -> None:
        l1, clip = self.knobs["l1"], self.knobs["clip"]
        if l1:
            for weight in self.network.parameters():
                if weight.grad is not None:
                    weight.grad.add_(weight.detach().sign(), alpha=l1)
        if clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), clip)

    def _outputs(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        drawn = drawing_from(self._generator) if self._draws else nullcontext()
        mixed = torch.autocast(self.device.type, torch.bfloat16, enabled=self.spec.precision == "mixed")
        with drawn:
            if self._augment is not None:
                images, targets = self._augment(images, targets)
            with mixed:
                outputs = self.network(images)
        return outputs.float(), targets

    def record(self, validate: bool) -> Metric:
        """The metrics at this step; the training averages start anew."""
        started = time.perf_counter()
        losses, accuracies = zip(*self._since_record, strict=True) if self._since_record else ((), ())
        self._since_record = []
        measured = (
            evaluate(self.network, self.validation, self.spec.task, self.spec.loss) if validate else None
        )
        if measured:
            self.stopping.measured(self.step_count, measured.loss, measured.accuracy)
        norms = self._gradient_norms()
        self.seconds += time.perf_counter() - started
        return Metric(
            step=self.step_count,
            epoch=self.step_count / self.steps_per_epoch,
            images=self.step_count * self.batch_size,
            seconds=self.seconds,
            loss=torch.stack(losses).mean().item() if losses else None,
            accuracy=torch.stack(accuracies).mean().item() if accuracies else None,
            val_loss=measured.loss if measured else None,
            val_accuracy=measured.accuracy if measured else None,
            learning_rate=self.learning_rate,
            gradient_norm=norms,
            confusion=measured.confusion if measured else None,
        )

    def _gradient_norms(self) -> dict[str, float]:
        squares: defaultdict[str, float] = defaultdict(float)
        named = [
            (_layer_of(name), p.grad) for name, p in self.network.named_parameters() if p.grad is not None
        ]
        norms = torch._foreach_norm([gradient for _, gradient in named]) if named else []
        for (layer, _), norm in zip(named, norms, strict=True):
            squares[layer] += norm.item() ** 2
        return {layer: square**0.5 for layer, square in squares.items()}

    def weights(self) -> dict[str, Tensor]:
        """A copy of the network's parameters and buffers, on the CPU."""
        return {
            name: value.detach().to("cpu", copy=True).contiguous() for name, value in self.weights_now.items()
        }

    def state(self) -> tuple[dict[str, Tensor], dict[str, str]]:
        """All that ``restore`` needs, as tensors and strings."""
        tensors = {f"network.{name}": value for name, value in self.weights().items()}
        optimizer = self.optimizer.state_dict()["state"]
        for index, entries in optimizer.items():
            for name, value in entries.items():
                if value is not None:
                    tensors[f"optimizer.{index}.{name}"] = (
                        torch.as_tensor(value).detach().to("cpu", copy=True).contiguous()
                    )
        tensors[self._random_name] = self._generator.get_state()
        if self._since_record:
            tensors["since_record"] = torch.tensor(
                [[loss.item(), accuracy.item()] for loss, accuracy in self._since_record]
            )
        numbers = {
            "step": self.step_count,
            "seconds": self.seconds,
            "own_learning_rate": self.own_learning_rate,
            "knobs": self.knobs,
            "stopping": self.stopping.state(),
        }
        return tensors, {"numbers": json.dumps(numbers)}

    def restore(self, tensors: dict[str, Tensor], texts: dict[str, str]) -> None:
        network = {
            name.removeprefix("network."): value
            for name, value in tensors.items()
            if name.startswith("network.")
        }
        self.network.load_state_dict(network)
        entries: dict[int, dict[str, Any]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                entries.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": entries})
        if self._random_name in tensors:
            self._generator.set_state(tensors[self._random_name])
        self._since_record = [(row[0], row[1]) for row in tensors.get("since_record", torch.empty(0, 2))]
        numbers = json.loads(texts["numbers"])
        self.step_count, self.seconds = numbers["step"], numbers["seconds"]
        self.own_learning_rate = numbers["own_learning_rate"]
        self.knobs |= numbers.get("knobs", {})
        self.stopping.restore(numbers.get("stopping", {}))

    def __repr__(self) -> str:
        return f"Trainer({self.spec!r}, step {self.step_count} of {self.total_steps})"


def build_for(spec: TrainingSpec) -> Network:
    """The network of a specification at step 0: right shape, classes, seed and normalisation."""
    entry = spec.entry
    return build(
        spec.network,
        entry.shape,
        TASKS[spec.task].outputs(entry),
        spec.seed,
        mean=entry.mean,
        std=entry.std,
        initialisation=spec.initialisation,
    )
