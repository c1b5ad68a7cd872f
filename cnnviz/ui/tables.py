"""Small tables of words."""

import re
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from cnnviz.ui.frame import unfolding
from cnnviz.words import _

PIPE = re.compile(r"(?<!\\)\|")
"""One that is not a letter already."""


def table_in_words(rows: Sequence[Mapping[str, str]]) -> str:
    """Markdown of a table, for ``st.markdown``: ``st.table`` would make a data frame of it first, 2 ms each
    time.

    Args:
        rows: title of the column -> words; all rows have the same columns.
    """
    if not rows:
        return ""
    lines = [[_(title) for title in rows[0]], ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(PIPE.sub(r"\|", str(word)) for word in line) + " |" for line in lines)


def folded_table(
    label: str, key: str, rows: Callable[[], Sequence[Mapping[str, str]]], below: str = ""
) -> None:
    """A table that is made and sent where somebody unfolds it; ``below``: a sentence under it."""
    box = unfolding(label, key)
    if box.open:
        with box:
            st.markdown(table_in_words(rows()))
            if below:
                st.caption(below)
