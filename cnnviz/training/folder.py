"""A run is a folder of files, and each file has one writer at a time.

::

    run.json            format, specification, time of creation, whose browser started it (a hash), bytes it
    may take:
                        written once, by whoever starts the run
    writer.lock         held by the one process that may write the files below; the system frees it when that
    process dies state.json          state, step, total steps, message, and who works on it: process and
        machine
    heartbeat           touched every second by whoever works on it: its lease (see ``lease.py``)
    events.jsonl        knobs that were turned, with the step at which that took effect
    data.json           the hash of the images that it learned from, with the step from which that holds; one more entry each
                        time it was found to be another one
    metrics.jsonl       one line a logged step
    snapshots/<step>.safetensors     the network's weights
    checkpoint.safetensors           all that is needed to go on
    commands/<time>-<unique>.json    the inbox: one command a file, written by whoever commands; the holder of
    the lock
                        reads each once, in order, and deletes it: that is the answer
    pinned              this run is not deleted to make room
    name                what its owner calls it

Beside the runs lies ``.index``, derived from their folders (see ``index.py``): it may be deleted at any time.

Only files are shared, so the folder of runs may lie on a disk of several machines, and the worker on another
one.

The holder of the lock is the worker, from its first word to its last; while no process works on a run, who
stops or deletes it takes the lock for a moment. What nobody can write is derived: a run is *queued* when it
    has a ticket (see
``queue.py``), and *interrupted* when the lease of the one that ``state.json`` names is over. Files are
replaced atomically, so a reader never sees half of one. Older folders have a ``control.json`` in place of the
    inbox: the rate in it is obeyed.
"""

import itertools
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from cnnviz.errors import CnnvizError, disk_errors
from cnnviz.training.data_seen import DataSeen
from cnnviz.training.lease import Holder, holds
from cnnviz.training.loop import Metric
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import from_json, say, to_json

FORMAT = 1
SNAPSHOT = ".safetensors"
STOPPED = say("Stopped.")
SETTLED_NS = 2_000_000_000
State = Literal["queued", "running", "paused", "stopped", "finished", "diverged", "failed", "interrupted"]
ACTIVE: frozenset[State] = frozenset({"queued", "running", "paused"})


@dataclass(frozen=True)
class Status:
    """What ``state.json`` says.

    Attributes:
        step, total_steps: optimiser steps so far and in all.
        message: what happened, in a sentence; may be empty. The file holds it in English, and beside it as ``said`` what
            other languages need.
        pid, pid_started, machine: the process that works on the run; 0 once it has given the run back.
        goal: a paused run goes on to this step.
    """

    state: State = "queued"
    step: int = 0
    total_steps: int = 0
    message: str = ""
    pid: int = 0
    pid_started: float = 0.0
    goal: int = 0
    machine: str = ""

    @property
    def holder(self) -> Holder:
        """Who works on the run; may be dead."""
        return Holder(self.pid, self.pid_started, self.machine)

    def held_by(self, holder: Holder) -> "Status":
        """The same, with this one at work."""
        return replace(self, **holder._asdict())


@dataclass(frozen=True)
class Command:
    """One file of the inbox.

    Attributes:
        do: what is asked for; ``turn`` gives a knob a value. (``rate`` is what older versions wrote for the learning
            rate.)
        steps: for ``step``: how many.
        shown: for ``step``: the step that the one who asks has seen; the steps count from there.
        knob, value: for ``turn``.
        learning_rate: for ``rate``.
    """

    do: Literal["run", "pause", "stop", "step", "turn", "rate"]
    steps: int = 0
    shown: int = 0
    knob: str = ""
    value: float | None = None
    learning_rate: float = 0.0


@dataclass(frozen=True)
class Change:
    """From ``step`` on a knob had the value ``value``."""

    step: int
    knob: str
    value: float | None

    @classmethod
    def of(cls, line: dict[str, Any]) -> "Change":
        """What a line of ``events.jsonl`` says; older ones know only the learning rate."""
        if "learning_rate" in line:
            return cls(line["step"], "learning_rate", line["learning_rate"])
        return cls(line["step"], line["knob"], line["value"])


def _draft(path: Path) -> Path:
    """A name beside ``path`` that no other thread, process or machine uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.draft")


def unwritable(reason: str) -> str:
    """The sentence for a folder of runs that cannot be written."""
    return say(
        "The run folder cannot be written: {strerror}. Free some space, or set CNNVIZ_HOME to another folder.",
        strerror=reason,
    )


def write_atomically(path: Path, content: str | memoryview) -> None:
    draft = _draft(path)
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise CnnvizError(
            say(
                "The run '{name}' cannot be read: its file {name2} is damaged. Start a new run.",
                name=path.parent.name,
                name2=path.name,
            )
        ) from None
    return data if isinstance(data, dict) else {}


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file that may be growing: a last line without its end is left for later."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    for line in text[: text.rfind("\n") + 1].splitlines():
        yield json.loads(line)


class RunFolder:
    """Reading and writing one run's files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.snapshots = path / "snapshots"
        self.inbox = path / "commands"

    @classmethod
    def create(cls, path: Path, spec: TrainingSpec, owner: str, share: int | None = None) -> "RunFolder":
        """A new run. ``owner``: hash of the browser's key, or empty. ``share``: bytes it may take on disk."""
        folder = cls(path)
        folder.snapshots.mkdir(parents=True)
        about = {
            "format": FORMAT,
            "spec": spec.to_dict(),
            "created": time.time(),
            "owner": owner,
            "bytes": share,
        }
        write_atomically(path / "run.json", json.dumps(about))
        return folder

    def about(self) -> dict[str, Any]:
        """``run.json``; raises CnnvizError if it is missing, damaged or from a newer version."""
        path = self.path / "run.json"
        return _read_about(path, stamp(path))

    def spec(self) -> TrainingSpec:
        """What is trained; raises CnnvizError as ``about`` does."""
        return self.about_and_spec()[1]

    def about_and_spec(self) -> tuple[dict[str, Any], TrainingSpec]:
        """Both at one look at the disk."""
        path = self.path / "run.json"
        written = stamp(path)
        return _read_about(path, written), _read_spec(path, written)

    def status(self) -> Status:
        path = self.path / "state.json"
        written = stamp(path)
        # A file that was written just now may be written again without its stamp telling.
        read = _read_status if 0 < written[0] < time.time_ns() - SETTLED_NS else _read_status.__wrapped__
        return read(path, written)

    def has_worker(self, status: Status) -> bool:
        """Whether somebody who lives has the run in hands, by the status that was just read."""
        return status.state in ("running", "paused") and holds(self.path, status.holder)

    def set_status(self, status: Status) -> None:
        said = to_json(status.message)
        write_atomically(self.path / "state.json", json.dumps({**asdict(status), "said": said}))

    @contextmanager
    def writing(self, timeout: float = 0.0) -> Iterator[bool]:
        """The right to write this run's files, if nobody has it or gives it back within ``timeout``
        seconds.
        """
        lock = FileLock(self.path / "writer.lock")
        try:
            lock.acquire(timeout=timeout)
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    @disk_errors(unwritable)
    def post(self, command: Command) -> Path:
        """Puts a command into the inbox; its file is gone as soon as it is obeyed."""
        self.inbox.mkdir(exist_ok=True)
        # The clock orders the commands of different processes, the counter those of one.
        path = self.inbox / f"{time.time_ns():020d}-{next(_posted):08d}-{secrets.token_hex(4)}.json"
        write_atomically(path, json.dumps(asdict(command)))
        return path

    def commands(self) -> list[tuple[Path, Command | None]]:
        """The inbox, oldest first; ``None`` for a file that holds no command."""
        try:
            names = sorted(name for name in os.listdir(self.inbox) if name[0] != ".")  # noqa: PTH208 - once a step
        except FileNotFoundError:
            return []
        return [(self.inbox / name, _command(self.inbox / name)) for name in names]

    def old_rate(self) -> float | None:
        """The learning rate asked for in a folder from before there was an inbox."""
        rate = _read_json(self.path / "control.json").get("learning_rate")
        return float(rate) if isinstance(rate, int | float) else None

    def metrics_stamp(self) -> tuple[int, int, int]:
        """Changes whenever there are new metrics."""
        return stamp(self.path / "metrics.jsonl")

    def metrics(self) -> list[Metric]:
        return list(_read_metrics(self.path / "metrics.jsonl", self.metrics_stamp()))

    def add_metric(self, metric: Metric) -> None:
        self._append("metrics.jsonl", asdict(metric))

    def changes(self) -> list[Change]:
        """Knobs that were turned in mid-run, in order."""
        return [Change.of(line) for line in _json_lines(self.path / "events.jsonl")]

    def add_change(self, change: Change) -> None:
        self._append("events.jsonl", asdict(change))

    def data_seen(self) -> list[DataSeen]:
        """The images that it learned from, by their hash, in order; empty for a run of an older version."""
        return [_dataclass_from(DataSeen, one) for one in _read_json(self.path / "data.json").get("seen", [])]

    def note_data(self, seen: Sequence[DataSeen]) -> None:
        text = json.dumps({"seen": [asdict(one) for one in seen]})
        write_atomically(self.path / "data.json", text)

    def _append(self, name: str, record: dict[str, Any]) -> None:
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def forget_after(self, step: int) -> None:
        """Drops the metrics and snapshots of steps after ``step``: a resumed run writes them again."""
        kept = [json.dumps(line) for line in _json_lines(self.path / "metrics.jsonl") if line["step"] <= step]
        write_atomically(self.path / "metrics.jsonl", "".join(line + "\n" for line in kept))
        for later in self.steps():
            if later > step:
                self.forget_snapshot(later)

    def steps(self) -> list[int]:
        """The steps that have a snapshot, in order."""
        try:
            changed = self.snapshots.stat().st_mtime_ns
            # A folder that changed just now may change again without its time telling.
            read = _steps if time.time_ns() - changed > SETTLED_NS else _steps.__wrapped__
            return list(read(self.snapshots, changed))
        except FileNotFoundError:
            return []

    def snapshot_path(self, step: int) -> Path:
        return self.snapshots / f"{step:08d}{SNAPSHOT}"

    def snapshot_stamp(self, step: int) -> tuple[int, int, int]:
        """Another one each time this step's snapshot is written; zeros where there is none."""
        return stamp(self.snapshot_path(step))

    def snapshot_bytes(self) -> dict[int, int]:
        """Step -> bytes of its snapshot."""
        return {step: size for step in self.steps() if (size := self.snapshot_stamp(step)[1])}

    def save_snapshot(self, step: int, weights: dict[str, Tensor] | memoryview) -> None:
        """Writes the weights, or the file that they are already."""
        if isinstance(weights, memoryview):
            write_atomically(self.snapshot_path(step), weights)
        else:
            _save_tensors(self.snapshot_path(step), weights, None)

    def forget_snapshot(self, step: int) -> None:
        self.snapshot_path(step).unlink(missing_ok=True)

    def snapshot(self, step: int) -> dict[str, Tensor]:
        try:
            return load_file(self.snapshot_path(step))
        except (OSError, SafetensorError):
            raise CnnvizError(
                say(
                    "The run '{name}' has no readable snapshot of step {step}. Choose another step.",
                    name=self.path.name,
                    step=step,
                )
            ) from None

    def save_checkpoint(self, tensors: dict[str, Tensor], texts: dict[str, str]) -> None:
        _save_tensors(self.path / "checkpoint.safetensors", tensors, texts)

    def checkpoint(self) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        path = self.path / "checkpoint.safetensors"
        if not path.exists():
            return None
        try:
            with safe_open(path, "pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
        except (OSError, SafetensorError):
            return None

    @property
    def pinned(self) -> bool:
        return (self.path / "pinned").exists()

    @disk_errors(unwritable)
    def pin(self, on: bool) -> None:
        if on:
            (self.path / "pinned").touch()
        else:
            (self.path / "pinned").unlink(missing_ok=True)

    @property
    def name(self) -> str:
        try:
            return (self.path / "name").read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    @disk_errors(unwritable)
    def set_name(self, name: str) -> None:
        if name:
            write_atomically(self.path / "name", name)
        else:
            (self.path / "name").unlink(missing_ok=True)

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for path in self.path.rglob("*"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                continue
        return total

    def last_word(self) -> float:
        """When the run's state was last written, in seconds since 1970."""
        return stamp(self.path / "state.json")[0] / 1e9

    def delete(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _save_tensors(path: Path, tensors: dict[str, Tensor], texts: dict[str, str] | None) -> None:
    draft = _draft(path)
    try:
        save_file(tensors, draft, metadata=texts)
        draft.replace(path)
    except SafetensorError as error:
        # safetensors wraps the error of the file system; a full disk is the one that happens.
        raise OSError(str(error)) from None
    finally:
        draft.unlink(missing_ok=True)


_posted = itertools.count()


def stamp(path: Path) -> tuple[int, int, int]:
    """Time of change in ns, size in bytes and inode: another one each time the file is replaced. Zeros: no
    file.
    """
    try:
        about = path.stat()
    except FileNotFoundError:
        return 0, 0, 0
    return about.st_mtime_ns, about.st_size, about.st_ino


def _command(path: Path) -> Command | None:
    try:
        return _dataclass_from(Command, _read_json(path))
    except (CnnvizError, TypeError):
        return None


@lru_cache(maxsize=1024)
def _read_about(path: Path, _written: tuple[int, int, int]) -> dict[str, Any]:
    """Kept, since it never changes and every menu asks for it."""
    about, name = _read_json(path), path.parent.name
    if not about:
        raise CnnvizError(
            say(
                "There is no run '{name}'. It may have been deleted to make room. Start a new one.", name=name
            )
        )
    if about.get("format", 0) > FORMAT:
        raise CnnvizError(
            say(
                "The run '{name}' was written by a newer version of cnnviz. Update cnnviz to open it.",
                name=name,
            )
        )
    return about


@lru_cache(maxsize=1024)
def _read_spec(path: Path, written: tuple[int, int, int]) -> TrainingSpec:
    try:
        return TrainingSpec.from_dict(_read_about(path, written)["spec"])
    except (KeyError, TypeError):
        raise CnnvizError(
            say(
                "The run '{name}' cannot be read: its file run.json is damaged. Start a new run.",
                name=path.parent.name,
            )
        ) from None


@lru_cache(maxsize=1024)
def _read_status(path: Path, _written: tuple[int, int, int]) -> Status:
    found = _read_json(path)
    status: Status = _dataclass_from(Status, found)
    return replace(status, message=from_json(found.get("said"), status.message))


@lru_cache(maxsize=256)
def _steps(snapshots: Path, _changed: int) -> tuple[int, ...]:
    """Kept, since each page asks for it several times. Names alone: ``Path`` takes ten times as long."""
    names = os.listdir(snapshots)  # noqa: PTH208
    return tuple(sorted(int(name.removesuffix(SNAPSHOT)) for name in names if name.endswith(SNAPSHOT)))


@lru_cache(maxsize=32)
def _read_metrics(path: Path, _stamp: tuple[int, int, int]) -> tuple[Metric, ...]:
    """Kept until the file changes: a page with several watchers reads it once."""
    return tuple(_dataclass_from(Metric, line) for line in _json_lines(path))


def _dataclass_from(kind: Any, data: dict[str, Any]) -> Any:
    """Fields that this version does not know are left out, so an older reader opens a newer file of the same
    format.
    """
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in data.items() if name in known})
