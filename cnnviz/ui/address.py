"""What the address of a page says, and who is right: the student who moved a control, or the address.

What the student moved counts, not the address of the request: a browser may not have heard yet what the
    server wrote into it.
The address counts when the student came by it: a link, a reload, the browser's back button. Streamlit sends a
    request of that
kind without the values of the controls on the page, or says that it is one of the browser's history.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id

from cnnviz.figures.colours import USUAL, use_palette
from cnnviz.words import ENGLISH

STICKY: set[str] = set()
"""Names of fields that keep their value where a link does not name them."""

WATCHERS: list[Callable[[str, dict[str, str]], None]] = []
"""Called with the page and name -> text of its address, before it is drawn and after it."""


@dataclass
class Memory:
    """What this session knows of one page, or of what all pages share.

    Attributes:
        values: name -> what was chosen: moved, linked or set; what is usual is not in it.
        linked: name -> text of the address that nobody has read yet.
        texts: name -> what the address says of a field, or ``None`` where it needs no word.
        said: name -> the same, as it was when the field was drawn last.
        held: name -> its value on the page as it stands.
        drawn: name -> what the control on the screen holds.
        unheard: name -> what the browser still shows, and says in its address, while it has not heard of
            another value that code or a link chose.
        versions: name -> how often its control was replaced by a new one, because the browser's history chose
            another value.
        notes: name -> the text of the link that the page does not know.
        language: that in which its controls stand on the screen.
    """

    values: dict[str, Any] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str | None] = field(default_factory=dict)
    said: dict[str, str | None] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    drawn: dict[str, Any] = field(default_factory=dict)
    unheard: dict[str, tuple[Any, str | None]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    language: str = ENGLISH


@dataclass
class Session:
    """One entry of the session's state, because Streamlit goes through all entries for each number and each
    menu that it draws.
    """

    page: str | None = None
    pages: dict[str, Memory] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)
    moved_on: bool = False
    """The script asked for another run itself."""
    own_run: bool = False
    """This run is one that the script asked for: its address is the script's, not the browser's."""
    by_history: bool = False
    """This run was asked for by the browser's back or forward button."""
    language: str = ""
    """Of the browser, once it was asked."""
    must_tell: bool = False
    """The browser does not show the address of the link that was followed."""
    wrote: dict[str, str] | None = None
    """The address that the browser was told last, since the student came by one: it may not have heard of it yet."""
    ordered: dict[str, str] | None = None
    """The address that code goes to next, as a link does: a slide, or what the lecturer shows."""
    hidden: frozenset[str] = frozenset()
    """Names of controls and sections that are not drawn."""
    heard: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Component and name of a value -> what it said last."""

    @property
    def here(self) -> Memory:
        return self.pages.setdefault(self.page or "", Memory())


_of_this_run: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()
"""What a script run looks through, its view of the session's state -> the session; fields ask fifty times a run."""


def session() -> Session:
    context = get_script_run_ctx(suppress_warning=True)
    known = None if context is None else _of_this_run.get(context.session_state)
    if known is None:
        known = st.session_state.setdefault("state", Session())
        assert isinstance(known, Session)
        if context is not None:
            _of_this_run[context.session_state] = known
    return known


def arrive(page: str) -> None:
    """Called when a whole page is drawn: reads the address if the student came by it."""
    _arrive(page)
    _let_know(session())


def _arrive(page: str) -> None:
    visit, address = session(), st.query_params.to_dict()
    context = get_script_run_ctx()
    by_history = context is not None and context.is_history_navigation
    other_page, visit.page = page != visit.page, page
    ordered, visit.ordered = visit.ordered, None
    address = address if ordered is None else ordered
    here = visit.here
    visit.own_run, visit.moved_on, visit.by_history = visit.moved_on, False, by_history
    if other_page:
        for known in (here.drawn, here.versions, here.unheard):
            known.clear()
    elif ordered is None and not by_history and (visit.own_run or not _by_a_link(here)):
        return
    visit.wrote = None
    here.held.clear()
    if not other_page or by_history or address:
        # Else the student comes back by the menu, and finds the page as it was.
        for chosen in (here.values, here.texts, here.notes):
            chosen.clear()
        if not other_page:
            visit.shared = {name: value for name, value in visit.shared.items() if name in STICKY}
        here.linked = dict(address)
    # A link to the page that it stands on goes to its state, but Streamlit leaves the browser's address.
    visit.must_tell = not other_page and not by_history


def _by_a_link(memory: Memory) -> bool:
    """Whether the request tells of no control on the page; what is on all pages, as the sidebar is, stays
    when a link is followed.
    """
    context = get_script_run_ctx()
    controls = {key_of_control(memory, name) for name in memory.drawn if name not in STICKY}
    if context is None or not controls:
        return False
    told = {user_key_from_element_id(name) for name in context.session_state._state._new_widget_state.states}
    return controls.isdisjoint(told)


def has_heard(name: str) -> bool:
    """Whether the browser has heard of the value that code or a link chose for this field: then its address
    does not say the old one any more.
    """
    visit = session()
    if name not in visit.here.unheard:
        return True
    _, text = visit.here.unheard[name]
    return not visit.own_run and st.query_params.get(name) != text


def key_of_control(memory: Memory, name: str) -> str:
    """A control that is to hold another value than the browser says is a new one."""
    version = memory.versions.get(name, 0)
    key = f"{name}-{version}" if version else name
    # Its browser tells of a menu by the title; in another language it would tell of none.
    return key if memory.language == ENGLISH else f"{key}-{memory.language}"


def tell_address() -> None:
    """Called when a page or a section was drawn: the address says its state."""
    visit = session()
    here, must_tell = visit.here, visit.must_tell
    visit.must_tell = False
    state = _state(here)
    # What a request says of the address is from before the browser heard of a change that is on its way to it.
    if must_tell or state != st.query_params.to_dict() or (visit.wrote is not None and visit.wrote != state):
        st.query_params.from_dict(state)
        visit.wrote = state
    _let_know(visit)


def _state(here: Memory) -> dict[str, str]:
    """Name -> text, as the address says it."""
    return {**here.linked, **{name: text for name, text in here.texts.items() if text is not None}}


def _let_know(visit: Session) -> None:
    for watch in WATCHERS:
        watch(visit.page or "", _state(visit.here))


@contextmanager
def one_section() -> Iterator[None]:
    """Around what is drawn alone."""
    visit = session()
    use_palette(visit.shared.get("palette", USUAL))
    visit.own_run = visit.moved_on = visit.by_history = False
    _let_know(visit)
    try:
        yield
    finally:
        tell_address()


def draw_again() -> None:
    """Draws the whole page again, in the state that it has now."""
    tell_address()
    session().moved_on = True
    st.rerun()
