"""Trains the skewed and the balanced sample over several seeds and writes ``assets/bias/clothes.json``.

``python -m tools.run_bias``
"""

import json

import torch

from cnnviz.training import Trainer
from cnnviz.training.bias import BALANCED, FILE, RARE, RARE_PERCENT, SEEDS, SKEWED, bias_training, recall


def confusion(title: str, seed: int) -> list[list[int]]:
    """Of the trained network, on all test images."""
    trainer = Trainer(bias_training(title, seed))
    while not trainer.done:
        trainer.step()
    counts = trainer.record(validate=True).confusion
    assert counts
    print(title, seed, [round(share, 3) for share in recall(counts)], flush=True)
    return counts


def main() -> None:
    torch.set_num_threads(1)
    about = {
        "rare": RARE,
        "percent": RARE_PERCENT,
        "images": len(bias_training(SKEWED).load("train")),
        "seeds": SEEDS,
        "confusions": {
            title: [confusion(title, seed) for seed in range(SEEDS)] for title in (SKEWED, BALANCED)
        },
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(about) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
