"""Depth, dropout, dense layers and receptive fields against torch, scikit-learn and gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import log_loss
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.ops import dense, dropout
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.depth import INITIALISATIONS, deep_stack
from cnnviz.ops.receptive_field import Window, receptive_fields
from tests.properties import examples


@pytest.mark.parametrize("name", list(ACTIVATIONS))
@pytest.mark.parametrize("initialisation", list(INITIALISATIONS))
def test_every_stack_can_be_measured(name: str, initialisation: str) -> None:
    stack = deep_stack(name, 6, 30, initialisation)
    assert len(stack.gradient_norm) == len(stack.histogram) == 6
    assert all(sum(row) <= 1 + 1e-5 for row in stack.histogram)


def test_sigmoids_let_gradients_vanish_and_he_keeps_those_of_relu() -> None:
    assert deep_stack("sigmoid", 20, 100, "xavier").gradient_norm[0] < 1e-6
    assert 0.05 < deep_stack("relu", 20, 100, "he").gradient_norm[0] < 20
    assert deep_stack("relu", 20, 100, "large").gradient_norm[0] > 1e6
    assert deep_stack("relu", 20, 100, "small").gradient_norm[0] < 1e-6


@examples(30)
@given(st.floats(0, 0.9), st.integers(0, 1000))
def test_inverted_dropout_is_torchs(p: float, seed: int) -> None:
    values = torch.randn(4000, generator=torch.Generator().manual_seed(seed))
    kept = dropout.mask((4000,), p, seed)
    ours = dropout.apply(values, kept, p)
    torch.manual_seed(seed)
    theirs = nn.functional.dropout(values, p)
    torch.testing.assert_close(ours, torch.where(kept == 1, values / (1 - p), 0.0))
    scaled = theirs[theirs != 0] / values[theirs != 0]
    torch.testing.assert_close(scaled, torch.full_like(scaled, 1 / (1 - p)))
    assert abs((ours == 0).float().mean() - (theirs == 0).float().mean()) < 0.05
    assert dropout.running_means(2.0, p, 4000, seed)[-1].item() == pytest.approx(2.0, abs=0.35)


def test_evaluation_drops_nothing() -> None:
    network = dropout.SmallNetwork.make(seed=1)
    image = torch.tensor([1.0, -1.0, 0.5, 2.0])
    whole = network.run(image, 0.5, None)
    expected = torch.relu(torch.relu(image @ network.weights[0]) @ network.weights[1]) @ network.weights[2]
    torch.testing.assert_close(whole.values[-1], expected)
    assert all(kept.all() for kept in whole.masks)
    assert not all(kept.all() for kept in network.run(image, 0.5, 3).masks)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 7), st.integers(0, 10**6))
def test_flattening_is_torchs(channels: int, height: int, width: int, seed: int) -> None:
    shape = (channels, height, width)
    index = seed % (channels * height * width)
    place = dense.unflat_index(index, shape)
    assert dense.flat_index(*place, shape) == index
    assert torch.arange(channels * height * width).view(shape)[place].item() == index


def test_the_sizes_of_the_lecture() -> None:
    assert dense.flat_index(1, 1, 127, (2, 2, 128)) == 511
    assert dense.flat_index(2, 31, 31, (3, 32, 32)) == 3071


@examples(60)
@given(st.lists(st.floats(-30, 30), min_size=2, max_size=12), st.floats(0.2, 10), st.integers(0, 11))
def test_softmax_and_cross_entropy_are_scipys_and_scikit_learns(
    logits: list[float], temperature: float, true: int
) -> None:
    true %= len(logits)
    terms = dense.softmax_terms(logits, temperature, true)
    expected = softmax(np.array(logits) / temperature)
    assert terms.probabilities == pytest.approx(expected, abs=1e-12)
    assert sum(terms.probabilities) == pytest.approx(1)
    assert np.array(terms.exponentials) / terms.total == pytest.approx(expected, abs=1e-12)
    if expected[true] > 1e-12:
        assert terms.loss == pytest.approx(
            log_loss([true], [expected], labels=range(len(logits))), rel=1e-6, abs=1e-9
        )
    z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    nn.functional.cross_entropy(z[None] / temperature, torch.tensor([true])).backward()
    assert terms.gradient == pytest.approx(z.grad.tolist(), abs=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: dense.softmax_terms([]),
        lambda: dense.softmax_terms([float("nan"), 1]),
        lambda: dense.softmax_terms([1, 2], 0),
        lambda: dense.softmax_terms([1, 2], 1, 5),
        lambda: dense.softmax_terms([1e6, 1]),
        lambda: dense.flat_index(3, 0, 0, (3, 2, 2)),
        lambda: dense.unflat_index(12, (3, 2, 2)),
        lambda: dropout.mask((3,), 1.0, 0),
        lambda: deep_stack("relu", 0),
        lambda: deep_stack("x"),
        lambda: deep_stack("relu", initialisation="x"),
    ],
)
def test_what_cannot_be_gives_a_sentence(call) -> None:
    with pytest.raises(CnnvizError):
        call()


@examples(40)
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 2), st.integers(0, 1), st.integers(1, 2)),
        min_size=1,
        max_size=4,
    )
)
def test_receptive_fields_are_where_the_gradient_is_not_zero(numbers) -> None:
    side = 300  # so that the unit in the middle sees no padding: at the edge a dilated window may skip the first pixels
    windows = [Window(*entry) for entry in numbers]
    layers = [nn.Conv1d(1, 1, w.kernel, w.stride, w.padding, w.dilation, bias=False) for w in windows]
    for layer in layers:
        nn.init.constant_(layer.weight, 1.0)
    image = torch.ones(1, 1, side, requires_grad=True)
    output = nn.Sequential(*layers)(image)
    unit = output.shape[-1] // 2
    output[0, 0, unit].backward()
    seen = image.grad[0, 0].nonzero().flatten()
    first, last = receptive_fields(windows)[-1].span(unit)
    assert 0 <= first <= last < side
    assert (seen[0].item(), seen[-1].item()) == (first, last)
