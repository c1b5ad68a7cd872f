import pytest
import torch
from scipy import special

from cnnviz.ops.activations import ACTIVATIONS, MAXOUT_LINES, Maxout, trace, unit_shares

X = torch.linspace(-6, 6, 241, dtype=torch.float64)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_derivative_is_that_of_autograd(name: str) -> None:
    x = (X + 0.0123).requires_grad_()
    (gradient,) = torch.autograd.grad(ACTIVATIONS[name].function(x).sum(), x)
    torch.testing.assert_close(ACTIVATIONS[name].derivative(x.detach()), gradient, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_module_and_code_are_the_function(name: str) -> None:
    entry = ACTIVATIONS[name]
    if name == "maxout":
        x = torch.stack([a * X + b for a, b in MAXOUT_LINES], dim=1)
        expected = entry.function(X).unsqueeze(1)
    else:
        x, expected = X, entry.function(X)
    for module in (entry.module(), eval(entry.code, {"nn": torch.nn, "Maxout": Maxout})):
        torch.testing.assert_close(module.double()(x), expected)


def test_against_scipy() -> None:
    x = X.numpy()
    for name, expected in (
        ("sigmoid", special.expit(x)),
        ("gelu", x * special.ndtr(x)),
        ("tanh", 2 * special.expit(2 * x) - 1),
    ):
        torch.testing.assert_close(
            ACTIVATIONS[name].function(X), torch.from_numpy(expected), atol=1e-12, rtol=1e-9
        )


def test_gelu_and_its_tanh_form_differ_by_less_than_five_ten_thousandths() -> None:
    difference = (ACTIVATIONS["gelu"].function(X) - ACTIVATIONS["gelu_tanh"].function(X)).abs().max().item()
    assert 1e-4 < difference < 5e-4


def test_a_trace_tells_each_value() -> None:
    values = torch.tensor([[-1.0, 2.0], [0.5, -3.0]])
    traced = trace(values, "relu")
    assert [step.value for step in traced.steps] == [0, 2, 0.5, 0]
    assert traced.steps[1].window.item() == 2


def test_shares_count_dead_and_saturated_values() -> None:
    assert unit_shares(torch.tensor([0.0, 0.0, 1.0, 3.0]), "relu").zero == 0.5
    assert unit_shares(torch.tensor([-1.0, 0.0, 0.999, 0.5]), "tanh").saturated == 0.5
