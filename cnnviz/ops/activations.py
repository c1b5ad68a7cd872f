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
from cnnviz.expressions import script
from cnnviz.ops.trace import Trace, as_image
from cnnviz.words import say


@dataclass(frozen=True)
class Activation:
    """A function φ with what the lecture says about it.

    Attributes:
        function, derivative: map a float tensor of any shape to one of the same shape, element by element.
        formula: in LaTeX.
        module: makes the layer that networks use; ``code`` is that layer as a line of PyTorch.
        saturates: the values where φ is flat on both sides, so that no gradient comes through; ``None`` if
            there are none.
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


@dataclass(frozen=True)
class Identities:
    """How far two pairs of functions are apart, at most, at ``points`` places from ``low`` to ``high``.

    Attributes:
        tanh: |tanh(x) − (2σ(2x) − 1)|: rounding only, because they are one function.
        gelu: |GELU(x) − its tanh form|: an approximation.
    """

    low: float
    high: float
    points: int
    tanh: float
    gelu: float


def identities(low: float = -5.0, high: float = 5.0, points: int = 2001) -> Identities:
    """Measures what the lecture says of tanh and of GELU."""
    x = torch.linspace(low, high, points, dtype=torch.float64)
    values = {name: ACTIVATIONS[name].function(x) for name in ("tanh", "gelu", "gelu_tanh")}
    tanh = (values["tanh"] - (2 * ACTIVATIONS["sigmoid"].function(2 * x) - 1)).abs().max().item()
    return Identities(low, high, points, tanh, (values["gelu"] - values["gelu_tanh"]).abs().max().item())


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


def _leaky(slope: float) -> Callable[[Tensor], Tensor]:
    return lambda x: nn.functional.leaky_relu(x, slope)


def _leaky_derivative(slope: float) -> Callable[[Tensor], Tensor]:
    return lambda x: torch.where(x > 0, 1.0, slope).to(x.dtype)


ACTIVATIONS: dict[str, Activation] = {
    entry.name: entry
    for entry in (
        Activation(
            name="sigmoid",
            title="Sigmoid",
            function=torch.sigmoid,
            derivative=_sigmoid_derivative,
            formula=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
            reference="Rumelhart, Hinton and Williams, Nature 1986",
            module=nn.Sigmoid,
            code="nn.Sigmoid()",
            saturates=(0.0, 1.0),
        ),
        Activation(
            name="tanh",
            title="tanh",
            function=torch.tanh,
            derivative=lambda x: 1 - torch.tanh(x).square(),
            formula=r"\tanh(x) = 2\sigma(2x) - 1",
            reference="LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
            module=nn.Tanh,
            code="nn.Tanh()",
            saturates=(-1.0, 1.0),
        ),
        Activation(
            name="relu",
            title="ReLU",
            function=torch.relu,
            derivative=lambda x: (x > 0).to(x.dtype),
            formula=r"\max(0, x)",
            reference="Nair and Hinton, ICML 2010",
            module=nn.ReLU,
            code="nn.ReLU()",
        ),
        Activation(
            name="relu6",
            title="ReLU6",
            function=nn.functional.relu6,
            derivative=lambda x: ((x > 0) & (x < 6)).to(x.dtype),
            formula=r"\min(\max(0, x), 6)",
            reference="Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010",
            module=nn.ReLU6,
            code="nn.ReLU6()",
            saturates=(0.0, 6.0),
        ),
        Activation(
            name="leaky_relu",
            title="Leaky ReLU",
            function=_leaky(LEAK),
            derivative=_leaky_derivative(LEAK),
            formula=r"\max(0.1\,x, x)",
            reference="Maas, Hannun and Ng, ICML 2013",
            module=lambda: nn.LeakyReLU(LEAK),
            code=f"nn.LeakyReLU({LEAK})",
        ),
        Activation(
            name="prelu",
            title="PReLU",
            function=_leaky(PRELU_START),
            derivative=_leaky_derivative(PRELU_START),
            formula=r"\max(a\,x, x), \; a \text{ learned, at first } 0.25",
            reference="He, Zhang, Ren and Sun, ICCV 2015",
            module=nn.PReLU,
            code="nn.PReLU()",
            parameters=1,
        ),
        Activation(
            name="maxout",
            title="Maxout",
            function=_maxout,
            derivative=_maxout_derivative,
            formula=r"\max(w_1 x + b_1,\; w_2 x + b_2)",
            reference="Goodfellow, Warde-Farley, Mirza, Courville and Bengio, ICML 2013",
            module=Maxout,
            code="Maxout()",
            pieces=2,
        ),
        Activation(
            name="elu",
            title="ELU",
            function=nn.functional.elu,
            derivative=lambda x: torch.where(x > 0, torch.ones_like(x), torch.exp(x)),
            formula=r"x \text{ if } x > 0, \text{ else } e^x - 1",
            reference="Clevert, Unterthiner and Hochreiter, ICLR 2016",
            module=nn.ELU,
            code="nn.ELU()",
        ),
        Activation(
            name="gelu",
            title="GELU",
            function=nn.functional.gelu,
            derivative=_gelu_derivative,
            formula=r"x\,\Phi(x)",
            reference="Hendrycks and Gimpel, 2016, arXiv:1606.08415",
            module=nn.GELU,
            code="nn.GELU()",
        ),
        Activation(
            name="gelu_tanh",
            title="GELU, tanh form",
            function=gelu_tanh,
            derivative=_gelu_tanh_derivative,
            formula=r"\tfrac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\right)\right)",
            reference="Hendrycks and Gimpel, 2016, arXiv:1606.08415",
            module=lambda: nn.GELU(approximate="tanh"),
            code='nn.GELU(approximate="tanh")',
        ),
    )
}

SATURATED = 0.01
"""A unit counts as saturated when it is this near to the end of its function's range, as a share of the
range.
"""


def trace(values: Any, name: str) -> Trace:
    """φ of each value, step by step.

    Args:
        values: (H, W) or (C, H, W).
    """
    if name not in ACTIVATIONS:
        raise CnnvizError(
            say(
                "There is no activation '{name}'. Choose one of: {activations}.",
                name=name,
                activations=", ".join(ACTIVATIONS),
            )
        )
    pixels, had_channels = as_image(values)
    output = ACTIVATIONS[name].function(pixels)
    return Trace(
        name, pixels, pixels, output, pixels[..., None, None, None], alone=not had_channels, flat=True
    )


@dataclass(frozen=True)
class UnitShares:
    """Shares (0 to 1) of values that are exactly zero, and that are saturated (both ends of the range)."""

    zero: float
    saturated: float


def unit_shares(output: Tensor, name: str) -> UnitShares:
    """How many values of an activation's output carry nothing (zero) or let no gradient through
    (saturated).
    """
    return UnitShares((output == 0).float().mean().item(), saturated(output, name).float().mean().item())


def saturated(output: Tensor, name: str) -> Tensor:
    """Where an activation's output, of any shape, lets no gradient through."""
    ends = ACTIVATIONS[name].saturates
    if ends is None:
        return torch.zeros_like(output, dtype=torch.bool)
    near = SATURATED * (ends[1] - ends[0])
    return (output < ends[0] + near) | (output > ends[1] - near)


def activations_code(chosen: list[str]) -> str:
    """The functions and their derivatives at a few places, from torch's own layers and autograd."""
    lines = "\n".join(f'    "{name}": {_activation_line(name)},' for name in chosen)
    names = {"ACTIVATIONS": __name__} if "maxout" in chosen else {}
    return script(
        f"""\
x = torch.linspace(-5, 5, 11, requires_grad=True)
functions = {{
{lines}
}}
for name, function in functions.items():
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    print(name, y.detach(), slope)
""",
        first=("import torch", "from torch import nn"),
        **names,
    )


def _activation_line(name: str) -> str:
    return 'ACTIVATIONS["maxout"].function' if name == "maxout" else ACTIVATIONS[name].code
