"""The state of the page "Questions"."""

from cnnviz.classroom import CHAPTERS
from cnnviz.classroom.questions import QUESTIONS
from cnnviz.ui.fields import Choice, Number, titles_of
from cnnviz.ui.state import State


class Questions(State, page="pages/class/questions.py"):
    """One question, made of a seed."""

    chapter = Choice(
        "Chapter", CHAPTERS, kind="buttons", help="The part of the lecture that the questions are about."
    )
    question = Choice(
        "Question",
        titles_of(QUESTIONS),
        help="What is asked. Its numbers are made from the seed, and its answer from the numbers.",
    )
    seed = Number(
        "Seed", 0, 0, 10**6, help="Decides the numbers of the question: another seed, other numbers."
    )
