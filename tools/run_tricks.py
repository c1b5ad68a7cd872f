"""Trains every trick over several seeds and writes ``assets/tricks/<name>.json``.

``python -m tools.run_tricks [trick …]`` trains these alone.
"""

import json
import sys
from typing import Any

import torch
from torch import Tensor

from cnnviz.features import shifted
from cnnviz.training import Trainer, TrainingSpec, evaluate
from cnnviz.training.recorded import FOLDER, SHIFTS
from cnnviz.training.tricks import SEEDS, TRICKS

POINTS = 12


def record(spec: TrainingSpec, *, look_at_shifts: bool = False) -> dict[str, Any]:
    """Trains, and says what is kept of it: the course, as JSON has it."""
    trainer = Trainer(spec)
    every = max(1, trainer.total_steps // POINTS)
    begun = evaluate(trainer.network, trainer.validation)
    steps, losses, accuracies = [0], [round(begun.loss, 5)], [begun.accuracy]
    norms: dict[str, float] = {}
    diverged = False
    while not trainer.done and not diverged:
        loss = trainer.step()
        diverged = loss - loss != 0
        if trainer.step_count == 1:
            norms = trainer.record(validate=False).gradient_norm
        if trainer.step_count % every == 0 or trainer.done or diverged:
            metric = trainer.record(validate=True)
            # What diverged ends where its last good weights are.
            steps.append(trainer.total_steps if diverged else metric.step)
            losses.append(losses[-1] if metric.loss is None else round(metric.loss, 5))
            accuracies.append(metric.val_accuracy or 0.0)
    train = trainer.dataset
    learned = trainer.targets
    measured = {"fitted": [_share(trainer, train.floats(), learned)]}
    if look_at_shifts:
        measured["shift"] = shifted_answers(trainer.network, trainer.validation.floats())
    return {
        "seed": spec.seed,
        "steps": steps,
        "loss": losses,
        "accuracy": accuracies,
        "error": round(1 - evaluate(trainer.network, train).accuracy, 5),
        "gradients": {layer: float(f"{norm:.4g}") for layer, norm in norms.items()},
        "measured": measured,
        "diverged": diverged,
        "stopped": trainer.stopping.best_step if trainer.stopping.reason else None,
    }


def _share(trainer: Trainer, images: Tensor, labels: Tensor) -> float:
    """Share of the training images that get the label they were trained with, wrong ones too."""
    trainer.network.eval()
    with torch.inference_mode():
        answers = torch.cat([trainer.network(part).argmax(1) for part in images.split(500)])
    return round((answers == labels).float().mean().item(), 5)


def shifted_answers(network: torch.nn.Module, images: Tensor) -> list[float]:
    """For each number of ``SHIFTS``: the share of images that get the same answer when they are shifted so many
    pixels, mean over the four directions. What comes in is black.
    """
    network.eval()

    def answers(given: Tensor) -> Tensor:
        with torch.inference_mode():
            return torch.cat([network(part).argmax(1) for part in given.split(500)])

    straight = answers(images)
    shares = []
    for pixels in SHIFTS:
        same = [
            (answers(shifted(images, right, down)) == straight).float().mean().item()
            for down, right in ((pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels))
        ]
        shares.append(round(sum(same) / 4, 5))
    return shares


def write(trick: str) -> None:
    """Makes the bundled result of a trick."""
    entry, found = TRICKS[trick], {}
    for title in entry.runs:
        runs = []
        for seed in range(SEEDS):
            runs.append(record(entry.training(title, seed), look_at_shifts=entry.look == "shift"))
            print(
                f"{trick}: {title}, seed {seed}: {runs[-1]['accuracy'][-1:]} {runs[-1]['measured']}",
                flush=True,
            )
        found[title] = runs
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{trick}.json").write_text(json.dumps({"runs": found}) + "\n", encoding="utf-8")


def main(chosen: list[str]) -> None:
    torch.set_num_threads(1)
    for name in chosen or TRICKS:
        write(name)


if __name__ == "__main__":
    main(sys.argv[1:])
