"""A run is a folder: one process writes it, everybody else only reads it.

::

    run.json            format, specification, time of creation, whose browser started it (a hash)
    state.json          state, step, total steps, message, and the process that works on it
    control.json        what the run is asked to do: run, pause or stop, single steps, a new learning rate
    events.jsonl        changes of the learning rate, with the step at which they took effect
    metrics.jsonl       one line a logged step
    snapshots/<step>.safetensors     the network's weights
    checkpoint.safetensors           all that is needed to go on
    pinned              this run is not deleted to make room

Files are replaced atomically, so a reader never sees half of one.
"""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import psutil
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.training.loop import Metric
from cnnviz.training.spec import TrainingSpec

FORMAT = 1
State = Literal["queued", "running", "paused", "stopped", "finished", "diverged", "failed", "interrupted"]
ACTIVE: frozenset[State] = frozenset({"queued", "running", "paused"})


@dataclass(frozen=True)
class Status:
    """What ``state.json`` says. ``pid`` and ``pid_started`` name the process that works on the run."""

    state: State = "queued"
    step: int = 0
    total_steps: int = 0
    message: str = ""
    pid: int = 0
    pid_started: float = 0.0


@dataclass(frozen=True)
class Control:
    """What ``control.json`` asks for. ``run_until``: a paused run goes on to this step. ``serial`` counts the rates set."""

    target: Literal["run", "pause", "stop"] = "run"
    run_until: int = 0
    learning_rate: float | None = None
    serial: int = 0


@dataclass(frozen=True)
class RateChange:
    """From ``step`` on the learning rate was ``learning_rate``."""

    step: int
    learning_rate: float
    serial: int


@lru_cache(maxsize=1)
def _process_started(pid: int) -> float:
    return psutil.Process(pid).create_time()


def this_process() -> dict[str, Any]:
    """The fields of ``Status`` that name the process that asks."""
    return {"pid": os.getpid(), "pid_started": _process_started(os.getpid())}


def process_lives(pid: int, started: float) -> bool:
    """Whether the process that wrote ``pid`` still runs (the number may have gone to another one)."""
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise CnnvizError(f"The run '{path.parent.name}' cannot be read: its file {path.name} is damaged. Start a new run.") from None
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

    @classmethod
    def create(cls, path: Path, spec: TrainingSpec, owner: str) -> "RunFolder":
        folder = cls(path)
        folder.snapshots.mkdir(parents=True)
        about = {"format": FORMAT, "spec": spec.to_dict(), "created": time.time(), "owner": owner}
        write_atomically(path / "run.json", json.dumps(about))
        return folder

    def about(self) -> dict[str, Any]:
        """``run.json``; raises CnnvizError if it is missing, damaged or from a newer version."""
        about = _read_json(self.path / "run.json")
        if not about:
            raise CnnvizError(f"There is no run '{self.path.name}'. It may have been deleted to make room. Start a new one.")
        if about.get("format", 0) > FORMAT:
            raise CnnvizError(f"The run '{self.path.name}' was written by a newer version of cnnviz. Update cnnviz to open it.")
        return about

    def spec(self, about: dict[str, Any] | None = None) -> TrainingSpec:
        """What is trained; ``about``: what ``about()`` gave just now."""
        try:
            return TrainingSpec.from_dict((about or self.about())["spec"])
        except (KeyError, TypeError):
            raise CnnvizError(f"The run '{self.path.name}' cannot be read: its file run.json is damaged. Start a new run.") from None

    def status(self) -> Status:
        return _dataclass_from(Status, _read_json(self.path / "state.json"))

    def set_status(self, status: Status) -> None:
        write_atomically(self.path / "state.json", json.dumps(asdict(status)))

    def control(self) -> Control:
        return _dataclass_from(Control, _read_json(self.path / "control.json"))

    @contextmanager
    def changing_control(self) -> Iterator[dict[str, Any]]:
        """The fields of ``Control`` to change; two who change at once wait for each other."""
        with FileLock(self.path / "control.lock"):
            values = asdict(self.control())
            yield values
            write_atomically(self.path / "control.json", json.dumps(values))

    def control_stamp(self) -> int:
        try:
            return (self.path / "control.json").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def metrics_stamp(self) -> tuple[int, int]:
        """Changes whenever there are new metrics."""
        try:
            about = (self.path / "metrics.jsonl").stat()
        except FileNotFoundError:
            return 0, 0
        return about.st_size, about.st_mtime_ns

    def metrics(self) -> list[Metric]:
        return list(_read_metrics(self.path / "metrics.jsonl", self.metrics_stamp()))

    def add_metric(self, metric: Metric) -> None:
        self._append("metrics.jsonl", asdict(metric))

    def rate_changes(self) -> list[RateChange]:
        return [_dataclass_from(RateChange, line) for line in _json_lines(self.path / "events.jsonl")]

    def add_rate_change(self, change: RateChange) -> None:
        self._append("events.jsonl", asdict(change))

    def _append(self, name: str, record: dict[str, Any]) -> None:
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def forget_after(self, step: int) -> None:
        """Drops the metrics and snapshots of steps after ``step``: a resumed run writes them again."""
        kept = [json.dumps(line) for line in _json_lines(self.path / "metrics.jsonl") if line["step"] <= step]
        write_atomically(self.path / "metrics.jsonl", "".join(line + "\n" for line in kept))
        for later in self.steps():
            if later > step:
                self.snapshot_path(later).unlink(missing_ok=True)

    def steps(self) -> list[int]:
        """The steps that have a snapshot, in order."""
        try:
            return sorted(int(path.stem) for path in self.snapshots.iterdir() if path.suffix == ".safetensors")
        except FileNotFoundError:
            return []

    def snapshot_path(self, step: int) -> Path:
        return self.snapshots / f"{step:08d}.safetensors"

    def save_snapshot(self, step: int, weights: dict[str, Tensor]) -> None:
        _save_tensors(self.snapshot_path(step), weights, None)

    def snapshot(self, step: int) -> dict[str, Tensor]:
        try:
            return load_file(self.snapshot_path(step))
        except (OSError, SafetensorError):
            raise CnnvizError(f"The run '{self.path.name}' has no readable snapshot of step {step}. Choose another step.") from None

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

    def pin(self, on: bool) -> None:
        if on:
            (self.path / "pinned").touch()
        else:
            (self.path / "pinned").unlink(missing_ok=True)

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for path in self.path.rglob("*"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:
                continue
        return total

    def delete(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _save_tensors(path: Path, tensors: dict[str, Tensor], texts: dict[str, str] | None) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        save_file(tensors, draft, metadata=texts)
        draft.replace(path)
    except SafetensorError as error:
        # safetensors wraps the error of the file system; a full disk is the one that happens.
        raise OSError(str(error)) from None
    finally:
        draft.unlink(missing_ok=True)


@lru_cache(maxsize=32)
def _read_metrics(path: Path, _stamp: tuple[int, int]) -> tuple[Metric, ...]:
    """Kept until the file changes: a page with several watchers reads it once."""
    return tuple(_dataclass_from(Metric, line) for line in _json_lines(path))


def _dataclass_from(kind: Any, data: dict[str, Any]) -> Any:
    """Fields that this version does not know are left out, so an older reader opens a newer file of the same format."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in data.items() if name in known})
