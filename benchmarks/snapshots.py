"""What the time machine costs: a training that keeps its snapshots against the same one that keeps none, in turns step by
step, with the other processors idle and busy; of the first hundred steps, in which most snapshots lie, and of the whole training.
"""

import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch

from cnnviz.training import Trainer, TrainingSpec
from cnnviz.training.folder import RunFolder
from cnnviz.training.plan import snapshot_steps
from cnnviz.training.snapshots import SnapshotWriter

TURNS = 5
FIRST = 100
WANTED = 0.03
SPECS = (
    TrainingSpec("mnist", "fast", 3),
    TrainingSpec("fashion", "lenet5", 3),
    TrainingSpec("mnist", "mini_resnet", 3, limit=12_000),
)


class Course:
    """A training that is made step by step, with the snapshots of a run on the disk or without any."""

    def __init__(self, spec: TrainingSpec, folder: RunFolder | None) -> None:
        self.trainer = Trainer(spec)
        self.keeps = snapshot_steps(self.trainer.total_steps) if folder else frozenset()
        self.writer = SnapshotWriter(folder) if folder else None
        self.seconds = 0.0

    def step(self) -> None:
        """One step, and its snapshot until it is on the disk."""
        begun = time.perf_counter()
        self.trainer.step()
        if self.writer and self.trainer.step_count in self.keeps:
            copy = self.writer.copy(self.trainer.weights_now)
            assert copy.finite
            self.writer.write(self.trainer.step_count, copy)
            self.writer.flush()
        self.seconds += time.perf_counter() - begun


def costs(spec: TrainingSpec, folder: RunFolder) -> tuple[float, float]:
    """Share of the time that snapshots cost: of the first steps, and of all. The two trainings take turns step by step, so
    that the machine is as fast for the one as for the other.
    """
    without, kept = Course(spec, None), Course(spec, folder)
    total = without.trainer.total_steps
    first = 0.0
    for number in range(total):
        for course in (without, kept) if number % 2 else (kept, without):
            course.step()
        if number + 1 == min(FIRST, total):
            first = kept.seconds / without.seconds - 1
    assert kept.writer
    kept.writer.close()
    return first, kept.seconds / without.seconds - 1


def busy() -> None:
    """Takes the other processor."""
    torch.set_num_threads(1)
    table = torch.rand(300, 300)
    while True:
        table @ table


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        for others in (0, (os.cpu_count() or 1) - 1):
            noise = [
                multiprocessing.get_context("spawn").Process(target=busy, daemon=True) for _ in range(others)
            ]
            for one in noise:
                one.start()
            for number, spec in enumerate(SPECS):
                folder = RunFolder.create(Path(home) / f"run-{others}-{number}", spec, "")
                turns = [costs(spec, folder) for _ in range(TURNS)]
                first, whole = ([turn[part] for turn in turns] for part in (0, 1))
                print(
                    f"{spec.network_name} on {spec.dataset}, {others} other processors busy: {len(folder.steps())} snapshots cost "
                    f"{statistics.median(whole):+.1%} of the whole training ({min(whole):+.1%} to {max(whole):+.1%}; wanted: at most "
                    f"{WANTED:.0%}), {statistics.median(first):+.1%} of its first hundred steps",
                    flush=True,
                )
            for one in noise:
                one.terminate()


if __name__ == "__main__":
    main()
