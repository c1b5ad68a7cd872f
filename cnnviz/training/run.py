"""A run seen from outside: watch it, command it, open its network at any saved step."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.settings import ASSETS, settings
from cnnviz.training import index, launcher, queue
from cnnviz.training.budget import check_waiting, check_who
from cnnviz.training.data_seen import DataSeen
from cnnviz.training.export import export
from cnnviz.training.folder import ACTIVE, STOPPED, Command, RunFolder, State, Status, unwritable
from cnnviz.training.lease import Holder
from cnnviz.training.loop import Metric, build_for
from cnnviz.training.spec import TrainingSpec, check_knob
from cnnviz.words import say

Read = TypeVar("Read")
NOBODY = Holder()
LONGEST_NAME = 80
POLL_SECONDS = 0.01
OBEY_SECONDS = 10.0
HAND_OUT_SECONDS = 1.0
"""A free process takes a run from the queue sooner than this."""
BEGIN_SECONDS = 5.0
"""So long after its folder was made, a new run without a ticket may still be on its way to the queue."""


class Run:
    """A handle on a run folder. Many handles in many processes may watch one run.

    A command waits until it is obeyed. It raises ``CnnvizError`` when it makes no sense in the present state,
    and when it was not obeyed within ``timeout`` seconds; it then stays in the inbox and is obeyed as soon as
    a process reads it.
    """

    def __init__(self, run_id: str) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,80}", run_id):
            raise CnnvizError(
                say(
                    "'{run_id}' is not the name of a run. Open the run from the list, or start a new one.",
                    run_id=run_id[:80],
                )
            )
        self.id = run_id
        self.folder = RunFolder(_place(run_id))
        self.is_bundled = self.folder.path == _bundled().get(run_id)
        about, self.spec = self.folder.about_and_spec()
        self.created: float = about["created"]

    @property
    def status(self) -> Status:
        """State, step, total steps and message, read now. A dead worker shows as ``interrupted``: at once,
        or, if it was on another machine, after ten seconds.
        """
        if self.is_bundled:
            return _of_bundled(RunFolder.status, self.folder.path)
        # The ticket first: it is torn up after the worker's first word.
        has_ticket = queue.has_ticket(self._runs, self.id)
        status = self.folder.status()
        if self.folder.has_worker(status):
            return status
        if has_ticket:
            return replace(status, state="queued", message=_looked_for_a_worker(self._runs)).held_by(NOBODY)
        if status.state in ("queued", "running") or (status.state == "paused" and status.pid):
            # Between reading the file and looking for the process the worker may have ended properly.
            again = self.folder.status()
            if again != status or (status.state == "queued" and time.time() - self.created < BEGIN_SECONDS):
                return again
            return replace(status, state="interrupted", message=_interrupted(status))
        return status

    @property
    def state(self) -> State:
        return self.status.state

    @property
    def step_count(self) -> int:
        return self.status.step

    @property
    def total_steps(self) -> int:
        return self.status.total_steps

    @property
    def message(self) -> str:
        return self.status.message

    @property
    def queue_position(self) -> int | None:
        """1 for the next one to be started; ``None`` if it does not wait."""
        names = queue.waiting(self._runs)
        return names.index(self.id) + 1 if self.id in names else None

    @property
    def _runs(self) -> Path:
        return self.folder.path.parent

    def metrics(self) -> list[Metric]:
        """One record a logged step, oldest first."""
        return self.folder.metrics()

    @property
    def data_seen(self) -> list[DataSeen]:
        """The training images that it learned from, by their SHA-256; more than one entry where a data set of one's own was
        replaced in mid-run; empty for a run of an older version.
        """
        return self.folder.data_seen()

    @property
    def steps(self) -> list[int]:
        """The steps that have a snapshot, in order."""
        if self.is_bundled:
            return list(_of_bundled(RunFolder.steps, self.folder.path))
        return self.folder.steps()

    def version(self, step: int) -> str:
        """Names the weights that are saved for a step: a resumed run may write them anew, and then it is
        another one.
        """
        return "-".join(f"{number:x}" for number in self.folder.snapshot_stamp(step))

    def network(self, step: int) -> Network:
        """The network as it was at a saved step, in evaluation mode, on the CPU."""
        network = build_for(self.spec)
        network.load_state_dict(self.folder.snapshot(step))
        return network.eval()

    def export(self, kind: str, step: int | None = None) -> bytes:
        """The run as a file to take away.

        Args:
            kind: a key of ``EXPORTS``: ``safetensors``, ``script``, ``notebook``, ``csv``, ``html`` or ``onnx``.
            step: of the weights, one of ``steps``; the newest if not given.

        Raises:
            CnnvizError: there is no such kind or step, nothing has been trained yet, or a package is missing.
        """
        return export(self, kind, step)

    def wait(self, timeout: float | None = None) -> State:
        """Waits until the run has ended (or ``timeout`` seconds) and returns its state."""
        end = None if timeout is None else time.monotonic() + timeout
        while (state := self.state) in ACTIVE and (end is None or time.monotonic() < end):
            time.sleep(POLL_SECONDS)
        return state

    def pause(self, timeout: float = OBEY_SECONDS) -> None:
        """Holds the run after the present step; its weights at that step are kept. One that waits pauses as
        it begins.
        """
        self._must_be("pause", "queued", "running", "paused")
        self.folder.post(Command("pause"))
        self._wait_for("pause", lambda now: now.state != "running", timeout)

    def resume(self, timeout: float = OBEY_SECONDS) -> None:
        """Goes on from a pause, a stop, an interruption, a failure or a divergence, where the run was or at
        its checkpoint.

        If no process is free, the run waits in the queue, and this returns.
        """
        status = self._must_be(
            "resume", "queued", "running", "paused", "stopped", "interrupted", "failed", "diverged"
        )
        self._may_wait(status)
        posted = self.folder.post(Command("run"))
        patience = time.monotonic() + HAND_OUT_SECONDS

        def resumed() -> bool:
            self._find_worker(posted)
            # Before the state is read: the worker writes its state first and takes the command away then.
            obeyed = not posted.exists()
            now = self.status
            waits = now.state == "queued" and time.monotonic() > patience
            return waits or now.state == "running" or (obeyed and now.state not in ("paused", "queued"))

        self._wait_until("resume", resumed, timeout)

    def step(self, n: int = 1, timeout: float = OBEY_SECONDS) -> None:
        """A paused run makes ``n`` more steps and is paused again; the weights after the last of them are
        kept.
        """
        if n < 1:
            raise CnnvizError(say("The number of steps is {n}, but it must be 1 or more.", n=n))
        status = self._must_be(say("make single steps in"), "paused", "stopped", "interrupted")
        self._may_wait(status)
        posted = self.folder.post(Command("step", steps=n, shown=status.step))

        def made() -> bool:
            self._find_worker(posted)
            obeyed = not posted.exists()
            now = self.status
            if not obeyed or now.state in ("queued", "running"):
                return False
            return now.step >= now.goal or now.state != "paused"

        self._wait_until(say("make single steps in"), made, timeout)

    def stop(self, timeout: float = OBEY_SECONDS) -> None:
        """Ends the run at the present step; it can be resumed."""
        self._must_be("stop", "queued", "running", "paused", "interrupted")
        self.folder.post(Command("stop"))

        def stopped() -> bool:
            status = self.status
            if status.state not in ("queued", "running", "paused", "interrupted"):
                return True
            return not self.folder.has_worker(status) and self._stop_here()

        self._wait_until("stop", stopped, timeout)

    def _stop_here(self) -> bool:
        """Stops a run that no process has. False if one has it after all: then that one obeys."""
        with self.folder.writing() as mine:
            if mine:
                queue.withdraw(self._runs, self.id)
                status = self.folder.status()
                if status.state in ("queued", "running", "paused", "interrupted"):
                    stopped = replace(status, state="stopped", message=STOPPED, goal=0).held_by(NOBODY)
                    self.folder.set_status(stopped)
                for path, command in self.folder.commands():
                    if command is None or command.do not in ("turn", "rate"):
                        path.unlink(missing_ok=True)
        return mine

    def set(self, **knobs: float | None) -> None:
        """From the next step on these knobs of ``KNOBS`` have these values; with a learning rate, the schedule no
        longer holds.
        """
        for name, value in knobs.items():
            check_knob(name, value)
        if self.state == "finished":
            names = ", ".join(name.replace("_", " ") for name in knobs)
            raise CnnvizError(
                say("This run is finished: its {names} can no longer change. Start a new one.", names=names)
            )
        for name, value in knobs.items():
            self.folder.post(Command("turn", knob=name, value=None if value is None else float(value)))

    def pin(self, on: bool = True) -> None:
        """A pinned run is not deleted to make room."""
        self.folder.pin(on)

    @property
    def name(self) -> str:
        """What its owner calls it; empty where it has no name."""
        return self.folder.name

    def rename(self, name: str) -> None:
        """Gives it a name, for lists; an empty one takes it away. Any letters will do: it is never part of a path.

        Raises:
            CnnvizError: it is longer than 80 letters.
        """
        words = " ".join(name.split())
        if len(words) > LONGEST_NAME:
            raise CnnvizError(
                say(
                    "A name has at most {longest_name} letters, but this one has {count}.",
                    longest_name=LONGEST_NAME,
                    count=len(words),
                )
            )
        self.folder.set_name(words)

    def differences(self, other: TrainingSpec) -> dict[str, Any]:
        """The settings in which it differs from another training: name -> its own value."""
        mine, theirs = self.spec.to_dict(), other.to_dict()
        return {name: value for name, value in mine.items() if value != theirs[name]}

    def belongs_to(self, key: str | None) -> bool:
        """Whether the browser with this key started the run. A run started from Python belongs to nobody."""
        return bool(key) and secrets.compare_digest(self.owner, owner_hash(key))

    @property
    def owner(self) -> str:
        """Hash of the key of the browser that started it; empty if it was started from Python."""
        return str(self.folder.about()["owner"])

    def _must_be(self, what: str, *states: State) -> Status:
        status = self.status
        if status.state not in states:
            raise CnnvizError(
                say("You cannot {what} this run: it is {state}.", what=what, state=status.state)
            )
        return status

    def _may_wait(self, status: Status) -> None:
        if not self.folder.has_worker(status) and status.state != "queued":
            check_who(self.owner)
            check_waiting(self._runs, self.owner, 1)

    def _find_worker(self, posted: Path) -> None:
        """Puts the run into the queue if nobody reads its inbox. Asked again and again, so no moment is the
        wrong one.
        """
        if posted.exists() and not self.folder.has_worker(self.folder.status()):
            launcher.enqueue(self._runs, self.id)

    def _wait_for(self, what: str, condition: Callable[[Status], bool], timeout: float) -> None:
        self._wait_until(what, lambda: condition(self.status), timeout)

    def _wait_until(self, what: str, condition: Callable[[], bool], timeout: float) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                place = self.queue_position
                where = (
                    say("it waits at place {place} in the queue", place=place)
                    if place
                    else say("its process has not answered")
                )
                raise CnnvizError(
                    say(
                        "You asked to {what} this run, but after {timeout:g} seconds {where}. It obeys as soon as it can: look again in a moment.",
                        what=what,
                        timeout=timeout,
                        where=where,
                    )
                )
            time.sleep(POLL_SECONDS)

    def __repr__(self) -> str:
        status = self.status
        return f"Run({self.id}: {status.state}, step {status.step} of {status.total_steps}, {self.spec.network_name} on {self.spec.dataset})"


def _place(run_id: str) -> Path:
    """Runs of one's own, then the bundled ones."""
    own = settings().runs / run_id
    return _bundled()[run_id] if run_id in _bundled() and not own.is_dir() else own


@cache
def _bundled() -> dict[str, Path]:
    return {path.name: path for path in (ASSETS / "runs").iterdir() if path.is_dir()}


@cache
def _of_bundled(read: Callable[[RunFolder], Read], path: Path) -> Read:
    """What the folder of a bundled run says: it never changes, and a page asks for it ten times."""
    return read(RunFolder(path))


def owner_hash(key: str | None) -> str:
    """What is kept of a browser's key; empty for no browser."""
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


def _looked_for_a_worker(folder: Path) -> str:
    """Makes sure that somebody takes the tickets of this folder of runs; why nobody can, if that is so."""
    try:
        launcher.ensure(folder)
    except OSError as error:
        return unwritable(error.strerror or str(error))
    return ""


def _interrupted(status: Status) -> str:
    return say(
        "The training process ended unexpectedly near step {step}. Press Resume: it goes on from its last checkpoint.",
        step=status.step,
    )


def open_run(run_id: str) -> Run:
    """A run by its name. Raises CnnvizError if there is none, or it cannot be read."""
    return Run(run_id)


def runs(limit: int | None = None, *, key: str | None = None) -> list[Run]:
    """All readable runs, or the ``limit`` newest; newest first.

    Args:
        key: the secret of a browser: only the runs that it started.
    """
    found: list[Run] = []
    for run_id in index.newest(settings().runs, owner_hash(key)):
        if limit is not None and len(found) >= limit:
            break
        with suppress(CnnvizError):
            found.append(Run(run_id))
    return found


def datasets_in_use() -> frozenset[str]:
    """The data sets that runs were trained on."""
    return frozenset(run.spec.dataset for run in runs())
