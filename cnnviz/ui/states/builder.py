"""The state of the page "Builder"."""

from cnnviz.data import DATASETS
from cnnviz.models import PRESET_TITLES
from cnnviz.ui.fields import Choice, Number, Text, titles_of
from cnnviz.ui.state import State


class Builder(State, page="pages/learning/builder.py"):
    """A network that is being written, and the data set that it is for."""

    dataset = Choice("Data set", titles_of(DATASETS))
    preset = Choice("Begin with", PRESET_TITLES, "tiny")
    epochs = Number("Epochs", 3, 1, 100)
    network = Text("Network")
