"""The state of the page "Filters"."""

from cnnviz.ui.fields import Choice, Number, Real
from cnnviz.ui.networks import WithNetwork


class Filters(WithNetwork, page="pages/inside/filters.py"):
    """A layer of a network and one of its filters."""

    layer = Choice(
        "Convolution", None, help="The convolution whose filters are shown. Each filter has k·k·C weights."
    )
    order = Choice(
        "Order",
        {"number": "number", "norm": "norm of the weights", "similarity": "similarity"},
        help="By number; by the norm √(Σ w²), large ones first; or so that similar filters stand beside each other.",
    )
    filter = Number(
        "Filter", 0, 0, 99_999, help="The number of the filter that is looked at, counted from 0."
    )
    smoothness = Real(
        "Smoothness λ of the made image",
        0.02,
        0.0,
        0.5,
        0.01,
        slider=True,
        help="The image x is made to answer strongly: maximise a(x) − λ·TV(x). TV sums the differences of neighbouring pixels; a larger λ gives smoother images.",
    )
    seed = Number(
        "Seed of the made image",
        0,
        0,
        999,
        help="The number from which the first, random image is drawn. Other seeds may end in other images.",
    )
