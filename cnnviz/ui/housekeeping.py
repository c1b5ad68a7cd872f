"""What the server does once a second for all sessions: garbage, sessions whose browser has left, memory given
back; and, now and then, rooms that are a day old.
"""

import asyncio
import ctypes
import gc
import sys
import threading
import time
from contextlib import suppress

from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSessionState

from cnnviz.classroom.rooms import forget_old
from cnnviz.ui import census
from cnnviz.ui.delivery import seconds_since_drawn

EACH_SECONDS = 1.0
REST_SECONDS = 30.0
"""Where nobody waits for a page, all is looked through this often."""
LULL_SECONDS = 5
"""So long nobody must have waited for a page: with forty visitors there are often moments in which nobody does, and
everybody waits then for what was begun in one.
"""
SWEEP_SECONDS = 60.0
"""While somebody always waits for a page, all that came since the last thaw is looked through this often."""
THAW_SECONDS = 600.0
"""Nothing is left out of the collections for longer than this, however busy the server is."""
ROOMS_SECONDS = 600.0
"""Rooms that are a day old are looked for this often."""

_imported = threading.Event()


def note_imports() -> None:
    """Something large was imported: it need not be looked through at each collection."""
    _imported.set()


async def keep_house(runtime: Runtime) -> None:
    """Once a second, as long as the server lives.

    Streamlit would collect all generations after each run of each session (``postScriptGC`` in
        ``.streamlit/config.toml``): 8 to
    130 ms, in which all other sessions stand still. Here one collection serves all of them, and mostly it
    looks only at what is young. With forty visitors a look at everything takes a second, half of it for what
    was imported, and those who had to wait for it then crowd the server for three more. So everything is
    looked through when nobody waits for a page; if that does not come, now and then at least what is not
    frozen.
    """
    # Python itself would look through everything at any moment, inside a page's run.
    gc.set_threshold(*gc.get_threshold()[:2], 1_000_000)
    thawed = swept = time.monotonic()
    looked = -ROOMS_SECONDS
    told = 0.0
    busy_since = True
    quiet = 0
    while True:
        await asyncio.sleep(EACH_SECONDS)
        now = time.monotonic()
        if now - looked > ROOMS_SECONDS:
            looked = now
            threading.Thread(target=_forget_rooms, name="cnnviz-rooms").start()
        if now - told > census.EVERY_SECONDS:
            told = now
            census.tell(runtime)
        # A session that has left is dropped by whoever counts them next; without this, only when another one
        # leaves.
        runtime._session_mgr.num_sessions()
        quiet = 0 if _is_busy(runtime) else quiet + 1
        rests = quiet >= LULL_SECONDS
        busy_since = busy_since or not quiet
        if (
            _imported.is_set()
            or (rests and busy_since and now - thawed > REST_SECONDS)
            or now - thawed > THAW_SECONDS
        ):
            _imported.clear()
            thaw()
            thawed = swept = time.monotonic()
            busy_since = False
        elif now - max(swept, thawed) > SWEEP_SECONDS:
            gc.collect()
            _give_back()
            swept = time.monotonic()
        elif any(gc.get_count()[1:]):
            # Since the last collection 700 objects or more have come.
            gc.collect(1)


def _forget_rooms() -> None:
    with suppress(OSError):
        forget_old()


def _is_busy(runtime: Runtime) -> bool:
    """Whether a page is being drawn for somebody, or was since this was asked last."""
    return seconds_since_drawn() <= EACH_SECONDS or any(
        info.session._state is AppSessionState.APP_IS_RUNNING
        for info in runtime._session_mgr.list_active_sessions()
    )


def thaw() -> None:
    """Looks through everything, frozen or not, gives free memory back to the system, and freezes what is
    left.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    _give_back()


def _give_back() -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
