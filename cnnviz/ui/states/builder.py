"""The state of the page "Builder"."""

from cnnviz.data import DATASETS
from cnnviz.models import PRESET_TITLES
from cnnviz.ui.fields import Choice, Number, Text, titles_of
from cnnviz.ui.state import State


class Builder(State, page="pages/learning/builder.py"):
    """A network that is being written, and the data set that it is for."""

    dataset = Choice(
        "Data set",
        titles_of(DATASETS),
        help="The images that the network is for. Their size is the shape of its input, their classes are its outputs.",
    )
    preset = Choice(
        "Begin with",
        PRESET_TITLES,
        "tiny",
        help="A finished network to begin with; each of its layers can then be changed, moved or removed.",
    )
    epochs = Number(
        "Epochs",
        3,
        1,
        100,
        help="How often the training sees every training image. One epoch is N / batch size steps.",
    )
    network = Text(
        "Network",
        help="The network that is being written, as text in the link. It is set by what you change in the cards.",
    )
