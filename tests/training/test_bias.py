"""A skewed sample against a balanced one: the samples, the recalls, and the bundled result."""

import numpy as np
import pytest
import torch
from sklearn.metrics import recall_score

from cnnviz.data import load, thin_out
from cnnviz.training import TrainingSpec
from cnnviz.training.bias import (
    BALANCED,
    RARE,
    SEEDS,
    SKEWED,
    bias_result,
    bias_training,
    overall,
    recall,
)
from cnnviz.training.budget import images_of


def test_thinning_out_keeps_the_first_images_of_the_rare_classes_and_all_others() -> None:
    whole = load("digits", "train")
    thin = thin_out(whole, ("3", "7"), 0.1)
    for label in range(10):
        before, after = (one.images[one.labels == label] for one in (whole, thin))
        kept = max(1, round(0.1 * len(before))) if label in (3, 7) else len(before)
        assert torch.equal(after, before[:kept])
    assert (thin_out(whole, ("3",), 0.0001).labels == 3).sum() == 1


def test_both_samples_have_equally_many_images_and_only_one_is_skewed() -> None:
    skewed, balanced = (bias_training(title).load("train") for title in (SKEWED, BALANCED))
    assert len(skewed) == len(balanced) == bias_result().images
    rare = [skewed.classes.index(name) for name in RARE]
    counts = {title: torch.bincount(one.labels) for title, one in ((SKEWED, skewed), (BALANCED, balanced))}
    assert all(counts[SKEWED][label] == 25 for label in rare)
    assert counts[BALANCED].max() - counts[BALANCED].min() <= 2
    assert torch.equal(bias_training(SKEWED).load("test").labels, load("fashion", "test").labels)


def test_a_skewed_specification_survives_json_and_old_ones_are_read() -> None:
    spec = bias_training(SKEWED, seed=2)
    assert TrainingSpec.from_json(spec.to_json()) == spec
    old = {name: value for name, value in spec.to_dict().items() if not name.startswith("rare")}
    assert TrainingSpec.from_dict(old).rare == ()
    assert images_of(spec) == len(spec.load("train"))
    some = TrainingSpec("fashion", classes=("Coat", "Bag"), rare=("Bag",), rare_share=0.5, share=0.5)
    assert images_of(some) == len(some.load("train"))


def test_recall_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    true, said = generator.integers(0, 4, (2, 300))
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, (true, said), 1)
    assert recall(counts.tolist()) == pytest.approx(recall_score(true, said, average=None))
    assert overall(counts.tolist()) == pytest.approx((true == said).mean())


def test_the_bundled_result_says_what_the_page_says() -> None:
    about = bias_result()
    assert about.seeds == SEEDS
    skewed, balanced = about.found[SKEWED], about.found[BALANCED]
    for name in about.rare:
        place = about.classes.index(name)
        assert skewed.by_class[place].high < balanced.by_class[place].low
    worst = max(
        balanced.by_class[place].mean - skewed.by_class[place].mean
        for place in map(about.classes.index, about.rare)
    )
    assert worst > 3 * (balanced.accuracy.mean - skewed.accuracy.mean) > 0
