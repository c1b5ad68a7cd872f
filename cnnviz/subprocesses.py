"""How the package starts Python processes of its own."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all)."""
STALL_SECONDS = 20.0


def python_environment() -> dict[str, str]:
    """The environment in which ``python -m cnnviz.…`` finds this package, also when it is not installed."""
    package_parent = str(Path(__file__).resolve().parent.parent)
    paths = [package_parent, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def download(command: Sequence[str], measure: Callable[[], int], total: int, progress: Progress | None = None) -> bool:
    """Runs a process that fetches files until it ends, or until nothing new came for twenty seconds. Whether it ended well.

    A process of its own can be given a time limit without touching the sockets of anybody else.

    Args:
        measure: the bytes that are there now.
    """
    worker = subprocess.Popen(command, env=python_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen, last_growth = 0, time.monotonic()
    try:
        while worker.poll() is None:
            time.sleep(0.1)
            done = measure()
            if done != seen:
                seen, last_growth = done, time.monotonic()
                if progress:
                    progress(min(done, total), total)
            if time.monotonic() - last_growth > STALL_SECONDS:
                break
    finally:
        worker.kill()
        code = worker.wait()
    if code == 0 and progress:
        progress(total, total)
    return code == 0
