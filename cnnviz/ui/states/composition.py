"""The state of the page "Composition"."""

from cnnviz.ui.fields import Number
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork


class Composition(WithNetwork, page="pages/wild/composition.py"):
    """A network, an image, and how many filters of each stage are shown."""

    images = image_fields(needs={"network": "run"})
    filters = Number(
        "Filters of each stage",
        4,
        2,
        6,
        help="How many filters of each stage are shown: those that answer most strongly to this image.",
    )
