"""A moment of a training against plain autograd."""

import pytest
import torch
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features.moment import loss_surface, moment
from cnnviz.models import Activation, Conv, Dropout, Flatten, Linear, NetworkSpec, build
from cnnviz.training import trained

TRAIN = load("mnist", "train", 32)
IMAGES, LABELS = TRAIN.floats(), TRAIN.labels
SPEC = NetworkSpec((Conv(4, 5), Activation("relu"), Dropout(0.5), Conv(6, 3), Flatten(), Linear()))


def test_gradients_are_those_of_autograd() -> None:
    network = build(SPEC, (1, 28, 28), 10, seed=3)
    found = moment(network, IMAGES, LABELS)
    values = network.normalise(IMAGES)
    first = network.conv1(values)
    first.retain_grad()
    second = network.conv2(first.relu())
    logits = network.fc1(second.flatten(1))
    losses = nn.functional.cross_entropy(logits, LABELS, reduction="none")
    losses.mean().backward()
    torch.testing.assert_close(found.losses, losses.detach())
    torch.testing.assert_close(found.probabilities, logits.detach().softmax(1))
    assert found.loss == pytest.approx(losses.mean().item(), rel=1e-5)
    for name, module in (("conv1", network.conv1), ("conv2", network.conv2), ("fc1", network.fc1)):
        torch.testing.assert_close(found.layers[name].gradients, module.weight.grad)
        assert found.layers[name].gradient_norm == pytest.approx(module.weight.grad.norm().item(), rel=1e-5)
    torch.testing.assert_close(found.layers["conv1"].outputs, first.detach())
    torch.testing.assert_close(found.layers["conv1"].output_gradients, first.grad)
    ratio = 0.1 * network.conv2.weight.grad.norm() / network.conv2.weight.norm()
    assert found.layers["conv2"].update_ratio(0.1) == pytest.approx(ratio.item(), rel=1e-5)


def test_the_network_stays_as_it_was() -> None:
    network = trained("mini_resnet", "mnist")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    moment(network, IMAGES, LABELS)
    loss_surface(network, IMAGES, LABELS, points=3)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training
    assert all(weight.grad is None for weight in network.parameters())


def test_dead_units_are_those_that_no_image_wakes() -> None:
    network = build(SPEC, (1, 28, 28), 10, seed=3)
    with torch.no_grad():
        network.conv1.bias[1] = -1e3
    found = moment(network, IMAGES, LABELS)
    silent = (network.conv1(network.normalise(IMAGES)).relu().amax((0, 2, 3)) == 0).float().mean().item()
    assert found.layers["conv1"].dead == pytest.approx(silent)
    assert found.layers["conv1"].dead >= 0.25
    assert found.layers["conv2"].dead == 0.0
    assert found.layers["conv1"].gradients[1].abs().max() == 0


def test_the_middle_of_the_surface_is_the_loss_and_it_rises_around_trained_weights() -> None:
    network = trained("mini_vgg", "mnist")
    surface = loss_surface(network, IMAGES, LABELS, reach=1.5, points=7)
    with torch.inference_mode():
        loss = nn.functional.cross_entropy(network(IMAGES), LABELS).item()
    assert surface.places[3] == 0
    assert surface.losses[3, 3].item() == pytest.approx(loss, rel=1e-4, abs=1e-6)
    corners = [surface.losses[a, b].item() for a in (0, -1) for b in (0, -1)]
    assert min(corners) > loss + 0.1
    again = loss_surface(network, IMAGES, LABELS, reach=1.5, points=7)
    assert torch.equal(again.losses, surface.losses)


def test_what_is_no_batch_is_a_sentence() -> None:
    network = trained("mini_vgg", "mnist")
    with pytest.raises(CnnvizError, match="as many of both"):
        moment(network, IMAGES, LABELS[:3])
    with pytest.raises(CnnvizError, match="must be odd"):
        loss_surface(network, IMAGES, LABELS, points=4)
