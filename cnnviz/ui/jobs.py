"""Work that takes longer than a moment: shown with progress, time left and a way to cancel; its result serves
all sessions.
"""

import atexit
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.ui.address import draw_again
from cnnviz.ui.memory import key_of, make_and_keep, recall
from cnnviz.ui.outside import plain
from cnnviz.words import _, in_language, language

Result = TypeVar("Result")
Progress = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""
AT_ONCE_SECONDS = 0.4
"""What is done by then needs no bar."""
REFRESH_SECONDS = 0.4
LOOK_SECONDS = 1.0
"""How often work looks whether somebody still waits for it."""
GONE_SECONDS = 20.0
"""A browser that is away for so long has been closed."""
AWAY_SECONDS = 90.0
"""A page that has not asked for so long is not looked at: in the background a browser lets it ask once a minute."""
NICENESS = 10
_MISSING = object()

_jobs: dict[Hashable, "_Job"] = {}
_lock = threading.Lock()
_places = threading.Semaphore(max(1, settings().jobs))


class _CancelledError(Exception):
    """Raised inside the work, by its own call of ``progress``."""


@dataclass
class _Waiter:
    """A session that wants a result: its name for Streamlit, and when it asked last."""

    session: str
    asked: float

    def has_left(self, now: float, others_wait: bool) -> bool:
        """Whether its browser is closed; or its page is not looked at, and others wait for the place."""
        away = now - self.asked
        gone = (
            away > GONE_SECONDS
            and Runtime.exists()
            and not Runtime.instance().is_active_session(self.session)
        )
        return gone or (others_wait and away > AWAY_SECONDS)


@dataclass
class _Job:
    share: float = 0.0
    asked: float = field(default_factory=time.monotonic)
    started: float | None = None
    cancelled: bool = False
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)
    waiting: dict[str, _Waiter] = field(default_factory=dict)
    """Name -> a session that wants the result."""
    looks_again: float = 0.0

    def progress(self, share: float) -> None:
        self.share = share
        now = time.monotonic()
        if now > self.looks_again:
            self.looks_again = now + LOOK_SECONDS
            self.cancelled = self.cancelled or self.is_left(now)
        if self.cancelled:
            raise _CancelledError

    def is_left(self, now: float) -> bool:
        """Whether nobody waits any more."""
        with _lock:
            others_wait = any(one.started is None for one in _jobs.values())
            return all(one.has_left(now, others_wait) for one in self.waiting.values())

    def wait(self, me: str) -> None:
        """A session asks for the result; under the lock."""
        context = get_script_run_ctx()
        self.waiting[me] = _Waiter("" if context is None else context.session_id, time.monotonic())

    @property
    def seconds_left(self) -> float | None:
        if self.started is None or self.share < 0.03:
            return None
        return (time.monotonic() - self.started) / self.share * (1 - self.share)


def job(
    slot: str,
    what: str,
    function: Callable[..., Result],
    *arguments: Any,
    parts: Callable[[], Hashable] | None = None,
    **named: Any,
) -> Result | None:
    """``remember(function, *arguments, **named)`` for what takes longer: ``None`` while it works, or after it
    was cancelled. It ends where nobody waits for it any more: all browsers that asked are closed, or their pages
    have not been looked at for a while and others wait for the place.

    Then a bar or a button is shown. The function is given ``progress`` as well and calls ``progress(share)``
    now and then; the call does not return where the work was cancelled.

    Args:
        slot: the place on the page; new work in a slot ends this session's old work there, unless somebody
            else waits for it.
        what: the work in a few words.
        parts: what is there already of the work, for a page that shows it: when it changes, the page is drawn
            again.

    Raises:
        CnnvizError: what the work raised.
        TypeError: as ``remember`` does.
    """
    key = key_of(function, arguments, named)
    found = recall(key, _MISSING)
    if found is not _MISSING:
        return cast(Result, found)
    me = _session()
    slots = _slots()
    if slots.cancelled.get(slot) == key:
        st.info(_("{what}: cancelled.", what=what), icon=":material/cancel:")
        if not st.button(_("Start again"), key=f"{slot}_again", icon=":material/replay:"):
            return None
    slots.cancelled.pop(slot, None)
    _leave(slots.work.get(slot), me, key)
    slots.work[slot] = key
    with _lock:
        running = _jobs.get(key)
        if running is None and (found := recall(key, _MISSING)) is not _MISSING:
            return cast(Result, found)
        if (
            running is None or running.cancelled
        ):  # one that was cancelled may still be on its way to its next word
            running = _jobs[key] = _Job()
            threading.Thread(
                # It draws in the palette of whoever asked, and speaks that language.
                target=copy_context().run,
                args=(_work, key, running, partial(_said, language(), function, *arguments, **named)),
                name=f"cnnviz-job-{slot}",
                daemon=True,
            ).start()
        running.wait(me)
    if running.done.wait(max(0.0, AT_ONCE_SECONDS - (time.monotonic() - running.asked))):
        return cast(Result, _result(key, running))
    _watch(slot, key, running, what, me, parts)
    return None


def wait_for_any(seconds: float) -> None:
    """Until one of the jobs at work ends, of whatever session, or the seconds are over; a moment where none works."""
    with _lock:
        running = list(_jobs.values())
    end = time.monotonic() + (seconds if running else 0.1)
    while time.monotonic() < end and not any(one.done.is_set() for one in running):
        time.sleep(0.02)


@atexit.register
def _end_all() -> None:
    """A thread that is still inside torch when Python ends would bring the process down with a noise."""
    with _lock:
        running = list(_jobs.values())
    for one in running:
        one.cancelled = True
    for one in running:
        one.done.wait(10)


def part(progress: Progress, index: float, count: float, size: float = 1.0) -> Progress:
    """The progress of one part, which begins at ``index`` of ``count`` and is ``size`` long."""
    return lambda share: progress((index + size * share) / count)


def _session() -> str:
    return cast(
        str, st.session_state.setdefault("session_name", f"{time.monotonic_ns()}-{threading.get_ident()}")
    )


@dataclass
class _Slots:
    """Of each slot of this session: the work that it waits for, and the work that was cancelled."""

    work: dict[str, Hashable] = field(default_factory=dict)
    cancelled: dict[str, Hashable] = field(default_factory=dict)


def _slots() -> _Slots:
    return cast(_Slots, st.session_state.setdefault("job_slots", _Slots()))


def _leave(before: Hashable, me: str, key: Hashable) -> None:
    """Ends this session's other work in the slot."""
    if before is None or before == key:
        return
    with _lock:
        old = _jobs.get(before)
        if old is not None:
            old.waiting.pop(me, None)
            old.cancelled = not old.waiting


def _work(key: Hashable, running: _Job, make: Callable[..., Any]) -> None:
    _step_back()
    with _places:
        running.started = time.monotonic()
        try:
            running.progress(0.0)
            make_and_keep(key, lambda: make(progress=running.progress))
        except BaseException as error:  # carried to whoever waits, and raised there
            running.error = error
        finally:
            with _lock:
                if _jobs.get(key) is running:
                    del _jobs[key]
            running.done.set()


def _said(name: str, function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """The work, in the language of who asked for it: no session is looking at its thread."""
    with in_language(name):
        return function(*arguments, **named)


def _step_back() -> None:
    """This thread works when no page wants the processor: a page is a matter of milliseconds, and somebody
    looks at it.
    """
    if sys.platform == "linux":
        # There a priority is a thread's own; elsewhere it would be the whole server's.
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + NICENESS)


def _result(key: Hashable, running: _Job) -> Any:
    if isinstance(running.error, _CancelledError):
        return None
    if running.error is not None:
        raise running.error
    return recall(key, None)


def _watch(
    slot: str, key: Hashable, running: _Job, what: str, me: str, parts: Callable[[], Hashable] | None
) -> None:
    before = parts() if parts else None

    @st.fragment(run_every=REFRESH_SECONDS)
    def show() -> None:
        if running.done.is_set():
            if running.error is None:
                draw_again()
            elif isinstance(running.error, CnnvizError):
                st.error(plain(_(running.error)), icon=":material/error:")
            elif isinstance(running.error, _CancelledError):
                # It gave its place to others while nobody looked, and begins again.
                draw_again()
            else:
                raise running.error
            return
        with _lock:
            running.wait(me)
        if parts is not None and parts() != before:
            draw_again()
        left = running.seconds_left
        text = f"**{what}**" + (
            _(" · waiting")
            if running.started is None
            else ""
            if left is None
            else _(" · about {value} s left", value=max(1, round(left)))
        )
        st.progress(min(1.0, max(0.0, running.share)), text=text)
        if st.button(_("Cancel"), key=f"{slot}_cancel", icon=":material/close:"):
            with _lock:
                running.waiting.pop(me, None)
                running.cancelled = not running.waiting
            _slots().cancelled[slot] = key
            draw_again()

    show()
