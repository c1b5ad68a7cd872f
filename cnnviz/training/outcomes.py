"""What several trainings with different seeds came to: mean and spread, of bundled experiments and of one's own
runs alike.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import fmean
from typing import Any, Literal

from cnnviz.errors import CnnvizError
from cnnviz.models import Conv, Linear, Plan
from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.settings import ASSETS
from cnnviz.training.run import Run
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say

FOLDER = ASSETS / "ideas"
OF_SEED = " · seed "
IDEAS_RATE = 0.1
"""Learning rate of the experiments of the ideas, the same with and without normalisation."""
Quantity = Literal["accuracy", "loss"]


@dataclass(frozen=True)
class Course:
    """One training from its first step to its last.

    Attributes:
        steps: optimiser steps at which it was measured.
        loss: mean over the training batches since the last measurement.
        accuracy: on all test images, 0 to 1.
        gradients: layer -> L2 norm of the gradient of its parameters in the first step.
        error: share of the training images that the trained network gets wrong; ``None`` where it was not
            measured.
        measured: what else was measured at the end, by name.
    """

    seed: int
    steps: tuple[int, ...]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    gradients: Mapping[str, float]
    error: float | None = None
    measured: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Spread:
    """Mean, smallest and largest value over the seeds."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        low, high = min(values), max(values)
        # Rounding must not carry the mean of equal values out of their range.
        return cls(min(max(fmean(values), low), high), low, high)


@dataclass(frozen=True)
class Outcome:
    """One network of an experiment, trained with several seeds.

    Attributes:
        parameters, multiply_adds: of the network; multiply-adds for one image.
        reach: side of the receptive field of its last convolution, in pixels.
        weighted: its layers with weights that lie one behind the other, in order: those of shortcuts are left
            out.
    """

    title: str
    parameters: int
    multiply_adds: int
    reach: int
    weighted: tuple[str, ...]
    courses: tuple[Course, ...]

    def curve(self, quantity: Quantity) -> list[tuple[int, Spread]]:
        """(step, spread) at each step at which all seeds were measured."""
        values: defaultdict[int, list[float]] = defaultdict(list)
        for course in self.courses:
            for step, value in zip(course.steps, getattr(course, quantity), strict=True):
                values[step].append(value)
        whole = len(self.courses)
        return [(step, Spread.of(found)) for step, found in sorted(values.items()) if len(found) == whole]

    @property
    def accuracy(self) -> Spread:
        """At the end, on the test images."""
        return Spread.of([course.accuracy[-1] for course in self.courses])

    @property
    def loss(self) -> Spread:
        """At the end, on the last training batches."""
        return Spread.of([course.loss[-1] for course in self.courses])

    @property
    def error(self) -> Spread | None:
        """On the training images, at the end."""
        found = [course.error for course in self.courses if course.error is not None]
        return Spread.of(found) if len(found) == len(self.courses) else None

    def measured_mean(self, name: str) -> list[float]:
        """Mean over the seeds of what was measured at the end under this name; empty where it was not."""
        found = [course.measured[name] for course in self.courses if name in course.measured]
        return [fmean(values) for values in zip(*found, strict=True)]

    @property
    def gradients(self) -> list[float]:
        """Mean norm in the first step, of each layer of ``weighted``."""
        return [fmean(course.gradients.get(layer, 0.0) for course in self.courses) for layer in self.weighted]


@dataclass(frozen=True)
class Bundled:
    """An experiment that was made before, with all that is needed to make it again.

    Attributes:
        images: training images that were used.
    """

    dataset: str
    images: int
    epochs: int
    seeds: int
    outcomes: tuple[Outcome, ...]


def idea_training(idea: str, network: str, seed: int, epochs: int | None = None) -> TrainingSpec:
    """How the bundled result of an idea was trained.

    Args:
        network: a title of ``IDEAS[idea].networks``.
        epochs: as many as there, if ``None``.
    """
    about = _read(idea)
    return TrainingSpec(
        about["dataset"],
        IDEAS[idea].networks[network],
        epochs or about["epochs"],
        learning_rate=IDEAS_RATE,
        seed=seed,
        limit=about["images"],
    )


@cache
def bundled(idea: str) -> Bundled:
    """What ``tools/run_ideas.py`` measured.

    Raises:
        CnnvizError: there is no such idea.
    """
    about = _read(idea)
    found = []
    for title in IDEAS[idea].networks:
        one = about["networks"][title]
        courses = tuple(
            Course(
                run["seed"],
                tuple(run["steps"]),
                tuple(run["loss"]),
                tuple(run["accuracy"]),
                run["gradients"],
                run["error"],
            )
            for run in one["runs"]
        )
        found.append(outcome_of(title, idea_training(idea, title, 0), courses))
    seeds = len(found[0].courses)
    return Bundled(about["dataset"], about["images"], about["epochs"], seeds, tuple(found))


@cache
def _read(idea: str) -> dict[str, Any]:
    if idea not in IDEAS:
        raise CnnvizError(
            say("There is no idea “{idea}”. Choose one of: {ideas}.", idea=idea[:40], ideas=", ".join(IDEAS))
        )
    about: dict[str, Any] = json.loads((FOLDER / f"{idea}.json").read_text(encoding="utf-8"))
    return about


def outcomes(runs: Mapping[str, Run]) -> list[Outcome]:
    """Of one's own runs: those whose titles differ only in the seed (``residual · seed 2``) belong together.
    Runs that have not been measured yet are left out.
    """
    groups: defaultdict[str, list[Run]] = defaultdict(list)
    for title, run in runs.items():
        groups[title.partition(OF_SEED)[0]].append(run)
    found = []
    for title, group in groups.items():
        courses = tuple(course for course in map(_course, group) if course.steps)
        if courses:
            found.append(outcome_of(title, group[0].spec, courses))
    return found


def _course(run: Run) -> Course:
    metrics = run.metrics()
    measured = [one for one in metrics if one.val_accuracy is not None and one.loss is not None]
    first = next((one.gradient_norm for one in metrics if one.gradient_norm), {})
    return Course(
        run.spec.seed,
        tuple(one.step for one in measured),
        tuple(one.loss or 0.0 for one in measured),
        tuple(one.val_accuracy or 0.0 for one in measured),
        first,
    )


def outcome_of(title: str, spec: TrainingSpec, courses: tuple[Course, ...]) -> Outcome:
    """What the trainings of one network with several seeds came to."""
    plan = spec.check()
    layers = weighted_layers(plan)
    reaches = [place.receptive_field for place in plan if place.name in layers and place.receptive_field]
    reach = max((round(field.size) for field in reaches), default=0)
    return Outcome(title, plan.parameters, plan.multiply_adds, reach, layers, courses)


def weighted_layers(plan: Plan) -> tuple[str, ...]:
    """Convolutions and fully connected layers, without those of shortcuts."""
    return tuple(
        place.name
        for place in plan
        if isinstance(place.layer, (Conv, Linear)) and ".shortcut." not in place.name
    )
