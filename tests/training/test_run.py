"""Runs in real processes: commands, kill, resume, divergence, queue, damage."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import python_environment
from cnnviz.training import Run, TrainingSpec, open_run, pool, queue, runs, start
from cnnviz.training.folder import RunFolder
from cnnviz.training.starting import make_room
from cnnviz.words import said_in

LONG = TrainingSpec("digits", "tiny", epochs=90, batch_size=32)
ENDLESS = replace(LONG, epochs=1000, batch_size=8)
"""Longer than any test."""
SHORT = TrainingSpec("digits", "tiny", epochs=2)


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this should have happened by now"
        time.sleep(0.02)


def last_weights(run: Run) -> dict[str, torch.Tensor]:
    return run.network(run.steps[-1]).state_dict()


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_is_followed_from_outside_and_opened_again() -> None:
    run = start(SHORT)
    assert run.wait(60) == "finished"
    metrics = run.metrics()
    assert metrics[0].step == 0
    assert metrics[-1].step == run.total_steps
    assert metrics[-1].val_accuracy > metrics[0].val_accuracy
    assert {0, run.total_steps} <= set(run.steps)
    assert not run.network(0).training
    again = open_run(run.id)
    assert again.spec == run.spec
    assert run.id in [other.id for other in runs()]
    assert run.id in repr(run)


def test_runs_of_one_specification_are_equal_to_the_bit_also_against_one_process() -> None:
    from tests.training.test_loop import trained

    first, second = start(SHORT), start(SHORT)
    first.wait(60)
    second.wait(60)
    assert equal(last_weights(first), last_weights(second))
    torch.set_num_threads(1)
    assert equal(last_weights(first), dict(trained(SHORT).network.state_dict()))


def test_pause_single_steps_new_rate_resume_stop() -> None:
    run = start(ENDLESS)
    wait_until(lambda: run.step_count > 3)
    run.pause()
    assert run.state == "paused"
    held = run.step_count
    time.sleep(0.2)
    assert run.step_count == held
    run.step()
    assert (run.state, run.step_count) == ("paused", held + 1)
    run.step(3)
    assert run.step_count == held + 4
    assert {held, held + 1, held + 4} <= set(run.steps)
    run.set(learning_rate=0.0123)
    run.step()
    assert run.metrics()[-1].learning_rate == 0.0123
    run.resume()
    wait_until(lambda: run.step_count > held + 20)
    run.stop()
    assert run.state == "stopped"
    with pytest.raises(CnnvizError, match="it is stopped"):
        run.pause()


def test_a_killed_worker_shows_at_once_and_resuming_changes_nothing() -> None:
    whole, killed = start(LONG), start(LONG)
    wait_until(
        lambda: (
            (killed.folder.checkpoint() is not None and killed.state == "running")
            or killed.state == "finished"
        )
    )
    assert killed.state == "running"
    os.kill(killed.status.pid, signal.SIGKILL)
    wait_until(lambda: killed.state == "interrupted", 5)
    assert "Resume" in killed.message
    killed.resume()
    assert killed.wait(120) == "finished"
    assert whole.wait(120) == "finished"
    assert equal(last_weights(whole), last_weights(killed))
    assert [m.step for m in whole.metrics()] == [m.step for m in killed.metrics()]
    assert [m.loss for m in whole.metrics()] == [m.loss for m in killed.metrics()]
    assert whole.steps == killed.steps


def test_a_worker_killed_while_its_run_is_paused_shows_at_once_and_another_goes_on() -> None:
    run = start(ENDLESS)
    wait_until(lambda: run.step_count > 3)
    run.pause(timeout=60)
    held = run.step_count
    os.kill(run.status.pid, signal.SIGKILL)
    wait_until(lambda: run.state == "interrupted", 5)
    run.step(timeout=60)
    assert (run.state, run.step_count) == ("paused", held + 1)
    os.kill(run.status.pid, signal.SIGKILL)
    wait_until(lambda: run.state == "interrupted", 5)
    run.stop(timeout=5)
    assert run.state == "stopped"


def test_processes_that_command_one_run_at_once_leave_it_whole() -> None:
    """Three processes pause, step and resume it; no command is lost and none ends in anything but its state
    or a sentence.
    """
    run = start(ENDLESS)
    wait_until(lambda: run.step_count > 3)
    code = """
import sys
from cnnviz.errors import CnnvizError
from cnnviz.training import open_run
run = open_run(sys.argv[1])
for _ in range(8):
    for command in (run.pause, run.step, run.resume):
        try:
            command(timeout=2)
        except CnnvizError as error:
            print(error)
"""
    commanders = [
        subprocess.Popen(
            [sys.executable, "-c", code, run.id], stdout=subprocess.PIPE, text=True, env=python_environment()
        )
        for _ in range(3)
    ]
    for commander in commanders:
        said, _ = commander.communicate(timeout=200)
        assert commander.returncode == 0
        assert all(line.startswith("You ") for line in said.splitlines())
    run.pause(timeout=60)
    wait_until(lambda: run.state == "paused")
    before = run.step_count
    run.step(2, timeout=60)
    assert (run.state, run.step_count) == ("paused", before + 2)
    run.stop(timeout=60)
    assert run.state == "stopped"
    assert run.folder.commands() == []
    steps = [metric.step for metric in run.metrics()]
    assert steps == sorted(set(steps))


def test_a_ticket_in_the_hands_of_a_launcher_that_died_comes_back_into_the_queue(tmp_path: Path) -> None:
    handed = queue.handed_folder(tmp_path)
    handed.mkdir()
    (handed / f"{7:020d}-digits-tiny-abc").touch()
    assert queue.has_ticket(tmp_path, "digits-tiny-abc")
    next_one = pool.Server(tmp_path)
    assert queue.waiting(tmp_path) == ["digits-tiny-abc"]
    next_one.hands.close()


def test_divergence_keeps_good_weights_and_says_what_to_try() -> None:
    run = start(TrainingSpec("digits", "tiny", epochs=5, learning_rate=200.0, schedule="constant"))
    assert run.wait(60) == "diverged"
    assert "Try a learning rate of 20" in run.message
    assert "Versuchen Sie eine Lernrate von 20" in said_in("de", run.message)
    assert all(value.isfinite().all() for value in last_weights(run).values())


def test_more_runs_than_workers_wait_in_order() -> None:
    busy = [start(ENDLESS) for _ in range(settings().workers)]
    for run in busy:
        wait_until(lambda run=run: run.state == "running")
    late = [start(SHORT), start(SHORT)]
    assert [run.queue_position for run in late] == [1, 2]
    late[1].stop()
    assert late[1].state == "stopped"
    assert late[1].queue_position is None
    busy[0].stop()
    assert late[0].wait(60) == "finished"
    for run in busy[1:]:
        run.stop()


def test_only_the_key_that_started_a_run_commands_it() -> None:
    run = start(SHORT, "a" * 32)
    assert run.belongs_to("a" * 32)
    assert not run.belongs_to("b" * 32)
    assert not run.belongs_to(None)
    assert "a" * 32 not in (run.folder.path / "run.json").read_text()
    run.wait(60)


@pytest.mark.parametrize("run_id", ["", "../../etc", "nothing-here", "A B", "x" * 200])
def test_a_foreign_name_gives_a_sentence(run_id: str) -> None:
    with pytest.raises(CnnvizError):
        open_run(run_id)


def finished_folder() -> RunFolder:
    run = start(SHORT)
    run.wait(60)
    return run.folder


def test_damaged_and_newer_runs_give_a_sentence() -> None:
    folder = finished_folder()
    about = json.loads((folder.path / "run.json").read_text())
    (folder.path / "run.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(CnnvizError, match="newer version"):
        open_run(folder.path.name)
    (folder.path / "run.json").write_text("{")
    with pytest.raises(CnnvizError, match="damaged"):
        open_run(folder.path.name)
    (folder.path / "run.json").write_text(json.dumps(about))
    folder.snapshot_path(0).write_bytes(b"nothing")
    with pytest.raises(CnnvizError, match="no readable snapshot"):
        open_run(folder.path.name).network(0)


def test_a_full_disk_ends_the_run_with_a_sentence(tmp_path: Path, monkeypatch) -> None:
    from cnnviz.training import worker

    folder = RunFolder.create(tmp_path / "full", SHORT, "")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker.RunFolder, "save_snapshot", no_space)
    threads = torch.get_num_threads()
    worker.work(str(folder.path))
    torch.set_num_threads(threads)
    assert folder.status().state == "failed"
    assert "No space left" in folder.status().message


@pytest.mark.parametrize("reason", ["No space left on device", "Read-only file system"])
def test_who_looks_at_a_run_that_waits_is_told_why_nobody_can_take_it(
    reason: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    folder = RunFolder.create(tmp_path / "runs" / "digits-tiny-waits", SHORT, "")
    queue.put(tmp_path / "runs", "digits-tiny-waits")

    def refused(*_: object) -> None:
        raise OSError(28, reason)

    monkeypatch.setattr(pool, "write_atomically", refused)
    status = open_run(folder.path.name).status
    assert status.state == "queued"
    assert reason in status.message
    assert "cannot be written" in status.message
    assert pool.pid(tmp_path / "runs") is None


def test_room_is_made_by_deleting_the_oldest_that_nobody_pinned(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    made = []
    for index in range(4):
        folder = RunFolder.create(tmp_path / "runs" / f"digits-tiny-{index}", SHORT, "")
        about = json.loads((folder.path / "run.json").read_text())
        (folder.path / "run.json").write_text(json.dumps({**about, "created": 1000.0 + index}))
        folder.set_status(type(folder.status())("finished"))
        made.append(Run(folder.path.name))
    made[0].pin()
    monkeypatch.setenv("CNNVIZ_MAX_RUNS", "3")
    make_room()
    assert [run.id for run in reversed(runs())] == [made[0].id, made[3].id]


def test_the_bundled_example_is_whole() -> None:
    run = open_run("example")
    assert run.state == "finished"
    assert run.metrics()[-1].val_accuracy > 0.98
    assert {0, run.total_steps} <= set(run.steps)
    assert not run.belongs_to("a" * 32)


def test_a_launcher_that_cannot_be_noted_does_not_linger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    usual = subprocess.Popen

    def noticed(*args: Any, **named: Any) -> subprocess.Popen[bytes]:
        begun.append(usual(*args, **named))
        return begun[-1]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(subprocess, "Popen", noticed)
    monkeypatch.setattr(pool, "write_atomically", full)
    with pytest.raises(OSError, match="No space left"):
        pool.ServerLauncher().ensure(tmp_path)
    assert [process.returncode is not None for process in begun] == [True]
