"""The state of the page "Sliding window"."""

from cnnviz.ui.fields import Choice, Number, Real
from cnnviz.ui.networks import WithNetwork

WAYS = {"windows": "window by window", "once": "as one convolution"}


class SlidingWindow(WithNetwork, page="pages/wild/sliding_window.py"):
    """A classifier, a larger picture, and how the one looks at the other."""

    way = Choice(
        "Look at the picture",
        WAYS,
        help="Window by window: the classifier runs once at each place. As one convolution: all places at once, with the same weights.",
    )
    picture = Number(
        "Picture", 0, 0, 19, help="The number of the picture with several objects, counted from 0."
    )
    category = Choice("Heat map of", None, help="The class whose probability is shown at each place.")
    stride = Number(
        "Stride of the window",
        4,
        1,
        32,
        needs={"way": "windows"},
        help="How many pixels the window moves from one place to the next. Half the stride means four times the work.",
    )
    threshold = Real(
        "Probability at least", 0.9, 0.05, 1.0, 0.05, help="Windows with a smaller probability are left out."
    )
    iou = Real(
        "A window goes if its IoU is above",
        0.2,
        0.0,
        1.0,
        0.05,
        help="Non-maximum suppression: a window goes if its IoU with a surer one is above this. IoU = intersection / union.",
    )
