"""Which earlier maps a dense block uses, against weights that say it."""

import pytest
import torch
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.features.reuse import dense_reuse
from cnnviz.models import BatchNorm, Conv, Dense, GlobalAveragePool, Linear, NetworkSpec, build
from cnnviz.training import trained


def test_a_layer_that_reads_only_the_input_shows_it() -> None:
    inner = (BatchNorm(), Conv(2, 3, padding=1))
    spec = NetworkSpec((Conv(4, 3, padding=1), Dense(inner, 3, "dense1"), GlobalAveragePool(), Linear()), "d")
    network = build(spec, (1, 8, 8), 10)
    third = network.get_submodule("dense1.layer3.conv1")
    assert isinstance(third, nn.Conv2d)
    with torch.no_grad():
        third.weight.zero_()
        third.weight[:, :4] = 3.0
        third.weight[:, 4:6] = -1.5
    reuse = dense_reuse(network, "dense1")
    assert reuse.sources == ("input", "layer1", "layer2")
    assert reuse.layers == ("layer1", "layer2", "layer3")
    assert reuse.weights[2] == (1.0, 0.5, 0.0)
    assert reuse.weights[0] == (1.0, None, None)


def test_the_factor_of_the_batch_normalisation_counts() -> None:
    inner = (BatchNorm(), Conv(2, 3, padding=1))
    network = build(
        NetworkSpec((Dense(inner, 2, "dense1"), GlobalAveragePool(), Linear()), "d"), (2, 8, 8), 10
    )
    norm, conv = (network.get_submodule(f"dense1.layer2.{name}") for name in ("norm1", "conv1"))
    assert isinstance(norm, nn.BatchNorm2d)
    assert isinstance(conv, nn.Conv2d)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        norm.weight[:2] = 0.25
    assert dense_reuse(network, "dense1").weights[1] == (0.25, 1.0)


@pytest.mark.parametrize("block", ["dense2", "dense1"])
def test_the_trained_network_uses_all_that_came_before(block: str) -> None:
    reuse = dense_reuse(trained("mini_densenet", "fashion"), block)
    for number, row in enumerate(reuse.weights):
        used = [weight for weight in row if weight is not None]
        assert len(used) == number + 1
        assert max(used) == 1
        assert min(used) > 0.3


@pytest.mark.parametrize(("network", "block"), [("mini_vgg", "stage1"), ("mini_densenet", "nowhere")])
def test_what_is_no_dense_block_is_a_sentence(network: str, block: str) -> None:
    with pytest.raises(CnnvizError, match="is not a dense block"):
        dense_reuse(trained(network, "fashion"), block)
