import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import ablated, channel_costs, channel_effects, feature_maps, measure
from cnnviz.inspection import runner_of
from cnnviz.training import open_run
from tests.inspection.test_units import Branches

SHAPE = (1, 28, 28)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return open_run("example").network(624).eval()


def by_hand(network: nn.Module, images: torch.Tensor, layer: str, change) -> torch.Tensor:
    handle = network.get_submodule(layer).register_forward_hook(lambda _, __, output: change(output.clone()))
    with torch.inference_mode():
        logits = network(images)
    handle.remove()
    return logits


def test_off_scale_and_swap_are_what_a_hook_does(network: nn.Module) -> None:
    images = load("mnist", "test", 20).floats()

    def off(x):
        x[:, [1, 3]] = 0
        return x

    def scaled(x):
        x[:, 2] *= -1.5
        return x

    def swapped(x):
        x[:, [0, 2]] = x[:, [2, 0]]
        return x

    for options, change in [
        ({"off": (1, 3)}, off),
        ({"scale": {2: -1.5}}, scaled),
        ({"swap": ((0, 2),)}, swapped),
    ]:
        changed = ablated(network, "relu1", SHAPE, **options)
        with torch.inference_mode():
            torch.testing.assert_close(changed(images), by_hand(network, images, "relu1", change))
    with torch.inference_mode():
        torch.testing.assert_close(ablated(network, "relu1", SHAPE)(images), network(images))


def test_costs_are_those_of_each_network_without_a_channel(network: nn.Module) -> None:
    test = load("mnist", "test", 300)
    costs = channel_costs(network, "relu2", test.floats(), test.labels)
    assert costs.base_accuracy == pytest.approx(measure(network, test.floats(), test.labels)[1])
    for channel in (0, 5):
        logits = ablated(network, "relu2", SHAPE, off=(channel,))(test.floats()).detach()
        assert costs.loss[channel].item() == pytest.approx(
            functional.cross_entropy(logits, test.labels).item(), abs=1e-5
        )
        assert costs.accuracy[channel].item() == pytest.approx(
            (logits.argmax(1) == test.labels).float().mean().item()
        )
        for label in (3, 8):
            of_class = test.labels == label
            recall = (logits.argmax(1) == label)[of_class].float().mean().item()
            assert costs.recall[channel, label].item() == pytest.approx(recall)
    assert sorted(costs.ranking) == list(range(8))
    assert costs.loss[costs.ranking[0]] == costs.loss.max()


def test_effects_on_one_image_and_on_branches(network: nn.Module) -> None:
    image = load("mnist", "test", 8).floats()[7]
    effects = channel_effects(network, "relu2", image, 3)
    with torch.inference_mode():
        base = network(image[None])[0, 3]
        for channel in range(8):
            assert effects[channel].item() == pytest.approx(
                (base - ablated(network, "relu2", SHAPE, off=(channel,))(image[None])[0, 3]).item(), abs=1e-5
            )
    model, x = Branches(0, 3, 1, 1, 1, "zeros").eval(), torch.rand(3, 9, 9)
    gone = ablated(model, "relu", (3, 9, 9), off=tuple(range(4)))
    assert feature_maps(gone, x)["add"].sum() == pytest.approx(feature_maps(gone, x)["deep"].sum())


def test_what_is_not_there_is_a_sentence(network: nn.Module) -> None:
    with pytest.raises(CnnvizError, match="channels 0 to 7, so there is no channel 8"):
        ablated(network, "relu2", SHAPE, off=(8,))
    with pytest.raises(CnnvizError, match="no layer 'relu9'"):
        ablated(network, "relu9", SHAPE)


class Around(nn.Module):
    """What ``deep`` gives is not all that the end needs."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.deep = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu, self.fc = nn.ReLU(), nn.Linear(4 * 28 * 28, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return self.fc((x + self.relu(self.deep(x))).flatten(1))


@pytest.mark.parametrize("layer", ["first", "deep", "relu", "add", "fc"])
def test_costs_and_effects_are_those_of_whole_networks_also_around_a_skip_connection(layer: str) -> None:
    torch.manual_seed(0)
    model, test = Around().eval(), load("mnist", "test", 60)
    runner = runner_of(model)
    assert (runner.rest(layer) is None) == (layer in ("deep", "relu"))
    costs = channel_costs(model, layer, test.floats(), test.labels)
    effects = channel_effects(model, layer, test.floats()[3], 5)
    for channel in range(len(costs.loss)):
        changed = ablated(model, layer, SHAPE, off=(channel,))
        loss, accuracy = measure(changed, test.floats(), test.labels)
        assert costs.loss[channel].item() == pytest.approx(loss, abs=1e-5)
        assert costs.accuracy[channel].item() == pytest.approx(accuracy)
        with torch.inference_mode():
            fall = (model(test.floats()[3:4]) - changed(test.floats()[3:4]))[0, 5]
        assert effects[channel].item() == pytest.approx(fall.item(), abs=1e-5)


def test_the_rest_of_a_network_takes_a_layers_output(network: nn.Module) -> None:
    runner, images = runner_of(network), load("mnist", "test", 5).floats()
    with torch.inference_mode():
        outputs = runner.outputs(images)
        for layer in outputs:
            rest = runner.rest(layer)
            assert rest is not None
            torch.testing.assert_close(rest(outputs[layer]), network(images))
