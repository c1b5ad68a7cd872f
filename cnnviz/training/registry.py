"""Optimisers and learning-rate schedules: one entry each makes a menu item, a formula and the torch
object.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod

import torch
from torch import nn
from torch.optim import Optimizer

from cnnviz.models import BatchNorm, Conv, GroupNorm, Linear, Plan
from cnnviz.models.spec import Joined


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimiser of the menu; ``make(parameters, learning_rate, weight_decay)`` gives torch's, ``code``
    writes it.

    Attributes:
        plain: its steps are as long as the gradient; the others divide by the gradient's own size.
    """

    name: str
    title: str
    learning_rate: float
    formula: str
    reference: str
    make: Callable[[Iterable[nn.Parameter], float, float], Optimizer]
    code: str
    plain: bool = False


OPTIMIZERS: dict[str, OptimizerEntry] = {
    entry.name: entry
    for entry in (
        OptimizerEntry(
            name="nesterov",
            title="SGD, Nesterov momentum",
            learning_rate=0.1,
            formula=r"\begin{gathered} v \leftarrow 0.9\,v + g \\ w \leftarrow w - \eta\,(g + 0.9\,v) \end{gathered}",
            reference="Sutskever, Martens, Dahl and Hinton, ICML 2013",
            make=lambda p, lr, wd: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True, weight_decay=wd),
            code="torch.optim.SGD(network.parameters(), lr={lr}, momentum=0.9, nesterov=True, weight_decay={wd})",
            plain=True,
        ),
        OptimizerEntry(
            name="momentum",
            title="SGD, momentum",
            learning_rate=0.1,
            formula=r"\begin{gathered} v \leftarrow 0.9\,v + g \\ w \leftarrow w - \eta\,v \end{gathered}",
            reference="Polyak, 1964",
            make=lambda p, lr, wd: torch.optim.SGD(p, lr=lr, momentum=0.9, weight_decay=wd),
            code="torch.optim.SGD(network.parameters(), lr={lr}, momentum=0.9, weight_decay={wd})",
            plain=True,
        ),
        OptimizerEntry(
            name="sgd",
            title="SGD, plain",
            learning_rate=0.2,
            formula=r"w \leftarrow w - \eta\,g",
            reference="Robbins and Monro, 1951",
            make=lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd),
            code="torch.optim.SGD(network.parameters(), lr={lr}, weight_decay={wd})",
            plain=True,
        ),
        OptimizerEntry(
            name="adam",
            title="Adam",
            learning_rate=0.005,
            formula=r"\begin{gathered} m \leftarrow 0.9\,m + 0.1\,g \\ v \leftarrow 0.999\,v + 0.001\,g^2 \\ "
            r"w \leftarrow w - \eta\,\frac{\hat m}{\sqrt{\hat v} + \epsilon} \end{gathered}",
            reference="Kingma and Ba, ICLR 2015",
            make=lambda p, lr, wd: torch.optim.Adam(p, lr=lr, weight_decay=wd),
            code="torch.optim.Adam(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            name="adamw",
            title="AdamW",
            learning_rate=0.005,
            formula=r"\begin{gathered} m, v \text{ as Adam} \\ w \leftarrow (1 - \eta\lambda)\,w - \eta\,\frac{\hat m}{\sqrt{\hat v} + \epsilon} \end{gathered}",
            reference="Loshchilov and Hutter, ICLR 2019",
            make=lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, weight_decay=wd),
            code="torch.optim.AdamW(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            name="rmsprop",
            title="RMSprop",
            learning_rate=0.001,
            formula=r"\begin{gathered} v \leftarrow 0.99\,v + 0.01\,g^2 \\ w \leftarrow w - \eta\,\frac{g}{\sqrt{v} + \epsilon} \end{gathered}",
            reference="Tieleman and Hinton, 2012",
            make=lambda p, lr, wd: torch.optim.RMSprop(p, lr=lr, weight_decay=wd),
            code="torch.optim.RMSprop(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            name="adagrad",
            title="Adagrad",
            learning_rate=0.02,
            formula=r"\begin{gathered} s \leftarrow s + g^2 \\ w \leftarrow w - \eta\,\frac{g}{\sqrt{s} + \epsilon} \end{gathered}",
            reference="Duchi, Hazan and Singer, JMLR 2011",
            make=lambda p, lr, wd: torch.optim.Adagrad(p, lr=lr, weight_decay=wd),
            code="torch.optim.Adagrad(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
    )
}

UNNORMALISED = 0.3
"""A network without normalisation takes this part of the rate of momentum: beyond it, one step in some starts throws
all ReLU units below zero, and then it learns nothing any more.
"""


SQUARED, SQUARED_BY_ACTIVATIONS = 2.5, 10.0
"""With the squared error a rate may be at most this, divided by the inputs of the last layer: beyond it the last weights
swing. Inputs of the size of one bear less than the smaller ones that come through layers without normalisation.
"""


def suited_rate(optimizer: str, plan: Plan, loss: str = "cross_entropy") -> float:
    """A base learning rate η that works for this optimiser and network.

    Args:
        optimizer: a key of ``OPTIMIZERS``.
        plan: of the network, with its data set.
        loss: a key of ``LOSSES``.
    """
    entry = OPTIMIZERS[optimizer]
    if not entry.plain:
        return entry.learning_rate
    layers = [place for place in plan if not isinstance(place.layer, Joined)]
    normalised = any(isinstance(place.layer, BatchNorm | GroupNorm) for place in layers)
    rate = entry.learning_rate * (1.0 if normalised else UNNORMALISED)
    if loss == "squared_error":
        weighted = [place for place in layers if isinstance(place.layer, Conv | Linear)]
        inputs = prod(weighted[-1].input_shape) if weighted else 1
        of_one = normalised or len(weighted) == 1
        rate = min(rate, (SQUARED if of_one else SQUARED_BY_ACTIVATIONS) / inputs)
    return float(f"{rate:.2g}")


WARM_UP = 0.2
LEAST = 0.02
STEPS = 3
"""The rate of ``step`` falls so often."""


@dataclass(frozen=True)
class Schedule:
    """``factor(progress)`` of the base learning rate, progress from 0 to 1; ``code`` is the same as a Python
    expression.
    """

    name: str
    title: str
    factor: Callable[[float], float]
    code: str


SCHEDULES: dict[str, Schedule] = {
    entry.name: entry
    for entry in (
        Schedule(
            name="one_cycle",
            title="One cycle: up, then down to zero",
            factor=lambda p: max(LEAST, min(p / WARM_UP, (1 - p) / (1 - WARM_UP))),
            code=f"max({LEAST}, min(p / {WARM_UP}, (1 - p) / (1 - {WARM_UP})))",
        ),
        Schedule(name="constant", title="Constant", factor=lambda _: 1.0, code="1.0"),
        Schedule(
            name="cosine",
            title="Cosine: down to zero",
            factor=lambda p: max(LEAST, 0.5 * (1 + math.cos(math.pi * p))),
            code=f"max({LEAST}, 0.5 * (1 + math.cos(math.pi * p)))",
        ),
        Schedule(
            name="step",
            title="Step: a tenth after each third",
            factor=lambda p: 0.1 ** min(STEPS - 1, int(STEPS * p)),
            code=f"0.1 ** min({STEPS - 1}, int({STEPS} * p))",
        ),
        Schedule(
            name="warm_up",
            title="Warm-up, then constant",
            factor=lambda p: max(LEAST, min(1.0, p / WARM_UP)),
            code=f"max({LEAST}, min(1.0, p / {WARM_UP}))",
        ),
    )
}
