"""What a run may cost: places in the queue, work and disk, before it starts and while it runs."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.training import Run, TrainingSpec, pool, queue, runs, start, start_all
from cnnviz.training.budget import check_work, need_of
from cnnviz.training.folder import RunFolder, Status
from cnnviz.training.lease import this_process
from cnnviz.training.run import owner_hash
from cnnviz.training.worker import work
from tests.training.test_commands import TINY, _home, hand_out, paused  # noqa: F401 - the fixture acts by itself
from tests.training.test_run import SHORT

ANNA, BEN = "a" * 32, "b" * 32
MEGABYTE = 1_000_000


def ended(spec: TrainingSpec, key: str, megabytes: float, created: float) -> Run:
    """A finished run of this size and age."""
    path = Path(os.environ["CNNVIZ_HOME"]) / "runs" / f"digits-tiny-{created:.0f}"
    folder = RunFolder.create(path, spec, owner_hash(key))
    about = folder.about() | {"created": created}
    (path / "run.json").write_text(json.dumps(about))
    folder.set_status(Status("finished"))
    (path / "checkpoint.safetensors").write_bytes(bytes(int(megabytes * MEGABYTE)))
    return Run(path.name)


def names() -> set[str]:
    return {run.id for run in runs()}


@pytest.mark.parametrize("count", [5, 8, 12])
@pytest.mark.parametrize("network", ["fast", "lenet5"])
def test_the_usual_race_fits_the_defaults(network: str, count: int) -> None:
    started = start_all([TrainingSpec(network=network, seed=seed) for seed in range(count)], ANNA)
    assert [run.state for run in started] == ["queued"] * count
    assert sum(run.folder.about()["bytes"] for run in started) >= count * need_of(started[0].spec).whole


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (TrainingSpec(epochs=1000), r"Choose at most 250 epochs"),
        (TrainingSpec(network="lenet5", epochs=481), r"Choose at most 250 epochs"),
    ],
)
def test_a_browser_may_not_ask_for_endless_work_and_python_may(spec: TrainingSpec, sentence: str) -> None:
    with pytest.raises(CnnvizError, match=sentence):
        start(spec, ANNA)
    assert names() == set()
    assert start(spec).state == "queued"


def test_the_work_of_a_large_network_is_counted_in_multiply_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = TrainingSpec(network="lenet5", epochs=10)
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_MULTIPLY_ADDS", str(416_520 * 20_000 * 10))
    check_work(spec)
    with pytest.raises(CnnvizError, match=r"multiply-adds would be done.* Choose at most 10 epochs"):
        check_work(replace(spec, epochs=11))
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_MULTIPLY_ADDS", str(416_520 * 100))
    with pytest.raises(CnnvizError, match=r"a smaller network or only the first 100 images"):
        check_work(spec)


def test_a_race_that_does_not_fit_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_WAITING", "16")
    with pytest.raises(
        CnnvizError, match=r"These are 17 trainings, and one browser may have 16 in the queue. Choose fewer"
    ):
        start_all([SHORT] * 17, ANNA)
    with pytest.raises(CnnvizError, match=r"Choose at most"):
        start_all([SHORT, TrainingSpec(epochs=1000)], ANNA)
    assert names() == set()
    start_all([SHORT] * 12, ANNA)
    with pytest.raises(CnnvizError, match=r"12 trainings of this browser wait already"):
        start_all([SHORT] * 5, ANNA)
    assert len(names()) == 12
    assert len(start_all([SHORT] * 16, BEN)) == 16
    assert len(start_all([SHORT] * 17)) == 17


def test_resuming_needs_a_place_in_the_queue_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_WAITING", "1")
    run = start(TINY, ANNA)
    run.pause()
    hand_out(run)
    start(SHORT, ANNA)
    with pytest.raises(CnnvizError, match=r"Wait until some have ended, or stop some"):
        run.resume()
    assert run.state == "paused"


def test_a_browser_makes_room_with_its_own_oldest_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BYTES", str(9 * MEGABYTE))
    old, middle, pinned = (ended(SHORT, ANNA, 3, 1000.0 + index) for index in range(3))
    others = ended(SHORT, BEN, 3, 1.0)
    pinned.pin()
    new = start(SHORT, ANNA)
    assert names() == {middle.id, pinned.id, others.id, new.id}
    assert old.id not in names()


def test_without_room_nothing_starts_and_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BYTES", str(10 * MEGABYTE))
    ended(SHORT, ANNA, 10, 1000.0).pin()
    before = names()
    with pytest.raises(CnnvizError, match=r"no room for this training.*of your browser.*Stop or finish runs"):
        start(SHORT, ANNA)
    assert start(SHORT, BEN).state == "queued"
    monkeypatch.setenv("CNNVIZ_MAX_RUN_BYTES", str(10 * MEGABYTE))
    with pytest.raises(CnnvizError, match=r"of all runs"):
        start(SHORT)
    assert len(names()) == len(before) + 1


def test_what_a_waiting_run_was_promised_is_not_promised_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    need = need_of(SHORT)
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BYTES", str(need.whole + need.least + 100_000))
    first, second = start(SHORT, ANNA), start(SHORT, ANNA)
    assert first.folder.about()["bytes"] == need.whole
    assert need.least <= second.folder.about()["bytes"] < need.whole
    with pytest.raises(CnnvizError, match=r"no room"):
        start(SHORT, ANNA)


def test_too_many_runs_that_may_not_go_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_RUNS", "2")
    start(SHORT)
    start(SHORT)
    with pytest.raises(CnnvizError, match=r"at most 2 are kept"):
        start(SHORT)


def test_a_network_that_one_run_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_ONE_RUN_BYTES", str(MEGABYTE))
    with pytest.raises(
        CnnvizError, match=r"needs at least .* but one run may have 1.0 MB. Choose a network with fewer"
    ):
        start(TrainingSpec(network="lenet5"))


def test_runs_paused_for_long_without_a_process_make_room_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long_ago, lately, held = paused(), paused(), paused()
    held.folder.set_status(held.status.held_by(this_process()))
    for run in (long_ago, held):
        os.utime(run.folder.path / "state.json", (1000.0, 1000.0))
    monkeypatch.setenv("CNNVIZ_MAX_RUNS", "3")
    new = start(SHORT)
    assert names() == {lately.id, held.id, new.id}


@pytest.mark.parametrize(
    "spec",
    [
        SHORT,
        TrainingSpec("mnist", "fast", limit=640, batch_size=64, optimizer="adam"),
        replace(TINY, network="mlp"),
    ],
)
def test_the_estimate_holds_against_the_disk(spec: TrainingSpec, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", spec, "")
    work(str(folder.path))
    assert folder.status().state == "finished"
    need = need_of(spec)
    assert len(folder.steps()) == need.snapshots
    assert folder.size() <= need.whole <= 2 * folder.size()


def test_a_run_that_outgrows_its_share_keeps_fewer_snapshots_and_says_so(tmp_path: Path) -> None:
    need = need_of(SHORT)
    assert need.snapshots > 20
    share = need.least + 6 * need.snapshot
    folder = RunFolder.create(tmp_path / "run", SHORT, "", share)
    whole = RunFolder.create(tmp_path / "whole", SHORT, "", need.whole)
    for each in (folder, whole):
        work(str(each.path))
        assert each.status().state == "finished"
    steps = folder.steps()
    assert len(whole.steps()) == need.snapshots
    assert whole.status().message == ""
    assert 4 <= len(steps) < need.snapshots / 2
    assert (steps[0], steps[-1]) == (0, folder.status().total_steps)
    assert folder.size() <= share
    assert "fewer steps are kept: this run has filled its share" in folder.status().message
    assert all(
        torch.equal(one, whole.snapshot(steps[-1])[name]) for name, one in folder.snapshot(steps[-1]).items()
    )


def test_browsers_take_turns_and_no_browser_has_more_places_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_RUNNING", "2")
    annas = start_all([SHORT] * 4, ANNA)
    bens = start_all([SHORT] * 3, BEN)
    from_python = start(SHORT)
    server = pool.Server(annas[0].folder.path.parent)
    order = []
    while ticket := server._next():
        order.append(ticket.partition("-")[2])
        # What _hand_out notes, without a process.
        path = queue.queue_folder(server.runs) / ticket
        server.active[order[-1]] = pool.AtWork(None, path, queue.owner_of(server.runs, order[-1]))
    expected = [annas[0], bens[0], from_python, annas[1], bens[1]]
    assert order == [run.id for run in expected]
    server.hands.close()
