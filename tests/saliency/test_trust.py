"""The measures of trust, where the right result is known."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.saliency import (
    KNOWN_ANSWERS,
    METHODS,
    attribute,
    best_without_ties,
    faithfulness,
    infidelity,
    known_answer_table,
    random_faithfulness,
    rank_correlation,
    sanity_check,
    sensitivity,
)
from cnnviz.saliency.question import Question
from cnnviz.training import open_run


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return open_run("example").network(624)


@pytest.fixture(scope="module")
def image() -> Tensor:
    return load("mnist", "test", 8).floats()[7]


def test_curves_begin_and_end_where_they_must(network: nn.Module, image: Tensor) -> None:
    probability = network.eval()(image[None]).softmax(1)[0]
    empty = network(torch.zeros(1, 1, 28, 28)).softmax(1)[0]
    target = int(probability.argmax())
    found = faithfulness(network, image, attribute(network, image, method="integrated_gradients").map)
    assert found.shares[0] == 0
    assert found.shares[-1] == 1
    assert found.deletion[0] == pytest.approx(probability[target].item(), abs=1e-5)
    assert found.deletion[-1] == pytest.approx(empty[target].item(), abs=1e-5)
    assert found.insertion[-1] == pytest.approx(probability[target].item(), abs=1e-5)
    by_hand = sum(
        (a + b) / 2 * (t - s)
        for (a, b), (s, t) in zip(pairwise(found.deletion), pairwise(found.shares), strict=True)
    )
    assert found.deletion_area == pytest.approx(by_hand)


def test_a_good_map_beats_the_random_floor_and_its_opposite_does_not(network: nn.Module) -> None:
    images = load("mnist", "test", 12).floats()
    better = worse = 0
    for one in images:
        saliency = attribute(network, one, method="integrated_gradients").map
        good, bad, floor = (
            faithfulness(network, one, saliency),
            faithfulness(network, one, -saliency),
            random_faithfulness(network, one, draws=2),
        )
        better += good.deletion_area < floor.deletion_area and good.insertion_area > floor.insertion_area
        worse += bad.deletion_area > good.deletion_area
    assert better >= 10
    assert worse >= 11


def test_a_linear_network_is_explained_without_fault() -> None:
    asked = KNOWN_ANSWERS["linear"](0)
    assert infidelity(
        asked.network, asked.image, attribute(asked.network, asked.image, 0, "gradient")
    ) == pytest.approx(0, abs=1e-4)
    assert sensitivity(
        asked.network, asked.image, attribute(asked.network, asked.image, 0, "gradient")
    ) == pytest.approx(0, abs=1e-4)


def test_infidelity_of_a_random_map_is_worse(network: nn.Module, image: Tensor) -> None:
    good = attribute(network, image, 3, "smooth_grad")
    wrong = attribute(network, image, 3, "smooth_grad")
    wrong.values.copy_(wrong.values.flatten()[torch.randperm(784)].view(1, 28, 28))
    assert infidelity(network, image, good) < infidelity(network, image, wrong)


def test_smoothing_makes_less_sensitive(network: nn.Module, image: Tensor) -> None:
    plain, smooth = (
        sensitivity(network, image, attribute(network, image, 3, method))
        for method in ("gradient", "smooth_grad")
    )
    assert 0 < smooth < plain


def test_randomised_weights_change_the_gradient_and_hardly_the_guided_edges() -> None:
    network, images = open_run("example").network(624), load("mnist", "test", 12).floats()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    left = {}
    for method in ("gradient", "grad_cam", "guided_backprop"):
        checks = [sanity_check(network, one, method=method, seed=i) for i, one in enumerate(images)]
        assert all(
            check.layers[0] == "none" and check.similarities[0] == pytest.approx(1) for check in checks
        )
        assert checks[0].layers[-1] == "conv1"
        left[method] = sum(check.similarities[-1] for check in checks) / len(checks)
    assert left["gradient"] < left["guided_backprop"]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_map_of_edges_only_fails_the_sanity_check(
    monkeypatch: pytest.MonkeyPatch, network: nn.Module, image: Tensor
) -> None:
    def edges(question: Question) -> tuple[Tensor, None]:
        pixels = question.image[0].detach()
        return pixels.diff(dim=2, append=pixels[:, :, :1]), None

    monkeypatch.setitem(METHODS, "gradient", replace(METHODS["gradient"], run=edges))
    assert not sanity_check(network, image, method="gradient").passes


def test_known_answers_are_found_by_complete_methods() -> None:
    table = known_answer_table(
        ["gradient", "input_x_gradient", "integrated_gradients", "deep_lift", "grad_cam", "occlusion"],
        images=3,
    )
    for method in ("input_x_gradient", "integrated_gradients", "deep_lift"):
        assert table[method]["linear"] == pytest.approx(1, abs=1e-4)
        for name in ("planted", "distractor"):
            assert (table[method][name] or 0) > 0.99
    assert table["grad_cam"]["linear"] is None
    assert 0 < (table["grad_cam"]["planted"] or 0) <= best_without_ties("planted")
    assert (table["gradient"]["linear"] or 0) < (table["input_x_gradient"]["linear"] or 0)


def test_the_planted_class_depends_on_its_patch_alone() -> None:
    for name in ("planted", "distractor"):
        asked = KNOWN_ANSWERS[name](1)
        inside, outside = asked.image * asked.truth, asked.image * (1 - asked.truth)
        whole, only, without = (
            asked.network(x[None])[0, asked.target].item() for x in (asked.image, inside, outside)
        )
        assert whole == pytest.approx(only, abs=0.5)
        assert without == pytest.approx(0, abs=1e-4)
        assert whole > 1


def test_rank_correlation_is_spearmans() -> None:
    a, b = torch.randn(2, 9, 9)
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a.flatten(), b.flatten()).statistic)
    assert rank_correlation(a, torch.ones(9, 9)) == 0


def test_a_map_of_another_size_is_a_sentence(network: nn.Module, image: Tensor) -> None:
    with pytest.raises(CnnvizError, match="The map is 7×7, but the image is 28×28"):
        faithfulness(network, image, torch.rand(7, 7))


@pytest.mark.parametrize("channels", [1, 3])
def test_sensitivity_is_the_largest_relative_change(channels: int) -> None:
    """Of a square, whose gradient 2x moves by at most twice the radius in each value."""

    class Square(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.square().sum((1, 2, 3)).unsqueeze(1)

    image = torch.rand(channels, 8, 8, generator=torch.Generator().manual_seed(0))
    found = sensitivity(Square(), image, attribute(Square(), image, 0, "gradient"), samples=20)
    highest = 2 * 0.02 * (channels * 64) ** 0.5 / (2 * image).norm().item()
    assert 0.4 * highest < found <= highest
