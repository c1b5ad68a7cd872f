import pytest
import torch
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import feature_maps, filters, probabilities
from cnnviz.models import (
    PRESETS,
    Activation,
    Conv,
    GlobalAveragePool,
    Linear,
    NetworkSpec,
    build,
)
from cnnviz.models.spec import Joined
from cnnviz.training import open_run


@pytest.mark.parametrize("name", list(PRESETS))
def test_maps_are_what_hooks_see(name: str) -> None:
    network, image = build(name, (1, 28, 28), 10), load("mnist", "test", 1).floats()[0]
    seen: dict[str, torch.Tensor] = {}
    handles = [
        module.register_forward_hook(
            lambda _, __, output, layer=layer: seen.__setitem__(layer, output[0].detach().clone())
        )
        for layer, module in network.named_modules()
        if layer in {"normalise", *(place.name for place in network.plan)}
    ]
    network.eval()
    with torch.inference_mode():
        network(image.unsqueeze(0))
    for handle in handles:
        handle.remove()
    network.train()
    maps = feature_maps(network, image)
    assert network.training
    # Where branches come together a function works, which no hook hears.
    joins = {place.name for place in network.plan if isinstance(place.layer, Joined)}
    assert [layer for layer in maps if layer not in joins] == [layer for layer in seen if layer in maps]
    assert {layer for layer in seen if layer not in maps} <= {
        name for name in seen if "high_to_low.pool" in name
    }
    for layer, values in seen.items():
        torch.testing.assert_close(maps[layer].flatten(), values.flatten())


@pytest.mark.parametrize(
    "first",
    [
        Conv(3, 3, fixed=(((1.0, 0.0, -1.0),) * 3,)),
        Conv(3, 3, connections=((0,), (0, 1), (1,))),
    ],
    ids=["fixed", "connections"],
)
def test_maps_of_layers_with_weights_that_are_made(first: Conv) -> None:
    spec = NetworkSpec((first, Activation("relu"), GlobalAveragePool(), Linear()))
    network, image = build(spec, (2, 8, 8), 10).eval(), torch.rand(2, 8, 8)
    maps = feature_maps(network, image)
    conv = network.get_submodule("conv1")
    with torch.inference_mode():
        torch.testing.assert_close(maps["conv1"], conv((image.unsqueeze(0) - 0.5) / 0.5)[0])


def test_an_in_place_layer_does_not_change_the_map_before_it() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    maps = feature_maps(network, torch.rand(1, 8, 8) - 0.5)
    assert maps["0"].min() < 0 <= maps["1"].min()


def test_probabilities_add_up_and_the_mode_is_put_back() -> None:
    network = build("tiny", (1, 28, 28), 10).train()
    answers = probabilities(network, torch.rand(5, 1, 28, 28))
    assert answers.sum(1).tolist() == pytest.approx([1] * 5)
    assert network.training


def test_first_filters_are_the_weights_and_a_wrong_layer_is_named() -> None:
    network = open_run("example").network(0)
    name, kernels = filters(network)
    assert name == "conv1"
    assert torch.equal(kernels, network.conv1.weight[:, 0])
    assert filters(network, "conv2")[1].shape == (8 * 4, 3, 3)
    with pytest.raises(CnnvizError, match="It has: conv1, conv2"):
        filters(network, "conv9")


def test_a_wrong_image_or_model_gives_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="1×28×28"):
        feature_maps(build("tiny", (1, 28, 28), 10), torch.rand(3, 28, 28))
    with pytest.raises(CnnvizError, match="one image of shape"):
        feature_maps(build("tiny", (1, 28, 28), 10), torch.rand(2, 1, 28, 28))
