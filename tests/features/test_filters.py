import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import (
    convolutions,
    deconvolved,
    feature_maps,
    filter_bank,
    maximise,
    tiles,
    top_images,
    weight_histogram,
)
from cnnviz.features.maximisation import maximisation_loss, maximise_all
from cnnviz.models import pretrained
from cnnviz.training import open_run

SHAPE = (1, 28, 28)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return open_run("example").network(624).eval()


def test_norms_and_likeness_are_those_of_the_weights(network: nn.Module) -> None:
    bank = filter_bank(network, "conv2")
    weights = network.get_submodule("conv2").weight.detach()
    torch.testing.assert_close(bank.norms, weights.flatten(1).norm(dim=1))
    for i in range(8):
        cosines = [
            functional.cosine_similarity(weights[i].flatten(), weights[j].flatten(), dim=0).item()
            if i != j
            else -2
            for j in range(8)
        ]
        assert bank.similarity[i].item() == pytest.approx(max(cosines), abs=1e-5)
    assert bank.order("norm")[0] == int(bank.norms.argmax())
    for by in ("number", "norm", "similarity"):
        assert sorted(bank.order(by)) == list(range(8))
    assert convolutions(network) == ["conv1", "conv2"]


def test_dead_and_duplicate_filters_are_marked() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Conv2d(6, 2, 3))
    with torch.no_grad():
        network[0].weight[3] = network[0].weight[1] * 1.01
        network[0].weight[4] = 0
        network[0].bias[5] = -100
    images = torch.rand(20, 1, 9, 9)
    assert filter_bank(network, "0").dead == (4,)
    bank = filter_bank(network, "0", images)
    assert 5 in bank.dead
    assert (1, 3) in bank.duplicates
    with pytest.raises(CnnvizError, match="'1' is no convolution"):
        filter_bank(network, "1")


def test_an_image_is_made_that_fires_the_filter_more_than_any_test_image(network: nn.Module) -> None:
    images = load("mnist", "test", 500).floats()
    for channel in (0, 3):
        made = maximise(network, "relu2", channel, SHAPE, steps=120)
        assert made.image.shape == SHAPE
        assert made.image.min() >= 0
        assert made.image.max() <= 1
        assert made.history[-1] > made.history[0]
        assert made.layer == "conv2"
        best = max(feature_maps(network, one)["conv2"][channel].max().item() for one in images)
        assert feature_maps(network, made.image)["conv2"][channel].max().item() > best
    assert torch.equal(made.image, maximise(network, "relu2", 3, SHAPE, steps=120).image)


def test_making_an_image_leaves_every_parameter_of_the_network_as_it_was() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU()
    ).train()
    network[3].bias.requires_grad_(False)
    before = [weight.requires_grad for weight in network.parameters()]
    weights = [weight.clone() for weight in network.parameters()]
    meeting, seen = threading.Barrier(2), []

    def make(channel: int) -> torch.Tensor:
        def look(_: float) -> None:
            if not meeting.broken:
                meeting.wait(60)
            seen.append([weight.requires_grad for weight in network.parameters()])

        return maximise(network, "3", channel, (1, 12, 12), steps=5, progress=look).image

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(make, (0, 1)))
    assert len(seen) == 10
    assert all(one == before for one in seen)
    assert [weight.requires_grad for weight in network.parameters()] == before
    assert all(
        weight.grad is None and torch.equal(weight, old)
        for weight, old in zip(network.parameters(), weights, strict=True)
    )
    assert network.training
    for channel, image in enumerate(together):
        assert torch.equal(image, maximise(network, "3", channel, (1, 12, 12), steps=5).image)


@pytest.mark.parametrize("whole", [False, True])
def test_several_channels_at_one_time_are_made_as_each_alone(network: nn.Module, whole: bool) -> None:
    together = maximise_all(network, "conv2", (5, 0, 3), SHAPE, steps=20, whole=whole)
    for channel, made in zip((5, 0, 3), together, strict=True):
        alone = maximise(network, "conv2", channel, SHAPE, steps=20, whole=whole)
        assert (made.layer, made.channel) == (alone.layer, channel)
        torch.testing.assert_close(made.image, alone.image, atol=1e-3, rtol=0)
        assert made.history == pytest.approx(alone.history, rel=1e-3, abs=1e-4)


def test_the_loss_of_maximisation_is_that_of_its_formula() -> None:
    image, fired = torch.rand(1, 3, 5, 7, requires_grad=True), torch.tensor(-2.5, requires_grad=True)
    x = image.detach()[0].double().numpy()
    variation = np.abs(x[:, 1:] - x[:, :-1]).mean() + np.abs(x[:, :, 1:] - x[:, :, :-1]).mean()
    loss = maximisation_loss(fired, image, 0.3)
    assert loss.item() == pytest.approx(2.5 + 10 * 0.3 * 3.5 * variation, rel=1e-5)
    assert torch.autograd.grad(loss, fired)[0].item() == -1


def test_smoothness_makes_smoother(network: nn.Module) -> None:
    rough, smooth = (maximise(network, "conv2", 1, SHAPE, steps=80, smoothness=s).image for s in (0.0, 1.0))
    assert smooth.diff(dim=2).abs().mean() < rough.diff(dim=2).abs().mean()


def test_colour_images_are_made_for_the_imagenet_network() -> None:
    made = maximise(pretrained(), "block3.add", 5, (3, 224, 224), steps=20)
    assert made.image.shape == (3, 224, 224)
    assert made.history[-1] > made.history[0]


def test_top_images_are_the_maxima_and_the_box_holds_all_that_counts(network: nn.Module) -> None:
    images = load("mnist", "test", 300).floats()
    tops = top_images(network, "relu2", 4, images, 5)
    largest = torch.tensor([feature_maps(network, one)["relu2"][4].max().item() for one in images])
    assert [one.value for one in tops] == pytest.approx(
        largest.sort(descending=True).values[:5].tolist(), abs=1e-5
    )
    for one in tops:
        top, left, bottom, right = one.box
        changed = torch.rand(SHAPE)
        changed[:, top:bottom, left:right] = images[one.number][:, top:bottom, left:right]
        assert feature_maps(network, changed)["relu2"][4, one.row, one.col].item() == pytest.approx(
            one.value, abs=1e-4
        )
        back = deconvolved(network, images[one.number], "relu2", 4, one.row, one.col)
        outside = back.clone()
        outside[:, top:bottom, left:right] = 0
        assert back.abs().max() > 0
        assert outside.abs().max() == 0
    assert tiles(images, tops, 14).shape == (5, 1, 14, 14)


def test_the_histogram_counts_every_weight(network: nn.Module) -> None:
    edges = [-0.2, -0.1, 0, 0.1, 0.2]
    shares = weight_histogram(network, "conv2", edges)
    weights = network.get_submodule("conv2").weight.detach().flatten()
    assert sum(shares) == pytest.approx(1)
    assert shares[0] == pytest.approx((weights < -0.1).float().mean().item(), abs=1e-6)
    with pytest.raises(CnnvizError, match="has no weights"):
        weight_histogram(network, "relu1", edges)
