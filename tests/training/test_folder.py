import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.training.folder import SETTLED_NS, Command, RunFolder, Status
from cnnviz.words import said_in, say


def test_the_steps_are_those_that_lie_there_whenever_they_came(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert folder.steps() == []
    folder.snapshots.mkdir(parents=True)
    # All within one tick of the clock of files.
    now = time.time_ns()
    for step in (3, 1, 20):
        folder.snapshot_path(step).touch()
        os.utime(folder.snapshots, ns=(now, now))
        assert step in folder.steps()
    assert folder.steps() == [1, 3, 20]
    # A folder that has come to rest.
    before = now - 10 * SETTLED_NS
    os.utime(folder.snapshots, ns=(before, before))
    assert folder.steps() == [1, 3, 20]
    folder.snapshot_path(20).unlink()
    (folder.snapshots / "draft").touch()
    assert folder.steps() == [1, 3]
    folder.steps().append(7)
    assert folder.steps() == [1, 3]


def test_a_state_is_read_once_after_it_came_to_rest_and_each_new_one_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    file = tmp_path / "state.json"
    # All within one tick of the clock of files.
    now = time.time_ns()
    for step in (1, 2, 3):
        folder.set_status(Status("running", step, 9))
        os.utime(file, ns=(now, now))
        assert folder.status() == Status("running", step, 9)
    before = now - 10 * SETTLED_NS
    os.utime(file, ns=(before, before))
    assert folder.status() == Status("running", 3, 9)
    with monkeypatch.context() as blind:
        blind.setattr(Path, "read_text", lambda *_, **__: pytest.fail("it was read again"))
        blind.setattr(Path, "read_bytes", lambda *_: pytest.fail("it was read again"))
        assert folder.status() == Status("running", 3, 9)
    folder.set_status(Status("finished", 9, 9))
    assert folder.status() == Status("finished", 9, 9)


def test_what_happened_is_said_in_the_language_of_whoever_reads_it(tmp_path: Path) -> None:
    sentence = say("Stopped after {stop_seconds:g} seconds of work: that was the limit.", stop_seconds=0.5)
    RunFolder(tmp_path).set_status(Status("finished", 9, 9, sentence))
    message = RunFolder(tmp_path).status().message
    assert message == "Stopped after 0.5 seconds of work: that was the limit."
    assert said_in("de", message) == "Nach 0.5 Sekunden Arbeit gestoppt: Das war die Grenze."
    # Folders of older versions hold the English words alone.
    file = tmp_path / "state.json"
    older = json.loads(file.read_text())
    del older["said"]
    file.write_text(json.dumps(older))
    os.utime(file, ns=(0, 0))
    assert RunFolder(tmp_path).status().message == message
    assert said_in("de", RunFolder(tmp_path).status().message) == message


@pytest.mark.parametrize(
    "act",
    [
        lambda folder: folder.post(Command("pause")),
        lambda folder: folder.pin(True),
        lambda folder: folder.set_name("mine"),
    ],
    ids=["a command", "a pin", "a name"],
)
def test_what_cannot_be_written_is_a_sentence(act: Callable[[RunFolder], object], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CnnvizError, match=r"The run folder cannot be written: .* Free some space"):
        act(RunFolder(tmp_path / "file" / "run"))
