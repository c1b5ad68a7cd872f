"""The state of the page "Room": a question, prepared to be asked."""

from cnnviz.classroom.questions import QUESTIONS
from cnnviz.ui.fields import Choice, Number, Switch, Text, titles_of
from cnnviz.ui.state import State


class RoomState(State, page="pages/class/room.py"):
    """What the lecturer asks next; as a link, it can be prepared at home."""

    what = Choice(
        "Ask",
        {"question": "a question", "poll": "a poll"},
        kind="buttons",
        help="A question has one right answer that the package computes; a poll has none.",
    )
    question = Choice(
        "Question",
        titles_of(QUESTIONS),
        needs={"what": "question"},
        help="What is asked. Its numbers are made from the seed, and its answer from the numbers.",
    )
    own = Switch(
        "Each student gets an own one",
        needs={"what": "question"},
        help="On: everybody gets other numbers, so that nobody can copy. Off: all get the same ones.",
    )
    seed = Number(
        "Seed",
        0,
        0,
        10**6,
        needs={"what": "question"},
        help="Decides the numbers of the question; the same seed gives the same question again.",
    )
    poll = Text(
        "Your question", needs={"what": "poll"}, help="What you want to know from the room, in one sentence."
    )
    choices = Text(
        "Choices, with a semicolon between them",
        "yes; no",
        needs={"what": "poll"},
        help="Two or more answers to choose from, such as: larger; smaller; the same.",
    )
