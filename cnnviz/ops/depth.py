"""What happens to signals and gradients in a deep stack of equal layers."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.ops.activations import ACTIVATIONS, saturated
from cnnviz.words import say

BATCH = 256
HISTOGRAM_BINS = 41


@dataclass(frozen=True)
class Initialisation:
    """``std(fan_in, fan_out)`` of the normal distribution that weights are drawn from."""

    name: str
    title: str
    std: Callable[[int, int], float]
    formula: str
    reference: str


INITIALISATIONS: dict[str, Initialisation] = {
    entry.name: entry
    for entry in (
        Initialisation(
            "he",
            "He",
            lambda i, _: math.sqrt(2 / i),
            r"\sigma_w = \sqrt{2/n_{in}}",
            "He, Zhang, Ren and Sun, ICCV 2015",
        ),
        Initialisation(
            "xavier",
            "Xavier (Glorot)",
            lambda i, o: math.sqrt(2 / (i + o)),
            r"\sigma_w = \sqrt{2/(n_{in} + n_{out})}",
            "Glorot and Bengio, AISTATS 2010",
        ),
        Initialisation(
            "small",
            "Too small: 0.01",
            lambda _i, _o: 0.01,
            r"\sigma_w = 0.01",
            "as in Krizhevsky, Sutskever and Hinton, 2012",
        ),
        Initialisation(
            "large", "Too large: 1", lambda _i, _o: 1.0, r"\sigma_w = 1", "a warning, not a method"
        ),
    )
}


@dataclass(frozen=True)
class Stack:
    """A stack of fully connected layers, measured layer by layer; index 0 is the first layer.

    Attributes:
        gradient_norm: ‖∂L/∂z‖ of the layer's input sums z, for L = Σ of the last outputs, divided by the last
            layer's.
        spread: standard deviation of the layer's outputs.
        dead: share of units that are zero for every one of the images of the batch.
        saturated: share of outputs that are saturated.
        histogram: (layers, bins) shares of the outputs between ``edges[i]`` and ``edges[i + 1]``.
    """

    activation: str
    gradient_norm: list[float]
    spread: list[float]
    dead: list[float]
    saturated: list[float]
    histogram: list[list[float]]
    edges: list[float]


def deep_stack(
    activation: str, depth: int = 20, width: int = 100, initialisation: str = "he", seed: int = 0
) -> Stack:
    """A random network of ``depth`` layers of ``width`` units, forward and backward for 256 random inputs of
    variance 1.

    Maxout units take two sums each.

    Raises:
        CnnvizError: an unknown name, or a depth or width out of range.
    """
    if activation not in ACTIVATIONS:
        raise CnnvizError(
            say(
                "There is no activation '{activation}'. Choose one of: {activations}.",
                activation=activation,
                activations=", ".join(ACTIVATIONS),
            )
        )
    if initialisation not in INITIALISATIONS:
        raise CnnvizError(
            say(
                "There is no initialisation '{initialisation}'. Choose one of: {initialisations}.",
                initialisation=initialisation,
                initialisations=", ".join(INITIALISATIONS),
            )
        )
    if not 1 <= depth <= 100 or not 1 <= width <= 1000:
        raise CnnvizError(
            say(
                "{depth} layers of {width} units cannot be shown. Use 1 to 100 layers of 1 to 1000 units.",
                depth=depth,
                width=width,
            )
        )
    entry = ACTIVATIONS[activation]
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(BATCH, width, generator=generator)
    std = INITIALISATIONS[initialisation].std(width, width)
    module = entry.module()
    sums: list[Tensor] = []
    outputs: list[Tensor] = []
    for _ in range(depth):
        weights = torch.randn(width, width * entry.pieces, generator=generator) * std
        sums.append((values @ weights).requires_grad_() if not sums else values @ weights)
        values = module(sums[-1])
        outputs.append(values)
    gradients = torch.stack(torch.autograd.grad(values.sum(), sums))
    norms = gradients.flatten(1).norm(dim=1).tolist()
    raw = torch.stack([output.detach() for output in outputs])
    whole = raw.nan_to_num(0, 0, 0)
    # Every 37th value is enough to choose the ends of the axis.
    most = max(whole.flatten()[::37].abs().quantile(0.995).item(), 1e-12)
    edges = torch.linspace(-most, most, HISTOGRAM_BINS + 1)
    counts = [torch.histc(output, HISTOGRAM_BINS, -most, most) for output in raw.unbind()]
    return Stack(
        activation,
        [norm / norms[-1] if norms[-1] > 0 and math.isfinite(norms[-1]) else norm for norm in norms],
        raw.flatten(1).std(1).tolist(),
        (raw == 0).all(1).float().mean(1).tolist(),
        saturated(raw, activation).float().mean((1, 2)).tolist(),
        (torch.stack(counts) / raw[0].numel()).tolist(),
        edges.tolist(),
    )
