"""Who works on a run, and whether that one still lives: a lease that its holder renews by a heartbeat.

Whoever works on a run touches the file ``heartbeat`` in its folder every second. The lease ends when the file
has stood still for ten seconds, measured by the clock of the one who looks; so machines that share a disk
need not agree on the time. On the machine of the holder itself the lease also ends as soon as its process is
gone, and nobody waits.
"""

import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import psutil

HEARTBEAT_SECONDS = 1.0
LEASE_SECONDS = 10.0
LONG_AGO_SECONDS = 300.0
"""A heartbeat this old by the own clock is over at the first look: clocks differ by less."""
HEARTBEAT = "heartbeat"
MANY = 10_000
_stands_since: dict[Path, tuple[int, float]] = {}
"""Heartbeat -> the time it had, and since when (own clock, seconds) it has been seen to have it."""


class Holder(NamedTuple):
    """A process on some machine; ``Holder()`` is nobody.

    Attributes:
        pid, pid_started: its number and its start in seconds since 1970, since numbers are given out again.
        machine: see ``this_machine``; empty in folders from before there were leases: then it is this one.
    """

    pid: int = 0
    pid_started: float = 0.0
    machine: str = ""


@cache
def this_machine() -> str:
    """Another name for each machine, each start of it, and each container whose process numbers are its
    own.
    """
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    return f"{platform.node()}-{uuid.getnode():x}"


@lru_cache(maxsize=1)
def _process_started(pid: int) -> float:
    return psutil.Process(pid).create_time()


def this_process() -> Holder:
    """The process that asks."""
    return Holder(os.getpid(), _process_started(os.getpid()), this_machine())


def process_lives(pid: int, started: float) -> bool:
    """Whether the process of this machine that wrote ``pid`` still runs (the number may have gone to another
    one).
    """
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def holds(folder: Path, holder: Holder) -> bool:
    """Whether ``holder`` still has its lease on the run in ``folder``."""
    if holder.pid == 0:
        return False
    if holder.machine in ("", this_machine()):
        return process_lives(holder.pid, holder.pid_started)
    return _beats(folder / HEARTBEAT)


def _beats(heartbeat: Path) -> bool:
    try:
        beat = heartbeat.stat().st_mtime_ns
    except FileNotFoundError:
        return False
    now = time.monotonic()
    seen, since = _stands_since.get(heartbeat, (None, now))
    if seen == beat:
        return now - since < LEASE_SECONDS
    if len(_stands_since) > MANY:
        _stands_since.clear()
    _stands_since[heartbeat] = beat, now
    return time.time() - beat / 1e9 < LONG_AGO_SECONDS


@contextmanager
def renewed(folder: Path) -> Iterator[None]:
    """While it lasts, this process renews its lease on the run in ``folder``."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            # The folder may be gone, or the disk away for a moment.
            with suppress(OSError):
                os.utime(folder / HEARTBEAT)

    (folder / HEARTBEAT).touch()
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
