"""Snapshots beside the training: the same files as the library writes of a fresh copy, and no number of a later step."""

import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cnnviz.models import PRESETS
from cnnviz.training import TrainingSpec, snapshots
from cnnviz.training.folder import RunFolder
from cnnviz.training.loop import Trainer
from cnnviz.training.snapshots import MOST_WAITING, SnapshotWriter

SPEC = TrainingSpec("digits", "tiny", 1)


def folder_in(home: Path) -> RunFolder:
    return RunFolder.create(home / "run", SPEC, "")


@pytest.mark.parametrize("network", ["tiny", "lenet5", "fast", "mini_resnet"])
def test_the_file_is_the_same_to_the_byte_as_that_of_the_library(network: str, tmp_path: Path) -> None:
    trainer = Trainer(TrainingSpec("mnist", network, 1, limit=500))
    trainer.step()
    writer, folder = SnapshotWriter(folder_in(tmp_path)), RunFolder(tmp_path / "run")
    writer.write(1, writer.copy(trainer.weights_now))
    writer.flush()
    fresh = {name: value.contiguous() for name, value in trainer.network.state_dict().items()}
    save_file(fresh, tmp_path / "library")
    assert folder.snapshot_path(1).read_bytes() == (tmp_path / "library").read_bytes()


@pytest.mark.parametrize("network", PRESETS)
def test_the_weights_of_a_trainer_stay_where_they_are(network: str) -> None:
    trainer = Trainer(TrainingSpec("mnist", network, 1, limit=8, batch_size=4))
    trainer.step()
    trainer.restore(*trainer.state())
    trainer.step()
    now = trainer.network.state_dict()
    assert list(now) == list(trainer.weights_now)
    assert all(trainer.weights_now[name].data_ptr() == value.data_ptr() for name, value in now.items())


def test_what_waits_for_a_slow_disk_is_not_changed_by_later_steps(tmp_path: Path, monkeypatch) -> None:
    going = threading.Event()
    usual = RunFolder.save_snapshot

    def slow(*args, **named) -> None:
        going.wait()
        usual(*args, **named)

    monkeypatch.setattr(RunFolder, "save_snapshot", slow)
    trainer, writer, folder = Trainer(SPEC), SnapshotWriter(folder_in(tmp_path)), RunFolder(tmp_path / "run")
    wanted = {}
    for step in range(3 * MOST_WAITING):
        if step == MOST_WAITING:
            going.set()  # before that, nothing was written and nothing was in the way
        writer.write(step, writer.copy(trainer.weights_now))
        wanted[step] = trainer.weights()
        trainer.step()
    writer.flush()
    writer.close()
    assert len({tuple(weights["conv1.weight"].flatten().tolist()) for weights in wanted.values()}) == len(
        wanted
    )
    for step, weights in wanted.items():
        kept = load_file(folder.snapshot_path(step))
        assert all(torch.equal(kept[name], value) for name, value in weights.items()), step


@pytest.mark.parametrize(
    ("seconds", "written_by_the_thread"),
    [
        pytest.param(0.0005, [0], id="a quick disk"),
        pytest.param(0.01, [0, 2, 4, 5, 7, 8, 9, 10], id="a disk that takes longer than a step"),
        pytest.param(0.03, list(range(12)), id="a slow disk"),
    ],
)
def test_a_thread_writes_unless_the_disk_takes_all_at_once(
    seconds: float, written_by_the_thread: list[int], tmp_path: Path, monkeypatch
) -> None:
    now, here, by_the_thread = [0.0], threading.current_thread(), []
    usual = RunFolder.save_snapshot

    def timed(folder: RunFolder, step: int, *args) -> None:
        usual(folder, step, *args)
        now[0] += seconds
        if threading.current_thread() is not here:
            by_the_thread.append(step)

    monkeypatch.setattr(RunFolder, "save_snapshot", timed)
    monkeypatch.setattr(snapshots, "perf_counter", lambda: now[0])
    trainer, writer = Trainer(SPEC), SnapshotWriter(folder_in(tmp_path))
    for step in range(12):
        writer.write(step, writer.copy(trainer.weights_now))
        writer.flush()
    writer.close()
    assert by_the_thread == written_by_the_thread
    assert RunFolder(tmp_path / "run").steps() == list(range(12))


def test_a_disk_that_was_slow_once_is_tried_again(tmp_path: Path, monkeypatch) -> None:
    now, here, by_the_thread = [0.0], threading.current_thread(), []

    def timed(_folder: RunFolder, step: int, *_args) -> None:
        now[0] += 0.01 if step == 3 else 0.0005
        if threading.current_thread() is not here:
            by_the_thread.append(step)

    monkeypatch.setattr(RunFolder, "save_snapshot", timed)
    monkeypatch.setattr(snapshots, "perf_counter", lambda: now[0])
    trainer, writer = Trainer(SPEC), SnapshotWriter(folder_in(tmp_path))
    for step in range(12):
        writer.write(step, writer.copy(trainer.weights_now))
        writer.flush()
    writer.close()
    assert by_the_thread == [0, 4]


def test_what_the_disk_refuses_between_two_steps_is_said_at_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(snapshots, "perf_counter", lambda: 0.0)
    trainer, folder = Trainer(SPEC), folder_in(tmp_path)
    writer = SnapshotWriter(folder)
    for step in range(2):
        writer.write(step, writer.copy(trainer.weights_now))
        writer.flush()
    for path in folder.snapshots.iterdir():
        path.unlink()
    folder.snapshots.rmdir()
    with pytest.raises(OSError, match="No such file"):
        writer.write(2, writer.copy(trainer.weights_now))
    folder.snapshots.mkdir()
    writer.write(3, writer.copy(trainer.weights_now))
    writer.flush()
    assert folder.steps() == [3]


def test_what_the_disk_refuses_is_said_once_and_the_next_is_written(tmp_path: Path) -> None:
    trainer, folder = Trainer(SPEC), folder_in(tmp_path)
    writer = SnapshotWriter(folder)
    folder.snapshots.rmdir()
    writer.write(0, writer.copy(trainer.weights_now))
    with pytest.raises(OSError, match="No such file"):
        writer.flush()
    folder.snapshots.mkdir()
    writer.write(1, writer.copy(trainer.weights_now))
    writer.flush()
    assert folder.steps() == [1]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e30])
def test_weights_that_are_not_numbers_or_have_no_square_are_not_finite(bad: float, tmp_path: Path) -> None:
    trainer, writer = Trainer(SPEC), SnapshotWriter(folder_in(tmp_path))
    assert writer.copy(trainer.weights_now).finite
    with torch.no_grad():
        next(trainer.network.parameters())[0, 0, 0, 0] = bad
    assert not writer.copy(trainer.weights_now).finite
