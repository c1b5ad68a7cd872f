"""The state of the page "Questions"."""

from cnnviz.classroom import CHAPTERS
from cnnviz.classroom.questions import QUESTIONS
from cnnviz.ui.fields import Choice, Number, titles_of
from cnnviz.ui.state import State


class Questions(State, page="pages/class/questions.py"):
    """One question, made of a seed."""

    chapter = Choice("Chapter", CHAPTERS, kind="buttons")
    question = Choice("Question", titles_of(QUESTIONS))
    seed = Number("Seed", 0, 0, 10**6, help="Another number: other numbers in the question.")
