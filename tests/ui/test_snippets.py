"""The code that pages show gives the numbers that pages show."""

import contextlib
import io
from typing import Any

import pytest
import torch

from cnnviz.data import load
from cnnviz.features import feature_maps, probabilities
from cnnviz.models import PRESETS
from cnnviz.training import Trainer, TrainingSpec, open_run
from cnnviz.ui.snippets import feature_maps_code, training_code


def run_code(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(code, "snippet", "exec"), names)
    return {**names, "printed": output.getvalue()}


@pytest.mark.parametrize(
    "spec",
    [
        *(TrainingSpec("mnist", preset, epochs=1, limit=2000) for preset in PRESETS),
        TrainingSpec("patches", "tiny", epochs=1, limit=500, optimizer="adam", schedule="cosine", seed=3, label_smoothing=0.0),
    ],
    ids=repr,
)
def test_training_code_gives_the_weights_of_the_run_to_the_bit(spec: TrainingSpec) -> None:
    threads = torch.get_num_threads()
    names = run_code(training_code(spec))
    trainer = Trainer(spec)
    while not trainer.done:
        trainer.step()
    torch.set_num_threads(threads)
    for ours, theirs in zip(trainer.network.parameters(), names["network"].parameters(), strict=True):
        assert torch.equal(ours, theirs)
    accuracy = trainer.record(validate=True).val_accuracy
    assert names["printed"] == f"test accuracy {accuracy:.2%}\n"


def test_feature_maps_code_gives_the_maps_and_the_prediction() -> None:
    run = open_run("example")
    step, image = run.steps[-1], load("mnist", "test").floats(slice(7, 8))
    names = run_code(feature_maps_code(run.spec, run.id, step, 'load("mnist", "test").images[7]'))
    for layer, values in feature_maps(run.network(step), image[0]).items():
        torch.testing.assert_close(names["maps"][layer].flatten(), values.flatten())
    torch.testing.assert_close(names["probabilities"], probabilities(run.network(step), image)[0])
