"""What we see, and what the computer sees."""

import streamlit as st

from cnnviz.data import load
from cnnviz.data.matrices import LECTURE_MATRIX
from cnnviz.expressions import Expression
from cnnviz.figures import VALUES, as_csv, pixel_sheets, with_edits
from cnnviz.figures.pixels import pixels_code
from cnnviz.ui.edits import editor, pixel_edits
from cnnviz.ui.frame import Experiment, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.states.image_as_numbers import ImageAsNumbers
from cnnviz.ui.viewers import pixel_view
from cnnviz.words import _

title(
    "An image is a matrix of numbers",
    "We see a picture; the computer has a table of numbers, one for each pixel and colour, and nothing else.",
)


def move_window(top: int, left: int) -> None:
    ImageAsNumbers.top.set(top)
    ImageAsNumbers.left.set(left)


LECTURE = Expression("LECTURE_MATRIX[None]", {"LECTURE_MATRIX": "cnnviz.data.matrices"})


@section
def window() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        matrix = ImageAsNumbers.begin.draw() == "lecture"
        if matrix:
            chosen, high = (
                ChosenImage(LECTURE_MATRIX.unsqueeze(0), _("the lecture's matrix"), code=LECTURE),
                99,
            )
        else:
            chosen, high = choose_image(load("mnist", "test"), ImageAsNumbers.images), 255
        kind = ImageAsNumbers.values.draw()
        colour = len(chosen.pixels) == 3
        apart = colour and ImageAsNumbers.colours.draw() == "apart"
        height, width = chosen.pixels.shape[1:]
        most = min(height, width, 12 if colour else 28)
        side = most
        if max(height, width) > most:
            side = ImageAsNumbers.side.draw(usual=min(8 if colour else 16, most), high=most)
            top = ImageAsNumbers.top.draw(usual=(height - side) // 2, high=height - side)
            first = ImageAsNumbers.left.draw(usual=(width - side) // 2, high=width - side)
        else:
            top = first = 0
        edits = pixel_edits(ImageAsNumbers.edits, chosen, high)
        image = with_edits(chosen.pixels, edits)
        st.download_button(
            _("Matrix as text (CSV)"),
            lambda: as_csv(image, kind, high),
            f"{chosen.what}.csv",
            "text/csv",
            key="csv",
            icon=":material/download:",
        )

    with right, play_first():
        rows, cols = min(height, side), min(width, side)
        st.markdown(
            _("**{what}**: {height} rows × {width} columns", what=_(chosen.what), height=height, width=width)
            + (
                _(" × 3 channels = **{height:,} numbers**", height=3 * height * width)
                if colour
                else _(" = **{height:,} numbers**", height=height * width)
            )
            + (
                _("; the window shows {rows}×{cols} of them", rows=rows, cols=cols)
                if max(height, width) > most
                else ""
            )
        )
        typed = kind == "bytes" and (apart or not colour)
        hint = (
            _("Point at a pixel or a number. Click a number to change it.")
            if typed
            else _("Point at a pixel or a number. To change numbers: values 0–255, one channel.")
        )
        pixel_view(
            "pixels",
            pixel_sheets(image, (top, first, rows, cols), kind, apart, edits, high),
            (top, first),
            chosen.pixels if max(height, width) > most else None,
            _("What the computer sees ({values})", values=_(VALUES[kind]) if not matrix else f"0 – {high}"),
            (0, high),
            hint,
            editor(edits),
            move_window,
        )
    code(pixels_code(chosen.edited(edits), kind, high, (top, first, rows, cols)))


own_run_link("conv", _("What a network makes of such numbers"))
try_this(
    Experiment(
        "The lecture's matrix: what is on this picture? You cannot tell, and neither can the computer.",
        ImageAsNumbers(begin="lecture"),
    ),
    Experiment(
        "The cat's eye, 8×8 pixels, three numbers each. Which channel is the brightest?",
        ImageAsNumbers(image="photo", photo="chelsea", colours="apart"),
    ),
    Experiment(
        "A handwritten digit as a network gets it: normalised, most pixels are −0.42.",
        ImageAsNumbers(image="test", number=7, values="normalised"),
    ),
)
code = show_code()
source(
    "Lecture, “What the computer sees”; Stanford CS231n, Image classification; Gonzalez and Woods, Digital Image Processing, section 2.4."
)
window()
