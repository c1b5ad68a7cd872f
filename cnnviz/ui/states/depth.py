"""The state of the page "Depth and efficiency"."""

from cnnviz.ui.fields import Choice
from cnnviz.ui.state import State


class Depth(State, page="pages/wild/depth.py"):
    """What is set against the accuracy of the small networks, and on which images."""

    dataset = Choice(
        "Images",
        {"mnist": "Handwritten digits", "fashion": "Clothes"},
        "fashion",
        kind="buttons",
        help="The test images on which the accuracy was measured.",
    )
    work = Choice(
        "Work for one image",
        {"counted": "counted", "measured": "measured here"},
        kind="buttons",
        help="Counted: multiply-adds for one image. Measured: milliseconds for one image on this machine.",
    )
