"""The state of the page "Room": a question, prepared to be asked."""

from cnnviz.classroom.questions import QUESTIONS
from cnnviz.ui.fields import Choice, Number, Switch, Text, titles_of
from cnnviz.ui.state import State


class RoomState(State, page="pages/class/room.py"):
    """What the lecturer asks next; as a link, it can be prepared at home."""

    what = Choice("Ask", {"question": "a question", "poll": "a poll"}, kind="buttons")
    question = Choice("Question", titles_of(QUESTIONS), needs={"what": "question"})
    own = Switch("Each student gets an own one", needs={"what": "question"})
    seed = Number("Seed", 0, 0, 10**6, needs={"what": "question"})
    poll = Text("Your question", needs={"what": "poll"})
    choices = Text("Choices, with a semicolon between them", "yes; no", needs={"what": "poll"})
