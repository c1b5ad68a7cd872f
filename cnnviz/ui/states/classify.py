"""The state of the page "Classify"."""

from cnnviz.ui.fields import Choice, Titles
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork, network_titles

NONE = "none"


class Classify(WithNetwork, page="pages/wild/classify.py"):
    """An image, and one or two networks that say what it shows."""

    images = image_fields(needs={"network": "run"})
    beside = Choice(
        "Beside it",
        Titles(lambda: {NONE: "no other network", **network_titles()}),
        NONE,
        help="A second network that answers for the same image, to compare the probabilities of both.",
    )
