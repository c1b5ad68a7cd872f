"""How long a training takes to reach a goal."""

import torch

from cnnviz.training import Trainer, TrainingSpec

MEASURED = 24
"""How often it is looked whether the goal is reached; that time is not counted."""


def until(spec: TrainingSpec, goal: float, name: str) -> None:
    """Prints the seconds of work with one thread and with two, and their ratio; and whether the goal was kept to the end."""
    took = {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        trainer, reached, last = Trainer(spec), None, 0.0
        every = max(1, trainer.total_steps // MEASURED)
        measuring = 0.0
        while not trainer.done:
            trainer.step()
            if trainer.step_count % every == 0 or trainer.done:
                before = trainer.seconds
                last = trainer.record(validate=True).val_accuracy or 0.0
                if reached is None and last >= goal:
                    reached = before - measuring
                measuring += trainer.seconds - before
        took[threads] = reached
        print(
            f"{threads} thread{'s' if threads > 1 else ''}: {name} {goal} "
            + (f"after {reached:.1f} s" if reached is not None else "not reached")
            + f" of {trainer.seconds - measuring:.1f} s of training, {last:.3f} at the end",
            flush=True,
        )
    if took[1] and took[2]:
        print(f"two threads against one: {took[1] / took[2]:.2f} times as fast")
