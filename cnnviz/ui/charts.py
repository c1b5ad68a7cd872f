"""Plotly figures on a page: drawn once for a state, for all sessions."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from cnnviz.ui.memory import place_of, remember, size_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def chart(key: str, alt: str, of: Hashable, make: Callable[..., "Figure"], *arguments: Any) -> None:
    """Shows ``make(*arguments)``.

    Args:
        alt: the picture in words.
        of: all that the figure depends on.
    """
    drawn = remember((place_of(make), key, of), _draw, make, *arguments)
    st.plotly_chart(drawn.figure, key=key, config={"displayModeBar": False}, alt=alt)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A figure that nobody changes any more, and its size in memory."""

    figure: "Figure"
    nbytes: int


def _draw(make: Callable[..., "Figure"], *arguments: Any) -> _Drawn:
    """The figure is turned into a dictionary now, and not at each rerun (5 ms, most of it for the template)."""
    figure = make(*arguments)
    content = figure.to_dict()
    object.__setattr__(figure, "to_dict", lambda: content)
    # Plotly holds the numbers once more in its own objects.
    return _Drawn(figure, 2 * size_of(content))
