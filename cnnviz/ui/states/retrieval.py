"""The state of the page "Retrieval"."""

from cnnviz.features.nearest import METRICS
from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork

PIXELS, FIRST, PHOTOGRAPHS = "pixels", "untrained", "photographs"


class Retrieval(WithNetwork, page="pages/wild/retrieval.py"):
    """An image, a network, and by what of it the nearest images are found."""

    layer = Choice(
        "Layer",
        None,
        help="The layer whose output describes an image. Later layers see what it shows, earlier ones its colours and edges.",
    )
    metric = Choice(
        "Distance",
        {"cosine": "cosine", "euclidean": "Euclidean"},
        kind="buttons",
        help="Cosine: 1 − a·b/(|a|·|b|), the angle alone. Euclidean: √Σ(a − b)², the lengths as well.",
    )
    count = Number("Images", 12, 4, 48, 4, help="How many of the nearest images are shown.")
    beside = Choice(
        "Beside it",
        {
            PIXELS: "by the pixels themselves",
            FIRST: "the same layer before training",
            PHOTOGRAPHS: "a network that learned photographs",
        },
        help="Another description of the same images, to compare the neighbours that it finds.",
    )
    ask = Choice(
        "Ask with",
        {"image": "the image", "cell": "one place"},
        kind="buttons",
        help="The whole image, or what one place of the layer's maps sees of it.",
    )
    row = Number(
        "Row of the place",
        0,
        0,
        500,
        needs={"ask": "cell"},
        help="The row of the place in the layer's maps, counted from 0 at the top.",
    )
    col = Number(
        "Column of the place",
        0,
        0,
        500,
        needs={"ask": "cell"},
        help="The column of the place in the layer's maps, counted from 0 at the left.",
    )
    images = image_fields()


assert set(METRICS) == set(Retrieval.metric.titles or ())
