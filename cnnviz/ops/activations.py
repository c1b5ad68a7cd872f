"""Activation functions: one table drives menus, networks, formulas and tests.

A new activation is one entry in ``ACTIVATIONS``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Activation:
    """An element-wise function φ with what the lecture says about it.

    ``function`` and ``derivative`` map a float tensor of any shape to one of the same shape; ``module`` makes the
    layer that networks use; ``code`` is that layer as a line of PyTorch.
    """

    name: str
    title: str
    function: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    formula: str
    reference: str
    module: Callable[[], nn.Module]
    code: str

    def __repr__(self) -> str:
        return f"Activation({self.title}: {self.formula})"


LEAK = 0.1


def _sigmoid_derivative(x: Tensor) -> Tensor:
    return torch.sigmoid(x) * (1 - torch.sigmoid(x))


def _gelu_derivative(x: Tensor) -> Tensor:
    density = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
    return 0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * density


ACTIVATIONS: dict[str, Activation] = {
    entry.name: entry
    for entry in (
        Activation(
            "relu", "ReLU", torch.relu, lambda x: (x > 0).to(x.dtype), r"\max(0, x)",
            "Nair and Hinton, ICML 2010", nn.ReLU, "nn.ReLU()",
        ),
        Activation(
            "leaky_relu", "Leaky ReLU", lambda x: nn.functional.leaky_relu(x, LEAK),
            lambda x: torch.where(x > 0, 1.0, LEAK).to(x.dtype), r"\max(0.1\,x, x)",
            "Maas, Hannun and Ng, ICML 2013", lambda: nn.LeakyReLU(LEAK), f"nn.LeakyReLU({LEAK})",
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
            "sigmoid", "Sigmoid", torch.sigmoid, _sigmoid_derivative, r"\sigma(x) = \frac{1}{1 + e^{-x}}",
            "Rumelhart, Hinton and Williams, Nature 1986", nn.Sigmoid, "nn.Sigmoid()",
        ),
        Activation(
            "tanh", "tanh", torch.tanh, lambda x: 1 - torch.tanh(x).square(), r"\tanh(x) = 2\sigma(2x) - 1",
            "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998", nn.Tanh, "nn.Tanh()",
        ),
    )
}  # fmt: skip
