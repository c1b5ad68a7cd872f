"""How the package starts Python processes of its own."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all)."""
STALL_SECONDS = 20.0
START_SECONDS = 90.0
"""Until the first bytes come a process imports what it needs, which takes long where all processors have other things to do."""
WAIT_SECONDS = 0.2


def python_environment() -> dict[str, str]:
    """The environment in which ``python -m cnnviz.…`` finds this package, also when it is not installed."""
    package_parent = str(Path(__file__).resolve().parent.parent)
    paths = [package_parent, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def download(
    command: Sequence[str], measure: Callable[[], int], total: int, progress: Progress | None = None
) -> bool:
    """Runs a process that fetches files until it ends, or until nothing new came for twenty seconds (a minute and a half at
    the beginning). Whether it ended well.

    A process of its own can be given a time limit without touching the sockets of anybody else.

    Args:
        measure: the bytes that are there now.
    """
    worker = subprocess.Popen(
        command, env=python_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seen, last_growth = 0, time.monotonic()
    try:
        while worker.poll() is None:
            time.sleep(0.1)
            done = measure()
            if done != seen:
                seen, last_growth = done, time.monotonic()
                if progress:
                    progress(min(done, total), total)
            if time.monotonic() - last_growth > (STALL_SECONDS if seen else START_SECONDS):
                break
    finally:
        worker.kill()
        code = worker.wait()
    if code == 0 and progress:
        progress(total, total)
    return code == 0


def fetch(
    target: Path,
    command: Callable[[Path], Sequence[str]],
    whole: Callable[[Path], bool],
    measure: Callable[[Path], int],
    total: int,
    progress: Progress | None = None,
) -> bool:
    """Downloads a file or folder once, however many threads and processes ask: the others wait, and find it.
    Whether it is there.

    It is written under a draft's name and moved to its place when it is whole, so that nobody meets half of
    it.

    Args:
        command: the process that writes it, under the target's name, into the folder it is given.
        whole: whether the file or folder at a path is there and complete.
        measure: the bytes that the process has written into its folder so far.
        progress: called while it downloads or waits; may raise to end that.
    """
    if whole(target):
        return True
    draft = target.with_name(f"{target.name}.draft")
    target.parent.mkdir(parents=True, exist_ok=True)

    def waiting() -> None:
        if progress:
            progress(min(measure(draft), total), total)

    lock = _taken(target.with_name(f"{target.name}.lock"), waiting)
    try:
        if whole(target):
            return True
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        if not download(command(draft), lambda: measure(draft), total, progress) or not whole(
            draft / target.name
        ):
            return False
        if target.is_dir():
            shutil.rmtree(target)
        (draft / target.name).replace(target)
        return True
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        lock.release()


def _taken(path: Path, waiting: Callable[[], None]) -> BaseFileLock:
    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=WAIT_SECONDS)
        except Timeout:
            waiting()
        else:
            return lock


def bytes_below(folder: Path, ending: str = "") -> int:
    """Sizes of all files of a folder that may be changing, or not be there."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(place) / name).stat().st_size if name.endswith(ending) else 0
    return total
