"""Plotly figures on a page: drawn once for a state, for all sessions."""

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st
from plotly.graph_objects import Figure

from cnnviz.ui.memory import place_of, remember, size_of


def chart(key: str, alt: str, of: Hashable, make: Callable[..., Figure], *arguments: Any) -> None:
    """Shows ``make(*arguments)``.

    Args:
        alt: the picture in words.
        of: all that the figure depends on.
    """
    drawn = remember((place_of(make), key, of), _draw, make, *arguments)
    st.plotly_chart(drawn, key=key, config={"displayModeBar": False}, alt=alt)


class DrawnFigure(Figure):  # type: ignore[misc]  # Plotly has no types
    """A figure that nobody changes any more: its dictionary is made once, and not at each rerun (5 ms, most of it for the template)."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        # Plotly's own way to keep something beside its properties.
        object.__setattr__(self, "_content", figure.to_dict())

    def to_dict(self) -> dict[str, Any]:
        content: dict[str, Any] = self._content
        return content

    @property
    def nbytes(self) -> int:
        """Its size in memory; Plotly holds the numbers once more in its own objects."""
        return 2 * size_of(self._content)


def _draw(make: Callable[..., Figure], *arguments: Any) -> DrawnFigure:
    return DrawnFigure(make(*arguments))
