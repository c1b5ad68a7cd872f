"""Points that a student gives: as text of a link, from a table (CSV), and along a function."""

import base64
import binascii
import csv
import io
import math
from collections.abc import Sequence

from cnnviz.errors import CnnvizError
from cnnviz.learning.expressions import graph
from cnnviz.learning.plane import EDGE, MOST_CLASSES, Point, uniform
from cnnviz.learning.random import random_from
from cnnviz.words import say

MOST_POINTS = 700
"""As many as a link holds."""
MOST_ROWS = 100_000
_STEPS = 4095


def encoded(points: Sequence[Point]) -> str:
    """Points as text of a link: four bytes each (12 bits a coordinate, 8 the label), in base64."""
    data = bytearray()
    for point in points:
        x, y = (
            round((min(max(value, -EDGE), EDGE) + EDGE) / (2 * EDGE) * _STEPS) for value in (point.x, point.y)
        )
        label = round(point.label * 100) + 128
        data += bytes((x >> 4, (x & 15) << 4 | y >> 8, y & 255, min(max(label, 0), 255)))
    return base64.urlsafe_b64encode(bytes(data)).decode().rstrip("=")


def decoded(text: str) -> tuple[Point, ...]:
    """The points of such a text; labels of classes count in steps of 0.01, so they are given by
    ``class_label``.

    Raises:
        CnnvizError: it is no such text.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b"?"
    if len(data) % 4 or len(data) > 4 * MOST_POINTS:
        raise CnnvizError("The points of the link are broken. Copy the whole address again.")
    points = []
    for at in range(0, len(data), 4):
        one, two, three, label = data[at : at + 4]
        x, y = one << 4 | two >> 4, (two & 15) << 8 | three
        points.append(Point(x / _STEPS * 2 * EDGE - EDGE, y / _STEPS * 2 * EDGE - EDGE, (label - 128) / 100))
    return tuple(points)


def from_csv(text: str, problem: str = "classification") -> tuple[tuple[Point, ...], tuple[str, ...]]:
    """Points of a table with three columns: x, y, and a class or a value; a first row of titles may be there.

    The coordinates are scaled into the plane from −5 to 5, values of a regression into −1 to 1.

    Returns:
        the points, and the names of the classes (none for a regression).

    Raises:
        CnnvizError: a sentence that says what in the table is wrong.
    """
    if text.count("\n") > MOST_ROWS:
        raise CnnvizError(
            say(
                "The table has more than {most_rows:,} rows. Take {most_points} of them.",
                most_rows=MOST_ROWS,
                most_points=MOST_POINTS,
            )
        )
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    except csv.Error:
        raise CnnvizError("This is no table. Write one point a line: x, y, class.") from None
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]
    if len(rows) < 4:
        raise CnnvizError("The table has fewer than four points. Write one point a line: x, y, class.")
    places: list[tuple[float, float]] = []
    labels: list[str] = []
    for number, row in enumerate(rows, 1):
        if len(row) < 3:
            raise CnnvizError(
                say(
                    "Row {number} has {count} columns. Write x, y, class in each row.",
                    number=number,
                    count=len(row),
                )
            )
        place = [_number(cell, number, name) for cell, name in zip(row[:2], ("x", "y"), strict=True)]
        places.append((place[0], place[1]))
        labels.append(row[2].strip())
    if problem == "regression":
        names: tuple[str, ...] = ()
        values = _spread([_number(label, number, "value") for number, label in enumerate(labels, 1)], 1.0)
    else:
        names = tuple(sorted(set(labels), key=lambda name: (not _is_number(name), _order(name), name)))
        if len(names) < 2:
            raise CnnvizError("All points have one class. A network needs two to tell apart.")
        if len(names) > MOST_CLASSES:
            raise CnnvizError(
                say(
                    "The third column has {count} different classes; at most {most_classes} are possible.",
                    count=len(names),
                    most_classes=MOST_CLASSES,
                )
            )
        values = [class_label(names.index(label), len(names)) for label in labels]
    xs = _spread([x for x, _ in places], 5.0)
    ys = _spread([y for _, y in places], 5.0)
    points = [Point(x, y, value) for x, y, value in zip(xs, ys, values, strict=True)]
    return thinned(points), names


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """At most ``MOST_POINTS`` of the points, evenly taken."""
    if len(points) <= MOST_POINTS:
        return tuple(points)
    return tuple(points[i * len(points) // MOST_POINTS] for i in range(MOST_POINTS))


def class_label(number: int, classes: int) -> float:
    """The label of a class: −1 and 1 of two, else 0, 1, 2, …"""
    return (-1.0, 1.0)[number] if classes == 2 else float(number)


def along(
    expression: str, problem: str = "classification", count: int = 400, noise: float = 0.0, seed: str = "1"
) -> tuple[Point, ...]:
    """Points anywhere in the plane, labelled by a function of x and y that the student types.

    For a classification the class says whether it is positive; for a regression it is the label, scaled into
        −1 to 1.

    Args:
        noise: from 0 to 0.5: moves the place where the function is asked, in parts of the plane's half side.

    Raises:
        CnnvizError: the expression is none, or has no value somewhere.
    """
    random = random_from(seed)
    found = []
    for _ in range(min(count, MOST_POINTS)):
        x, y = uniform(random, -EDGE, EDGE), uniform(random, -EDGE, EDGE)
        off_x, off_y = uniform(random, -EDGE, EDGE) * noise, uniform(random, -EDGE, EDGE) * noise
        found.append((x, y, graph(expression, x=x + off_x, y=y + off_y).value))
    values = [value for _, _, value in found]
    if problem == "regression":
        most = max(map(abs, values)) or 1.0
        labels = [value / max(most, 1.0) for value in values]
    else:
        labels = [1.0 if value > 0 else -1.0 for value in values]
        if len(set(labels)) < 2:
            raise CnnvizError(
                "The function has one sign in the whole plane. Take one that crosses zero, such as y - sin(x)."
            )
    return tuple(Point(x, y, label) for (x, y, _), label in zip(found, labels, strict=True))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _order(text: str) -> float:
    return float(text) if _is_number(text) and math.isfinite(float(text)) else 0.0


def _number(text: str, row: int, name: str) -> float:
    value = float(text) if _is_number(text) else math.nan
    if not math.isfinite(value):
        raise CnnvizError(
            say(
                "Row {row}: “{text}” is no number for {name}. Correct it, or leave the row out.",
                row=row,
                text=text.strip()[:20],
                name=name,
            )
        )
    return value


def _spread(values: Sequence[float], most: float) -> list[float]:
    """Moved and scaled so that they reach from −``most`` to ``most``."""
    low, high = min(values), max(values)
    if low >= -most and high <= most and high - low > most / 2:
        return list(values)
    return [(value - low) / ((high - low) or 1.0) * 2 * most - most for value in values]
