"""Single pixels that the student changed, kept for each image and written into the link."""

from collections.abc import Callable

import streamlit as st

from cnnviz.figures import edits_from, edits_text
from cnnviz.ui.address import draw_again
from cnnviz.ui.fields import Text
from cnnviz.ui.images import ChosenImage
from cnnviz.words import _

Edits = dict[tuple[int, int, int], int]


def pixel_edits(field: Text, chosen: ChosenImage, high: int = 255) -> Edits:
    """(channel, row, column) -> value, 0 to ``high``; with a button that takes them back. In the address
    ``edits=0.3.4.255,…``.

    Args:
        field: of the page's state.
    """
    shape = (chosen.pixels.shape[0], chosen.pixels.shape[1], chosen.pixels.shape[2])
    of_images: dict[object, Edits] = st.session_state.setdefault("pixel_edits", {})
    edits = of_images.setdefault((_(chosen.what), shape), {})
    if linked := field.now:
        edits.clear()
        edits.update(edits_from(linked, shape, high))
        # From here on they are kept with their image.
        field.forget()
    if st.button(
        _("Undo {count} changes", count=len(edits)), key="undo", disabled=not edits, icon=":material/undo:"
    ):
        edits.clear()
        draw_again()
    field.says(edits_text(edits) or None)
    return edits


def editor(edits: Edits) -> Callable[[int, int, int, float], None]:
    """Writes one value, for ``on_edit`` of ``pixel_view``."""

    def edit(channel: int, row: int, col: int, value: float) -> None:
        edits[channel, row, col] = round(value)

    return edit
