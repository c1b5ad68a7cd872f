"""Networks that learn the classes of volumes, epoch by epoch: with 3D convolutions, and with slices. ``tools/run_volumes.py``
makes the bundled result.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Generator, Tensor, nn
from torch.nn import functional

from cnnviz.data.volumes import Volumes
from cnnviz.errors import CnnvizError
from cnnviz.ops.scores import accuracy
from cnnviz.settings import ASSETS
from cnnviz.tasks.volumes import VIEWS, classify_volumes, layers_of, network_for, view_of
from cnnviz.training.outcomes import Course, Outcome
from cnnviz.words import say

FOLDER = ASSETS / "volumes"
FILE = FOLDER / "solids.json"
SEEDS, EPOCHS, MOST_EPOCHS = 5, 10, 30
BATCH, RATE, DECAY = 32, 0.01, 0.01
RISE = 0.25
"""Share of the steps in which the learning rate rises."""
Progress = Callable[[float], None]


@dataclass(frozen=True)
class VolumeTraining:
    """A training: the same gives the same weights, to the bit on one machine.

    Attributes:
        view: what the network sees, a key of ``VIEWS``.
        epochs: for which the learning rate is planned.
        seed: of the first weights and of the order of the volumes.
    """

    view: str = "volume"
    epochs: int = EPOCHS
    seed: int = 0

    def check(self) -> None:
        """
        Raises:
            CnnvizError: no such view, or another number of epochs than 1 to 30.
        """
        view_of(self.view)
        if not 1 <= self.epochs <= MOST_EPOCHS:
            raise CnnvizError(
                say(
                    "A training has 1 to {most} epochs, but {epochs} are asked for.",
                    most=MOST_EPOCHS,
                    epochs=self.epochs,
                )
            )


@dataclass(frozen=True, eq=False)
class Trained:
    """A network after some epochs; ``next_epoch`` gives the next one.

    Attributes:
        weights: name -> tensor, of the network.
        moments: of AdamW, its state.
        loss: mean of each epoch's batches; ``accuracy``: on the test volumes after each epoch.
        steps: of the optimiser in one epoch.
    """

    epoch: int
    weights: Mapping[str, Tensor]
    moments: Mapping[str, object]
    steps: int
    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()


def begin(spec: VolumeTraining, train: Volumes) -> Trained:
    """The first weights.

    Raises:
        CnnvizError: see ``VolumeTraining.check``.
    """
    spec.check()
    network = network_for(spec.view, train.shape, len(train.classes), spec.seed)
    return Trained(0, _copied(network.state_dict()), {}, max(1, len(train) // BATCH))


def next_epoch(
    spec: VolumeTraining, before: Trained, train: Volumes, test: Volumes, progress: Progress | None = None
) -> Trained:
    """One epoch of AdamW more; the learning rate rises for a quarter of all steps, and then falls like a cosine to zero.

    Args:
        progress: told the share of the epoch that is done, 0 to 1.
    """
    network = network_of(spec.view, train, before.weights)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    if before.moments:
        optimizer.load_state_dict(_copied(before.moments))
    generator = Generator().manual_seed(1_000_003 * spec.seed + before.epoch)
    order = torch.randperm(len(train), generator=generator)
    given, total = VIEWS[spec.view].given, spec.epochs * before.steps
    losses: list[float] = []
    network.train()
    with torch.enable_grad():
        for number in range(before.steps):
            if progress is not None:
                progress(number / before.steps)
            chosen = order[number * BATCH : (number + 1) * BATCH]
            for group in optimizer.param_groups:
                group["lr"] = RATE * _share_of_rate((before.epoch * before.steps + number + 1) / total)
            loss = functional.cross_entropy(network(given(train.floats(chosen))), train.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return Trained(
        before.epoch + 1,
        _copied(network.state_dict()),
        _copied(optimizer.state_dict()),
        before.steps,
        (*before.loss, sum(losses) / len(losses)),
        (*before.accuracy, accuracy_of(network, spec.view, test)),
    )


def _share_of_rate(done: float) -> float:
    """Of a part of all steps, up to 1."""
    if done < RISE:
        return done / RISE
    return 0.5 * (1 + math.cos(math.pi * (min(done, 1.0) - RISE) / (1 - RISE)))


def accuracy_of(network: nn.Module, view: str, volumes: Volumes) -> float:
    """The share of the volumes that are answered right."""
    return float(accuracy(classify_volumes(network, view, volumes.floats()), volumes.labels))


def network_of(view: str, volumes: Volumes, weights: Mapping[str, Tensor]) -> nn.Sequential:
    """A network with given weights, for volumes of this kind."""
    network = network_for(view, volumes.shape, len(volumes.classes))
    network.load_state_dict(weights)
    return network.eval()


def _copied(state: object) -> dict[str, Any]:
    """A copy of nested dictionaries and lists that no training changes."""

    def copy(value: object) -> object:
        if isinstance(value, Tensor):
            return value.detach().clone()
        if isinstance(value, Mapping):
            return {name: copy(one) for name, one in value.items()}
        return [copy(one) for one in value] if isinstance(value, list) else value

    found = copy(state)
    assert isinstance(found, dict)
    return found


def outcome_of(view: str, volumes: Volumes, trainings: Mapping[int, Trained]) -> Outcome:
    """What the trainings of one view came to, seed -> training, for the curves and tables of all comparisons."""
    network = network_for(view, volumes.shape, len(volumes.classes))
    courses = tuple(_course(seed, one.steps, one.loss, one.accuracy) for seed, one in trainings.items())
    return _outcome(view, network, volumes, courses)


def _course(seed: int, steps: int, loss: Sequence[float], right: Sequence[float]) -> Course:
    """Measured after each epoch."""
    return Course(seed, tuple(steps * (one + 1) for one in range(len(loss))), tuple(loss), tuple(right), {})


def _outcome(view: str, network: nn.Sequential, volumes: Volumes, courses: tuple[Course, ...]) -> Outcome:
    layers = layers_of(network, VIEWS[view].inputs(volumes.shape))
    return Outcome(
        VIEWS[view].title,
        sum(one.numel() for one in network.parameters()),
        sum(layer.multiply_adds for layer in layers),
        max(layers[-2].field),
        tuple(layer.name for layer in layers),
        courses,
    )


def volume_results(volumes: Volumes) -> dict[str, Outcome]:
    """View -> what ``tools/run_volumes.py`` measured on the solids, ``SEEDS`` seeds each.

    Args:
        volumes: the solids.
    """
    about = _read()
    return {
        view: _outcome(
            view,
            network_for(view, volumes.shape, len(volumes.classes)),
            volumes,
            tuple(
                _course(seed, about["steps"], one["loss"], one["accuracy"])
                for seed, one in enumerate(courses)
            ),
        )
        for view, courses in about["courses"].items()
    }


@cache
def _read() -> dict[str, Any]:
    about: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return about


def trained_on_solids(view: str, volumes: Volumes) -> nn.Sequential:
    """The bundled network of a view, of seed 0.

    Args:
        volumes: the solids.

    Raises:
        CnnvizError: there is no such view.
    """
    view_of(view)
    return network_of(view, volumes, load_file(FOLDER / f"{view}.safetensors"))
