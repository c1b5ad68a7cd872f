"""The launcher's server: a small process that hands queued runs to training processes, a pool of warm ones on this
machine or those of a Ray cluster (``cluster.py``).

``python -m cnnviz.training RUNS KIND`` is started by whoever starts a run and finds none. It belongs to nobody:
closing a notebook or restarting the app leaves it and its runs alone. It watches ``runs/.queue`` and ends
after ten minutes without work. Runs end up with a low priority, one process each; the browser with the fewest
runs at work is next.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import psutil
from filelock import FileLock, Timeout
from pebble import ProcessFuture, ProcessPool

from cnnviz.permits import holds
from cnnviz.settings import settings
from cnnviz.subprocesses import python_environment
from cnnviz.training.folder import write_atomically
from cnnviz.training.lease import process_lives
from cnnviz.training.queue import handed_folder, owner_of, queue_folder, run_of, take, tickets, waiting

POLL_SECONDS = 0.02
LOOK_SECONDS = 1.0
NICENESS = 10


def code_stamp() -> float:
    """Time of the last change of this package's files."""
    package = Path(__file__).resolve().parent.parent
    return max(path.stat().st_mtime for path in package.rglob("*.py"))


LOCAL = "local"


def _file(runs: Path, kind: str, suffix: str) -> Path:
    """Each kind of server has its own files: two may serve one queue."""
    return runs / f".launcher{'' if kind == LOCAL else f'.{kind}'}.{suffix}"


def pid(runs: Path, kind: str = LOCAL) -> int | None:
    """The process number of the server, if one lives."""
    try:
        about = json.loads(_file(runs, kind, "json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return int(about["pid"]) if process_lives(about["pid"], about["pid_started"]) else None


class ServerLauncher:
    """A launcher (see ``launcher.Launcher``) that starts a server of its kind: ``local``, with as many training processes on
    this machine as the settings say, or ``ray``.
    """

    def __init__(self, kind: str = LOCAL) -> None:
        self.kind = kind

    def ensure(self, runs: Path) -> None:
        """Starts the server unless one lives or starts. Two that ask at once wait for each other."""
        if pid(runs, self.kind) is not None:
            return
        runs.mkdir(parents=True, exist_ok=True)
        with FileLock(_file(runs, self.kind, "start.lock")):
            if pid(runs, self.kind) is not None:
                return
            with _file(runs, self.kind, "log").open("w") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "cnnviz.training", str(runs), self.kind],
                    env=python_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    **_alone(),
                )
            # Written here, and not by the new process, so that nobody starts a second one while it imports
            # torch.
            about = {"pid": process.pid, "pid_started": psutil.Process(process.pid).create_time()}
            try:
                write_atomically(_file(runs, self.kind, "json"), json.dumps(about))
            except OSError:
                process.kill()  # nobody would know of it, and the next one would start another
                process.wait()
                raise

    def shut_down(self, runs: Path, timeout: float = 10.0) -> None:
        """Ends the server and its workers; running runs are left as interrupted, with their checkpoints."""
        number = pid(runs, self.kind)
        if number is None:
            return
        with suppress(psutil.Error):
            process = psutil.Process(number)
            family = [*process.children(recursive=True), process]
            for member in family:
                with suppress(psutil.Error):
                    member.kill()
            psutil.wait_procs(family, timeout)


def _alone() -> dict[str, Any]:
    """What makes a process outlive the one that starts it (Windows: detached, in a group of its own)."""
    return {"creationflags": 0x00000208} if sys.platform == "win32" else {"start_new_session": True}


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


class Outcome(Protocol):
    """Work that was begun."""

    def done(self) -> bool: ...

    def exception(self) -> BaseException | None:
        """What ended it, once it is done; ``None`` if it ended well."""


class Hands(Protocol):
    """Training processes, wherever they are."""

    @property
    def places(self) -> int:
        """Runs that can be at work at one time, now."""

    def begin(self, run: Path, queue: Path, ticket: Path) -> Outcome:
        """Has ``worker.work`` train the run in a process of its own."""

    def warm_up(self) -> None:
        """So that the first run does not wait."""

    def close(self) -> None:
        """Waits for what is at work, and ends the processes."""


class LocalHands:
    """A pool of warm processes on this machine."""

    def __init__(self) -> None:
        self.places = settings().workers
        context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
        if sys.platform != "win32":
            context.set_forkserver_preload(["cnnviz.training.worker"])
        self.pool = ProcessPool(max_workers=self.places, context=context, initializer=_lower_priority)

    def begin(self, run: Path, queue: Path, ticket: Path) -> ProcessFuture[None]:
        return self.pool.schedule(_work, args=[str(run), str(queue), str(ticket)])

    def warm_up(self) -> None:
        for _ in range(self.places):
            self.pool.schedule(_warm_up)

    def close(self) -> None:
        self.pool.close()
        self.pool.join()


class AtWork(NamedTuple):
    """A run in a worker's hands."""

    future: Outcome
    ticket: Path
    owner: str


class Server:
    """The loop of the server's process."""

    def __init__(self, runs: Path, hands: Hands | None = None) -> None:
        self.runs = runs
        self.limits = settings()
        self.hands = hands or LocalHands()
        self.active: dict[str, AtWork] = {}
        self.last_work = self.last_look = time.monotonic()
        self.code = code_stamp()
        queue_folder(runs).mkdir(parents=True, exist_ok=True)
        handed_folder(runs).mkdir(exist_ok=True)
        for ticket in tickets(handed_folder(runs)):
            # A launcher before this one died with it in its hands.
            (handed_folder(runs) / ticket).replace(queue_folder(runs) / ticket)

    def serve(self) -> None:
        self.hands.warm_up()
        while not self._idle_for_long() and not self._outdated():
            self._collect()
            while len(self.active) < self.hands.places and (ticket := self._next()):
                self._hand_out(ticket)
            time.sleep(POLL_SECONDS)

    def _idle_for_long(self) -> bool:
        if self.active or waiting(self.runs):
            self.last_work = time.monotonic()
        return time.monotonic() - self.last_work > self.limits.launcher_idle_seconds

    def _outdated(self) -> bool:
        """Whether cnnviz was updated since this process imported it: then the next run gets a new
        launcher.
        """
        if self.active or time.monotonic() - self.last_look < LOOK_SECONDS:
            return False
        self.last_look = time.monotonic()
        return code_stamp() != self.code

    def _next(self) -> str | None:
        """The oldest ticket of the browser with the fewest runs at work. Runs from Python stand for one
        browser each.
        """
        owners = [one.owner for one in self.active.values()]
        places: list[tuple[int, str]] = []
        for ticket in tickets(queue_folder(self.runs)):
            owner = owner_of(self.runs, run_of(ticket))
            busy = owners.count(owner) if owner else 0
            if (busy < self.limits.max_browser_running or holds("owner", owner)) and run_of(
                ticket
            ) not in self.active:
                places.append((busy, ticket))
        return min(places)[1] if places else None

    def _hand_out(self, ticket: str) -> None:
        run_id, handed = run_of(ticket), take(self.runs, ticket)
        if handed is None:
            return
        owner = owner_of(self.runs, run_id)
        future = self.hands.begin(self.runs / run_id, queue_folder(self.runs), handed)
        self.active[run_id] = AtWork(future, handed, owner)

    def _collect(self) -> None:
        for run_id, one in list(self.active.items()):
            if one.future.done():
                del self.active[run_id]
                # Still there if the worker died before its first word.
                one.ticket.unlink(missing_ok=True)
                if one.future.exception() is not None:
                    print(f"{run_id}: {one.future.exception()}", flush=True)


def main(runs: Path, kind: str = LOCAL) -> None:
    lock = FileLock(_file(runs, kind, "lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    server = Server(runs, _hands(kind))
    server.serve()
    server.hands.close()
    _file(runs, kind, "json").unlink(missing_ok=True)
    lock.release()
    if waiting(runs):
        # A run came in while the pool closed.
        ServerLauncher(kind).ensure(runs)


def _hands(kind: str) -> Hands:
    if kind == LOCAL:
        return LocalHands()
    from cnnviz.training.cluster import RayHands

    return RayHands()
