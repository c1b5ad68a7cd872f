"""Commands, hand-over and the one writer of a run, without a launcher: the tests are the launcher, at the
moment they choose.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.subprocesses import python_environment
from cnnviz.training import Run, TrainingSpec, folder, launcher, open_run, queue, start
from cnnviz.training.folder import Command, RunFolder, Status, write_atomically
from cnnviz.training.lease import Holder, process_lives, this_process
from cnnviz.training.worker import work
from tests.training.test_run import ENDLESS, SHORT, wait_until

TINY = TrainingSpec("digits", "tiny", epochs=1, limit=64, batch_size=16)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs of their own, and no launcher."""
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(launcher, "ensure", lambda _: None)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def hand_out(run: Run, somebody_waits: Callable[[], bool] = lambda: True) -> None:
    """What the launcher and the pool do: the ticket moves on, and a worker takes the run."""
    work(str(run.folder.path), somebody_waits, handed(run))


def handed(run: Run) -> Path:
    runs = run.folder.path.parent
    (ticket,) = [path for path in queue.queue_folder(runs).iterdir() if path.name.endswith(run.id)]
    queue.handed_folder(runs).mkdir(exist_ok=True)
    return ticket.replace(queue.handed_folder(runs) / ticket.name)


def paused(spec: TrainingSpec = TINY) -> Run:
    """A run that was paused before its first step and then given back."""
    run = start(spec)
    run.pause()
    hand_out(run)
    assert (run.state, run.status.pid, run.step_count) == ("paused", 0, 0)
    return run


def dead_process() -> Holder:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = psutil.Process(process.pid).create_time()
    process.kill()
    process.communicate()
    assert not process_lives(process.pid, started)
    return Holder(process.pid, started)


@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_run_whose_worker_was_killed_is_interrupted_and_stops_at_once(state: str) -> None:
    run = start(TINY)
    queue.withdraw(run.folder.path.parent, run.id)
    run.folder.set_status(Status(state, 2, 4).held_by(dead_process()))
    assert run.state == "interrupted"
    assert "Resume" in run.message
    run.stop(timeout=0.5)
    assert (run.state, run.step_count) == ("stopped", 2)


def test_a_paused_run_that_no_process_has_stops_at_once_and_can_be_resumed() -> None:
    run = paused()
    run.stop(timeout=0.5)
    assert run.state == "stopped"
    run.folder.post(Command("run"))
    launcher.enqueue(run.folder.path.parent, run.id)
    hand_out(run)
    assert run.state == "finished"


def test_a_run_that_waits_stops_at_once_and_does_not_begin_any_more() -> None:
    run = start(TINY)
    ticket = handed(run)
    assert run.state == "queued"
    run.stop(timeout=0.5)
    work(str(run.folder.path), ticket=ticket)
    assert (run.state, run.steps) == ("stopped", [])


@pytest.mark.parametrize("command", ["pause", "stop"])
def test_a_command_that_nobody_obeys_ends_in_a_sentence(command: str) -> None:
    run = start(TINY)
    queue.withdraw(run.folder.path.parent, run.id)
    run.folder.set_status(Status("running", 1, 4).held_by(this_process()))
    with pytest.raises(
        CnnvizError,
        match=f"You asked to {command} this run, but after 0.1 seconds its process has not answered",
    ):
        getattr(run, command)(timeout=0.1)


def test_a_single_step_for_which_no_process_is_free_says_that_it_waits() -> None:
    run = paused()
    with pytest.raises(CnnvizError, match="place 1 in the queue"):
        run.step(timeout=0.1)
    hand_out(run)
    assert (run.state, run.step_count) == ("paused", 1)


def test_resuming_without_a_free_process_leaves_the_run_in_the_queue() -> None:
    run = paused()
    run.resume()
    assert (run.state, run.queue_position) == ("queued", 1)
    hand_out(run)
    assert run.state == "finished"


def test_a_command_given_while_the_worker_gives_its_process_back_is_obeyed() -> None:
    run = start(TINY)
    run.pause()

    def somebody_waits() -> bool:
        """Called when the worker has looked into its inbox for the last time before it gives the process
        back.
        """
        run.folder.post(Command("run"))
        return True

    hand_out(run, somebody_waits)
    assert run.state == "finished"


def test_a_single_step_is_waited_for_when_it_is_obeyed_just_after_the_state_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = paused()
    run.folder.set_status(Status("paused", 0, 4).held_by(this_process()))
    read, reads = RunFolder.status, 0

    def status(self: RunFolder) -> Status:
        """Between two looks at its state the worker obeys; it makes the step a few looks later."""
        nonlocal reads
        seen = read(self)
        inbox = self.commands()
        reads += bool(inbox) or seen.goal > seen.step
        if inbox and reads == 2:
            self.set_status(replace(seen, goal=1))
            for path, _ in inbox:
                path.unlink()
        elif seen.goal > seen.step and reads == 5:
            self.set_status(replace(seen, step=seen.goal))
        return seen

    monkeypatch.setattr(RunFolder, "status", status)
    run.step(timeout=5)
    assert read(run.folder).step == 1


def test_pause_and_resume_at_full_speed_never_leave_a_run_behind() -> None:
    run = start(ENDLESS)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                ticket = handed(run)
            except (ValueError, FileNotFoundError):
                ended.wait(0.001)  # no ticket, or the other one took it
                continue
            work(str(run.folder.path), lambda: True, ticket)

    workers = [threading.Thread(target=serve) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(25):
            run.pause(timeout=60)
            run.resume(timeout=60)
            wait_until(lambda: run.state == "running")
        run.pause(timeout=60)
        wait_until(lambda: run.state == "paused")
        before = run.step_count
        run.step(timeout=60)
        assert run.step_count == before + 1
        run.stop(timeout=60)
        assert run.state == "stopped"
    finally:
        ended.set()
        for worker in workers:
            worker.join()


def test_a_ticket_that_comes_twice_leaves_a_paused_run_paused() -> None:
    run = paused()
    launcher.enqueue(run.folder.path.parent, run.id)
    hand_out(run)
    assert (run.state, run.step_count) == ("paused", 0)
    assert not queue.has_ticket(run.folder.path.parent, run.id)


def test_commands_of_the_same_moment_are_all_obeyed_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(TINY)
    monkeypatch.setattr(folder.time, "time_ns", lambda: 1_800_000_000_000_000_000)
    for command in (
        Command("rate", learning_rate=0.5),
        Command("rate", learning_rate=0.25),
        Command("pause"),
        Command("step", steps=1),
        Command("step", steps=2),
    ):
        run.folder.post(command)
    hand_out(run)
    assert (run.state, run.step_count) == ("paused", 3)
    assert [change.value for change in run.folder.changes()] == [0.5, 0.25]
    assert run.metrics()[-1].learning_rate == 0.25
    assert run.folder.commands() == []


def test_a_file_that_is_no_command_is_thrown_away() -> None:
    run = start(TINY)
    run.folder.post(Command("pause"))
    (run.folder.inbox / "0-foreign.json").write_text("{")
    (run.folder.inbox / "1-foreign.json").write_text('{"did": "run"}')
    hand_out(run)
    assert run.state == "paused"
    assert run.folder.commands() == []


def test_threads_that_write_one_file_at_once_leave_one_whole_text(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    errors: list[Exception] = []

    def write(number: int) -> None:
        try:
            for _ in range(200):
                write_atomically(path, json.dumps([number] * 1000))
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(set(json.loads(path.read_text()))) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_of_several_workers_on_one_run_one_writes_it() -> None:
    run, alone = start(SHORT), start(SHORT)
    queue.withdraw(run.folder.path.parent, run.id)
    work(str(alone.folder.path))
    workers = [threading.Thread(target=work, args=[str(run.folder.path)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert run.state == "finished"
    assert [metric.step for metric in run.metrics()] == [metric.step for metric in alone.metrics()]
    assert run.steps == alone.steps


def test_the_right_to_write_ends_with_the_process_that_has_it() -> None:
    run = start(TINY)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib, cnnviz.training.folder as f\n"
            "with f.RunFolder(pathlib.Path(sys.argv[1])).writing() as mine:\n"
            "    print(mine, flush=True)\n"
            "    input()",
            str(run.folder.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=python_environment(),
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    with run.folder.writing() as mine:
        assert not mine
    holder.kill()
    holder.communicate()
    with run.folder.writing() as mine:
        assert mine


def test_nobody_but_the_worker_writes_the_state_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(ENDLESS)
    writers: set[int] = set()
    write = RunFolder.set_status

    def noted(self: RunFolder, status: Status) -> None:
        writers.add(threading.get_ident())
        write(self, status)

    monkeypatch.setattr(RunFolder, "set_status", noted)
    worker = threading.Thread(target=hand_out, args=[run])
    worker.start()
    wait_until(lambda: run.state == "running")
    assert run.queue_position is None
    run.set(learning_rate=0.01)
    run.resume()
    run.stop(timeout=60)
    worker.join()
    assert len(writers) == 1


def test_a_snapshot_that_is_written_anew_is_another_version() -> None:
    from cnnviz.ui.networks import network_of_run

    run = paused()
    before, kept = run.version(0), network_of_run(run, 0)
    assert run.version(0) == before
    assert network_of_run(run, 0).model is kept.model
    weights = {name: value + 1 for name, value in run.folder.snapshot(0).items()}
    run.folder.save_snapshot(0, weights)
    again = network_of_run(run, 0)
    assert run.version(0) != before
    assert again.key != kept.key
    assert torch.equal(again.model.state_dict()["conv1.weight"], weights["conv1.weight"])
    assert run.version(99) == run.version(98)


def test_a_folder_from_before_the_inbox_opens_and_goes_on_with_its_rate() -> None:
    run = paused()
    run.folder.inbox.rmdir()
    (run.folder.path / "writer.lock").unlink()
    state = json.loads((run.folder.path / "state.json").read_text())
    del state["goal"]
    (run.folder.path / "state.json").write_text(json.dumps(state))
    old = {"target": "pause", "run_until": 0, "learning_rate": 0.03125, "serial": 2}
    (run.folder.path / "control.json").write_text(json.dumps(old))
    (run.folder.path / "events.jsonl").write_text('{"step": 0, "learning_rate": 0.5, "serial": 1}\n')
    again = open_run(run.id)
    assert again.state == "paused"
    again.resume()
    hand_out(again)
    assert again.state == "finished"
    assert again.metrics()[-1].learning_rate == 0.03125


def test_a_new_run_that_never_came_into_the_queue_can_be_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(TINY)
    queue.withdraw(run.folder.path.parent, run.id)
    assert run.state == "queued"
    later = time.time() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert run.state == "interrupted"
    run.resume()
    hand_out(run)
    assert run.state == "finished"
