"""Verification against scikit-learn's ROC curve, and against counting."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from cnnviz.errors import CnnvizError
from cnnviz.features.verification import Pairs, by_class, draw_pairs, verification


def some(noise: float = 1.0, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(120) % 8
    centres = torch.randn(8, 16, generator=generator)
    return centres[labels] + noise * torch.randn(120, 16, generator=generator), labels


@pytest.mark.parametrize("noise", [0.05, 0.7, 1.5, 30.0])
def test_rates_thresholds_and_the_equal_error_rate_are_those_of_scikit_learn(noise: float) -> None:
    embeddings, labels = some(noise)
    found = verification(embeddings, draw_pairs(labels, 300))
    false, true, thresholds = roc_curve(
        found.pairs.same.numpy(), -found.distances.numpy(), drop_intermediate=False
    )
    np.testing.assert_allclose(found.thresholds.numpy(), -thresholds)
    np.testing.assert_allclose(found.false_accept.numpy(), false)
    np.testing.assert_allclose(found.false_reject.numpy(), 1 - true, atol=1e-12)
    # Where the straight pieces of the ROC curve meet 1 − x, as the usual recipe finds it.
    crossing = brentq(lambda x: 1 - x - np.interp(x, false, true), 0, 1)
    assert found.equal_error_rate == pytest.approx(crossing, abs=2e-3)


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 0.3, 0.7, 2.0])
def test_a_judgement_counts_pairs(threshold: float) -> None:
    embeddings, labels = some()
    pairs = draw_pairs(labels, 200)
    judged = verification(embeddings, pairs).at(threshold)
    wrong = [0, 0]
    for first, second, same in zip(
        pairs.first.tolist(), pairs.second.tolist(), pairs.same.tolist(), strict=True
    ):
        distance = 1 - torch.cosine_similarity(embeddings[first], embeddings[second], dim=0).item()
        wrong[same] += (distance <= threshold) != same
    assert judged.false_accept == pytest.approx(wrong[0] / 200)
    assert judged.false_reject == pytest.approx(wrong[1] / 200)
    assert judged.accuracy == pytest.approx(1 - sum(wrong) / 400)


def test_the_curves_meet_at_the_equal_error_rate() -> None:
    embeddings, labels = some(1.2)
    found = verification(embeddings, draw_pairs(labels, 400))
    at = found.at(found.equal_error_threshold)
    assert at.false_accept == pytest.approx(found.equal_error_rate, abs=1 / 400)
    assert at.false_reject == pytest.approx(found.equal_error_rate, abs=1 / 400)
    assert found.at_false_accept(0.01).false_accept <= 0.01
    assert found.best().accuracy >= at.accuracy
    assert found.best().accuracy == pytest.approx(
        max(found.at(one).accuracy for one in found.thresholds.tolist())
    )


def test_perfect_and_useless_embeddings() -> None:
    labels = torch.arange(40) % 4
    pairs = draw_pairs(labels, 100)
    assert verification(torch.eye(4)[labels], pairs).equal_error_rate == 0
    assert verification(torch.ones(40, 3), pairs).equal_error_rate == 0.5
    assert verification(torch.zeros(40, 3), pairs).at(0.5).accuracy == 0.5


def test_pairs_are_drawn_once_by_the_seed_and_evenly() -> None:
    _, labels = some()
    pairs = draw_pairs(labels, 240, seed=3)
    keys = {frozenset(one) for one in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)}
    assert len(keys) == len(pairs) == 480
    assert all(len(key) == 2 for key in keys)
    assert torch.equal(labels[pairs.first] == labels[pairs.second], pairs.same)
    assert torch.bincount(labels[pairs.first[pairs.same]]).tolist() == [30] * 8
    again, other = draw_pairs(labels, 240, seed=3), draw_pairs(labels, 240, seed=4)
    assert torch.equal(pairs.first, again.first)
    assert not torch.equal(pairs.first, other.first)


def test_all_pairs_of_a_small_set_are_drawn_and_no_more() -> None:
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    pairs = draw_pairs(labels, 1000)
    assert pairs.same.sum() == 3 + 1
    assert (~pairs.same).sum() == 3 * 2 + 3 + 2


def test_by_class_counts_its_own_pairs_worst_first() -> None:
    labels = torch.tensor([0, 0, 1, 1, 2])
    pairs = Pairs(
        torch.tensor([0, 2, 0, 1]), torch.tensor([1, 3, 2, 4]), torch.tensor([True, True, False, False])
    )
    embeddings = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1], [-1, 0]])
    rows = by_class(verification(embeddings, pairs), labels, 0.5)
    assert [(row.label, row.rejected, row.same, row.accepted, row.different) for row in rows] == [
        (1, 1, 1, 1, 1),
        (0, 0, 1, 1, 2),
    ]
    assert (rows[0].false_reject, rows[1].false_accept) == (1.0, 0.5)


def test_the_pairs_just_wrong_are_wrong_and_the_nearest_to_the_threshold() -> None:
    embeddings, labels = some(1.5)
    found = verification(embeddings, draw_pairs(labels, 300))
    for same in (True, False):
        numbers = found.just_wrong(0.6, same, 5)
        wrong = (found.pairs.same == same) & ((found.distances <= 0.6) != same)
        assert wrong[numbers].all()
        gaps = (found.distances[numbers] - 0.6).abs()
        assert gaps.max() <= (found.distances[wrong] - 0.6).abs().sort().values[4]
        assert torch.equal(gaps, gaps.sort().values)


@pytest.mark.parametrize(
    ("labels", "count", "said"),
    [
        (torch.tensor([0, 0, 0]), 5, "All images have one class"),
        (torch.tensor([0, 1, 2]), 5, "No class has two images"),
        (torch.tensor([0, 0, 1]), 0, "Draw 1 or more"),
    ],
)
def test_pairs_that_cannot_be_drawn(labels: torch.Tensor, count: int, said: str) -> None:
    with pytest.raises(CnnvizError, match=said):
        draw_pairs(labels, count)


def test_values_that_cannot_be_judged() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    pairs = draw_pairs(labels, 2)
    with pytest.raises(CnnvizError, match="not finite"):
        verification(torch.full((4, 2), math.nan), pairs)
    same = Pairs(pairs.first[pairs.same], pairs.second[pairs.same], pairs.same[pairs.same])
    with pytest.raises(CnnvizError, match="all of one kind"):
        verification(torch.ones(4, 2), same)
