"""The state of the page "An image is a matrix of numbers"."""

from cnnviz.figures import VALUES
from cnnviz.ui.fields import Choice, Number, Text
from cnnviz.ui.images import image_fields
from cnnviz.ui.state import State

PHOTOGRAPH = {"image": "photo"}


class ImageAsNumbers(State, page="pages/seeing/image_as_numbers.py"):
    """An image, the window that is shown of it, and the pixels that were changed."""

    begin = Choice(
        "Begin with",
        {"image": "a picture", "lecture": "the lecture's 20×20 matrix"},
        kind="buttons",
        hide=True,
    )
    images = image_fields()
    values = Choice("Numbers", VALUES, kind="buttons")
    colours = Choice(
        "Colours", {"together": "together", "apart": "three channels"}, kind="buttons", needs=PHOTOGRAPH
    )
    side = Number("Side of the window, in pixels", 8, 2, 28, slider=True, needs=PHOTOGRAPH)
    top = Number("First row", 0, 0, 9999, needs=PHOTOGRAPH)
    left = Number("First column", 0, 0, 9999, needs=PHOTOGRAPH)
    edits = Text("Changed pixels")
