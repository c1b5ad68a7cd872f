"""Trains the networks of every idea over several seeds and writes ``assets/ideas/<name>.json``.

``python -m tools.run_ideas [idea …]`` trains these alone.
"""

import json
import sys
import time

import torch

from cnnviz.data import DATASETS, load
from cnnviz.models import summary
from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.settings import ASSETS
from cnnviz.training import Trainer, TrainingSpec, evaluate
from cnnviz.training.outcomes import IDEAS_RATE

FOLDER = ASSETS / "ideas"
DATASET, IMAGES, EPOCHS, SEEDS, POINTS = "fashion", 6000, 4, (0, 1, 2), 12


def main(chosen: list[str]) -> None:
    torch.set_num_threads(2)
    FOLDER.mkdir(exist_ok=True)
    entry = DATASETS[DATASET]
    train = load(DATASET, "train", IMAGES)
    for name, idea in IDEAS.items():
        if chosen and name not in chosen:
            continue
        found = {}
        for title, spec in idea.networks.items():
            plan, runs = summary(spec, entry.shape, len(entry.classes)), []
            for seed in SEEDS:
                trainer = Trainer(
                    TrainingSpec(
                        DATASET, spec, EPOCHS, learning_rate=IDEAS_RATE, limit=IMAGES, seed=seed, threads=2
                    )
                )
                every, steps, losses, accuracies = max(1, trainer.total_steps // POINTS), [], [], []
                norms: dict[str, float] = {}
                began = time.perf_counter()
                while not trainer.done:
                    trainer.step()
                    if trainer.step_count == 1:
                        norms = trainer.record(validate=False).gradient_norm
                    if trainer.step_count % every == 0 or trainer.done:
                        metric = trainer.record(validate=True)
                        steps.append(metric.step)
                        losses.append(round(metric.loss or 0.0, 5))
                        accuracies.append(metric.val_accuracy)
                runs.append(
                    {
                        "seed": seed,
                        "steps": steps,
                        "loss": losses,
                        "accuracy": accuracies,
                        "error": round(1 - evaluate(trainer.network, train).accuracy, 5),
                        "gradients": {layer: float(f"{norm:.4g}") for layer, norm in norms.items()},
                    }
                )
                print(
                    name,
                    title,
                    seed,
                    f"{runs[-1]['error']:.1%} {accuracies[-1]:.1%} {time.perf_counter() - began:.0f} s",
                    flush=True,
                )
            found[title] = {"parameters": plan.parameters, "multiply_adds": plan.multiply_adds, "runs": runs}
        about = {"dataset": DATASET, "images": IMAGES, "epochs": EPOCHS, "networks": found}
        (FOLDER / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
