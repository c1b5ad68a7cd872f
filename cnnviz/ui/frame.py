"""The frame of every page: idea on top; experiments, code and sources below the thing to play with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from cnnviz.ui.lecture import Lesson, lecture


@dataclass(frozen=True)
class Experiment:
    """One line of "Try this": what to do and look for, and the state of the page to begin with."""

    text: str
    state: Mapping[str, str]


def lesson(file: str) -> Lesson:
    """The entry of the lecture's table for a page."""
    return next(entry for chapter in lecture() for entry in chapter.lessons if entry.file == file)


def title(text: str, idea: str) -> None:
    """The page's heading and its one-sentence idea."""
    st.header(text, anchor=False)
    st.markdown(idea)


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
