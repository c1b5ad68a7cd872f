"""The state of the page "Pooling"."""

from cnnviz.ops.pooling import POOLINGS
from cnnviz.ui.fields import Choice, Number, Switch, Text, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.state import State
from cnnviz.ui.stepping import Table


class Pooling(State, page="pages/seeing/pooling.py"):
    """Two channels of numbers and their windows, an image that moves, and a race."""

    mode = Choice(
        "Pooling function",
        titles_of(POOLINGS),
        help="How a window becomes one number. Max: the largest value; average: Σ x / k²; L2: √(Σ x²).",
    )
    window = Number(
        "Window",
        2,
        1,
        6,
        help="Height and width k of the window. Each channel is pooled by itself; there are no weights.",
    )
    stride = Number(
        "Stride",
        2,
        1,
        6,
        help="How many places s the window moves from one output to the next. Usually as many as the window is wide.",
    )
    padding = Number(
        "Padding",
        0,
        0,
        3,
        help="How many rows and columns p are put around. They never win a maximum. PyTorch allows at most k/2.",
    )
    rows = Number("Rows", 4, 1, 12, help="Height H of the map. The output has ⌊(H + 2·p − k) / s⌋ + 1 rows.")
    cols = Number(
        "Columns", 4, 1, 12, help="Width W of the map. The output has ⌊(W + 2·p − k) / s⌋ + 1 columns."
    )
    whole = Switch(
        "Global pooling: one window per map",
        help="One window that covers the whole map: each channel becomes one number.",
    )
    ceil = Switch(
        "Beyond the edge (ceil mode)",
        help="The number of outputs is rounded up instead of down, so that the last window may reach beyond the edge.",
    )
    channel = Choice(
        "Channel",
        {"0": "channel 0", "1": "channel 1"},
        kind="buttons",
        help="The channel whose windows are shown step by step. The other one is pooled in the same way.",
    )
    channel0 = Table("Channel 0", help="The numbers of the first channel. Type over any of them.")
    channel1 = Table("Channel 1", help="The numbers of the second channel. Type over any of them.")
    images = image_fields(sources=("test", "draw", "upload"))
    reach = Number(
        "Shift the image by up to … pixels",
        6,
        2,
        10,
        slider=True,
        help="By how many pixels the image is moved to the right, at most: how much do the features change?",
    )
    race_seed = Number(
        "Seed",
        0,
        0,
        10**6,
        help="The number from which first weights and the order of images are drawn. The same seed gives the same training.",
    )
    race = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
