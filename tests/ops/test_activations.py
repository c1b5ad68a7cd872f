import pytest
import torch
from scipy import special

from cnnviz.ops.activations import ACTIVATIONS

X = torch.linspace(-6, 6, 241, dtype=torch.float64)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_derivative_is_that_of_autograd(name: str) -> None:
    x = (X + 0.0123).requires_grad_()
    (gradient,) = torch.autograd.grad(ACTIVATIONS[name].function(x).sum(), x)
    torch.testing.assert_close(ACTIVATIONS[name].derivative(x.detach()), gradient, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_module_and_code_are_the_function(name: str) -> None:
    entry = ACTIVATIONS[name]
    torch.testing.assert_close(entry.module()(X), entry.function(X))
    torch.testing.assert_close(eval(entry.code, {"nn": torch.nn})(X), entry.function(X))


def test_against_scipy() -> None:
    x = X.numpy()
    for name, expected in (("sigmoid", special.expit(x)), ("gelu", x * special.ndtr(x)), ("tanh", 2 * special.expit(2 * x) - 1)):
        torch.testing.assert_close(ACTIVATIONS[name].function(X), torch.from_numpy(expected), atol=1e-12, rtol=1e-9)
