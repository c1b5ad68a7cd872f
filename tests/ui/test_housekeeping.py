"""The server's own garbage collection, on a stand-in for Streamlit's runtime."""

import asyncio
import gc
import math
import threading
import weakref
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from streamlit.runtime.app_session import AppSessionState

from cnnviz.classroom.rooms import open_room
from cnnviz.ui import housekeeping


class Sessions:
    """What the housekeeper asks of Streamlit's session manager."""

    def __init__(self, state: AppSessionState) -> None:
        self.state = state
        self.counted = 0

    def num_sessions(self) -> int:
        self.counted += 1
        return 1

    def list_active_sessions(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(session=SimpleNamespace(_state=self.state))]


class Circle:
    """Only the collector can let it go."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture(autouse=True)
def collector_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = gc.get_threshold()
    # Other tests of this process draw pages.
    monkeypatch.setattr(housekeeping, "seconds_since_drawn", lambda: math.inf)
    housekeeping._imported.clear()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def kept_house(monkeypatch: pytest.MonkeyPatch, sessions: Sessions, seconds: int) -> None:
    """``seconds`` of a clock that stands still but for the housekeeper's own waiting."""
    clock = SimpleNamespace(now=1000.0)

    async def sleep(time: float) -> None:
        clock.now += time
        if clock.now > 1000 + seconds:
            raise asyncio.CancelledError

    monkeypatch.setattr(housekeeping, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(housekeeping, "asyncio", SimpleNamespace(sleep=sleep))
    coroutine = housekeeping.keep_house(SimpleNamespace(_session_mgr=sessions))  # type: ignore[arg-type]
    with pytest.raises(asyncio.CancelledError):
        coroutine.send(None)


def old_circle() -> "weakref.ref[Circle]":
    """Garbage that lived through some collections before, and so is not young; frozen, as what lived at a
    thaw is.
    """
    circle = Circle()
    gc.collect()
    gc.freeze()
    return weakref.ref(circle)


@pytest.mark.parametrize(
    ("state", "seconds", "gone"),
    [
        (AppSessionState.APP_NOT_RUNNING, 10, False),
        (AppSessionState.APP_NOT_RUNNING, int(housekeeping.REST_SECONDS) + 5, True),
        (AppSessionState.APP_IS_RUNNING, int(housekeeping.REST_SECONDS) + 5, False),
        (AppSessionState.APP_IS_RUNNING, int(housekeeping.THAW_SECONDS) + 5, True),
    ],
)
def test_all_is_looked_through_when_nobody_waits_and_after_ten_minutes_at_the_latest(
    monkeypatch: pytest.MonkeyPatch, state: AppSessionState, seconds: int, gone: bool
) -> None:
    circle = old_circle()
    kept_house(monkeypatch, Sessions(state), seconds)
    assert (circle() is None) == gone


@pytest.mark.parametrize(("since", "gone"), [(0.9, False), (1.1, True)])
def test_a_page_that_was_drawn_between_two_looks_was_waited_for(
    monkeypatch: pytest.MonkeyPatch, since: float, gone: bool
) -> None:
    monkeypatch.setattr(housekeeping, "seconds_since_drawn", lambda: since)
    circle = old_circle()
    kept_house(monkeypatch, Sessions(AppSessionState.APP_NOT_RUNNING), int(housekeeping.REST_SECONDS) + 5)
    assert (circle() is None) == gone


class Lulls(Sessions):
    """Somebody waits for a page in every other second."""

    def num_sessions(self) -> int:
        running = self.state is AppSessionState.APP_IS_RUNNING
        self.state = AppSessionState.APP_NOT_RUNNING if running else AppSessionState.APP_IS_RUNNING
        return super().num_sessions()


def test_a_moment_in_which_nobody_waits_is_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, forty visitors left such a moment every half minute, and then waited a second for all to be looked
    through.
    """
    circle = old_circle()
    kept_house(monkeypatch, Lulls(AppSessionState.APP_IS_RUNNING), 3 * int(housekeeping.REST_SECONDS))
    assert circle() is not None


def test_a_busy_server_lets_go_of_what_came_since_the_last_thaw(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    gc.freeze()
    circle = Circle()
    gc.collect()
    gone = weakref.ref(circle)
    del circle
    sessions = Sessions(AppSessionState.APP_IS_RUNNING)
    kept_house(monkeypatch, sessions, 20)
    assert gone() is not None
    kept_house(monkeypatch, sessions, int(housekeeping.SWEEP_SECONDS) + 5)
    assert gone() is None
    assert sessions.counted >= housekeeping.SWEEP_SECONDS


def test_a_room_that_is_a_day_old_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    young, old = open_room(), open_room(now=time.time() - 25 * 3600)
    assert old.folder.exists()
    before = set(threading.enumerate())
    kept_house(monkeypatch, Sessions(AppSessionState.APP_NOT_RUNNING), 3)
    for thread in set(threading.enumerate()) - before:
        thread.join()
    # The first look is at once, the next one ten minutes later.
    assert not old.folder.exists()
    assert young.is_open()
    young.close()
