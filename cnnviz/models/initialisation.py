"""Ways to choose the first weights: one entry each makes a menu item, a formula and what fills a layer."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Initialisation:
    """A way to choose the first weights of convolutions and fully connected layers.

    Attributes:
        formula: in LaTeX; n_in and n_out are the numbers of values that a unit takes and gives.
        fill: puts the first values into a weight, in place; ``None`` leaves those of PyTorch. Biases become zero.
        code: the same as a line of PyTorch, with ``p`` for the weight.
    """

    name: str
    title: str
    formula: str
    reference: str
    fill: Callable[[Tensor], Tensor] | None
    code: str


SMALL, LARGE = 0.001, 1.0
"""Standard deviations that are far too small and far too large for most layers."""

INITIALISATIONS: dict[str, Initialisation] = {
    entry.name: entry
    for entry in (
        Initialisation(
            name="default",
            title="PyTorch's own",
            formula=r"w \sim U\left(-\tfrac{1}{\sqrt{n_{in}}}, \tfrac{1}{\sqrt{n_{in}}}\right)",
            reference="LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
            fill=None,
            code="",
        ),
        Initialisation(
            name="zero",
            title="All zero",
            formula="w = 0",
            reference="",
            fill=nn.init.zeros_,
            code="nn.init.zeros_(p)",
        ),
        Initialisation(
            name="small",
            title="Too small",
            formula=rf"w \sim N(0, {SMALL}^2)",
            reference="",
            fill=lambda weight: nn.init.normal_(weight, 0.0, SMALL),
            code=f"nn.init.normal_(p, 0.0, {SMALL})",
        ),
        Initialisation(
            name="large",
            title="Too large",
            formula=rf"w \sim N(0, {LARGE:g}^2)",
            reference="",
            fill=lambda weight: nn.init.normal_(weight, 0.0, LARGE),
            code=f"nn.init.normal_(p, 0.0, {LARGE})",
        ),
        Initialisation(
            name="xavier",
            title="Xavier (Glorot)",
            formula=r"w \sim N\left(0, \tfrac{2}{n_{in} + n_{out}}\right)",
            reference="Glorot and Bengio, AISTATS 2010",
            fill=nn.init.xavier_normal_,
            code="nn.init.xavier_normal_(p)",
        ),
        Initialisation(
            name="he",
            title="He (Kaiming)",
            formula=r"w \sim N\left(0, \tfrac{2}{n_{in}}\right)",
            reference="He, Zhang, Ren and Sun, ICCV 2015",
            fill=lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
            code='nn.init.kaiming_normal_(p, nonlinearity="relu")',
        ),
    )
}


@torch.no_grad()
def initialise(network: nn.Module, name: str) -> None:
    """Fills the weights of all convolutions and fully connected layers; their biases become zero."""
    fill = INITIALISATIONS[name].fill
    if fill is None:
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            for p in module.parameters():
                fill(p) if p.dim() > 1 else nn.init.zeros_(p)
