"""The state of the page "Pooling"."""

from cnnviz.ops.pooling import POOLINGS
from cnnviz.ui.fields import Choice, Number, Switch, Text, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.state import State
from cnnviz.ui.stepping import Table


class Pooling(State, page="pages/seeing/pooling.py"):
    """Two channels of numbers and their windows, an image that moves, and a race."""

    mode = Choice("Pooling function", titles_of(POOLINGS))
    window = Number("Window", 2, 1, 6)
    stride = Number("Stride", 2, 1, 6)
    padding = Number("Padding", 0, 0, 3)
    rows = Number("Rows", 4, 1, 12)
    cols = Number("Columns", 4, 1, 12)
    whole = Switch("Global pooling: one window per map")
    ceil = Switch("Beyond the edge (ceil mode)")
    channel = Choice("Channel", {"0": "channel 0", "1": "channel 1"}, kind="buttons")
    channel0 = Table("Channel 0")
    channel1 = Table("Channel 1")
    images = image_fields(sources=("test", "draw", "upload"))
    reach = Number("Shift the image by up to … pixels", 6, 2, 10, slider=True)
    race_seed = Number("Seed", 0, 0, 10**6)
    race = Text("Race")
