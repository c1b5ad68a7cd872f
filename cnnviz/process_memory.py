"""How this process keeps memory. The app's server calls both at its start; a notebook may, before it looks
into large networks.
"""

import ctypes
import sys
from contextlib import suppress

import psutil

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""From glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Freed blocks of up to 32 MB, 256 MB in all, stay in the process.

    glibc hands large blocks back to the system when they are freed, and takes a page fault for every 4 kB
    when it gets them again. All maps of a ResNet-18 are 45 MB: fetched anew each time, they make
    ``feature_maps`` 1.4 times as slow as a bare forward pass, kept 1.03 times
    (``benchmarks/feature_maps.py``).
    """
    _set(_M_MMAP_THRESHOLD, 32 << 20)
    _set(_M_TRIM_THRESHOLD, 256 << 20)


def available_bytes() -> int:
    """Memory that this machine can give to new work, in bytes."""
    return int(psutil.virtual_memory().available)


def few_arenas() -> None:
    """Two heaps for all threads.

    glibc gives each new thread one of eight heaps a core; Streamlit makes a thread a run, and each heap keeps
    what its largest run took. Forty visitors left 400 MB of holes behind in twelve heaps, in two heaps a
    quarter of it.
    """
    _set(_M_ARENA_MAX, 2)


def _set(parameter: int, value: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(parameter, value)
