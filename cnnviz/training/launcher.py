"""The launcher: one small process a machine that hands queued runs to a pool of warm training processes.

``python -m cnnviz.training RUNS`` is started by whoever starts a run and finds none. It belongs to nobody: closing
a notebook or restarting the app leaves it and its runs alone. It watches ``runs/.queue`` (one file a waiting run, first
come first served) and ends after ten minutes without work. Runs end up with a low priority, one process each.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout
from pebble import ProcessFuture, ProcessPool

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import python_environment
from cnnviz.training.folder import RunFolder, Status, process_lives, write_atomically

POLL_SECONDS = 0.02
LOOK_SECONDS = 1.0
RESUME_SECONDS = 1.0
NICENESS = 10


def code_stamp() -> float:
    """Time of the last change of this package's files."""
    package = Path(__file__).resolve().parent.parent
    return max(path.stat().st_mtime for path in package.rglob("*.py"))


def queue_folder(runs: Path) -> Path:
    return runs / ".queue"


def waiting(runs: Path) -> list[str]:
    """The names of waiting runs, first come first."""
    try:
        return [name.partition("-")[2] for name in sorted(os.listdir(queue_folder(runs)))]  # noqa: PTH208
    except FileNotFoundError:
        return []


def enqueue(runs: Path, run_id: str) -> None:
    """Puts a run at the end of the queue and makes sure that a launcher will see it."""
    queue_folder(runs).mkdir(parents=True, exist_ok=True)
    if run_id not in waiting(runs):
        (queue_folder(runs) / f"{time.time_ns():020d}-{run_id}").touch()
    ensure(runs)


def withdraw(runs: Path, run_id: str) -> None:
    for path in queue_folder(runs).glob(f"*-{run_id}"):
        path.unlink(missing_ok=True)


def _about(runs: Path) -> Path:
    return runs / ".launcher.json"


def pid(runs: Path) -> int | None:
    """The process number of the launcher, if one lives."""
    try:
        about = json.loads(_about(runs).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return int(about["pid"]) if process_lives(about["pid"], about["pid_started"]) else None


def ensure(runs: Path) -> None:
    """Starts a launcher unless one lives or starts. Two that ask at once wait for each other."""
    if pid(runs) is not None:
        return
    runs.mkdir(parents=True, exist_ok=True)
    with FileLock(runs / ".launcher.start.lock"):
        if pid(runs) is not None:
            return
        with (runs / ".launcher.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cnnviz.training", str(runs)],
                env=python_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_alone(),
            )  # fmt: skip
        # Written here, and not by the new process, so that nobody starts a second one while it imports torch.
        about = {"pid": process.pid, "pid_started": psutil.Process(process.pid).create_time()}
        write_atomically(_about(runs), json.dumps(about))


def _alone() -> dict[str, Any]:
    """What makes a process outlive the one that starts it (Windows: detached, in a group of its own)."""
    return {"creationflags": 0x00000208} if sys.platform == "win32" else {"start_new_session": True}


def shut_down(runs: Path, timeout: float = 10.0) -> None:
    """Ends the launcher and its workers; running runs are left as interrupted, with their checkpoints."""
    number = pid(runs)
    if number is None:
        return
    with suppress(psutil.Error):
        process = psutil.Process(number)
        family = [*process.children(recursive=True), process]
        for member in family:
            with suppress(psutil.Error):
                member.kill()
        psutil.wait_procs(family, timeout)


def _lower_priority() -> None:
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(NICENESS)


def _warm_up() -> None:
    """Imports torch and runs the first operations, so that the first run does not wait for them."""
    from cnnviz.training.loop import Trainer
    from cnnviz.training.spec import TrainingSpec

    Trainer(TrainingSpec(limit=128)).step()


def _work(path: str, queue: str) -> None:
    from cnnviz.training.worker import work

    work(path, somebody_waits=lambda: any(os.scandir(queue)))


class Launcher:
    """The loop of the launcher's process."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.limits = settings()
        context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
        if sys.platform != "win32":
            context.set_forkserver_preload(["cnnviz.training.worker"])
        self.pool = ProcessPool(max_workers=self.limits.workers, context=context, initializer=_lower_priority)
        self.active: dict[str, ProcessFuture[None]] = {}
        self.lost: dict[str, float] = {}
        self.last_work = self.last_look = time.monotonic()
        self.code = code_stamp()

    def serve(self) -> None:
        for _ in range(self.limits.workers):
            self.pool.schedule(_warm_up)
        while not self._idle_for_long() and not self._outdated():
            self._collect()
            self._hand_out()
            time.sleep(POLL_SECONDS)

    def _idle_for_long(self) -> bool:
        if self.active or waiting(self.runs):
            self.last_work = time.monotonic()
        return time.monotonic() - self.last_work > self.limits.launcher_idle_seconds

    def _outdated(self) -> bool:
        """Whether cnnviz was updated since this process imported it: then the next run gets a new launcher."""
        if self.active or time.monotonic() - self.last_look < LOOK_SECONDS:
            return False
        self.last_look = time.monotonic()
        return code_stamp() != self.code

    def _hand_out(self) -> None:
        for run_id in waiting(self.runs):
            if run_id in self.active:
                continue
            if len(self.active) >= self.limits.workers:
                return
            withdraw(self.runs, run_id)
            path = self.runs / run_id
            if path.is_dir():
                self.active[run_id] = self.pool.schedule(_work, args=[str(path), str(queue_folder(self.runs))])

    def _collect(self) -> None:
        for run_id, future in list(self.active.items()):
            if future.done():
                del self.active[run_id]
                if future.exception() is not None:
                    print(f"{run_id}: {future.exception()}", flush=True)
                    self.lost[run_id] = time.monotonic()
        for run_id, since in list(self.lost.items()):
            if self._settled(run_id, time.monotonic() - since):
                del self.lost[run_id]

    def _settled(self, run_id: str, seconds: float) -> bool:
        """Marks a run whose process died, unless it was resumed meanwhile: whoever resumes it needs a moment to queue it."""
        if run_id in self.active or run_id in waiting(self.runs):
            return True
        folder = RunFolder(self.runs / run_id)
        with suppress(OSError, CnnvizError):
            status = folder.status()
            if status.pid == 0 and seconds < RESUME_SECONDS:
                return False
            if status.state in ("queued", "running", "paused"):
                folder.set_status(replace(status, state="interrupted", message=interrupted_message(status)))
        return True


def interrupted_message(status: Status) -> str:
    return f"The training process ended unexpectedly near step {status.step}. Press Resume: it goes on from its last checkpoint."


def main(runs: Path) -> None:
    lock = FileLock(runs / ".launcher.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    launcher = Launcher(runs)
    launcher.serve()
    launcher.pool.close()
    launcher.pool.join()
    _about(runs).unlink(missing_ok=True)
    lock.release()
    if waiting(runs):
        # A run came in while the pool closed.
        ensure(runs)
