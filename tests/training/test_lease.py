"""Leases and launchers: a run on a shared disk, whose worker is on another machine."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.subprocesses import python_environment
from cnnviz.training import Run, TrainingSpec, launcher, lease, open_run, queue, start
from cnnviz.training.folder import Status
from cnnviz.training.lease import HEARTBEAT, Holder

TINY = TrainingSpec("digits", "tiny", epochs=1)
LONG = TrainingSpec("digits", "tiny", epochs=1000, schedule="constant")
ELSEWHERE = "import sys; from cnnviz.training import lease; lease.this_machine = lambda: 'elsewhere'; from cnnviz.training.worker import work; "
PATIENCE = 120


class Elsewhere:
    """A launcher whose workers say that they are on another machine, one process a run."""

    def __init__(self) -> None:
        self.workers: list[subprocess.Popen[bytes]] = []

    def ensure(self, runs: Path) -> None:
        for ticket in queue.tickets(queue.queue_folder(runs)):
            handed = queue.take(runs, ticket)
            if handed is not None:
                code = f"{ELSEWHERE}from pathlib import Path; work(sys.argv[1], ticket=Path(sys.argv[2]))"
                run = runs / queue.run_of(ticket)
                self.workers.append(
                    subprocess.Popen(
                        [sys.executable, "-c", code, str(run), str(handed)], env=python_environment()
                    )
                )

    def shut_down(self, runs: Path, timeout: float = 10.0) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait(timeout)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_LAUNCHER", "elsewhere")
    other = Elsewhere()
    monkeypatch.setitem(launcher.LAUNCHERS, "elsewhere", other)
    yield other
    other.shut_down(tmp_path / "runs")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def held_elsewhere(run: Run) -> None:
    """What a worker on another machine writes first."""
    queue.withdraw(run.folder.path.parent, run.id)
    run.folder.set_status(Status("running", 3, 10).held_by(Holder(1, 1.0, "elsewhere")))


@pytest.mark.usefixtures("elsewhere")
def test_a_launcher_of_ones_own_trains_a_run() -> None:
    run = start(TINY)
    assert run.wait(PATIENCE) == "finished"
    assert run.status.machine == "elsewhere"
    assert run.metrics()[-1].step == run.total_steps


def test_commands_reach_another_machine_and_a_dead_one_is_noticed_and_replaced(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(LONG)
    until(lambda: run.state == "running" and run.step_count > 0)
    run.pause(PATIENCE)
    held = run.step_count
    run.step(2, PATIENCE)
    assert (run.state, run.step_count) == ("paused", held + 2)
    run.resume(PATIENCE)
    beat = (run.folder.path / HEARTBEAT).stat().st_mtime_ns
    until(lambda: (run.folder.path / HEARTBEAT).stat().st_mtime_ns != beat)
    assert run.state == "running"

    monkeypatch.setattr(lease, "LEASE_SECONDS", 2 * lease.HEARTBEAT_SECONDS)
    elsewhere.workers[-1].kill()
    elsewhere.workers[-1].wait()
    assert run.state == "running", "its last heartbeat was just now"
    until(lambda: run.state == "interrupted")
    assert "Press Resume" in run.message
    run.resume(PATIENCE)
    until(lambda: run.state == "running" and run.step_count > held)
    run.stop(PATIENCE)
    assert len(elsewhere.workers) == 2


@pytest.mark.usefixtures("elsewhere")
def test_a_lease_is_over_when_the_heartbeat_stands_still_or_is_old_or_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "put", lambda *_: None)
    run = start(TINY)
    held_elsewhere(run)
    beat = run.folder.path / HEARTBEAT
    assert run.state == "interrupted"
    beat.touch()
    assert run.state == "running"
    now = time.monotonic()
    monkeypatch.setattr(lease.time, "monotonic", lambda: now + lease.LEASE_SECONDS - 0.5)
    assert run.state == "running"
    monkeypatch.setattr(lease.time, "monotonic", lambda: now + lease.LEASE_SECONDS + 0.5)
    assert run.state == "interrupted"
    # It was only slow: the next beat takes the lease up again.
    os.utime(beat, (time.time() + 60, time.time() + 60))
    assert open_run(run.id).state == "running"
    long_ago = time.time() - 2 * lease.LONG_AGO_SECONDS
    os.utime(beat, (long_ago, long_ago))
    assert run.state == "interrupted"


@pytest.mark.usefixtures("elsewhere")
def test_on_this_machine_a_process_that_is_gone_has_no_lease_however_fresh_its_heartbeat() -> None:
    run = start(TINY)
    queue.withdraw(run.folder.path.parent, run.id)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    run.folder.set_status(
        Status("running", 3, 10).held_by(Holder(process.pid, time.time(), lease.this_machine()))
    )
    with lease.renewed(run.folder.path):
        assert run.state == "interrupted"


def test_a_heartbeat_ends_with_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.01)
    with lease.renewed(tmp_path):
        first = (tmp_path / HEARTBEAT).stat().st_mtime_ns
        until(lambda: (tmp_path / HEARTBEAT).stat().st_mtime_ns > first)
        assert "heartbeat" in [thread.name for thread in threading.enumerate()]
    assert "heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_an_unknown_launcher_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setenv("CNNVIZ_LAUNCHER", "cloud")
    with pytest.raises(CnnvizError, match="CNNVIZ_LAUNCHER to one of: local"):
        launcher.ensure(tmp_path / "runs")
