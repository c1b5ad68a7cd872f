"""Weights from elsewhere: each form that is accepted, and what is refused without harm."""

import io
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.models import Conv, Flatten, Linear, NetworkSpec, build
from cnnviz.training import TrainingSpec, bring, evaluate, open_run, runs
from cnnviz.training.loop import Trainer, build_for
from tests.models.written import run_code

SPEC = TrainingSpec("digits", "tiny", epochs=1, batch_size=64)


@pytest.fixture(scope="module")
def trained() -> nn.Module:
    trainer = Trainer(replace(SPEC, epochs=4))
    while not trainer.done:
        trainer.step()
    return trainer.network.to(memory_format=torch.contiguous_format).eval()


def pickled(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def as_plain_torch(network: nn.Module) -> dict[str, torch.Tensor]:
    """What a student who wrote the network with nn.Sequential has: names 0.weight, … and no normalisation."""
    values = {name: value for name, value in network.state_dict().items() if not name.startswith("normalise")}
    return {
        f"{number // 2}.{name.rpartition('.')[2]}": value
        for number, (name, value) in enumerate(values.items())
    }


FORMS = {
    "safetensors": lambda network: save(network.state_dict()),
    "a state_dict": lambda network: pickled(network.state_dict()),
    "a state_dict of the old format": lambda network: _old(network.state_dict()),
    "a checkpoint": lambda network: pickled({"epoch": 3, "state_dict": network.state_dict()}),
    "of a parallel network": lambda network: pickled(
        {f"module.{k}": v for k, v in network.state_dict().items()}
    ),
    "by other names in order": lambda network: pickled(as_plain_torch(network)),
    "half precision": lambda network: save({k: v.half() for k, v in network.state_dict().items()}),
}


def _old(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


@pytest.mark.parametrize("form", list(FORMS))
def test_each_form_gives_the_network_with_its_accuracy(form: str, trained: nn.Module) -> None:
    run = bring(FORMS[form](trained), SPEC)
    again = open_run(run.id)
    test = load("digits", "test")
    expected = evaluate(trained, test).accuracy
    assert evaluate(again.network(0), test).accuracy == pytest.approx(expected, abs=0.01)
    assert again.state == "stopped"
    assert again.metrics()[0].val_accuracy == pytest.approx(expected, abs=0.01)
    assert again.steps == [0]


def test_one_can_train_on_from_what_was_brought(trained: nn.Module) -> None:
    run = bring(save(trained.state_dict()), replace(SPEC, epochs=2))
    begun = run.metrics()[0].loss, run.metrics()[0].val_accuracy
    run.resume()
    assert run.wait(60) == "finished"
    first = run.metrics()[1]
    fresh = Trainer(replace(SPEC, epochs=2))
    assert begun[0] is None
    assert first.loss is not None
    assert first.loss < 0.6 * fresh.step()  # it does not begin anew
    assert torch.equal(run.network(0).conv1.weight, trained.conv1.weight)


def test_what_was_exported_can_be_brought(trained: nn.Module) -> None:
    run = bring(save(trained.state_dict()), SPEC)
    other = bring(run.export("safetensors"), SPEC)
    assert torch.equal(other.network(0).fc1.weight, trained.fc1.weight)


def test_a_written_network_takes_its_weights() -> None:
    spec = NetworkSpec((Conv(3, 3), Flatten(), Linear()), "mine")
    network = build(spec, (1, 8, 8), 10, seed=9)
    run = bring(save(network.state_dict()), replace(SPEC, network=NetworkSpec.from_json(spec.to_json())))
    assert torch.equal(run.network(0).conv1.weight, network.conv1.weight)


def test_a_mismatch_is_explained_by_layer(trained: nn.Module) -> None:
    before = len(runs())
    for spec, sentences in (
        (
            replace(SPEC, network="linear"),
            ["'linear'", "'fc1.weight' is 10×64 in the network, but 10×32 in the file"],
        ),
        (replace(SPEC, classes=("1", "2")), ["'fc1.weight' is 2×32 in the network, but 10×32 in the file"]),
        (
            replace(SPEC, dataset="patches"),
            ["'conv1.weight' is 4×3×5×5 in the network, but 4×1×5×5 in the file"],
        ),
    ):
        with pytest.raises(CnnvizError) as caught:
            bring(save(trained.state_dict()), spec)
        for sentence in sentences:
            assert sentence in str(caught.value)
    missing = {name: value for name, value in trained.state_dict().items() if name != "conv2.bias"}
    with pytest.raises(CnnvizError, match=r"'conv2.bias' is 8 in the network, but missing in the file"):
        bring(save(missing), SPEC)
    assert len(runs()) == before


class Payload:
    """A pickle that would make a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


def test_code_in_a_pickle_never_runs(tmp_path: Path) -> None:
    mark = tmp_path / "harm"
    for content in (
        pickle.dumps(Payload(mark)),
        pickled(Payload(mark)),
        pickled({"conv1.weight": Payload(mark)}),
        _old({"conv1.weight": Payload(mark)}),
    ):
        with pytest.raises(CnnvizError, match="never runs code from a file"):
            bring(content, SPEC)
        assert not mark.exists()
    # The payload is a real one: an unwary reader would have run it.
    pickle.loads(pickle.dumps(Payload(mark)))
    assert mark.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"weights", b"PK\x03\x04" + bytes(50), b"\xff" * 8 + b"{", b"\x10" + bytes(7) + b"{not json"],
)
def test_a_damaged_file_is_a_sentence(content: bytes) -> None:
    with pytest.raises(CnnvizError, match=r"This file (holds no plain weights|begins like safetensors)"):
        bring(content, SPEC)


def test_what_holds_no_weights_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="no table of weights"):
        bring(pickled(torch.ones(3)), SPEC)
    with pytest.raises(CnnvizError, match="more than tensors"):
        bring(pickled({"a": torch.ones(3), "b": 5}), SPEC)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_WEIGHTS_BYTES", "1000000")
    with pytest.raises(CnnvizError, match=r"This file has 3 MB, and weights may have 1 MB"):
        bring(bytes(3_000_000), SPEC)


@pytest.mark.parametrize("network", ["mini_resnet", "mini_densenet", "mini_googlenet", "mini_octresnet"])
def test_the_file_that_a_script_of_a_network_with_blocks_writes(network: str) -> None:
    """Safetensors sorts names by letters: after before body, 10 before 2."""
    spec = TrainingSpec("fashion", network, 1)
    own = build_for(spec)
    with torch.no_grad():
        for number, weights in enumerate(own.parameters()):
            weights.fill_(number)
    theirs = run_code(own)
    ours = [value for name, value in own.state_dict().items() if not name.startswith("normalise")]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours, strict=True)))
    found = bring(
        save({name: value.contiguous() for name, value in theirs.state_dict().items()}), spec
    ).network(0)
    for mine, wanted in zip(found.parameters(), own.parameters(), strict=True):
        assert torch.equal(mine, wanted)
