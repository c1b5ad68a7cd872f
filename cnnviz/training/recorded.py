"""The bundled results of the tricks; ``tools/run_tricks.py`` makes them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.settings import ASSETS
from cnnviz.training.loop import build_for
from cnnviz.training.outcomes import Course, Outcome, outcome_of
from cnnviz.training.spec import TrainingSpec
from cnnviz.training.tricks import TRICKS
from cnnviz.words import say

FOLDER = ASSETS / "tricks"
SHIFTS = (1, 2, 3, 4)
"""By how many pixels test images are shifted."""


MEMBERS, ENSEMBLE_IMAGES = 10, 2000
"""Networks of the ensembles, and test images that they were asked."""
ENSEMBLE_FILE = FOLDER / "ensemble.npz"


def ensemble_training(seed: int, cycles: int = 1) -> TrainingSpec:
    """One network of the ensembles, or the run that ``cycles`` snapshots are taken of."""
    return TrainingSpec(
        "fashion", "fast", 4 * cycles, limit=5000, seed=seed, schedule="constant" if cycles > 1 else "cosine"
    )


@cache
def ensembles() -> dict[str, tuple[Tensor, Tensor]]:
    """Kind -> (networks, N, classes) probabilities, and (N,) the true classes of these test images."""
    labels = ensemble_training(0).load("test").labels[:ENSEMBLE_IMAGES]
    with np.load(ENSEMBLE_FILE, allow_pickle=False) as file:
        return {kind: (torch.from_numpy(file[kind]).float(), labels) for kind in ("seeds", "snapshots")}


def views_training(augmented: bool) -> TrainingSpec:
    """The network that is asked for several views: trained on shifted and mirrored images, or on none."""
    return TrainingSpec("fashion", "fast", 16, augmentation=("flip", "crop") if augmented else ())


def views_network(augmented: bool) -> Network:
    """It, with its trained weights."""
    network = build_for(views_training(augmented))
    network.load_state_dict(load_file(views_file(augmented)))
    return network.eval()


def views_file(augmented: bool) -> Path:
    return FOLDER / f"views_{'augmented' if augmented else 'plain'}.safetensors"


def course_of(run: Mapping[str, Any]) -> Course:
    """A run of a file."""
    return Course(
        run["seed"],
        tuple(run["steps"]),
        tuple(run["loss"]),
        tuple(run["accuracy"]),
        run["gradients"],
        run["error"],
        {name: tuple(values) for name, values in run.get("measured", {}).items()},
    )


@cache
def recorded(trick: str) -> tuple[Outcome, ...]:
    """The bundled result of a trick.

    Raises:
        CnnvizError: there is no such trick.
    """
    if trick not in TRICKS:
        raise CnnvizError(
            say(
                "There is no trick “{trick}”. Choose one of: {tricks}.",
                trick=trick[:40],
                tricks=", ".join(TRICKS),
            )
        )
    about = json.loads((FOLDER / f"{trick}.json").read_text(encoding="utf-8"))
    return tuple(
        outcome_of(title, spec, tuple(map(course_of, about["runs"][title])))
        for title, spec in TRICKS[trick].runs.items()
    )
