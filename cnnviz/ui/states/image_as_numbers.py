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
        help="A picture of your choice, or the matrix of two-digit numbers from the lecture's slides.",
    )
    images = image_fields()
    values = Choice(
        "Numbers",
        VALUES,
        kind="buttons",
        help="0 – 255: as in the file. 0 – 1: divided by 255. Normalised: (x − mean) / standard deviation, as networks are given it.",
    )
    colours = Choice(
        "Colours",
        {"together": "together", "apart": "three channels"},
        kind="buttons",
        needs=PHOTOGRAPH,
        help="Red, green and blue of each pixel in one cell, or each channel as a matrix of its own.",
    )
    side = Number(
        "Side of the window, in pixels",
        8,
        2,
        28,
        slider=True,
        needs=PHOTOGRAPH,
        help="How many rows and columns of the picture are shown as numbers.",
    )
    top = Number(
        "First row",
        0,
        0,
        9999,
        needs=PHOTOGRAPH,
        help="The first row of the window, counted from 0 at the top.",
    )
    left = Number(
        "First column",
        0,
        0,
        9999,
        needs=PHOTOGRAPH,
        help="The first column of the window, counted from 0 at the left.",
    )
    edits = Text(
        "Changed pixels",
        help="The pixels that were changed: channel.row.column.value. It is set by typing into the matrix.",
    )
