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

    architecture = Choice("Network", Titles(_titles), "lenet5")
    beside = Choice("Beside it", Titles(lambda: {NONE: "no other network", **_titles()}), NONE)
    view = Choice("View", {"drawing": "Drawing", "volumes": "Volumes"}, kind="buttons")
    side = Number("Image side in pixels", 32, 8, 512)
    layer = Choice("Layer", None)
    images = image_fields()
    learned = Switch("Learned weights", True, help="Off: random weights, as before training.")
