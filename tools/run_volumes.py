"""Trains the networks of the page "Volumes" on the solids over several seeds and writes ``assets/volumes/``: some minutes.

``python -m tools.run_volumes``
"""

import json

import torch
from safetensors.torch import save_file

from cnnviz.data.volumes import load_volumes
from cnnviz.tasks.volumes import VIEWS
from cnnviz.training.volumes import EPOCHS, FILE, FOLDER, SEEDS, Trained, VolumeTraining, begin, next_epoch


def trained(view: str, seed: int) -> Trained:
    """After all epochs."""
    spec, train, test = VolumeTraining(view, seed=seed), load_volumes(), load_volumes(split="test")
    state = begin(spec, train)
    for _ in range(EPOCHS):
        state = next_epoch(spec, state, train, test)
    print(view, seed, [round(value, 3) for value in state.accuracy], flush=True)
    return state


def main() -> None:
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    courses: dict[str, list[dict[str, list[float]]]] = {}
    steps = 0
    for view in VIEWS:
        states = [trained(view, seed) for seed in range(SEEDS)]
        steps = states[0].steps
        courses[view] = [
            {
                "loss": [round(value, 4) for value in one.loss],
                "accuracy": [round(value, 4) for value in one.accuracy],
            }
            for one in states
        ]
        save_file(
            {name: value.contiguous() for name, value in states[0].weights.items()},
            FOLDER / f"{view}.safetensors",
        )
    about = {"epochs": EPOCHS, "steps": steps, "seeds": SEEDS, "courses": courses}
    FILE.write_text(json.dumps(about) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
