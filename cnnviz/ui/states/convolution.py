"""The state of the page "Convolution"."""

from cnnviz.ops import convolution
from cnnviz.ui.fields import Choice, Number, Open, Switch
from cnnviz.ui.state import State
from cnnviz.ui.stepping import Table


class Convolution(State, page="pages/seeing/convolution.py"):
    """An image, a kernel and how it moves; and the map that is wanted of it."""

    rows = Number(
        "Rows", 5, 1, 12, help="Height H of the image. The map has ⌊(H + 2·p − d·(k − 1) − 1) / s⌋ + 1 rows."
    )
    cols = Number(
        "Columns",
        5,
        1,
        12,
        help="Width W of the image. The map has ⌊(W + 2·p − d·(k − 1) − 1) / s⌋ + 1 columns.",
    )
    size = Number("Kernel", 3, 1, 7, help="Height and width k of the kernel. It has k·k weights.")
    image = Table(
        "Image x", help="The numbers x of the image. Click a number and type; Enter goes on to the next one."
    )
    kernel = Table(
        "Kernel w", help="The weights w of the kernel: each output is the sum of k·k products, s = Σ w·x."
    )
    stride = Number(
        "Stride",
        1,
        1,
        6,
        help="How many places s the kernel moves from one output to the next. With 2, every second place is left out.",
    )
    padding = Number(
        "Padding",
        0,
        0,
        6,
        help="How many rows and columns p are put around the image. With p = (k − 1)/2 and stride 1 the map is as large as the image.",
    )
    dilation = Number(
        "Dilation",
        1,
        1,
        6,
        help="Distance d between neighbouring weights of the kernel. It then covers d·(k − 1) + 1 pixels a side.",
    )
    mode = Choice(
        "Padding mode",
        convolution.PADDING_MODES,
        help="What stands in the border around the image: zeros, or values that continue the image.",
    )
    flip = Switch(
        "Flip the kernel (convolution as in mathematics)",
        help="Off: cross-correlation, Σ w[m, n]·x[i + m, j + n], as in all deep-learning libraries. On: the kernel is turned by 180° first, as in mathematics.",
    )
    start = Number(
        "Begin at step",
        1,
        1,
        400,
        help="The step that is shown first, counted from 1: for a link to a certain step.",
    )
    target = Table(
        "Target map t", help="The map that is wanted. The kernel learns it: loss L = ½·Σ (s − t)²."
    )
    rate = Open(
        "Learning rate η",
        0.0,
        10.0,
        placeholder="automatic",
        help="Left empty: 1/λ, with which the loss always falls; λ is the largest curvature.",
    )
