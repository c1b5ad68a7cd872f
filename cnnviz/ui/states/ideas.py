"""The state of the page "Ideas"."""

from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.ui.fields import Choice, Choices, Number, Switch, Text, Titles
from cnnviz.ui.state import State


class Ideas(State, page="pages/wild/ideas.py"):
    """One idea of the classic architectures as an experiment, and one's own trainings of it."""

    idea = Choice("Idea", Titles(lambda: {name: entry.title for name, entry in IDEAS.items()}), "residual")
    curve = Choice("Curves", {"loss": "training loss", "accuracy": "test accuracy"}, kind="buttons")
    measured = Switch("Measure their time here")
    number = Number("Test image", 3, 0, 999, needs={"idea": "octave"})
    networks = Choices("Networks to train", None, ())
    seeds = Number("Seeds", 1, 1, 3)
    epochs = Number("Epochs", 2, 1, 20)
    race = Text("Race")
