"""What is measured of each layer, not how long it takes."""

import time

import torch
from torch import Tensor, nn

from cnnviz.inspection import graph_of, milliseconds, milliseconds_by_layer
from cnnviz.training import trained


class Slow(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        time.sleep(0.05)
        return values + 1


def test_every_layer_is_measured_and_the_network_stays_as_it_was() -> None:
    network = trained("mini_resnet", "fashion").train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    took = milliseconds_by_layer(network, (1, 28, 28), turns=2)
    assert list(took) == list(graph_of(network).calls)
    assert all(value > 0 for value in took.values())
    assert milliseconds(network, (1, 28, 28), turns=2) > 0
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_slow_layer_is_found() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), Slow(), nn.ReLU(), nn.Flatten())
    took = milliseconds_by_layer(network, (1, 8, 8), turns=3)
    assert max(took, key=lambda layer: took[layer]) == "1"
    assert took["1"] >= 50
