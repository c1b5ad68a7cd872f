"""The index of runs: derived from the folders, made again when it is gone, damaged or behind."""

import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from cnnviz.training import TrainingSpec, index, launcher, queue, runs, start
from cnnviz.training.folder import RunFolder, Status
from cnnviz.training.run import owner_hash
from cnnviz.training.starting import make_room
from tests.training.test_commands import TINY, _home  # noqa: F401 - the fixture acts by itself

ANNA = "a" * 32


def names(key: str | None = None) -> list[str]:
    return [run.id for run in runs(key=key)]


def test_runs_that_come_and_go_by_hand_are_seen(tmp_path: Path) -> None:
    first, second = start(TINY, ANNA), start(TINY)
    assert names() == [second.id, first.id]
    assert names(ANNA) == [first.id]
    RunFolder.create(tmp_path / "runs" / "copied-in", TrainingSpec(), owner_hash(ANNA))
    shutil.rmtree(second.folder.path)
    assert names() == ["copied-in", first.id]
    assert names(ANNA) == ["copied-in", first.id]


def test_while_nothing_comes_or_goes_the_index_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(TINY, ANNA)
    folder = tmp_path / "runs"
    # The folder changed long ago.
    before = time.time() - 100
    os.utime(folder, (before, before))
    assert names() == names(ANNA) == [first.id]
    opened = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **named: opened.append(1) or connect(*given, **named)
    )
    assert names() == names(ANNA) == [first.id]
    assert not opened
    second = start(TINY)
    assert names() == [second.id, first.id]
    assert names(ANNA) == [first.id]
    RunFolder.create(folder / "copied-in", TrainingSpec(), owner_hash(ANNA))
    assert names(ANNA) == ["copied-in", first.id]
    os.utime(folder, (before + 1, before + 1))
    assert names(ANNA) == ["copied-in", first.id]
    shutil.rmtree(first.folder.path)
    assert names(ANNA) == ["copied-in"]


def test_a_folder_that_is_being_made_is_seen_when_it_is_made(tmp_path: Path) -> None:
    first = start(TINY)
    folder = tmp_path / "runs"
    (folder / "coming").mkdir()
    before = time.time() - 100
    os.utime(folder, (before, before))
    assert names() == [first.id]
    made = RunFolder.create(tmp_path / "elsewhere", TrainingSpec(), owner_hash(ANNA)).path
    for file in made.iterdir():
        shutil.move(file, folder / "coming" / file.name)
    assert set(names()) == {first.id, "coming"}


@pytest.mark.parametrize("damage", ["deleted", "not a database", "another version"])
def test_a_lost_index_is_made_again(tmp_path: Path, damage: str) -> None:
    started = [start(TINY).id for _ in range(3)]
    place = tmp_path / "runs" / ".index" / "runs.sqlite"
    assert place.exists()
    if damage == "deleted":
        shutil.rmtree(place.parent)
    elif damage == "not a database":
        place.write_bytes(b"nothing" * 1000)
    else:
        sqlite3.connect(place).executescript("PRAGMA user_version = 99")
    assert names() == started[::-1]


def test_an_index_that_cannot_be_written_changes_no_answer(tmp_path: Path) -> None:
    started = start(TINY).id
    shutil.rmtree(tmp_path / "runs" / ".index")
    (tmp_path / "runs" / ".index").write_text("in the way")
    assert names() == [started]
    assert len({started, start(TINY).id} & set(names())) == 2


def test_the_bytes_of_a_run_are_counted_again_after_it_came_into_the_queue() -> None:
    run = start(TINY)
    folder = run.folder.path.parent
    index_of = index.settled_bytes
    assert index_of(folder, run.id) is None
    queue.withdraw(folder, run.id)
    run.folder.set_status(Status("stopped"))
    make_room()
    assert index_of(folder, run.id) == index.total(folder).settled_bytes == run.folder.size()
    launcher.enqueue(folder, run.id)
    assert index_of(folder, run.id) is None
    assert index.total(folder).settled_bytes == 0


def test_more_runs_than_a_page_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PAGE", 2)
    made = [start(TINY).id for _ in range(5)]
    assert list(index.newest(tmp_path / "runs", oldest=True)) == made
    assert [run.id for run in runs(3)] == made[:1:-1]


def test_a_disk_that_takes_nothing_more_is_an_error_of_the_system_or_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(TINY)
    folder, connect = tmp_path / "runs", sqlite3.connect
    index.settle(folder, {run.id: 17})

    def full(place: str, **options: float) -> sqlite3.Connection:
        opened = connect(place, **options)
        opened.execute("PRAGMA query_only = ON")
        return opened

    monkeypatch.setattr(sqlite3, "connect", full)
    index.settle(folder, {run.id: 99})
    assert index.settled_bytes(folder, run.id) == 17
    with pytest.raises(OSError, match="readonly"):
        index.unsettle(folder, run.id)
