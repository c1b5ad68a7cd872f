"""A sweep of 16 runs by the queue, on two processes, against the same runs one after the other in one warm process.

The second way trains with the bare loop, writes no folders and measures as often.
"""

import os
import tempfile
import time

import torch

from cnnviz.settings import settings
from cnnviz.training import Trainer, TrainingSpec, launcher, start, sweep
from cnnviz.training.plan import record_steps, validation_steps

SPEC = TrainingSpec("mnist", "fast", 2, validations=3)
RATES, SEEDS = [0.02, 0.05, 0.1, 0.2], 4
TURNS = 3
WANTED = 1.7


def one_after_the_other(specs: list[TrainingSpec]) -> float:
    begun = time.perf_counter()
    for spec in specs:
        trainer = Trainer(spec)
        records = record_steps(trainer.total_steps)
        validates = validation_steps(trainer.total_steps, spec.validations)
        trainer.record(validate=True)
        while not trainer.done:
            trainer.step()
            if trainer.step_count in records or trainer.step_count in validates:
                trainer.record(validate=trainer.step_count in validates)
    return time.perf_counter() - begun


def by_the_queue() -> tuple[float, list[TrainingSpec]]:
    begun = time.perf_counter()
    experiment = sweep(SPEC, SEEDS, learning_rate=RATES)
    runs = experiment.runs
    for run in runs.values():
        assert run.wait(600) == "finished", run.message
    return time.perf_counter() - begun, [run.spec for run in runs.values()]


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        try:
            for _ in range(2):
                start(TrainingSpec("mnist", "fast", 1, limit=2000)).wait(60)  # both processes are warm
            for _ in range(TURNS):
                queued, specs = by_the_queue()
                alone = one_after_the_other(specs)
                print(
                    f"{len(specs)} runs: {queued:.1f} s by the queue with {settings().workers} processes, {alone:.1f} s one after the "
                    f"other: {alone / queued:.2f} times as fast (wanted: {WANTED})",
                    flush=True,
                )
        finally:
            launcher.shut_down(settings().runs)


if __name__ == "__main__":
    main()
