"""Views, ensembles, adversarial images and signals against other libraries and plain torch."""

import math

import numpy as np
import pytest
import torch
from captum.robust import FGSM
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import shift
from sklearn.metrics import accuracy_score, hamming_loss
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import (
    accuracy_by_size,
    accuracy_under_attack,
    answers_by_view,
    disagreement,
    fgsm,
    probabilities,
    spread_by_layer,
    views_of,
)
from cnnviz.models import BatchNorm, Conv, Flatten, Linear, NetworkSpec, build
from cnnviz.ops.random_gate import passing_probability, random_gate
from cnnviz.training import trained

NETWORK = trained("mini_vgg", "mnist")
TEST = load("mnist", "test", 60)


@pytest.mark.parametrize("epsilon", [0.0, 0.05, 0.3])
def test_fgsm_is_that_of_captum(epsilon: float) -> None:
    ours = fgsm(NETWORK, TEST.floats(), TEST.labels, epsilon)
    attack = FGSM(NETWORK, nn.CrossEntropyLoss(reduction="none"), lower_bound=0, upper_bound=1)
    theirs = attack.perturb(TEST.floats(), epsilon, TEST.labels)
    # Where the gradient is all but zero, its sign is rounding.
    assert ((ours.changed - theirs).abs() < 1e-6).float().mean() > 0.999
    torch.testing.assert_close(ours.after, probabilities(NETWORK, theirs), atol=0.02, rtol=0)
    assert (ours.changed - ours.images).abs().max() <= epsilon + 1e-6


def test_the_direction_of_the_gradient_deceives_more_than_random_signs() -> None:
    curves = accuracy_under_attack(NETWORK, TEST.floats(), TEST.labels, (0.0, 0.1, 0.2))
    attacked, noise = curves.values()
    assert attacked[0] == noise[0] > 0.9
    assert attacked[2] < attacked[1] < noise[1]
    changed = fgsm(NETWORK, TEST.floats(), TEST.labels, 0.2).after
    assert attacked[2] == pytest.approx(accuracy_score(TEST.labels, changed.argmax(1)))


def test_an_epsilon_out_of_range_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="it must lie between 0 and 1"):
        fgsm(NETWORK, TEST.floats(), TEST.labels, 1.5)


def test_views_are_the_image_moved_and_mirrored() -> None:
    images = TEST.floats()
    views = views_of(images)
    assert len(views) == 10
    assert torch.equal(views["centre"], images)
    assert torch.equal(views["centre, mirrored"], images.flip(3))
    moved = torch.from_numpy(shift(images.numpy(), (0, 0, -2, 2), order=0))
    assert torch.equal(views["lower left"], moved)
    assert list(views_of(images, mirrored=False)) == list(views)[:5]


def test_the_average_of_views_is_that_of_their_answers() -> None:
    images = TEST.floats()
    found = answers_by_view(NETWORK, images, TEST.labels)
    each = torch.stack([probabilities(NETWORK, view) for view in views_of(images).values()])
    torch.testing.assert_close(found.answers, each)
    torch.testing.assert_close(found.averaged, each.mean(0))
    assert found.accuracy() == pytest.approx(accuracy_score(TEST.labels, each.mean(0).argmax(1)))
    assert found.accuracy(3) == pytest.approx(accuracy_score(TEST.labels, each[3].argmax(1)))


@given(st.integers(1, 5), st.integers(0, 99))
def test_ensembles_by_all_groups(count: int, seed: int) -> None:
    from itertools import combinations

    generator = torch.Generator().manual_seed(seed)
    answers = torch.rand(count, 30, 4, generator=generator).softmax(2)
    labels = torch.randint(4, (30,), generator=generator)
    for size, share in enumerate(accuracy_by_size(answers, labels), 1):
        groups = [
            accuracy_score(labels, np.mean([answers[i].numpy() for i in group], 0).argmax(1))
            for group in combinations(range(count), size)
        ]
        assert share == pytest.approx(np.mean(groups))
    table = disagreement(answers)
    for one in range(count):
        for other in range(count):
            apart = hamming_loss(answers[one].argmax(1), answers[other].argmax(1))
            assert table[one, other].item() == pytest.approx(apart)


def test_answers_to_other_images_are_refused() -> None:
    with pytest.raises(CnnvizError, match=r"must be \(networks, 5, classes\)"):
        accuracy_by_size(torch.rand(3, 4, 2), torch.zeros(5, dtype=torch.int64))


def test_the_expectation_of_the_random_gate_is_gelu() -> None:
    x = torch.linspace(-3, 3, 25)
    mean = random_gate(x, 40_000).mean(0)
    spread = (x.abs() * (passing_probability(x) * (1 - passing_probability(x))).sqrt()) / math.sqrt(40_000)
    assert ((mean - nn.functional.gelu(x)).abs() <= 5 * spread + 1e-6).all()
    torch.testing.assert_close(x * passing_probability(x), nn.functional.gelu(x), rtol=1e-4, atol=1e-5)
    masks = random_gate(x[x != 0], 50) / x[x != 0]
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    with pytest.raises(CnnvizError, match="The number of draws is 0"):
        random_gate(x, 0)


def test_signals_are_those_of_the_layers_and_the_network_stays() -> None:
    spec = NetworkSpec((Conv(3, 3), BatchNorm(), Conv(5, 3), Flatten(), Linear()))
    network = build(spec, (1, 28, 28), 10, seed=2).eval()
    images = TEST.floats()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = spread_by_layer(network, images)
    normalised = network.norm1.train()(network.conv1(network.normalise(images)))
    assert found["conv1"] == pytest.approx(normalised.std().item(), rel=1e-5)
    assert found["conv2"] == pytest.approx(network.conv2(normalised).std().item(), rel=1e-5)
    assert list(found) == ["conv1", "conv2"]
    network.norm1.eval()
    fresh = build(spec, (1, 28, 28), 10, seed=2).eval()
    spread_by_layer(fresh, images)
    assert all(torch.equal(value, before[name]) for name, value in fresh.state_dict().items())
    assert not fresh.training
