"""The state of the page "Retrieval"."""

from cnnviz.features.nearest import METRICS
from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork

PIXELS, FIRST, PHOTOGRAPHS = "pixels", "untrained", "photographs"


class Retrieval(WithNetwork, page="pages/wild/retrieval.py"):
    """An image, a network, and by what of it the nearest images are found."""

    layer = Choice("Layer", None)
    metric = Choice("Distance", {"cosine": "cosine", "euclidean": "Euclidean"}, kind="buttons")
    count = Number("Images", 12, 4, 48, 4)
    beside = Choice(
        "Beside it",
        {
            PIXELS: "by the pixels themselves",
            FIRST: "the same layer before training",
            PHOTOGRAPHS: "a network that learned photographs",
        },
    )
    ask = Choice("Ask with", {"image": "the image", "cell": "one place"}, kind="buttons")
    row = Number("Row of the place", 0, 0, 500, needs={"ask": "cell"})
    col = Number("Column of the place", 0, 0, 500, needs={"ask": "cell"})
    images = image_fields()


assert set(METRICS) == set(Retrieval.metric.titles or ())
