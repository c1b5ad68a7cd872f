"""What a question is: its numbers, its answer, what is wrong with the others, and the state of a page that shows it."""

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say

Kind = Literal["choice", "number", "pixel"]
LARGEST_SEED = 2**31 - 1
MOST_OPTIONS = 4
RIGHT = say("right answer")
OTHER_NUMBER, OTHER_PIXEL = say("another number"), say("another pixel")


class Redraw(Exception):  # noqa: N818 - a question is drawn again, nothing is wrong
    """These numbers make no good question: two mistakes would give the right answer."""


@dataclass(frozen=True, eq=False)
class Option:
    """One choice, or one number that comes from a mistake.

    Attributes:
        text: the choice as it is shown.
        mistake: what was done wrong, in two or three words that hold for all seeds.
        why: one sentence: why it is wrong, or right.
        value: of a number.
        picture: (H, W), where a choice is one.
    """

    text: str
    mistake: str
    why: str
    right: bool = False
    value: float = math.nan
    picture: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Grid:
    """Numbers that a question shows as a table; ``heads``: names of rows and columns, if they have some."""

    title: str
    values: Tensor
    heads: tuple[Sequence[str], Sequence[str]] | None = None


@dataclass(frozen=True)
class Place:
    """A page of the app in a state: its file, and name -> text of a link."""

    page: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Question:
    """A question with its answer.

    Attributes:
        kind: what is asked for: one of ``options``, a number, or a pixel of ``picture``.
        given: the numbers that the question is made of, for whoever wants to check it.
        options: of a choice, in the order in which they are shown; of a number what mistakes give.
        value, tolerance: of a number; what lies within is right.
        picture: (H, W) to click; ``pixels``: the right (row, column), one or more.
        grids: tables of numbers.
        explanation: how the answer comes about.
        place: the page that shows it.
    """

    kind: Kind
    text: str
    explanation: str
    place: Place
    given: Mapping[str, Any]
    options: tuple[Option, ...] = ()
    value: float = math.nan
    tolerance: float = 0.0
    picture: Tensor | None = None
    pixels: frozenset[tuple[int, int]] = frozenset()
    grids: tuple[Grid, ...] = ()
    name: str = ""
    seed: int = 0

    @property
    def answer(self) -> str:
        """The right answer in words."""
        if self.kind == "choice":
            return next(option.text for option in self.options if option.right)
        if self.kind == "number":
            return number_text(self.value)
        return place_text(*min(self.pixels))

    def judge(self, text: str) -> "Verdict":
        """What is said of an answer.

        Args:
            text: the place of the option, from 0; a number; or ``row,column``, from 0.

        Raises:
            CnnvizError: it is no answer to this question.
        """
        return _JUDGES[self.kind](self, text.strip())


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    Attributes:
        said: the answer in words.
        mistake: in words that hold for all seeds; ``right`` for the right answer.
        why: one sentence; may be empty.
    """

    right: bool
    said: str
    mistake: str
    why: str


def _judge_choice(question: Question, text: str) -> Verdict:
    if not text.isascii() or not text.isdigit() or int(text) >= len(question.options):
        raise CnnvizError(say("This is none of the choices. Take one of them."))
    option = question.options[int(text)]
    return Verdict(option.right, option.text, option.mistake, option.why)


def _judge_number(question: Question, text: str) -> Verdict:
    value = read_number(text)
    said = number_text(value)
    if abs(value - question.value) <= question.tolerance + 1e-9:
        return Verdict(True, said, RIGHT, "")
    for option in question.options:
        if abs(value - option.value) <= question.tolerance + 1e-9:
            return Verdict(False, said, option.mistake, option.why)
    return Verdict(False, said, OTHER_NUMBER, "")


def _judge_pixel(question: Question, text: str) -> Verdict:
    assert question.picture is not None
    found = re.fullmatch(r"(\d{1,4}),(\d{1,4})", text)
    rows, columns = question.picture.shape
    if not found or int(found[1]) >= rows or int(found[2]) >= columns:
        raise CnnvizError(say("This is no pixel of the picture. Click one."))
    place = int(found[1]), int(found[2])
    right = place in question.pixels
    return Verdict(right, place_text(*place), RIGHT if right else OTHER_PIXEL, "")


_JUDGES: dict[Kind, Callable[[Question, str], Verdict]] = {
    "choice": _judge_choice,
    "number": _judge_number,
    "pixel": _judge_pixel,
}


def read_number(text: str) -> float:
    """A number as people type it: a comma for the point, a long minus, a fraction.

    Raises:
        CnnvizError: it is none.
    """
    typed = text.strip().replace("−", "-").replace(" ", "")
    if typed.count(",") == 1 and "." not in typed:
        typed = typed.replace(",", ".")
    above, _, below = typed.partition("/")
    try:
        value = float(above) / (float(below) if below else 1.0)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e15:
        raise CnnvizError(say("“{text}” is not a number. Type one, such as 3 or 0.25.", text=text[:20]))
    return value


def number_text(value: float) -> str:
    """As it is shown: whole numbers whole, others with up to four digits."""
    if float(value).is_integer():
        return f"{int(value):,}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def place_text(row: int, column: int) -> str:
    return say("row {row}, column {column}", row=row, column=column)


Generator = Callable[[random.Random], Question]


@dataclass(frozen=True)
class Entry:
    """A generator of questions.

    Attributes:
        title: in menus.
        page: the file of the page that its questions are about.
    """

    name: str
    title: str
    page: str
    kind: Kind
    make: Generator

    @property
    def chapter(self) -> str:
        """A key of ``cnnviz.classroom.CHAPTERS``: the module that the generator stands in."""
        return str(self.make.__module__).rpartition(".")[2]

    def question(self, seed: int = 0) -> Question:
        """The question of a seed; the same one each time, on each machine."""
        for attempt in range(1000):
            try:
                found = self.make(random.Random(f"{self.name}/{int(seed)}/{attempt}"))
            except Redraw:
                continue
            return replace(found, name=self.name, seed=int(seed))
        raise AssertionError(f"{self.name} makes no question of the seed {seed}")


REGISTERED: dict[str, Entry] = {}
"""Name -> generator; ``cnnviz.classroom.questions.QUESTIONS`` has them in the order of the lecture."""


def asks(name: str, title: str, page: str, kind: Kind) -> Callable[[Generator], Generator]:
    """Registers a generator."""

    def register(make: Generator) -> Generator:
        REGISTERED[name] = Entry(name, title, page, kind, make)
        return make

    return register


Wrong = tuple[Any, str, str]
"""A wrong answer: its value, the mistake in short, and why it is wrong."""


def choice(
    draw: random.Random,
    text: str,
    right: Any,
    wrong: Sequence[Wrong],
    explanation: str,
    place: Place,
    given: Mapping[str, Any],
    *,
    unit: str = "",
    grids: tuple[Grid, ...] = (),
    least: int = 2,
    pictures: Mapping[str, Tensor] | None = None,
) -> Question:
    """A question with up to four choices, in a random order.

    Args:
        right, wrong: numbers, or texts. A wrong one that equals the right one, or looks like it, is left out.
        unit: stands behind each number.
        least: so many wrong ones are needed.
        pictures: text of a choice -> (H, W).

    Raises:
        Redraw: too few of the wrong ones are wrong.
    """

    def words(value: Any) -> str:
        said = value if isinstance(value, str) else number_text(value)
        return f"{said}{unit}"

    shown = (pictures or {}).get
    known = {words(right): Option(words(right), RIGHT, explanation, True, picture=shown(words(right)))}
    for value, mistake, why in wrong:
        said = words(value)
        if said not in known and len(known) < MOST_OPTIONS:
            known[said] = Option(said, mistake, why, picture=shown(said))
    if len(known) <= least:
        raise Redraw
    options = list(known.values())
    draw.shuffle(options)
    return Question("choice", text, explanation, place, given, tuple(options), grids=grids)


def number(
    text: str,
    value: float,
    slips: Sequence[Wrong],
    explanation: str,
    place: Place,
    given: Mapping[str, Any],
    *,
    tolerance: float = 0.0,
    grids: tuple[Grid, ...] = (),
) -> Question:
    """A question for a number.

    Args:
        slips: numbers that come from mistakes; those that lie too near to the right one are left out.
        tolerance: as far away is right.
    """
    options = tuple(
        Option(number_text(float(slip)), mistake, why, value=float(slip))
        for slip, mistake, why in slips
        if abs(float(slip) - value) > 2 * tolerance + 1e-6
    )
    return Question("number", text, explanation, place, given, options, float(value), tolerance, grids=grids)


def pixel(
    text: str,
    picture: Tensor,
    pixels: Sequence[tuple[int, int]],
    explanation: str,
    place: Place,
    given: Mapping[str, Any],
    *,
    grids: tuple[Grid, ...] = (),
) -> Question:
    """A question for a pixel of a picture, (H, W)."""
    if not pixels:
        raise Redraw
    return Question(
        "pixel", text, explanation, place, given, picture=picture, pixels=frozenset(pixels), grids=grids
    )


def whole_numbers(draw: random.Random, rows: int, columns: int, low: int, high: int) -> list[list[float]]:
    """(rows, columns) whole numbers."""
    return [[float(draw.randint(low, high)) for _ in range(columns)] for _ in range(rows)]


def table_text(values: Sequence[Sequence[float]]) -> str:
    """A table as a link says it."""
    return ";".join(",".join(f"{value:g}" for value in row) for row in values)
