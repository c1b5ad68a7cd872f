"""How the process keeps memory."""

import contextlib
import ctypes
import sys
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""


@cache
def keep_freed_memory() -> None:
    """glibc hands large blocks back to the system when they are freed, and takes a page fault for every 4 kB when it gets them again.

    All maps of a ResNet are 45 MB: fetching them anew costs 40 % of a forward pass. So blocks of up to 32 MB, 256 MB in all, stay in the process.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
            library.mallopt(_M_TRIM_THRESHOLD, 256 << 20)
