"""Gradient descent on losses that one sees: against torch.autograd and torch.optim."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.learning import RULES, SURFACES, descend
from cnnviz.learning.surfaces import (
    MOST,
    NAMES,
    RATES,
    batch_noise,
    descent_code,
    measure_steps_by_rate,
    steps_by_rate,
    steps_to_loss,
)


@pytest.mark.parametrize("name", list(SURFACES))
def test_values_and_gradients_are_torch_s(name: str) -> None:
    surface = SURFACES[name]
    torch.manual_seed(0)
    for _ in range(5):
        place = [
            low + torch.rand(1).item() * (high - low)
            for low, high in zip(surface.low, surface.high, strict=True)
        ]
        leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in place]
        names = dict(zip(NAMES, leaves, strict=False))
        xs, ys = (
            torch.tensor(column, dtype=torch.float64)
            for column in zip(*surface.data or [(0.0, 0.0)], strict=True)
        )
        functions = {"sin": torch.sin, "cos": torch.cos, "exp": torch.exp}
        value = eval(surface.expression.replace("^", "**"), {**functions, **names, "x": xs, "y": ys}).sum()
        value.backward()
        ours, gradient = surface.descent(place)
        assert ours == pytest.approx(value.item(), abs=1e-9)
        assert gradient == pytest.approx([leaf.grad.item() for leaf in leaves], abs=1e-9)
        assert surface.values(*leaves).item() == pytest.approx(ours, abs=1e-9)


@pytest.mark.parametrize("name", list(RULES))
@pytest.mark.parametrize("surface", ["regression", "valley", "saddle", "waves"])
def test_a_hundred_steps_are_torch_s_and_the_code_repeats_them(surface: str, name: str) -> None:
    entry = SURFACES[surface]
    rate = entry.rate / 10
    found = descend(surface, name, rate=rate, steps=100)
    names: dict = {}
    before = torch.get_default_dtype()
    try:
        exec(descent_code(surface, name, entry.start, rate, 100), names)
    finally:
        torch.set_default_dtype(before)
    assert found.steps[-1].after == pytest.approx(names["weights"].tolist(), abs=1e-6)
    assert found.loss[-2] == pytest.approx(names["loss"].item(), abs=1e-6)
    assert len(found.steps) == 100
    for step in found.steps[:3]:
        if name == "sgd":
            assert step.after == pytest.approx(
                [w - rate * g for w, g in zip(step.weights, step.gradient, strict=True)]
            )


def test_regression_ends_at_the_least_squares() -> None:
    data = SURFACES["regression"].data
    a = torch.tensor([[x, 1.0] for x, _ in data], dtype=torch.float64)
    best = torch.linalg.lstsq(a, torch.tensor([[y] for _, y in data], dtype=torch.float64)).solution.flatten()
    assert descend("regression", "sgd", steps=300).steps[-1].after == pytest.approx(best.tolist(), abs=1e-6)


def test_the_limit_of_the_parabola_is_two() -> None:
    assert abs(descend("parabola", rate=1.9, steps=100).steps[-1].after[0]) < 0.01
    wild = descend("parabola", rate=2.5, steps=1000)
    assert wild.diverged
    assert wild.loss[-1] == math.inf


def test_one_batch_is_all_examples_once_an_epoch() -> None:
    found = descend("regression", batch_size=6, steps=4, rate=1e-9)
    total = [sum(step.gradient[k] for step in found.steps) / 4 for k in (0, 1)]
    assert total == pytest.approx(SURFACES["regression"].descent(SURFACES["regression"].start)[1], rel=1e-4)


def test_noise_falls_with_the_batch_and_its_mean_is_the_gradient() -> None:
    place = (0.5, 0.5)
    true = SURFACES["regression"].descent(place)[1]
    spread = []
    for size in (1, 4, 16, 24):
        cloud = batch_noise("regression", place, size, count=200)
        spread.append(sum(math.dist(one, true) for one in cloud) / len(cloud))
        mean = [sum(one[k] for one in cloud) / len(cloud) for k in (0, 1)]
        assert math.dist(mean, true) < 0.35 * spread[0] / math.sqrt(size) + 1e-9
    assert spread == sorted(spread, reverse=True)
    assert spread[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("surface", SURFACES)
def test_the_bundled_updates_are_those_that_are_measured(
    surface: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled, measured = steps_by_rate(surface), measure_steps_by_rate(surface)
    assert bundled.goal == pytest.approx(measured.goal, rel=1e-6)
    assert bundled.steps.keys() == measured.steps.keys() == RULES.keys()
    others = [
        (rule, rate, number)
        for rule, numbers in measured.steps.items()
        for rate, number, kept in zip(RATES, numbers, bundled.steps[rule], strict=True)
        if not same(number, kept)
    ]
    # Another processor rounds otherwise. With a large rate that leads some walks elsewhere: so do starts that
    # are no further away than a rounding.
    assert len(others) < 0.1 * len(RULES) * len(RATES)
    entry = SURFACES[surface]

    def ends(rule: str, rate: float) -> Iterator[float]:
        for part in range(1, 30):
            start = tuple(weight + part * 1e-14 for weight in entry.start)
            monkeypatch.setitem(SURFACES, surface, replace(entry, start=start))
            yield from steps_to_loss(surface, [rule], [rate], goal=measured.goal, most=MOST)[rule]

    for rule, rate, number in others:
        assert any(not same(number, end) for end in ends(rule, rate)), (rule, rate)


def same(one: float, other: float) -> bool:
    """The goal may be crossed one update later."""
    return one == pytest.approx(other, abs=1, nan_ok=True)


def test_steps_to_a_loss_count_what_descend_does() -> None:
    found = steps_to_loss("valley", ["sgd", "adam"], [0.05, 0.5], goal=1.0)
    loss = descend("valley", "sgd", rate=0.05, steps=400).loss
    assert found["sgd"][0] == next(place for place, value in enumerate(loss) if value <= 1.0)
    assert math.isnan(found["sgd"][1])
    loss = descend("valley", "adam", rate=0.5, steps=400).loss
    assert found["adam"][1] == next(place for place, value in enumerate(loss) if value <= 1.0)


@pytest.mark.parametrize(
    ("surface", "options", "words"),
    [
        ("nowhere", {}, "Use one of"),
        ("bowl", {"rule": "luck"}, "Use one of"),
        ("bowl", {"start": (1.0,)}, "needs 2 numbers"),
        ("bowl", {"start": (1.0, math.nan)}, "needs 2 numbers"),
        ("bowl", {"rate": 1e6}, "at most 100"),
        ("bowl", {"rate": 0}, "above 0"),
    ],
)
def test_bad_input_is_a_sentence(surface: str, options: dict, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        descend(surface, **options)
