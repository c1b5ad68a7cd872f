"""A run seen from outside: start it, watch it, command it, open its network at any saved step."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.settings import ASSETS, settings
from cnnviz.training import launcher
from cnnviz.training.folder import ACTIVE, RunFolder, State, Status, process_lives
from cnnviz.training.loop import Metric, build_for
from cnnviz.training.spec import TrainingSpec, check_learning_rate

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
POLL_SECONDS = 0.01
OBEY_SECONDS = 10.0


class Run:
    """A handle on a run folder. Many handles in many processes may watch one run.

    Commands wait until the worker has obeyed (at most ``timeout`` seconds) and raise ``CnnvizError`` when they make no
    sense in the present state.
    """

    def __init__(self, run_id: str) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,80}", run_id):
            raise CnnvizError(f"'{run_id[:80]}' is not the name of a run. Open the run from the list, or start a new one.")
        self.id = run_id
        self.folder = RunFolder(_place(run_id))
        about = self.folder.about()
        self.spec = self.folder.spec(about)
        self.created: float = about["created"]

    @property
    def status(self) -> Status:
        """State, step, total steps and message, read now. A dead worker shows as ``interrupted`` at once."""
        status = self.folder.status()
        works = status.pid and process_lives(status.pid, status.pid_started)
        if status.state == "running" and not works:
            # Between reading the file and looking for the process the worker may have ended properly.
            status = self.folder.status()
            if status.state == "running":
                return replace(status, state="interrupted", message=launcher.interrupted_message(status))
        if status.state == "queued" and self.id in launcher.waiting(self._runs):
            launcher.ensure(self._runs)
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
        names = launcher.waiting(self._runs)
        return names.index(self.id) + 1 if self.id in names else None

    @property
    def _runs(self) -> Path:
        return self.folder.path.parent

    def metrics(self) -> list[Metric]:
        """One record a logged step, oldest first."""
        return self.folder.metrics()

    @property
    def steps(self) -> list[int]:
        """The steps that have a snapshot, in order."""
        return self.folder.steps()

    def network(self, step: int) -> Network:
        """The network as it was at a saved step, in evaluation mode, on the CPU."""
        network = build_for(self.spec)
        network.load_state_dict(self.folder.snapshot(step))
        return network.eval()

    def wait(self, timeout: float | None = None) -> State:
        """Waits until the run has ended (or ``timeout`` seconds) and returns its state."""
        self._wait_for(lambda status: status.state not in ACTIVE, timeout)
        return self.state

    def pause(self, timeout: float = OBEY_SECONDS) -> None:
        """Holds the run after the present step; its weights at that step are kept."""
        self._must_be("pause", "queued", "running", "paused")
        with self.folder.changing_control() as control:
            control["target"] = "pause"
        self._wait_for(lambda status: status.state != "running", timeout)

    def resume(self, timeout: float = OBEY_SECONDS) -> None:
        """Goes on from a pause, a stop, an interruption, a failure or a divergence, where the run was or at its checkpoint."""
        self._must_be("resume", "queued", "running", "paused", "stopped", "interrupted", "failed", "diverged")
        with self.folder.changing_control() as control:
            control["target"] = "run"
        self._give_to_worker()
        self._wait_for(lambda status: status.state not in ("paused", "queued"), timeout)

    def step(self, n: int = 1, timeout: float = OBEY_SECONDS) -> None:
        """A paused run makes ``n`` more steps and is paused again; the weights after the last of them are kept."""
        if n < 1:
            raise CnnvizError(f"The number of steps is {n}, but it must be 1 or more.")
        status = self._must_be("make single steps in", "paused", "stopped", "interrupted")
        with self.folder.changing_control() as control:
            goal = min(max(control["run_until"], status.step) + n, status.total_steps)
            control.update(target="pause", run_until=goal)
        self._give_to_worker()
        self._wait_for(lambda now: (now.state not in ("queued", "running") and now.step >= goal) or now.state not in ACTIVE, timeout)

    def stop(self, timeout: float = OBEY_SECONDS) -> None:
        """Ends the run at the present step; it can be resumed."""
        status = self._must_be("stop", "queued", "running", "paused", "interrupted")
        with self.folder.changing_control() as control:
            control["target"] = "stop"
        launcher.withdraw(self._runs, self.id)
        if status.state in ("queued", "interrupted") or not status.pid:
            self.folder.set_status(replace(status, state="stopped", message="Stopped.", pid=0))
        self._wait_for(lambda now: now.state not in ACTIVE, timeout)

    def set(self, *, learning_rate: float) -> None:
        """From the next step on this learning rate holds, and the schedule no longer does."""
        check_learning_rate(learning_rate)
        if self.state == "finished":
            raise CnnvizError("This run is finished: its learning rate can no longer change. Start a new one.")
        with self.folder.changing_control() as control:
            control.update(learning_rate=float(learning_rate), serial=control["serial"] + 1)

    def pin(self, on: bool = True) -> None:
        """A pinned run is not deleted to make room."""
        self.folder.pin(on)

    def belongs_to(self, key: str | None) -> bool:
        """Whether the browser with this key started the run. A run started from Python belongs to nobody."""
        return bool(key) and secrets.compare_digest(self.folder.about()["owner"], _hash(key or ""))

    def _must_be(self, what: str, *states: State) -> Status:
        status = self.status
        if status.state not in states:
            raise CnnvizError(f"You cannot {what} this run: it is {status.state}.")
        return status

    def _give_to_worker(self) -> None:
        """Puts the run into the queue unless a process has it in its hands."""
        status = self.status
        if status.pid and status.state in ("running", "paused") and process_lives(status.pid, status.pid_started):
            return
        self.folder.set_status(replace(status, state="queued", message="", pid=0))
        launcher.enqueue(self._runs, self.id)

    def _wait_for(self, condition: Callable[[Status], bool], timeout: float | None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        while not condition(self.status) and (end is None or time.monotonic() < end):
            time.sleep(POLL_SECONDS)

    def __repr__(self) -> str:
        status = self.status
        return f"Run({self.id}: {status.state}, step {status.step} of {status.total_steps}, {self.spec.network_name} on {self.spec.dataset})"


def _place(run_id: str) -> Path:
    """Runs of one's own, then the bundled ones."""
    bundled = ASSETS / "runs" / run_id
    own = settings().runs / run_id
    return bundled if bundled.is_dir() and not own.is_dir() else own


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def start(spec: TrainingSpec, key: str | None = None) -> Run:
    """Starts a training in another process and returns at once.

    Args:
        spec: what to train; it is checked first.
        key: the secret of the browser that will command the run from the app; only its hash is kept.

    Raises:
        CnnvizError: the specification cannot be trained, or the run folder cannot be written.
    """
    spec.check()
    runs_folder = settings().runs
    name = re.sub(r"[^a-z0-9]+", "", spec.network_name.lower())[:20] or "network"
    run_id = f"{spec.dataset}-{name}-{''.join(secrets.choice(ID_LETTERS) for _ in range(7))}"
    try:
        runs_folder.mkdir(parents=True, exist_ok=True)
        make_room()
        folder = RunFolder.create(runs_folder / run_id, spec, _hash(key) if key else "")
        folder.set_status(Status("queued", 0, 0))
        launcher.enqueue(runs_folder, run_id)
    except OSError as error:
        raise CnnvizError(f"The run folder cannot be written: {error.strerror}. Free some space, or set CNNVIZ_HOME to another folder.") from None
    return Run(run_id)


def open_run(run_id: str) -> Run:
    """A run by its name. Raises CnnvizError if there is none, or it cannot be read."""
    return Run(run_id)


def runs(limit: int | None = None) -> list[Run]:
    """All readable runs, or the ``limit`` newest; newest first."""
    found: list[Run] = []
    for path in sorted(settings().runs.glob("*/run.json"), key=_modified, reverse=True):
        if limit is not None and len(found) >= limit:
            break
        try:
            found.append(Run(path.parent.name))
        except CnnvizError:
            continue
    return sorted(found, key=lambda run: run.created, reverse=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def make_room() -> None:
    """Deletes the oldest runs that nobody pinned and that do not run, until all fit into the limits of the settings."""
    limits = settings()
    kept = runs()
    sizes = {run.id: run.folder.size() for run in kept}
    for run in reversed(kept):
        if sum(sizes.values()) <= limits.max_run_bytes and len(sizes) < limits.max_runs:
            return
        if not run.folder.pinned and run.state not in ACTIVE:
            run.folder.delete()
            del sizes[run.id]


def warm_up() -> None:
    """Starts the launcher and its training processes, so that the first run does not wait for them."""
    launcher.ensure(settings().runs)
