"""What is on its way to the browser when a section is drawn again, and what of a section a new session does not have."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunnerEvent


def deliver_in_order() -> None:
    """What was drawn and not sent yet is sent before a section's next drawing.

    Streamlit drops what is waiting of the section, but keeps what is waiting of a section inside it. Under
    load, a whole page and the section's next drawing wait together; then the inner section's elements reach a
    browser that has no place for them, it says "Cannot set a node at a delta path", and the page stays blank.
    Nothing is wrong with sending both drawings one after the other, as happens on a quiet machine.
    """
    clear = ForwardMsgQueue.clear

    def keep(
        self: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        if not retain_lifecycle_msgs or fragment_ids_this_run is None:
            clear(self, retain_lifecycle_msgs)
            return
        # What comes from now on is not put together with what waits.
        self._delta_index_map = {}

    changed: Any = ForwardMsgQueue
    changed.clear = keep


def draw_whole_page_first() -> None:
    """A section's request to a session that does not have the section draws the whole page.

    A browser whose process was replaced shows the page as it was, and asks only when something is moved; most often that lies in a
    section. The new session has no section of any name, and Streamlit leaves out what it does not know: the page would stand still
    until it is loaded again. The request tells the values of all controls and the address, so the whole page can be drawn of it.
    The same where a section has gone while the request was on its way; but what asks by itself, or is of another page, may be lost.
    """
    request = AppSession.request_rerun

    def whole(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.fragment_id and _is_to_be_found(self, client_state):
            asked = ClientState()
            asked.CopyFrom(client_state)
            asked.fragment_id, asked.is_auto_rerun = "", False
            client_state = asked
        request(self, client_state)

    changed: Any = AppSession
    changed.request_rerun = whole


def _is_to_be_found(session: AppSession, asked: ClientState) -> bool:
    """Whether the request names a section that the session does not have, and is the student's, of the page that is shown."""
    if not session._fragment_storage.registration_sequence():
        return True
    here = asked.page_script_hash == session._pages_manager.current_page_script_hash
    return here and not asked.is_auto_rerun and not session._fragment_storage.contains(asked.fragment_id)


_open: WeakValueDictionary[str, AppSession] = WeakValueDictionary()
_asked: WeakKeyDictionary[AppSession, int] = WeakKeyDictionary()


def count_what_is_asked() -> None:
    """A session knows how often its student asked for something; not how often a page asked by itself."""
    request = AppSession.request_rerun

    def counted(self: AppSession, client_state: ClientState | None) -> None:
        if client_state is None or not client_state.is_auto_rerun:
            _open[self.id] = self
            _asked[self] = _asked.get(self, 0) + 1
        request(self, client_state)

    changed: Any = AppSession
    changed.request_rerun = counted


def times_asked(session: str) -> int | None:
    """How often the student of a session asked; ``None`` where nobody counts."""
    known = _open.get(session)
    return None if known is None else _asked[known]


ON_THE_WAY = 30.0
"""Seconds for which a picture can still be fetched that no page shows any more."""


def keep_what_is_fetched_late() -> None:
    """A browser fetches a picture some time after it heard of it. When the student has gone on meanwhile, Streamlit has thrown the
    picture away, and the browser is told "not found".
    """
    unused = MediaFileManager._get_inactive_file_ids
    all_since: WeakKeyDictionary[MediaFileManager, dict[str, float]] = WeakKeyDictionary()

    def long_unused(self: MediaFileManager) -> set[str]:
        now, before = time.monotonic(), all_since.get(self, {})
        since = all_since[self] = {file: before.get(file, now) for file in unused(self)}
        return {file for file, began in since.items() if now - began >= ON_THE_WAY}

    changed: Any = MediaFileManager
    changed._get_inactive_file_ids = long_unused


TOGETHER = 0.02
"""Seconds in which what a page draws is gathered."""
_last_drawn = -math.inf


def seconds_since_drawn() -> float:
    """Since some page drew something for somebody."""
    return time.monotonic() - _last_drawn


class _Drawn:
    """What a session's page has drawn and the server's loop has not taken yet."""

    def __init__(self) -> None:
        self._events: deque[tuple[AppSession, tuple[Any, ...], dict[str, Any]]] = deque()
        self._is_awaited = False

    def add(self, session: AppSession, values: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Of any thread."""
        self._events.append((session, values, named))
        if not _may_wait(**named):
            session._call_soon_on_event_loop(self._take_all)
        elif not self._is_awaited:
            self._is_awaited = True
            session._call_soon_on_event_loop(self._take_all_soon)

    def _take_all_soon(self) -> None:
        asyncio.get_running_loop().call_later(TOGETHER, self._take_all)

    def _take_all(self) -> None:
        # Before the first is taken: what is added from here on asks for another turn.
        self._is_awaited = False
        while self._events:
            session, values, named = self._events.popleft()
            try:
                session._handle_scriptrunner_event_on_event_loop(*values, **named)
            except BaseException:
                session._call_soon_on_event_loop(self._take_all)
                raise

    def take_now(self) -> None:
        """Before something else happens to the session; on the server's loop."""
        loop = asyncio.get_running_loop()
        while self._events:
            try:
                self._take_all()
            except Exception as error:
                loop.call_exception_handler(
                    {"message": "What a page drew was not handled", "exception": error}
                )


def _may_wait(
    event: ScriptRunnerEvent | None = None,
    forward_msg: ForwardMsg | None = None,
    fragment_ids_this_run: list[str] | None = None,
    **__: object,
) -> bool:
    """Whether the browser need not hear of it at once: as long as it does not know that it is on another page, it says the old one
    with all that it asks for.
    """
    if event == ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
        return forward_msg is not None and forward_msg.WhichOneof("type") != "navigation"
    return event == ScriptRunnerEvent.SCRIPT_STARTED and bool(fragment_ids_this_run)


def deliver_together() -> None:
    """What a page draws goes to the server's loop, and from there to the browser, in a few lots: when it is done, and until then each
    fiftieth of a second.

    Streamlit wakes its loop for each element, and the page's thread waits until the loop gives the interpreter back; with many visitors
    it waits for all their pages as well. Between two lots the loop sleeps, though the last element may be there.

    Streamlit ignores what comes from a drawing when the next one has begun in a thread of its own. A request that comes in the moment in
    which a drawing ends begins such a thread; so what waits is handled before.
    """
    all_drawn: WeakKeyDictionary[AppSession, _Drawn] = WeakKeyDictionary()

    def gather(self: AppSession, *values: Any, **named: Any) -> None:
        global _last_drawn
        _last_drawn = time.monotonic()
        all_drawn.setdefault(self, _Drawn()).add(self, values, named)

    wake = Runtime._enqueued_some_message

    def wake_once(self: Runtime) -> None:
        server = self._get_async_objs()
        if _running_loop() is server.eventloop:
            server.need_send_data.set()
        else:
            wake(self)

    def after_what_is_drawn(change: Callable[..., None]) -> Callable[..., None]:
        @wraps(change)
        def changed(self: AppSession, *values: Any) -> None:
            if self in all_drawn and _running_loop() is self._event_loop:
                all_drawn[self].take_now()
            change(self, *values)

        return changed

    changed: Any = AppSession
    changed._on_scriptrunner_event = gather
    changed.request_rerun = after_what_is_drawn(AppSession.request_rerun)
    changed._create_scriptrunner = after_what_is_drawn(AppSession._create_scriptrunner)
    changed = Runtime
    changed._enqueued_some_message = wake_once
    changed = runtime
    changed.MESSAGE_FLUSH_INTERVAL_SECS = 0


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
