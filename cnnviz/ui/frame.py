"""The frame of every page: idea on top; experiments, code and sources below the thing to play with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, ParamSpec

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer
from streamlit.errors import StreamlitAPIException, StreamlitInvalidLayoutContextError
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import RerunException, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from cnnviz.errors import CnnvizError
from cnnviz.ui.address import draw_again, one_section, session
from cnnviz.ui.language import language_here
from cnnviz.ui.outside import plain
from cnnviz.ui.state import State
from cnnviz.words import _, in_language

Values = ParamSpec("Values")


@dataclass(frozen=True)
class Experiment:
    """One line of "Try this": what to do and look for, and the state of the page to begin with."""

    text: str
    state: State


_pages: dict[str, StreamlitPage] = {}


def page(
    file: str, *, title: str | None = None, url_path: str | None = None, default: bool = False
) -> StreamlitPage:
    """The page of a file, for navigation and links. Streamlit looks at the disk for each page it makes; so
    each is made once a server.
    """
    if file not in _pages:
        _pages[file] = st.Page(file, title=title, url_path=url_path, default=default)
    # A copy, because a script run writes into it.
    shown = copy(_pages[file])
    if title is not None:
        shown._title = title
    return shown


def link(file: str, label: str, icon: str, state: Mapping[str, str] | None = None) -> None:
    """A link to a page of the lecture, in a state."""
    st.page_link(page(file), label=label, icon=icon, query_params=dict(state) if state else None)


@contextmanager
def error_box() -> Iterator[None]:
    """What the user can mend is shown as its sentence; anything else is a bug and goes on."""
    try:
        yield
    except CnnvizError as error:
        st.error(plain(_(error)), icon=":material/error:")


@contextmanager
def clicked(pressed: bool, button: str, asked: object = None) -> Iterator[bool]:
    """What a button does. What the user can mend is said below it, and stays when the page is drawn again: until the button is
    pressed again, another thing would be asked for, or the student goes to another page.

    Args:
        pressed: what Streamlit's button gave.
        button: its key.
        asked: what it is asked to do, if a control or a file says that.
    """
    refused = session().here.refused
    if pressed:
        refused.pop(button, None)
    try:
        yield pressed
    except CnnvizError as error:
        refused[button] = asked, error
    before, why = refused.get(button, (asked, None))
    if why is not None and before == asked:
        st.error(plain(_(why)), icon=":material/error:")


@contextmanager
def _in_place() -> Iterator[None]:
    """A section may write only into places that it wrote into when the whole page was drawn last, and that
    drawing may have ended early.

    At a sentence, or because the student was quicker; then the whole page is drawn.
    """
    try:
        yield
    except StreamlitInvalidLayoutContextError:
        draw_again()


class part(Generic[Values]):  # noqa: N801 - read as a decorator
    """A part of a page. Decorating a function reserves its place on the page, calling it draws it there.

    So a page first lays out its parts from top to bottom; then those that need nothing of another are called,
    and a part whose values another one shows calls that one. What the user can mend is shown as its sentence
    in the part, and the other parts stay.
    """

    def __init__(self, draw: Callable[Values, None]) -> None:
        @wraps(draw)
        def guarded(*values: Values.args, **named: Values.kwargs) -> None:
            # Asked for once, not once for each sentence.
            with in_language(language_here()), error_box():
                draw(*values, **named)

        self.name = draw.__name__
        self._draw = self._drawing(guarded)
        self._place = st.container(key=f"section_{self.name}")

    def _drawing(self, draw: Callable[Values, None]) -> Callable[Values, None]:
        return draw

    def __call__(self, *values: Values.args, **named: Values.kwargs) -> None:
        if self.name in session().hidden:
            return
        with _in_place():
            place = self._place.container()
        with place:
            self._draw(*values, **named)


class section(part[Values]):  # noqa: N801
    """A part with controls of its own: moving one draws this part again, with the values of its last call,
    and no other.
    """

    told: Any = None
    """What it told the other sections last."""

    def _drawing(self, draw: Callable[Values, None]) -> Callable[Values, None]:
        @wraps(draw)
        def drawn(*values: Values.args, **named: Values.kwargs) -> None:
            if not _is_one_section():
                draw(*values, **named)
                return
            with one_section():
                draw(*values, **named)

        return st.fragment(drawn, key=self.name)

    def __call__(self, *values: Values.args, **named: Values.kwargs) -> None:
        self.told = None
        super().__call__(*values, **named)

    def tell(self, value: object) -> None:
        """For itself: other sections look at this value (not ``None``), so the whole page is drawn again when
        it changes.
        """
        if self.told is not None and value != self.told:
            draw_again()
        self.told = value


def draws(*sections: section[...]) -> Callable[[], None]:
    """For ``on_change`` of a control that several sections look at: they are all drawn again when it was
    moved, and those that the same request asks for because of another control.
    """

    def draw() -> None:
        context = get_script_run_ctx()
        if context is None or not context.fragment_ids_this_run:
            return
        try:
            st.rerun([one.name for one in sections])
        except StreamlitAPIException:
            # One of them waits for a result, and has not been drawn yet.
            draw_again()
        except RerunException as asked:
            own, queue = ThreadState.get().fragment_id, asked.rerun_data.fragment_id_queue
            queue += [one for one in context.fragment_ids_this_run if one not in (own, *queue)]
            raise

    return draw


def _is_one_section() -> bool:
    """Whether only a section of the page is being drawn."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def title(text: str, idea: str) -> None:
    """The page's heading and its one-sentence idea."""
    st.header(_(text), anchor=False)
    st.markdown(_(idea))


def play_first() -> DeltaGenerator:
    """A container, once a page, inside the last of some columns: on a phone, where columns stand below each
    other, it comes first.
    """
    return st.container(key="play")


def try_this(*experiments: Experiment) -> None:
    """Three experiments; each is a link to the page in the right state."""
    if "try" in session().hidden:
        return
    with st.container(key="try"):
        st.subheader(_("Try this"), anchor=False)
        for experiment in experiments:
            link(
                experiment.state.page,
                _(experiment.text),
                ":material/experiment:",
                experiment.state.parameters(),
            )


def show_code() -> Callable[[str], None]:
    """Reserves the place of "Show the code"; returns what shows the PyTorch lines that give the page's
    numbers there, ready to copy. A page whose code is closed sends none: its colours cost a browser a third
    of a second.
    """
    if "code" in session().hidden:
        return lambda __: None
    box = unfolding(_("Show the code"), "show_code", ":material/code:")
    if not box.open:
        return lambda __: None
    place = box.empty()

    def show(code: str) -> None:
        with _in_place():
            place.code(code, language="python")

    return show


def unfolding(label: str, key: str, icon: str | None = None) -> ExpanderContainer:
    """A part that is closed at first; what it holds is to be drawn only where it is ``open``."""
    return st.expander(label, icon=icon, key=key, on_change="rerun")


def source(text: str) -> None:
    if "source" in session().hidden:
        return
    st.caption(_("Source: {text}", text=text))
