"""The frame of every page: idea on top; experiments, code and sources below the thing to play with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from cnnviz.errors import CnnvizError


@dataclass(frozen=True)
class Experiment:
    """One line of "Try this": what to do and look for, and the state of the page to begin with."""

    text: str
    state: Mapping[str, str]


_pages: dict[str, StreamlitPage] = {}


def page(file: str, *, title: str | None = None, url_path: str | None = None, default: bool = False) -> StreamlitPage:
    """The page of a file, for navigation and links. Streamlit looks at the disk for each page it makes; so each is made once a server."""
    if file not in _pages:
        _pages[file] = st.Page(file, title=title, url_path=url_path, default=default)
    # A copy, because a script run writes into it.
    return copy(_pages[file])


def link(file: str, label: str, icon: str, state: Mapping[str, str] | None = None) -> None:
    """A link to a page of the lecture, in a state."""
    st.page_link(page(file), label=label, icon=icon, query_params=dict(state) if state else None)


@contextmanager
def error_box() -> Iterator[None]:
    """What the user can mend is shown as its sentence; anything else is a bug and goes on."""
    try:
        yield
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")


def title(text: str, idea: str) -> None:
    """The page's heading and its one-sentence idea."""
    st.header(text, anchor=False)
    st.markdown(idea)


def play_first() -> DeltaGenerator:
    """A container, once a page, inside the last of some columns: on a phone, where columns stand below each other, it comes first."""
    return st.container(key="play")


def try_this(file: str, experiments: Sequence[Experiment]) -> None:
    """Three experiments; each is a link to the page in the right state."""
    st.subheader("Try this", anchor=False)
    for experiment in experiments:
        link(file, experiment.text, ":material/experiment:", experiment.state)


def show_code(code: str) -> None:
    """The PyTorch lines that give the page's numbers, ready to copy."""
    with st.expander("Show the code", icon=":material/code:", key="show_code"):
        st.code(code, language="python")


def source(text: str) -> None:
    st.caption(f"Source: {text}")
