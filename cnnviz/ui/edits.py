"""Single pixels that the student changed, kept for each image and written into the link."""

import streamlit as st

from cnnviz.figures import edits_from, edits_text
from cnnviz.ui.images import ChosenImage
from cnnviz.ui.links import changed_by_itself, write

Edits = dict[tuple[int, int, int], int]


def pixel_edits(chosen: ChosenImage, high: int = 255) -> Edits:
    """(channel, row, column) -> value, 0 to ``high``; with a button that takes them back. In the address ``edits=0.3.4.255,…``."""
    shape = (chosen.pixels.shape[0], chosen.pixels.shape[1], chosen.pixels.shape[2])
    of_images: dict[object, Edits] = st.session_state.setdefault("pixel_edits", {})
    edits = of_images.setdefault((chosen.what, shape), {})
    text = st.query_params.get("edits")
    if text is not None and changed_by_itself("edits"):
        edits.clear()
        edits.update(edits_from(text, shape, high))
    if st.button(f"Undo {len(edits)} changes", key="undo", disabled=not edits, icon=":material/undo:"):
        edits.clear()
        st.rerun()
    write("edits", edits_text(edits) or None)
    return edits


def edit_pixel(edits: Edits, channel: int, row: int, col: int, value: float) -> None:
    """Writes one value and shows the page again."""
    edits[channel, row, col] = round(value)
    write("edits", edits_text(edits))
    st.rerun()
