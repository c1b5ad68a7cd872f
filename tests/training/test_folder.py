import os
import time
from pathlib import Path

from cnnviz.training.folder import SETTLED_NS, RunFolder


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
