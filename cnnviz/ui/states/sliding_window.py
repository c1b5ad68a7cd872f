"""The state of the page "Sliding window"."""

from cnnviz.ui.fields import Choice, Number, Real
from cnnviz.ui.networks import WithNetwork

WAYS = {"windows": "window by window", "once": "as one convolution"}


class SlidingWindow(WithNetwork, page="pages/wild/sliding_window.py"):
    """A classifier, a larger picture, and how the one looks at the other."""

    way = Choice("Look at the picture", WAYS)
    picture = Number("Picture", 0, 0, 19)
    category = Choice("Heat map of", None)
    stride = Number("Stride of the window", 4, 1, 32, needs={"way": "windows"})
    threshold = Real("Probability at least", 0.9, 0.05, 1.0, 0.05)
    iou = Real("A window goes if its IoU is above", 0.2, 0.0, 1.0, 0.05)
