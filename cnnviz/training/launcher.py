"""The launcher: one small process a machine that hands queued runs to a pool of warm training processes.

``python -m cnnviz.training RUNS`` is started by whoever starts a run and finds none. It belongs to nobody: closing
a notebook or restarting the app leaves it and its runs alone. It watches ``runs/.queue`` and ends after ten minutes
without work. Runs end up with a low priority, one process each.

A run waits by a ticket: a file in ``.queue``, first come first served within a browser, and the browser with the fewest
runs at work is next. The launcher moves the ticket to ``.handed``, and the worker tears it up once it has written its
first word; so at each moment either a ticket or a process says who cares for the run. A ticket that is gone gives no
right to begin.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from filelock import FileLock, Timeout
from pebble import ProcessFuture, ProcessPool

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import python_environment
from cnnviz.training import index
from cnnviz.training.folder import RunFolder, process_lives, write_atomically

POLL_SECONDS = 0.02
LOOK_SECONDS = 1.0
NICENESS = 10


def code_stamp() -> float:
    """Time of the last change of this package's files."""
    package = Path(__file__).resolve().parent.parent
    return max(path.stat().st_mtime for path in package.rglob("*.py"))


def queue_folder(runs: Path) -> Path:
    return runs / ".queue"


def handed_folder(runs: Path) -> Path:
    return runs / ".handed"


def waiting(runs: Path) -> list[str]:
    """The names of waiting runs, first come first."""
    return [_run_of(name) for name in _tickets(queue_folder(runs))]


def has_ticket(runs: Path, run_id: str) -> bool:
    """Whether the run waits, or was just handed to a worker that has not said its first word."""
    # The queue first: a ticket moves on to the other folder, never back while a launcher lives.
    return any(run_id in map(_run_of, _tickets(folder(runs))) for folder in (queue_folder, handed_folder))


def _tickets(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - this is looked at fifty times a second
    except FileNotFoundError:
        return []


def _run_of(ticket: str) -> str:
    return ticket.partition("-")[2]


def enqueue(runs: Path, run_id: str) -> None:
    """Puts a run at the end of the queue unless it has a ticket, and makes sure that a launcher will see it."""
    queue_folder(runs).mkdir(parents=True, exist_ok=True)
    with FileLock(runs / ".queue.lock"):
        if not has_ticket(runs, run_id):
            # First, so that whoever counts the bytes of runs sees that this one may grow.
            index.unsettle(runs, run_id)
            (queue_folder(runs) / f"{time.time_ns():020d}-{run_id}").touch()
    ensure(runs)


def withdraw(runs: Path, run_id: str) -> None:
    """Takes the run's tickets away: a worker that it was handed to does not begin."""
    for folder in (queue_folder(runs), handed_folder(runs)):
        for ticket in _tickets(folder):
            if _run_of(ticket) == run_id:
                (folder / ticket).unlink(missing_ok=True)


def waiting_of(runs: Path, owner: str) -> int:
    """How many runs of one browser (the hash of its key) wait."""
    return sum(owner_of(runs, run_id) == owner for run_id in waiting(runs))


def owner_of(runs: Path, run_id: str) -> str:
    """Whose browser started the run, as a hash; empty where nobody's did."""
    with suppress(CnnvizError):
        return str(RunFolder(runs / run_id).about()["owner"])
    return ""


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


def _work(path: str, queue: str, ticket: str) -> None:
    from cnnviz.training.worker import work

    work(path, somebody_waits=lambda: any(os.scandir(queue)), ticket=Path(ticket))


class AtWork(NamedTuple):
    """A run in a worker's hands."""

    future: ProcessFuture[None]
    ticket: Path
    owner: str


class Launcher:
    """The loop of the launcher's process."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.limits = settings()
        context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
        if sys.platform != "win32":
            context.set_forkserver_preload(["cnnviz.training.worker"])
        self.pool = ProcessPool(max_workers=self.limits.workers, context=context, initializer=_lower_priority)
        self.active: dict[str, AtWork] = {}
        self.last_work = self.last_look = time.monotonic()
        self.code = code_stamp()
        queue_folder(runs).mkdir(parents=True, exist_ok=True)
        handed_folder(runs).mkdir(exist_ok=True)
        for ticket in _tickets(handed_folder(runs)):
            # A launcher before this one died with it in its hands.
            (handed_folder(runs) / ticket).replace(queue_folder(runs) / ticket)

    def serve(self) -> None:
        for _ in range(self.limits.workers):
            self.pool.schedule(_warm_up)
        while not self._idle_for_long() and not self._outdated():
            self._collect()
            while len(self.active) < self.limits.workers and (ticket := self._next()):
                self._hand_out(ticket)
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

    def _next(self) -> str | None:
        """The oldest ticket of the browser with the fewest runs at work. Runs from Python stand for one browser each."""
        owners = [one.owner for one in self.active.values()]
        places: list[tuple[int, str]] = []
        for ticket in _tickets(queue_folder(self.runs)):
            owner = owner_of(self.runs, _run_of(ticket))
            busy = owners.count(owner) if owner else 0
            if busy < self.limits.max_browser_running and _run_of(ticket) not in self.active:
                places.append((busy, ticket))
        return min(places)[1] if places else None

    def _hand_out(self, ticket: str) -> None:
        run_id = _run_of(ticket)
        handed = handed_folder(self.runs) / ticket
        try:
            (queue_folder(self.runs) / ticket).replace(handed)
        except FileNotFoundError:
            return  # withdrawn at this moment
        path = self.runs / run_id
        if not path.is_dir():
            handed.unlink()
            return
        owner = owner_of(self.runs, run_id)
        future = self.pool.schedule(_work, args=[str(path), str(queue_folder(self.runs)), str(handed)])
        self.active[run_id] = AtWork(future, handed, owner)

    def _collect(self) -> None:
        for run_id, one in list(self.active.items()):
            if one.future.done():
                del self.active[run_id]
                # Still there if the worker died before its first word.
                one.ticket.unlink(missing_ok=True)
                if one.future.exception() is not None:
                    print(f"{run_id}: {one.future.exception()}", flush=True)


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
