"""One number's way through a network: each result is an input of the next."""

import pytest
import torch

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import feature_maps
from cnnviz.features.path import strongest_path
from cnnviz.models import Linear, NetworkSpec, build
from cnnviz.models.layers import Flatten
from cnnviz.training import open_run, trained


@pytest.mark.parametrize("name", ["lenet5", "mini_vgg", "mini_resnet", "mini_googlenet", "mini_densenet"])
def test_each_result_is_an_input_of_the_next_and_each_sum_adds_up(name: str) -> None:
    network = trained(name, "fashion")
    image = load("fashion", "test").floats(slice(3, 4))[0]
    path = strongest_path(network, image)
    assert path.pixel is not None
    value = image[path.pixel].item()
    source: tuple[str, int, int, int] = ("image", *path.pixel)
    maps = feature_maps(network, image)
    for stop in path.stops:
        unit = stop.unit
        [first] = unit.strongest(1)
        assert first.place == source
        assert first.input == pytest.approx(value, abs=1e-5)
        assert unit.products.sum().item() + unit.bias == pytest.approx(unit.value, abs=1e-3)
        value, source = unit.value, (unit.layer, unit.channel, unit.row, unit.col)
        if unit.layer in maps:
            assert maps[unit.layer][unit.channel, unit.row, unit.col].item() == pytest.approx(value, abs=1e-4)
    with torch.inference_mode():
        logits = network(image.unsqueeze(0))[0]
    assert value == pytest.approx(logits.max().item(), abs=1e-4)


def test_in_a_linear_network_the_largest_product_is_taken() -> None:
    network = build(NetworkSpec((Flatten(), Linear()), "linear"), (1, 4, 4), 3, mean=(0.5,), std=(0.25,))
    image = torch.rand(1, 4, 4, generator=torch.Generator().manual_seed(1))
    path = strongest_path(network, image, 2)
    weights = network.state_dict()["fc1.weight"][2].view(4, 4)
    products = (weights * (image[0] - 0.5) / 0.25).abs()
    row, col = divmod(int(products.argmax()), 4)
    assert path.pixel == (0, row, col)
    assert [stop.call.name for stop in path.stops] == ["normalise", "flatten1", "fc1"]


def test_the_class_can_be_chosen_and_must_exist() -> None:
    run = open_run("example")
    network, image = run.network(run.steps[-1]), load("mnist", "test").floats(slice(7, 8))[0]
    assert strongest_path(network, image, 8).stops[-1].unit.channel == 8
    with pytest.raises(CnnvizError, match="classes 0 to 9"):
        strongest_path(network, image, 10)
