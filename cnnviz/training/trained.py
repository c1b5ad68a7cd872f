"""Small networks that come trained: the presets of the classic architectures, on the bundled data sets.

``tools/train_small.py`` makes them; beside the weights stand the specification, with its seed, and the accuracy.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.settings import ASSETS
from cnnviz.training.loop import build_for
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import one_after_another, say

FOLDER = ASSETS / "weights"
RECORD = FOLDER / "trained.json"


@dataclass(frozen=True)
class TrainedEntry:
    """A trained small network.

    Attributes:
        spec: the training; its seed decides the weights.
        accuracy: on all bundled test images, 0 to 1.
    """

    spec: TrainingSpec
    accuracy: float

    @property
    def network(self) -> str:
        return self.spec.network_name

    @property
    def file(self) -> Path:
        return weights_file(self.network, self.spec.dataset)


def weights_file(network: str, dataset: str) -> Path:
    return FOLDER / f"{network}_{dataset}.safetensors"


@cache
def trained_networks() -> dict[tuple[str, str], TrainedEntry]:
    """(preset, data set) -> what is known of its training."""
    entries: list[dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8"))
    found = [TrainedEntry(TrainingSpec.from_dict(entry["spec"]), entry["accuracy"]) for entry in entries]
    return {(one.network, one.spec.dataset): one for one in found}


def trained(network: str, dataset: str = "mnist") -> Network:
    """A preset with its trained weights, in evaluation mode.

    Raises:
        CnnvizError: it does not come trained on this data set.
    """
    entry = trained_networks().get((network, dataset))
    if entry is None:
        known = sorted({name for name, other in trained_networks() if other == dataset})
        raise CnnvizError(
            one_after_another(
                say("'{network}' does not come trained on '{dataset}'.", network=network, dataset=dataset),
                say("Choose one of: {known}.", known=", ".join(known))
                if known
                else say("Train it in the training lab."),
            )
        )
    model = build_for(entry.spec)
    model.load_state_dict(load_file(entry.file))
    return model.eval()
