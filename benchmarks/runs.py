"""Opening the list of runs and starting a run, with 10 and with 10,000 runs in the folder, in turns."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from cnnviz.settings import settings
from cnnviz.training import TrainingSpec, launcher, queue, runs, start
from cnnviz.training.folder import RunFolder, Status
from cnnviz.training.run import owner_hash

FEW, MANY = 10, 10_000
TURNS = 15
SHOWN = 10
KEY = "a" * 32
SPEC = TrainingSpec("digits", "tiny")
LIMITS = ("MAX_RUNS", "MAX_BROWSER_WAITING", "MAX_RUN_BYTES", "MAX_BROWSER_BYTES")
AMPLE = str(10**12)


class Nobody:
    """A launcher that trains nothing."""

    def ensure(self, runs: Path) -> None: ...

    def shut_down(self, runs: Path, timeout: float = 10.0) -> None: ...


def filled(home: Path, count: int) -> Path:
    """A home with so many finished runs, each with its metrics and two snapshots."""
    for number in range(count):
        folder = RunFolder.create(home / "runs" / f"digits-tiny-{number}", SPEC, owner_hash(KEY))
        folder.set_status(Status("finished"))
        (folder.path / "metrics.jsonl").touch()
        for step in (0, 9):
            folder.snapshot_path(step).touch()
    return home


def timed(home: Path) -> tuple[float, float]:
    """Seconds to open the list and to start a run."""
    os.environ["CNNVIZ_HOME"] = str(home)
    begun = time.perf_counter()
    runs(SHOWN, key=KEY)
    listed = time.perf_counter()
    run = start(SPEC, KEY)
    started = time.perf_counter()
    queue.withdraw(settings().runs, run.id)
    run.folder.set_status(Status("finished"))
    return listed - begun, started - listed


def main() -> None:
    for limit in LIMITS:
        os.environ[f"CNNVIZ_{limit}"] = AMPLE
    # No process trains meanwhile: it would take the time of what is measured.
    launcher.LAUNCHERS["local"] = Nobody()
    with tempfile.TemporaryDirectory() as place:
        homes = [filled(Path(place) / str(count), count) for count in (FEW, MANY)]
        first = [timed(home) for home in homes]
        print(
            f"first time, the index is made: {sum(first[0]) * 1e3:.0f} ms with {FEW}, {sum(first[1]) * 1e3:.0f} ms with {MANY:,}"
        )
        pairs = [[timed(home) for home in homes] for _ in range(TURNS)]
    for index, name in enumerate((f"list of {SHOWN}", "start")):
        few, many = (statistics.median(pair[which][index] for pair in pairs) for which in (0, 1))
        print(
            f"{name}: {few * 1e3:.1f} ms with {FEW}, {many * 1e3:.1f} ms with {MANY:,}: ratio {many / few:.2f} (goal 1.5)"
        )


if __name__ == "__main__":
    main()
