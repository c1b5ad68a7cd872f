"""A click does what it shall, though another request follows it at once.

A page is drawn from its first element to its last, and a button does its work when the drawing comes to it. Streamlit breaks a drawing
off when another request comes, such as that of a component that tells its value, and the next drawing knows nothing of the click: the
button did nothing, or half of its work. A drawing that was asked for by a click is not broken off before the button's work is done.
"""

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from streamlit import config
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import (
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
    _has_active_trigger_value,
)
from streamlit.runtime.state.session_state import SessionState


@dataclass
class _Drawing:
    """A request whose page is drawn.

    Attributes:
        to_come: names of the buttons that were clicked and that the drawing has not come to.
        works: the work of a click may still be going on: no element that is moved or clicked was drawn after the last of them.
        goes_on: the page asked itself to be drawn again.
    """

    to_come: set[str] = field(default_factory=set)
    works: bool = False
    goes_on: bool = False

    @classmethod
    def of(cls, asked: RerunData) -> "_Drawing":
        clicks = _clicks_of(asked)
        return cls(clicks, bool(clicks))

    def comes_to(self, name: str) -> None:
        if self.to_come:
            self.to_come.discard(name)
        else:
            self.works = False


def _clicks_of(asked: RerunData) -> set[str]:
    both = (asked.widget_states, asked.replay_trigger_states)
    return {
        one.id
        for states in both
        if states is not None
        for one in states.widgets
        if _has_active_trigger_value(one)
    }


_drawings: WeakKeyDictionary[ScriptRequests, _Drawing] = WeakKeyDictionary()
"""The requests to what draws a session's pages -> the drawing that goes on."""


def hear_every_click() -> None:
    """Called once, before the first page is drawn."""
    config.set_option("runner.fastReruns", False)
    ready, passes, ask, come_to, request = (
        ScriptRequests.on_scriptrunner_ready,
        ScriptRequests.on_scriptrunner_yield,
        ScriptRequests._request_rerun_locked,
        SessionState.register_widget,
        AppSession.request_rerun,
    )

    def begin(self: ScriptRequests) -> ScriptRequest:
        return _begun(self, ready(self))

    def may_break_off(self: ScriptRequests) -> ScriptRequest | None:
        drawing = _drawings.get(self)
        if (
            drawing is not None
            and drawing.works
            and not drawing.goes_on
            and self._state == ScriptRequestType.RERUN
        ):
            return None
        found = passes(self)
        return None if found is None else _begun(self, found)

    def asked(self: ScriptRequests, new: RerunData) -> bool:
        drawing = _drawing_here()
        if drawing is not None and _drawings.get(self) is drawing:
            drawing.goes_on = True
        return ask(self, new)

    def registered(self: SessionState, metadata: Any, user_key: str | None) -> Any:
        drawing = _drawing_here()
        if drawing is not None and drawing.works:
            drawing.comes_to(metadata.id)
        return come_to(self, metadata, user_key)

    def at_once_if_nothing_was_clicked(self: AppSession, client_state: ClientState | None) -> None:
        # Streamlit would begin to draw a page anew beside the drawing that it breaks off, also that of a click.
        runner = self._scriptrunner
        is_whole = client_state is None or not client_state.fragment_id
        if runner is not None and is_whole and not _was_clicked(runner._requests):
            runner.request_stop()
            self._scriptrunner = None
        request(self, client_state)

    changed: Any = ScriptRequests
    changed.on_scriptrunner_ready, changed.on_scriptrunner_yield = begin, may_break_off
    changed._request_rerun_locked = asked
    changed = SessionState
    changed.register_widget = registered
    changed = AppSession
    changed.request_rerun = at_once_if_nothing_was_clicked


def _begun(requests: ScriptRequests, found: ScriptRequest) -> ScriptRequest:
    if found.type == ScriptRequestType.RERUN:
        _drawings[requests] = _Drawing.of(found.rerun_data)
    else:
        _drawings.pop(requests, None)
    return found


def _drawing_here() -> _Drawing | None:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or context.script_requests is None:
        return None
    return _drawings.get(context.script_requests)


def _was_clicked(requests: ScriptRequests) -> bool:
    """Whether the work of a click goes on, or waits for a drawing."""
    with requests._lock:
        if requests._state == ScriptRequestType.STOP:
            return False
        waits = requests._state == ScriptRequestType.RERUN and bool(_clicks_of(requests._rerun_data))
        drawing = _drawings.get(requests)
    return waits or (drawing is not None and drawing.works)
