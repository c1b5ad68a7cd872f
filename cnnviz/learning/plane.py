"""Data sets in the plane: points with a class or a value, and the features that a network gets of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from cnnviz.learning.random import Random

EDGE = 6.0
"""The plane that is shown reaches from −6 to 6."""
MOST_CLASSES = 6


@dataclass(frozen=True)
class Point:
    """A place in the plane and its label.

    Attributes:
        label: −1 or 1 of a set with two classes, 0, 1, 2, … of one with more, a number of a regression.
    """

    x: float
    y: float
    label: float


@dataclass(frozen=True)
class PlaneSet:
    """A data set in the plane.

    Attributes:
        name: in links.
        problem: ``classification`` or ``regression``.
        make: (random numbers, points wanted, noise from 0 to 0.5, classes) -> points.
        classes: how many it can have, from and to.
        count: points it makes usually.
        own: TensorFlow Playground has it too.
    """

    name: str
    title: str
    problem: str
    make: Callable[[Random, int, float, int], list[Point]]
    classes: tuple[int, int] = (2, 2)
    count: int = 500
    playground: bool = True


def uniform(random: Random, low: float, high: float) -> float:
    return random() * (high - low) + low


def normal(random: Random, mean: float, variance: float) -> float:
    """Marsaglia's polar method."""
    while True:
        v, w = 2 * random() - 1, 2 * random() - 1
        square = v * v + w * w
        if square <= 1:
            return mean + math.sqrt(variance) * (math.sqrt(-2 * math.log(square) / square) * v)


def mixed(low: float, high: float, share: float) -> float:
    return low * (1 - share) + high * share


def _gauss(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    variance = mixed(0.5, 4, noise / 0.5)
    points = []
    for centre, label in ((2.0, 1.0), (-2.0, -1.0)):
        for _ in range(math.ceil(count / 2)):
            x = normal(random, centre, variance)
            points.append(Point(x, normal(random, centre, variance), label))
    return points


def _spiral(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    half = count / 2
    points = []
    for turn, label in ((0.0, 1.0), (math.pi, -1.0)):
        for i in range(math.ceil(half)):
            radius, angle = i / half * 5, 1.75 * i / half * 2 * math.pi + turn
            x = radius * math.sin(angle) + uniform(random, -1, 1) * noise
            points.append(Point(x, radius * math.cos(angle) + uniform(random, -1, 1) * noise, label))
    return points


def _circle(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    points = []
    for low, high in ((0.0, 2.5), (3.5, 5.0)):
        for _ in range(math.ceil(count / 2)):
            radius, angle = uniform(random, low, high), uniform(random, 0, 2 * math.pi)
            x, y = radius * math.sin(angle), radius * math.cos(angle)
            off_x, off_y = uniform(random, -5, 5) * noise, uniform(random, -5, 5) * noise
            apart = math.sqrt((x + off_x) * (x + off_x) + (y + off_y) * (y + off_y))
            points.append(Point(x, y, 1.0 if apart < 2.5 else -1.0))
    return points


def _xor(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    points = []
    for _ in range(count):
        x = uniform(random, -5, 5)
        x += 0.3 if x > 0 else -0.3
        y = uniform(random, -5, 5)
        y += 0.3 if y > 0 else -0.3
        off_x, off_y = uniform(random, -5, 5) * noise, uniform(random, -5, 5) * noise
        points.append(Point(x, y, 1.0 if (x + off_x) * (y + off_y) >= 0 else -1.0))
    return points


def _anywhere(random: Random, noise: float) -> tuple[float, float, float, float]:
    """A place, and the place moved by the noise."""
    x, y = uniform(random, -6, 6), uniform(random, -6, 6)
    off_x, off_y = uniform(random, -6, 6) * noise, uniform(random, -6, 6) * noise
    return x, y, x + off_x, y + off_y


def _plane(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    points = []
    for _ in range(count):
        x, y, moved_x, moved_y = _anywhere(random, noise)
        points.append(Point(x, y, mixed(-1, 1, (moved_x + moved_y + 10) / 20)))
    return points


_HILLS = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))


def _hills(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    points = []
    for _ in range(count):
        x, y, moved_x, moved_y = _anywhere(random, noise)
        label = 0.0
        for centre_x, centre_y, sign in _HILLS:
            off_x, off_y = moved_x - centre_x, moved_y - centre_y
            height = sign * (1 - min(1.0, math.sqrt(off_x * off_x + off_y * off_y) / 2))
            if abs(height) > abs(label):
                label = height
        points.append(Point(x, y, label))
    return points


def _moons(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    half = count / 2
    points = []
    for label in (1.0, -1.0):
        for i in range(math.ceil(half)):
            angle = math.pi * i / half
            x = 3 * math.cos(angle) - 1.5 if label > 0 else 1.5 - 3 * math.cos(angle)
            y = 3 * math.sin(angle) - 0.75 if label > 0 else 0.75 - 3 * math.sin(angle)
            x += normal(random, 0, 1) * 4 * noise
            points.append(Point(x, y + normal(random, 0, 1) * 4 * noise, label))
    return points


def _blobs(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    variance = mixed(0.3, 3, noise / 0.5)
    points = []
    for label in range(classes):
        angle = 2 * math.pi * label / classes
        for _ in range(math.ceil(count / classes)):
            x = normal(random, 3.5 * math.sin(angle), variance)
            points.append(Point(x, normal(random, 3.5 * math.cos(angle), variance), float(label)))
    return points


def _arms(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    each = count / classes
    points = []
    for label in range(classes):
        for i in range(math.ceil(each)):
            radius = i / each * 5
            angle = i / each * 4 + 2 * math.pi * label / classes
            x = radius * math.sin(angle) + uniform(random, -1, 1) * noise
            y = radius * math.cos(angle) + uniform(random, -1, 1) * noise
            points.append(Point(x, y, float(label)))
    return points


def _none(random: Random, count: int, noise: float, classes: int) -> list[Point]:
    return []


CLASSIFICATION, REGRESSION = "classification", "regression"
PLANE_SETS: dict[str, PlaneSet] = {
    entry.name: entry
    for entry in (
        PlaneSet("circle", "Circle", CLASSIFICATION, _circle),
        PlaneSet("xor", "XOR", CLASSIFICATION, _xor),
        PlaneSet("gauss", "Gaussian", CLASSIFICATION, _gauss),
        PlaneSet("spiral", "Spiral", CLASSIFICATION, _spiral),
        PlaneSet("moons", "Moons", CLASSIFICATION, _moons, playground=False),
        PlaneSet("blobs", "Blobs", CLASSIFICATION, _blobs, (2, MOST_CLASSES), playground=False),
        PlaneSet("arms", "Arms", CLASSIFICATION, _arms, (2, MOST_CLASSES), playground=False),
        PlaneSet("digits", "Digits 0–5", CLASSIFICATION, _none, (6, 6), playground=False),
        PlaneSet("own", "Your own", CLASSIFICATION, _none, (2, MOST_CLASSES), playground=False),
        PlaneSet("reg-plane", "Plane", REGRESSION, _plane, count=1200),
        PlaneSet("reg-gauss", "Hills", REGRESSION, _hills, count=1200),
        PlaneSet("reg-own", "Your own", REGRESSION, _none, playground=False),
    )
}
"""``digits``: points from a file; ``own``, ``reg-own``: points that the student gives."""


@dataclass(frozen=True)
class PlaneFeature:
    """What a network gets of a point; ``formula``: in LaTeX."""

    name: str
    title: str
    function: Callable[[float, float], float]
    code: str


PLANE_FEATURES: dict[str, PlaneFeature] = {
    entry.name: entry
    for entry in (
        PlaneFeature("x", "x₁", lambda x, y: x, "x"),
        PlaneFeature("y", "x₂", lambda x, y: y, "y"),
        PlaneFeature("xSquared", "x₁²", lambda x, y: x * x, "x * x"),
        PlaneFeature("ySquared", "x₂²", lambda x, y: y * y, "y * y"),
        PlaneFeature("xTimesY", "x₁x₂", lambda x, y: x * y, "x * y"),
        PlaneFeature("sinX", "sin x₁", lambda x, y: math.sin(x), "torch.sin(x)"),
        PlaneFeature("sinY", "sin x₂", lambda x, y: math.sin(y), "torch.sin(y)"),
        PlaneFeature("cosX", "cos x₁", lambda x, y: math.cos(x), "torch.cos(x)"),
        PlaneFeature("cosY", "cos x₂", lambda x, y: math.cos(y), "torch.cos(y)"),
    )
}
"""In the order in which TensorFlow Playground gives them to its network."""
