"""The ideas as experiments: their networks differ in the idea and in what it brings along, and in nothing else."""

import pytest

from cnnviz.models import ARCHITECTURES, Linear, Plan, summary
from cnnviz.models.architectures.ideas import ALPHAS, DEPTHS, IDEAS, deep_network

SHAPE, CLASSES = (1, 28, 28), 10


def plan(idea: str, title: str) -> Plan:
    return summary(IDEAS[idea].networks[title], SHAPE, CLASSES)


def test_the_issues_nine_ideas_are_there() -> None:
    assert list(IDEAS) == [
        "residual",
        "norm",
        "small_filters",
        "inception",
        "bottleneck",
        "dense",
        "head",
        "stride",
        "octave",
    ]


@pytest.mark.parametrize("name", list(IDEAS))
def test_an_idea_compares_networks_with_names_of_their_own(name: str) -> None:
    idea = IDEAS[name]
    names = {spec.name for spec in idea.networks.values()}
    assert len(names) == len(idea.networks) >= 2
    assert not any("," in one for one in names)
    assert idea.architecture in ARCHITECTURES
    assert set(idea.pair) <= set(idea.networks)


@pytest.mark.parametrize("depth", DEPTHS)
def test_skip_connections_change_neither_depth_nor_work(depth: int) -> None:
    plain, residual = (summary(deep_network(depth, skip), SHAPE, CLASSES) for skip in (False, True))
    weighted = [place for place in plain if place.name.startswith(("conv", "fc"))]
    assert len(weighted) == depth
    projections = sum(place.parameters for place in residual if ".shortcut." in place.name)
    assert residual.parameters - projections == plain.parameters
    assert residual.multiply_adds == pytest.approx(plain.multiply_adds, rel=0.03)


def test_three_small_filters_see_as_far_as_a_large_one() -> None:
    one, three = plan("small_filters", "one 7×7"), plan("small_filters", "three 3×3")
    fields = [
        max(
            place.receptive_field.size
            for place in each
            if place.name.startswith("conv") and place.receptive_field
        )
        for each in (one, three)
    ]
    assert fields[0] == fields[1]
    weights = [
        sum(place.parameters for place in each if place.name.startswith("conv") and place.name != "conv1")
        for each in (one, three)
    ]
    assert weights[1] / weights[0] == 27 / 49


def test_equal_means_equal() -> None:
    inception, plain = plan("inception", "inception"), plan("inception", "plain 3×3")
    assert inception.multiply_adds == pytest.approx(plain.multiply_adds, rel=0.03)
    dense, other = plan("dense", "dense"), plan("dense", "plain")
    assert dense.parameters == pytest.approx(other.parameters, rel=0.06)
    strided, pooled = plan("stride", "stride 2"), plan("stride", "max pooling")
    assert strided.parameters == pooled.parameters
    assert pooled.multiply_adds == pytest.approx(4 * strided.multiply_adds, rel=0.02)


def test_the_fully_connected_head_holds_nearly_all_weights() -> None:
    head = plan("head", "fully connected")
    linear = sum(place.parameters for place in head if isinstance(place.layer, Linear))
    assert linear / head.parameters > 0.9


def test_a_larger_share_of_low_frequency_needs_fewer_operations_and_the_same_weights() -> None:
    plans = [plan("octave", f"α = {alpha:g}") for alpha in ALPHAS]
    work = [each.multiply_adds for each in plans]
    assert work == sorted(work, reverse=True)
    assert len({each.parameters for each in plans}) == 1
