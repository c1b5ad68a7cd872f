"""The state of the page "Filters"."""

from cnnviz.ui.fields import Choice, Number, Real
from cnnviz.ui.networks import WithNetwork


class Filters(WithNetwork, page="pages/inside/filters.py"):
    """A layer of a network and one of its filters."""

    layer = Choice("Convolution", None)
    order = Choice("Order", {"number": "number", "norm": "norm of the weights", "similarity": "similarity"})
    filter = Number("Filter", 0, 0, 99_999)
    smoothness = Real("Smoothness λ of the made image", 0.02, 0.0, 0.5, 0.01, slider=True)
    seed = Number("Seed of the made image", 0, 0, 999)
