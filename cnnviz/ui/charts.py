"""Plotly figures on a page: drawn once for a state, for all sessions."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import streamlit as st
import streamlit.elements.plotly_chart  # makes its template the usual one
from plotly import io
from plotly.basedatatypes import BaseFigure
from plotly.graph_objects import Figure

from cnnviz.ui.memory import remember, size_of
from cnnviz.words import _

OWN_MARKUP = re.compile(r"(<br>|<b>[\d.]+</b>)|[<&]")
"""What our figures write themselves, or what is to stay a letter."""
TEMPLATE = io.templates[io.templates.default].to_plotly_json()
"""Streamlit's colours and fonts. Plotly would check and copy all of it into each figure that is begun (two thirds of the
time that a small one takes); here it is put into what is sent.
"""
io.templates.default = None
PATTERNS = ("hovertemplate", "texttemplate", "template")


def chart(key: str, alt: str, make: Callable[..., Figure], *arguments: Any, **named: Any) -> None:
    """Shows ``make(*arguments, **named)``, drawn once for the same arguments.

    Args:
        alt: the picture in words.
    """
    drawn = remember(_draw, make, *arguments, **named)
    st.plotly_chart(drawn, key=key, config={"displayModeBar": False}, alt=alt)


class DrawnFigure(BaseFigure):  # type: ignore[misc]  # Plotly has no types
    """A figure that nobody changes any more: only its dictionary, which is made once, and not at each rerun."""

    def __init__(self, figure: Figure) -> None:
        content = _in_letters(figure.to_dict())
        content["layout"] = {**content.get("layout", {}), "template": TEMPLATE}
        # Plotly's own way to keep something beside its properties, of which this one has none.
        object.__setattr__(self, "_content", content)

    def to_dict(self) -> dict[str, Any]:
        content: dict[str, Any] = self._content
        return content

    @property
    def nbytes(self) -> int:
        """Its size in memory."""
        return size_of(self._content)


def _in_letters(value: Any) -> Any:
    """The figure with every ``<`` and ``&`` as a letter: Plotly reads HTML in names, such as those of classes."""
    if isinstance(value, str):
        return OWN_MARKUP.sub(lambda found: found[1] or escape(found[0], quote=False), value)
    if isinstance(value, dict):
        return {name: one if name in PATTERNS else _in_letters(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_in_letters(one) for one in value]
    if isinstance(value, np.ndarray) and value.dtype.kind in "OU":
        return np.array([_in_letters(one) for one in value.ravel()], dtype=object).reshape(value.shape)
    return value


def _draw(make: Callable[..., Figure], *arguments: Any, **named: Any) -> DrawnFigure:
    figure = make(*arguments, **named)
    for trace in figure.data:
        if trace.name:
            # Of a registry, or of a comparison that was begun in English.
            trace.name = _(trace.name)
    return DrawnFigure(figure)
