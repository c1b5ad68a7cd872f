"""The state of the page "Architectures"."""

from cnnviz.models import ARCHITECTURES
from cnnviz.ui.fields import Choice, Number, Switch, Titles
from cnnviz.ui.images import image_fields
from cnnviz.ui.state import State

NONE = "none"


def _titles() -> dict[str, str]:
    return {name: f"{entry.title} ({entry.year})" for name, entry in ARCHITECTURES.items()}


class Architectures(State, page="pages/wild/architectures.py"):
    """One or two published networks, how they are drawn, and the layer that is open."""

    architecture = Choice(
        "Network",
        Titles(_titles),
        "lenet5",
        help="A published network, with its year. Layers and numbers of parameters are those of the paper.",
    )
    beside = Choice(
        "Beside it",
        Titles(lambda: {NONE: "no other network", **_titles()}),
        NONE,
        help="A second network, drawn and counted beside the first one.",
    )
    view = Choice(
        "View",
        {"drawing": "Drawing", "volumes": "Volumes"},
        kind="buttons",
        help="Drawing: each layer is a card with its numbers. Volumes: each output is a box of height × width × channels.",
    )
    side = Number(
        "Image side in pixels",
        32,
        8,
        512,
        help="Height and width of the image that goes in, in pixels. The maps of each layer grow with it; the parameters of convolutions do not.",
    )
    layer = Choice(
        "Layer",
        None,
        help="The layer whose shape, parameters and maps are shown below. Parameters of a convolution: (k·k·C + 1)·N.",
    )
    images = image_fields()
    learned = Switch("Learned weights", True, help="Off: random weights, as before training.")
