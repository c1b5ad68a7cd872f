"""What the address of a page says, and who is right: the student who moved a control, or the address.

What the student moved counts, not the address of the request: a browser may not have heard yet what the
    server wrote into it.
The address counts when the student came by it: a link, a reload, the browser's back button. Streamlit sends a
    request of that
kind without the values of the controls on the page, or says that it is one of the browser's history.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id

from cnnviz.errors import CnnvizError
from cnnviz.figures.colours import USUAL, use_palette
from cnnviz.ui.delivery import times_asked
from cnnviz.words import ENGLISH

Result = TypeVar("Result")
STICKY: set[str] = set()
"""Names of fields that keep their value where a link does not name them."""

WATCHERS: list[Callable[[str, dict[str, str]], None]] = []
"""Called with the page and name -> text of its address, before it is drawn and after it."""


@dataclass
class Unheard:
    """A control whose browser has not heard yet what code or a link chose for it.

    Attributes:
        before: what the browser's address may still say of it, ``None`` for no word -> what the control may still show.
        asked: how often the student had asked for something.
    """

    before: dict[str | None, Any] = field(default_factory=dict)
    asked: int | None = None


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
        refused: button -> (what was asked for, why it could not be done).
        language: that in which its controls stand on the screen.
    """

    values: dict[str, Any] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str | None] = field(default_factory=dict)
    said: dict[str, str | None] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    drawn: dict[str, Any] = field(default_factory=dict)
    unheard: dict[str, Unheard] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    refused: dict[str, tuple[object, CnnvizError]] = field(default_factory=dict)
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
    """The address that the browser was told last, since the student came by one."""
    heard_it: bool = False
    """A request of the browser said that address: one that says another comes from the browser's history."""
    listened_in: "ref[Any] | None" = None
    """The run whose request was looked at."""
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
    other_page, visit.page = page != visit.page, page
    ordered, visit.ordered = visit.ordered, None
    address = address if ordered is None else ordered
    here = visit.here
    visit.own_run, visit.moved_on = visit.moved_on, False
    if not visit.own_run:
        _listen(visit)
    by_history = visit.by_history = comes_by_history() or (not other_page and _has_gone_back(visit, address))
    if other_page:
        for known in (here.drawn, here.versions, here.unheard, here.refused):
            known.clear()
    elif ordered is None and not by_history and (visit.own_run or not _by_a_link(here)):
        return
    told_on_the_way = visit.wrote is not None and not visit.heard_it
    visit.wrote, visit.heard_it = None, False
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
    if not other_page and by_history and told_on_the_way:
        # What the browser was told before it went back arrives there afterwards. It must hear at once: an address that
        # arrives after what is drawn may meet a student who has gone on, and take back where.
        _tell(visit, address)


def comes_by_history() -> bool:
    """Whether the browser's back or forward button asked for this run, and Streamlit says so."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _has_gone_back(visit: Session, address: dict[str, str]) -> bool:
    """Whether that button asked for this run though Streamlit does not say so, as where another request came
    before the run began: the browser knew the address of this page, and says another.
    """
    return visit.heard_it and not visit.own_run and address != visit.wrote and not _by_a_link(visit.here)


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

    It knows an address a moment before it shows what came with it. So what a page asks by itself in that moment says nothing; only what
    the student asks does.
    """
    visit = session()
    unheard = visit.here.unheard.get(name)
    if unheard is None:
        return True
    if visit.own_run or st.query_params.get(name) in unheard.before:
        unheard.asked = requests_now()
        return False
    return unheard.asked is None or unheard.asked != requests_now()


def will_hear(name: str, before: Any, text: str | None) -> None:
    """Code or a link chose the value that the address says with ``text``; the browser shows ``before``, and does not know."""
    here = session().here
    unheard = here.unheard.setdefault(name, Unheard())
    unheard.before[here.said.get(name)] = before
    unheard.before.pop(text, None)
    unheard.asked = requests_now()


def is_from_before(name: str, value: Any, key: str) -> bool:
    """Whether a control has a value because the browser does not show yet what code or a link chose for it; else the student chose it,
    perhaps the one of before.

    A student moves one control at a time: who moved another one has left this one alone.
    """
    unheard = session().here.unheard.get(name)
    if unheard is None or value not in unheard.before.values() or (has_heard(name) and _moved_alone(key)):
        return False
    unheard.asked = requests_now()
    return True


def _moved_alone(key: str) -> bool:
    """Whether the request tells of no other move than that of this control."""
    context = get_script_run_ctx()
    if context is None:
        return True
    state: Any = context.session_state._state
    told = state._new_widget_state.states
    return all(user_key_from_element_id(one) == key for one in told if state._widget_changed(one))


def requests_now() -> int | None:
    """How often the student has asked for something; ``None`` where nobody counts."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else times_asked(context.session_id)


def key_of_control(memory: Memory, name: str) -> str:
    """A control that is to hold another value than the browser says is a new one."""
    version = memory.versions.get(name, 0)
    key = f"{name}-{version}" if version else name
    # Its browser tells of a menu by the title; in another language it would tell of none.
    return key if memory.language == ENGLISH else f"{key}-{memory.language}"


def tell_address(*, whole: bool = False) -> None:
    """Called when a section was drawn, or the whole page: the address says its state.

    A browser whose address says a value has heard of it. So a control that is still to be drawn with what code chose is told as it was;
    else a request that comes before that, and says what the control holds, would undo the choice.
    """
    visit = session()
    here, must_tell = visit.here, visit.must_tell
    visit.must_tell = False
    texts = here.texts if whole else {**here.texts, **_still_on_the_screen(here)}
    state = _state(here, texts)
    if must_tell or _must_hear(visit, state):
        _tell(visit, state)
    _let_know(visit)


def _tell(visit: Session, state: dict[str, str]) -> None:
    st.query_params.from_dict(state)
    visit.wrote, visit.heard_it = state, False


def _still_on_the_screen(here: Memory) -> dict[str, str | None]:
    """Name -> what the address said of each control that does not hold yet what code chose for it."""
    waiting = [name for name, value in here.drawn.items() if here.held.get(name, value) != value]
    return {name: here.said[name] for name in waiting if name in here.said}


def _must_hear(visit: Session, state: dict[str, str]) -> bool:
    """Whether the browser has another address, and is not about to hear of this one.

    What a request says of the address is from before the browser heard of a change that is on its way to it;
    an address that is told twice would undo what the back button did between.
    """
    if visit.wrote is None or (visit.heard_it and visit.wrote == state):
        return state != st.query_params.to_dict()
    return visit.wrote != state


def _listen(visit: Session) -> None:
    """A request came from the browser: does it know the address that it was told?"""
    run = _run()
    if visit.listened_in is None or visit.listened_in() is not run:
        # What is drawn after the first section of a run may find what that section wrote.
        visit.listened_in = None if run is None else ref(run)
        visit.heard_it = visit.heard_it or st.query_params.to_dict() == visit.wrote


def _run() -> Any:
    """An object that Streamlit makes anew for each run of the script."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.parallel_coordinator


_in_this_run: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()


def once_a_run(look: Callable[..., Result], *arguments: Hashable) -> Result:
    """What ``look`` gives, looked at once while a page or a section is drawn: a menu asks several times what lies on the disk."""
    run = _run()
    if run is None:
        return look(*arguments)
    known = _in_this_run.setdefault(run, {})
    if (look, arguments) not in known:
        known[look, arguments] = look(*arguments)
    found: Result = known[look, arguments]
    return found


def _state(here: Memory, texts: Mapping[str, str | None]) -> dict[str, str]:
    """Name -> text, as the address says it."""
    return {**here.linked, **{name: text for name, text in texts.items() if text is not None}}


def _let_know(visit: Session) -> None:
    for watch in WATCHERS:
        watch(visit.page or "", _state(visit.here, visit.here.texts))


@contextmanager
def one_section() -> Iterator[None]:
    """Around what is drawn alone."""
    visit = session()
    use_palette(visit.shared.get("palette", USUAL))
    visit.own_run = visit.moved_on = visit.by_history = False
    _listen(visit)
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
