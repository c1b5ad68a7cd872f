import pytest
import torch

from cnnviz.models import PRESETS, NetworkSpec, build
from cnnviz.models.variants import (
    with_activation,
    with_dropout,
    with_first_kernel_size,
    with_fixed_kernel,
    without_pooling,
)
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.kernels import kernel
from cnnviz.training import Trainer, TrainingSpec


@pytest.mark.parametrize("name", list(ACTIVATIONS))
@pytest.mark.parametrize("preset", ["tiny", "lenet5", "fast"])
def test_every_activation_fits_into_every_network(name: str, preset: str) -> None:
    network = build(with_activation(PRESETS[preset], name), (1, 28, 28), 10)
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 10)
    assert not any(
        module in str(network.spec)
        for module in {"relu", "tanh"} - {name}
        if name not in ("prelu", "relu6", "leaky_relu", "gelu_tanh")
    )


def test_without_pooling_the_maps_keep_their_sizes() -> None:
    pooled, strided = (
        build(spec, (1, 28, 28), 10) for spec in (PRESETS["tiny"], without_pooling(PRESETS["tiny"]))
    )
    assert [p.output_shape for p in pooled.plan if p.name == "pool2"] == [
        p.output_shape for p in strided.plan if p.name == "relu2"
    ]
    assert pooled.plan.parameters == strided.plan.parameters


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("optimizer", ["momentum", "adamw"])
def test_a_fixed_kernel_is_there_from_the_first_to_the_last_step_and_the_others_learn(
    side: int, optimizer: str
) -> None:
    wanted = kernel("sobel_x", side)
    spec = with_fixed_kernel(PRESETS["tiny"], wanted)
    assert NetworkSpec.from_json(spec.to_json()) == spec
    trainer = Trainer(TrainingSpec("mnist", spec, epochs=1, limit=1280, optimizer=optimizer))
    before = trainer.network.conv1.weight.detach().clone()
    assert torch.equal(before[0, 0], wanted)
    while not trainer.done:
        trainer.step()
    after = trainer.network.conv1.weight.detach()
    assert torch.equal(after[0, 0], wanted)
    assert not torch.equal(after[1:], before[1:])
    restored = Trainer(trainer.spec)
    restored.network.load_state_dict(trainer.weights())
    assert torch.equal(restored.network.conv1.weight, after)


def test_kernel_sizes_keep_the_maps_and_dropout_can_be_taken_out() -> None:
    for side in (3, 5, 7):
        plan = build(with_first_kernel_size(PRESETS["tiny"], side), (1, 28, 28), 10).plan
        assert next(iter(plan)).output_shape == (4, 28, 28)
    assert "dropout" not in str(with_dropout(PRESETS["mlp"], 0))
    assert build(with_dropout(PRESETS["mlp"], 0.2), (1, 28, 28), 10).dropout1.p == 0.2
