"""Activation functions: one table drives menus, networks, formulas and tests.

A new activation is one entry in ``ACTIVATIONS``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.ops.trace import Trace, as_image


@dataclass(frozen=True)
class Activation:
    """A function φ with what the lecture says about it.

    Attributes:
        function, derivative: map a float tensor of any shape to one of the same shape, element by element.
        formula: in LaTeX.
        module: makes the layer that networks use; ``code`` is that layer as a line of PyTorch.
        saturates: the values where φ is flat on both sides, so that no gradient comes through; ``None`` if there are none.
        pieces: how many maps the layer joins into one (1 for all but maxout).
        parameters: how many numbers the layer learns.
    """

    name: str
    title: str
    function: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    formula: str
    reference: str
    module: Callable[[], nn.Module]
    code: str
    saturates: tuple[float, float] | None = None
    pieces: int = 1
    parameters: int = 0

    def __repr__(self) -> str:
        return f"Activation({self.title}: {self.formula})"


LEAK = 0.1
PRELU_START = 0.25
MAXOUT_LINES = ((1.0, 0.0), (-0.5, -0.5))
"""The two lines a·x + b whose larger one the picture of maxout shows; in a network they are learned."""


class Maxout(nn.Module):
    """The larger of each two neighbouring channels: (B, 2C, …) becomes (B, C, …)."""

    def forward(self, values: Tensor) -> Tensor:
        return values.unflatten(1, (-1, 2)).amax(dim=2)


def _sigmoid_derivative(x: Tensor) -> Tensor:
    return torch.sigmoid(x) * (1 - torch.sigmoid(x))


def _gelu_derivative(x: Tensor) -> Tensor:
    density = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
    return 0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * density


_GELU_RATE, _GELU_CUBE = math.sqrt(2 / math.pi), 0.044715


def gelu_tanh(x: Tensor) -> Tensor:
    """0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return 0.5 * x * (1 + torch.tanh(_GELU_RATE * (x + _GELU_CUBE * x**3)))


def _gelu_tanh_derivative(x: Tensor) -> Tensor:
    inner = torch.tanh(_GELU_RATE * (x + _GELU_CUBE * x**3))
    return 0.5 * (1 + inner) + 0.5 * x * (1 - inner.square()) * _GELU_RATE * (1 + 3 * _GELU_CUBE * x.square())


def _maxout(x: Tensor) -> Tensor:
    first, second = (a * x + b for a, b in MAXOUT_LINES)
    return torch.maximum(first, second)


def _maxout_derivative(x: Tensor) -> Tensor:
    (a, b), (c, d) = MAXOUT_LINES
    return torch.where(a * x + b > c * x + d, a, c).to(x.dtype)


def _leaky(slope: float) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    return lambda x: nn.functional.leaky_relu(x, slope), lambda x: torch.where(x > 0, 1.0, slope).to(x.dtype)


ACTIVATIONS: dict[str, Activation] = {
    entry.name: entry
    for entry in (
        Activation(
            "sigmoid", "Sigmoid", torch.sigmoid, _sigmoid_derivative, r"\sigma(x) = \frac{1}{1 + e^{-x}}",
            "Rumelhart, Hinton and Williams, Nature 1986", nn.Sigmoid, "nn.Sigmoid()", saturates=(0.0, 1.0),
        ),
        Activation(
            "tanh", "tanh", torch.tanh, lambda x: 1 - torch.tanh(x).square(), r"\tanh(x) = 2\sigma(2x) - 1",
            "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998", nn.Tanh, "nn.Tanh()", saturates=(-1.0, 1.0),
        ),
        Activation(
            "relu", "ReLU", torch.relu, lambda x: (x > 0).to(x.dtype), r"\max(0, x)",
            "Nair and Hinton, ICML 2010", nn.ReLU, "nn.ReLU()",
        ),
        Activation(
            "leaky_relu", "Leaky ReLU", *_leaky(LEAK), r"\max(0.1\,x, x)",
            "Maas, Hannun and Ng, ICML 2013", lambda: nn.LeakyReLU(LEAK), f"nn.LeakyReLU({LEAK})",
        ),
        Activation(
            "prelu", "PReLU", *_leaky(PRELU_START), r"\max(a\,x, x), \; a \text{ learned, at first } 0.25",
            "He, Zhang, Ren and Sun, ICCV 2015", nn.PReLU, "nn.PReLU()", parameters=1,
        ),
        Activation(
            "maxout", "Maxout", _maxout, _maxout_derivative, r"\max(w_1 x + b_1,\; w_2 x + b_2)",
            "Goodfellow, Warde-Farley, Mirza, Courville and Bengio, ICML 2013", Maxout, "Maxout()", pieces=2,
        ),
        Activation(
            "elu", "ELU", nn.functional.elu, lambda x: torch.where(x > 0, torch.ones_like(x), torch.exp(x)),
            r"x \text{ if } x > 0, \text{ else } e^x - 1", "Clevert, Unterthiner and Hochreiter, ICLR 2016", nn.ELU, "nn.ELU()",
        ),
        Activation(
            "gelu", "GELU", nn.functional.gelu, _gelu_derivative, r"x\,\Phi(x)",
            "Hendrycks and Gimpel, 2016, arXiv:1606.08415", nn.GELU, "nn.GELU()",
        ),
        Activation(
            "gelu_tanh", "GELU, tanh form", gelu_tanh, _gelu_tanh_derivative,
            r"\tfrac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\right)\right)",
            "Hendrycks and Gimpel, 2016, arXiv:1606.08415", lambda: nn.GELU(approximate="tanh"), 'nn.GELU(approximate="tanh")',
        ),
    )
}  # fmt: skip

SATURATED = 0.01
"""A unit counts as saturated when it is this near to the end of its function's range, as a share of the range."""


def trace(values: Any, name: str) -> Trace:
    """φ of each value, step by step.

    Args:
        values: (H, W) or (C, H, W).
    """
    if name not in ACTIVATIONS:
        raise CnnvizError(f"There is no activation '{name}'. Choose one of: {', '.join(ACTIVATIONS)}.")
    pixels, had_channels = as_image(values)
    output = ACTIVATIONS[name].function(pixels)
    return Trace(name, pixels, pixels, output if had_channels else output[0], pixels[..., None, None])


@dataclass(frozen=True)
class UnitShares:
    """Shares (0 to 1) of values that are exactly zero, and that are saturated (both ends of the range)."""

    zero: float
    saturated: float


def unit_shares(output: Tensor, name: str) -> UnitShares:
    """How many values of an activation's output carry nothing (zero) or let no gradient through (saturated)."""
    ends = ACTIVATIONS[name].saturates
    saturated = 0.0
    if ends is not None:
        near = SATURATED * (ends[1] - ends[0])
        saturated = ((output < ends[0] + near) | (output > ends[1] - near)).float().mean().item()
    return UnitShares((output == 0).float().mean().item(), saturated)
