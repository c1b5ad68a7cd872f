"""Trains the networks of the ensemble experiment and writes what they answer to ``assets/tricks/ensemble.npz``, and
those that are asked for several views, ``assets/tricks/views_….safetensors``.

Ten networks with different seeds, and ten snapshots along one run whose learning rate falls and is raised again ten
times (Huang et al., Snapshot ensembles, ICLR 2017). Each cycle is as long as the training of one of the ten.
"""

import math

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from cnnviz.features import probabilities
from cnnviz.training import Trainer
from cnnviz.training.recorded import (
    ENSEMBLE_FILE,
    ENSEMBLE_IMAGES,
    MEMBERS,
    ensemble_training,
    views_file,
    views_training,
)


def answers(trainer: Trainer) -> Tensor:
    images = trainer.validation.floats(slice(0, ENSEMBLE_IMAGES))
    return torch.cat([probabilities(trainer.network, part) for part in images.split(500)])


def by_seed() -> list[Tensor]:
    found = []
    for seed in range(MEMBERS):
        trainer = Trainer(ensemble_training(seed))
        while not trainer.done:
            trainer.step()
        found.append(answers(trainer))
        print("seed", seed, trainer.record(validate=True).val_accuracy, flush=True)
    return found


def along_one_run() -> list[Tensor]:
    spec = ensemble_training(0, cycles=MEMBERS)
    trainer = Trainer(spec)
    cycle = trainer.total_steps // MEMBERS
    found = []
    while not trainer.done:
        place = (trainer.step_count % cycle) / cycle
        trainer.turn(
            "learning_rate", max(1e-4, spec.base_learning_rate * 0.5 * (1 + math.cos(math.pi * place)))
        )
        trainer.step()
        if trainer.step_count % cycle == 0:
            found.append(answers(trainer))
            print("snapshot", len(found), trainer.record(validate=True).val_accuracy, flush=True)
    return found[:MEMBERS]


def main() -> None:
    torch.set_num_threads(1)
    seeds, snapshots = (torch.stack(one).half().numpy() for one in (by_seed(), along_one_run()))
    np.savez_compressed(ENSEMBLE_FILE, seeds=seeds, snapshots=snapshots)
    views()


def views() -> None:
    """The two networks that are asked for several views of an image."""
    for augmented in (False, True):
        trainer = Trainer(views_training(augmented))
        while not trainer.done:
            trainer.step()
        save_file(trainer.weights(), views_file(augmented))
        print("views", augmented, trainer.record(validate=True).val_accuracy, flush=True)


if __name__ == "__main__":
    main()
