"""What the server does once a second for all sessions: garbage, sessions whose browser has left, memory given back."""

import asyncio
import ctypes
import gc
import sys
import threading
import time
from contextlib import suppress

from streamlit.runtime import Runtime

THAW_SECONDS = 30.0
"""All that lived through a collection is left out of the next ones for this long, and no longer."""
_ARENAS = 2
_M_ARENA_MAX = -8
"""From glibc's malloc.h."""

_imported = threading.Event()


def note_imports() -> None:
    """Something large was imported: it need not be looked through at each collection."""
    _imported.set()


async def keep_house(runtime: Runtime) -> None:
    """Once a second, as long as the server lives.

    Streamlit would collect all generations after each run of each session (``postScriptGC`` in ``.streamlit/config.toml``): 8 to
    130 ms, in which all other sessions stand still. Here one collection serves all of them, and it looks only at what is new:
    what has lived through one is frozen. Every 30 seconds all is thawed and looked through once (0.2 s), so that
    nothing is kept alive for longer than that by being frozen.
    """
    thawed, collected = 0.0, False
    while True:
        await asyncio.sleep(1)
        # A session that has left is dropped by whoever counts them next; without this, only when another one leaves.
        runtime._session_mgr.num_sessions()
        if _imported.is_set() or (collected and time.monotonic() - thawed > THAW_SECONDS):
            _imported.clear()
            thaw()
            thawed, collected = time.monotonic(), False
        elif any(gc.get_count()[1:]):
            # Since the last collection 700 objects or more have come.
            gc.collect()
            gc.freeze()
            collected = True


def thaw() -> None:
    """Looks through everything, frozen or not, gives free memory back to the system, and freezes what is left."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    _give_back()


def few_arenas() -> None:
    """glibc gives each new thread one of eight heaps a core; Streamlit makes a thread a run, and each heap keeps what its largest run took.

    Forty visitors left 400 MB of holes behind in twelve heaps, in two heaps a quarter of it.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def _give_back() -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
