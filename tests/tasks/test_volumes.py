"""Networks for volumes: shapes, counts and fields against torch, covered slices against a loop."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.data.volumes import solids
from cnnviz.errors import CnnvizError
from cnnviz.tasks.volumes import (
    VIEWS,
    classify_volumes,
    layers_of,
    network_for,
    parameters,
    volume_network,
    without_each_slice,
)

SHAPES = [(16, 16, 16), (28, 28, 28), (9, 12, 15)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("view", VIEWS)
def test_counts_and_shapes_are_those_of_torch(view: str, shape: tuple[int, int, int]) -> None:
    network = network_for(view, shape, 5).eval()
    volumes = torch.rand(1, *shape)
    inputs = VIEWS[view].inputs(shape)
    layers = layers_of(network, inputs)
    shapes = []
    for name, module in network.named_children():
        if name in {layer.name for layer in layers}:
            module.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
    with FlopCounterMode(display=False) as counted:
        network(VIEWS[view].given(volumes))
    assert [layer.output_shape for layer in layers] == shapes
    assert 2 * sum(layer.multiply_adds for layer in layers) == counted.get_total_flops()
    norms = sum(
        p.numel() for m in network if isinstance(m, nn.BatchNorm2d | nn.BatchNorm3d) for p in m.parameters()
    )
    assert sum(layer.parameters for layer in layers) + norms == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("view", VIEWS)
def test_the_field_is_where_the_gradient_reaches(view: str) -> None:
    shape = (40, 40, 40)
    network = network_for(view, shape, 3).eval()
    for number in (1, 2, 3):
        inputs = VIEWS[view].inputs(shape)
        layer = layers_of(network, inputs)[number - 1]
        before = list(dict(network.named_children())).index(f"conv{number}") + 1
        image = torch.rand(1, *inputs, requires_grad=True)
        maps = nn.Sequential(*[_smooth(one) for one in network[:before]])(image)
        middle = [side // 2 for side in maps.shape[2:]]
        maps[(0, slice(None), *middle)].sum().backward()
        assert image.grad is not None
        reached = image.grad.abs().amax((0, 1)) > 0
        for axis, size in enumerate(layer.field):
            others = tuple(other for other in range(reached.dim()) if other != axis)
            assert (
                int(reached.any(dim=others).sum() if len(others) == 1 else reached.amax(others).sum()) == size
            )


def _smooth(module: nn.Module) -> nn.Module:
    """Lets every gradient through: a mean in place of a maximum, no ReLU."""
    if isinstance(module, nn.MaxPool2d | nn.MaxPool3d):
        return (nn.AvgPool2d if isinstance(module, nn.MaxPool2d) else nn.AvgPool3d)(2)
    return nn.Identity() if isinstance(module, nn.ReLU) else module


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [2, 5, 11])
def test_all_views_have_about_as_many_parameters(classes: int, shape: tuple[int, int, int]) -> None:
    counts = {
        view: sum(one.numel() for one in network_for(view, shape, classes).parameters()) for view in VIEWS
    }
    wanted = sum(one.numel() for one in volume_network(classes).parameters())
    assert parameters((8, 16, 32), 1, classes, 3) == wanted == counts["volume"]
    assert all(abs(count - wanted) < 0.08 * wanted for count in counts.values()), counts


def test_a_3d_kernel_costs_k_times_as_much_a_number() -> None:
    (deep, *_), (flat, *_) = (
        layers_of(volume_network(5, dimensions=dimensions), (1,) + (16,) * dimensions)
        for dimensions in (3, 2)
    )
    assert deep.products == 3 * flat.products == 27
    assert deep.multiply_adds == 3 * 16 * flat.multiply_adds


def test_first_weights_come_from_the_seed_alone() -> None:
    before = torch.get_rng_state()
    one, again, other = (network_for("volume", (16, 16, 16), 5, seed) for seed in (3, 3, 4))
    assert torch.equal(one.conv1.weight, again.conv1.weight)
    assert not torch.equal(one.conv1.weight, other.conv1.weight)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(3)
    assert torch.equal(nn.Conv3d(1, 8, 3, padding=1, bias=False).weight, one.conv1.weight)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_covered_slices_are_those_of_a_loop(view: str, axis: int) -> None:
    volume = solids(1, 4).floats()[0, :, :12, :10]
    network = network_for(view, tuple(volume.shape), 5).eval()  # type: ignore[arg-type]
    found = without_each_slice(network, view, volume, axis)
    assert found.shape == (volume.shape[axis], 5)
    for index in range(len(found)):
        other = volume.clone()
        other[(slice(None),) * axis + (index,)] = volume.median()
        with torch.no_grad():
            wanted = network(VIEWS[view].given(other[None])).softmax(1)[0]
        assert torch.allclose(found[index], wanted, atol=1e-5)
    if view == "middle" and axis == 0:
        same = classify_volumes(network, view, volume[None])[0]
        others = [index for index in range(16) if index != 8]
        assert torch.allclose(found[others], same.expand(15, -1), atol=1e-6)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(CnnvizError, match="No network sees 'all'"):
        network_for("all", (16, 16, 16), 5)
    with pytest.raises(CnnvizError, match="each side must be 4 or more"):
        network_for("volume", (16, 3, 16), 5)
    with pytest.raises(CnnvizError, match="2 or 3 dimensions"):
        volume_network(5, dimensions=1)
    with pytest.raises(CnnvizError, match="1 class or more"):
        volume_network(0)
