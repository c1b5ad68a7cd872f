"""What the time machine costs: a training that keeps its snapshots against the same one that keeps none, in turns, with
the other processors idle and busy; of the first steps, in which nearly all snapshots lie, and of the whole training.
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

TURNS = 7
FIRST = 468
WANTED = 0.03
SPECS = (
    TrainingSpec("mnist", "fast", 3),
    TrainingSpec("fashion", "lenet5", 3),
    TrainingSpec("mnist", "mini_resnet", 1, limit=12_000),
)


def seconds(spec: TrainingSpec, folder: RunFolder | None) -> tuple[float, float]:
    """Of the first steps and of all, with the snapshots of a run on the disk, or without any."""
    trainer = Trainer(spec)
    keeps = snapshot_steps(trainer.total_steps) if folder else frozenset()
    begun = time.perf_counter()
    first = 0.0
    writer = SnapshotWriter(folder) if folder else None
    while trainer.step_count < trainer.total_steps:
        trainer.step()
        if writer and trainer.step_count in keeps:
            copy = writer.copy(trainer.network.state_dict())
            assert copy.finite
            writer.write(trainer.step_count, copy)
        if trainer.step_count == min(FIRST, trainer.total_steps):
            if writer:
                writer.flush()
            first = time.perf_counter() - begun
    if writer:
        writer.flush()
        writer.close()
    return first, time.perf_counter() - begun


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
                turns = []
                for _ in range(TURNS):
                    without, kept = seconds(spec, None), seconds(spec, folder)
                    turns.append([kept[part] / without[part] - 1 for part in (0, 1)])
                for part, ratios in zip(
                    ("the first steps", "the whole training"), zip(*turns, strict=True), strict=True
                ):
                    print(
                        f"{spec.network_name} on {spec.dataset}, {others} other processors busy: {len(folder.steps())} snapshots "
                        f"cost {statistics.median(ratios):+.1%} of {part} ({min(ratios):+.1%} to {max(ratios):+.1%}; "
                        f"wanted: at most {WANTED:.0%})",
                        flush=True,
                    )
            for one in noise:
                one.terminate()


if __name__ == "__main__":
    main()
