"""Trains the small form of each classic architecture on MNIST and Fashion-MNIST and writes
``assets/weights/``: about ten minutes on two cores.

``python -m tools.train_small [preset …]`` trains these alone.
"""

import json
import sys

import torch
from safetensors.torch import save_file

from cnnviz.models import ARCHITECTURES, PRESETS, BatchNorm, summary
from cnnviz.training import Trainer, TrainingSpec, evaluate
from cnnviz.training.trained import FOLDER, RECORD, weights_file

EPOCHS = 3
DATASETS = ("mnist", "fashion")
SEED = 0


def recipe(network: str, dataset: str) -> TrainingSpec:
    """Without batch normalisation, the large steps of the fast recipe would not hold."""
    layers = summary(PRESETS[network], (1, 28, 28), 10)
    if any(isinstance(place.layer, BatchNorm) for place in layers):
        return TrainingSpec(dataset, network, EPOCHS, seed=SEED, threads=2)
    return TrainingSpec(dataset, network, EPOCHS, optimizer="adam", learning_rate=0.002, seed=SEED, threads=2)


def main(chosen: list[str]) -> None:
    torch.set_num_threads(2)
    FOLDER.mkdir(exist_ok=True)
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else []
    known = {(entry["spec"]["network"], entry["spec"]["dataset"]): entry for entry in record}
    for network in dict.fromkeys(entry.small for entry in ARCHITECTURES.values()):
        for dataset in DATASETS:
            if chosen and network not in chosen:
                continue
            spec = recipe(network, dataset)
            trainer = Trainer(spec)
            while not trainer.done:
                trainer.step()
            accuracy = evaluate(trainer.network, trainer.validation).accuracy
            save_file(trainer.weights(), weights_file(network, dataset))
            known[network, dataset] = {"spec": spec.to_dict(), "accuracy": round(accuracy, 4)}
            RECORD.write_text(json.dumps(list(known.values()), indent=1) + "\n", encoding="utf-8")
            print(f"{network} on {dataset}: {accuracy:.1%}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
