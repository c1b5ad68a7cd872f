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
    st.plotly_chart(remember((key, of), make, *arguments), key=key, config={"displayModeBar": False}, alt=alt)
