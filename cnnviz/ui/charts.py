"""Plotly figures on a page: drawn once for a state, for all sessions."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import streamlit as st

from cnnviz.ui.memory import remember

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def chart(key: str, alt: str, of: Hashable, make: Callable[..., "Figure"], *arguments: Any) -> None:
    """Shows ``make(*arguments)``.

    Args:
        alt: the picture in words.
        of: all that the figure depends on.
    """
    st.plotly_chart(remember((key, of), _drawn, make, *arguments), key=key, config={"displayModeBar": False}, alt=alt)


def _drawn(make: Callable[..., "Figure"], *arguments: Any) -> "Figure":
    """The figure, which nobody changes any more: it is turned into a dictionary now, and not at each rerun (5 ms, most of it for the template)."""
    figure = make(*arguments)
    content = figure.to_dict()
    object.__setattr__(figure, "to_dict", lambda: content)
    return figure
