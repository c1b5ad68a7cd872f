"""The frame of every page: idea on top; experiments, code and sources below the thing to play with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.errors import CnnvizError


@dataclass(frozen=True)
class Experiment:
    """One line of "Try this": what to do and look for, and the state of the page to begin with."""

    text: str
    state: Mapping[str, str]


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
        st.page_link(file, label=experiment.text, icon=":material/experiment:", query_params=dict(experiment.state))


def show_code(code: str) -> None:
    """The PyTorch lines that give the page's numbers, ready to copy."""
    with st.expander("Show the code", icon=":material/code:", key="show_code"):
        st.code(code, language="python")


def source(text: str) -> None:
    st.caption(f"Source: {text}")
