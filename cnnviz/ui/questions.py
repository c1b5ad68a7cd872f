"""Questions on the screen: what the browser gets of one, with and without its answer."""

import math

from torch import Tensor

from cnnviz.classroom import CHAPTERS
from cnnviz.classroom.asking import Grid, number_text
from cnnviz.classroom.questions import QUESTIONS, Question, question
from cnnviz.classroom.rooms import POLL, Asked
from cnnviz.figures import map_sheet
from cnnviz.ui.components import component, told
from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.lecture import lecture
from cnnviz.ui.messages import (
    QuestionCard,
    QuestionGrid,
    QuestionOption,
    QuestionPicture,
    QuestionSlip,
    QuestionSolution,
    QuizChapter,
    QuizMessage,
    QuizQuestion,
)
from cnnviz.ui.pictures import data_url
from cnnviz.words import _

LARGEST_TABLE = 12
"""Rows of numbers that are shown as numbers; more become a picture."""


def card_of(name: str, seed: int) -> QuestionCard:
    """A question without its answer."""
    asked = question(name, seed)
    options = asked.options if asked.kind == "choice" else ()
    picture = None
    if asked.picture is not None:
        rows, columns = asked.picture.shape
        alt = _("A picture of {rows}×{columns} pixels", rows=rows, columns=columns)
        picture = QuestionPicture(_picture(asked.picture, alt), alt, rows, columns)
    return QuestionCard(
        name,
        seed,
        asked.kind,
        _(asked.text),
        [
            QuestionOption(
                _(option.text), "" if option.picture is None else _picture(option.picture, _(option.text))
            )
            for option in options
        ],
        [_grid(grid) for grid in asked.grids],
        picture,
    )


def poll_card(asked: Asked) -> QuestionCard:
    """A poll, as the lecturer typed it."""
    return QuestionCard(
        POLL, asked.number, POLL, asked.text, [QuestionOption(text, "") for text in asked.choices], [], None
    )


def solution_of(name: str, seed: int) -> QuestionSolution:
    """The answer to a question."""
    asked = question(name, seed)
    is_choice = asked.kind == "choice"
    return QuestionSolution(
        answer=_(asked.answer),
        explanation=_(asked.explanation),
        right=next(place for place, option in enumerate(asked.options) if option.right) if is_choice else -1,
        value=None if math.isnan(asked.value) else asked.value,
        tolerance=asked.tolerance,
        slips=[QuestionSlip(option.value, _(option.why)) for option in asked.options if not is_choice],
        pixels=[list(place) for place in sorted(asked.pixels)],
        whys=[_(option.why) for option in asked.options if is_choice],
        page=asked.place.page.rpartition("/")[2].removesuffix(".py"),
        parameters=asked.place.parameters,
        title=_(_title(asked)),
    )


def _title(asked: Question) -> str:
    return next(
        (
            lesson.title
            for chapter in lecture()
            for lesson in chapter.lessons
            if lesson.file == asked.place.page
        ),
        "",
    )


def _picture(values: Tensor, what: str) -> str:
    """The address of a picture, inside itself: it is small, and asked for once. An image is grey, a map with negative
    values blue and red.
    """
    values = values.float()
    if float(values.min()) < 0:
        return data_url(map_sheet(values[None], what=what, signed=True).png)
    grey = values.expand(1, 3, *values.shape)
    return data_url(map_sheet(grey, span=(0.0, max(float(values.max()), 1e-9)), what=what).png)


def _grid(grid: Grid) -> QuestionGrid:
    if len(grid.values) > LARGEST_TABLE:
        return QuestionGrid(_(grid.title), [], [], _picture(grid.values, _(grid.title)))
    rows = [[number_text(round(value, 4)) for value in row] for row in grid.values.tolist()]
    head: list[str] = []
    if grid.heads is not None:
        names, columns = grid.heads
        head = ["", *(_(name) for name in columns)]
        rows = [[_(name), *row] for name, row in zip(names, rows, strict=True)]
    return QuestionGrid(_(grid.title), head, rows, "")


def titles_in(chapter: str) -> dict[str, str]:
    """Name -> title of the questions of a chapter."""
    return {name: _(entry.title) for name, entry in QUESTIONS.items() if entry.chapter == chapter}


def quiz(key: str, chapter: Choice, name: Choice, seed: Number) -> None:
    """A question to answer alone; the browser keeps what was answered.

    Args:
        chapter, name, seed: of the page's state; the student chooses others in the component.
    """

    def hear(news: object) -> None:
        known = news if isinstance(news, dict) else {}
        asked, number = str(known.get("name")), known.get("seed")
        if asked in QUESTIONS and isinstance(number, int) and seed.low <= number <= seed.high:
            chapter.set(QUESTIONS[asked].chapter)
            name.set(asked)
            seed.set(number)

    shown = name.now
    data = QuizMessage(
        chapter=QUESTIONS[shown].chapter,
        title=_(QUESTIONS[shown].title),
        card=card_of(shown, seed.now),
        solution=solution_of(shown, seed.now),
        chapters=[
            QuizChapter(part, _(title), [QuizQuestion(*one) for one in titles_in(part).items()])
            for part, title in CHAPTERS.items()
        ],
    )
    component("quiz", key, data=data, default={"next": None}, on_next_change=told(key, "next", hear))
