"""The state of the page "Convolution"."""

from cnnviz.ops import convolution
from cnnviz.ui.fields import Choice, Number, Open, Switch
from cnnviz.ui.state import State
from cnnviz.ui.stepping import Table


class Convolution(State, page="pages/seeing/convolution.py"):
    """An image, a kernel and how it moves; and the map that is wanted of it."""

    rows = Number("Rows", 5, 1, 12)
    cols = Number("Columns", 5, 1, 12)
    size = Number("Kernel", 3, 1, 7)
    image = Table("Image x")
    kernel = Table("Kernel w")
    stride = Number("Stride", 1, 1, 6)
    padding = Number("Padding", 0, 0, 6)
    dilation = Number("Dilation", 1, 1, 6)
    mode = Choice("Padding mode", convolution.PADDING_MODES)
    flip = Switch("Flip the kernel (convolution as in mathematics)")
    start = Number("Begin at step", 1, 1, 400, help="For a link to a certain step.")
    target = Table("Target map t")
    rate = Open(
        "Learning rate η",
        0.0,
        10.0,
        placeholder="automatic",
        help="Left empty: 1/λ, with which the loss always falls; λ is the largest curvature.",
    )
