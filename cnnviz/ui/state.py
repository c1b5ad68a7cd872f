"""What a page shows is one declared state, and the address says it: every state is a link.

A page declares a ``State``: its fields with type, range, usual value and words. From that one declaration
    come the controls
(``Pooling.stride.draw()``), the values (``Pooling.stride.now``), the links (``Pooling(stride=2).link()``),
and the tests.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import streamlit as st

from cnnviz.figures.colours import PALETTES
from cnnviz.ui.fields import LONGEST, Choice, Code, Field, Foreign, Switch, Titles, titles_of
from cnnviz.words import LANGUAGES, _

BROWSER = "browser"


def _languages() -> dict[str, str]:
    return {BROWSER: _("as the browser"), **LANGUAGES}


class State:
    """The state of a page. A page declares a class with its fields::

        class Pooling(State, page="pages/seeing/pooling.py"):
            window = Number("Window", 2, 1, 6)
            images = image_fields()

    ``Pooling(window=3)`` is a state, ``Pooling(window=3).link()`` its address; ``Pooling.window.now`` is the
    value on the page that is shown.

    Attributes:
        page: the page's file.
        fields: name -> field, in the order of the page; a tuple of fields is a group that several pages have.
        chosen: what was said; all else is usual.
    """

    projector = Switch(
        "Projector mode",
        help="Large type and no sidebar, for a lecture hall. The key P switches it on and off.",
        sticky=True,
    )
    room = Code(
        "Room",
        "",
        help="The code of the room whose lecturer this browser follows. Empty: it follows nobody.",
        sticky=True,
    )
    palette = Choice(
        "Colours",
        titles_of(PALETTES),
        help="The colours of all pictures. "
        + " ".join(f"{entry.title}: {entry.words}" for entry in PALETTES.values()),
        sticky=True,
    )
    language = Choice(
        "Language",
        Titles(_languages),
        BROWSER,
        help="The language of all pages. A link with a language opens in it.",
        sticky=True,
    )

    page: ClassVar[str] = ""
    fields: ClassVar[Mapping[str, Field[Any]]] = {}
    pages: ClassVar[dict[str, type["State"]]] = {}
    """File of a page -> its state."""

    def __init_subclass__(cls, page: str = "") -> None:
        found = [entry for base in reversed(cls.__mro__) for entry in vars(base).values()]
        groups = [entry if isinstance(entry, tuple) else (entry,) for entry in found]
        cls.fields = {entry.name: entry for group in groups for entry in group if isinstance(entry, Field)}
        cls.page = page or cls.page
        if page:
            State.pages[page] = cls

    def __init__(self, **values: Any) -> None:
        """A value may be given as the text of a link, too.

        Raises:
            TypeError: there is no such field.
            Foreign: it cannot have this value.
        """
        unknown = [name for name in values if name not in self.fields]
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no field '{unknown[0]}'. It has {', '.join(self.fields)}."
            )
        self.chosen = {
            name: self.fields[name].read(value if isinstance(value, str) else self.fields[name].text(value))
            for name, value in values.items()
        }

    def parameters(self) -> dict[str, str]:
        """Name -> text, for a link."""
        return {name: self.fields[name].text(value) for name, value in self.chosen.items()}

    def link(self) -> str:
        """The address, such as ``convolution?stride=2``."""
        path = self.page.rpartition("/")[2].removesuffix(".py")
        return f"{path}?{urlencode(self.parameters())}" if self.chosen else path

    @classmethod
    def parse(cls, address: Mapping[str, str]) -> tuple[Self, dict[str, str]]:
        """The state that an address says, and what in it is foreign to the page: name -> text."""
        state, foreign = cls(), {}
        for name, text in address.items():
            try:
                state.chosen[name] = cls.fields[name].read(text[:LONGEST])
            except (KeyError, Foreign):
                foreign[name] = text
        return state, foreign

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and (self.page, self.parameters()) == (other.page, other.parameters())

    def __hash__(self) -> int:
        return hash((self.page, tuple(self.parameters().items())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={text!r}' for name, text in self.parameters().items())})"


def page_address(state: State) -> str:
    """The address of this page in the given state, to be copied."""
    return f"{st.context.url or ''}?{urlencode(state.parameters())}"
