"""Optimisers and learning-rate schedules: one entry each makes a menu item, a formula and the torch object."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import nn
from torch.optim import Optimizer


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimiser of the menu; ``make(parameters, learning_rate, weight_decay)`` gives torch's, ``code`` writes it."""

    name: str
    title: str
    learning_rate: float
    formula: str
    reference: str
    make: Callable[[Iterable[nn.Parameter], float, float], Optimizer]
    code: str


OPTIMIZERS: dict[str, OptimizerEntry] = {
    entry.name: entry
    for entry in (
        OptimizerEntry(
            "momentum", "SGD, Nesterov momentum", 0.1, r"v \leftarrow 0.9\,v + g,\; w \leftarrow w - \eta\,(g + 0.9\,v)",
            "Sutskever, Martens, Dahl and Hinton, ICML 2013",
            lambda p, lr, wd: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True, weight_decay=wd),
            "torch.optim.SGD(network.parameters(), lr={lr}, momentum=0.9, nesterov=True, weight_decay={wd})",
        ),
        OptimizerEntry(
            "sgd", "SGD, plain", 0.2, r"w \leftarrow w - \eta\,g", "Robbins and Monro, 1951",
            lambda p, lr, wd: torch.optim.SGD(p, lr=lr, weight_decay=wd),
            "torch.optim.SGD(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            "adam", "Adam", 0.005, r"w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)", "Kingma and Ba, ICLR 2015",
            lambda p, lr, wd: torch.optim.Adam(p, lr=lr, weight_decay=wd),
            "torch.optim.Adam(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            "adamw", "AdamW", 0.005, r"w \leftarrow (1 - \eta\lambda)\,w - \eta\,\hat m / (\sqrt{\hat v} + \epsilon)",
            "Loshchilov and Hutter, ICLR 2019",
            lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, weight_decay=wd),
            "torch.optim.AdamW(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            "rmsprop", "RMSprop", 0.001, r"w \leftarrow w - \eta\,g / (\sqrt{v} + \epsilon)", "Tieleman and Hinton, 2012",
            lambda p, lr, wd: torch.optim.RMSprop(p, lr=lr, weight_decay=wd),
            "torch.optim.RMSprop(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
        OptimizerEntry(
            "adagrad", "Adagrad", 0.02, r"w \leftarrow w - \eta\,g / (\sqrt{\textstyle\sum g^2} + \epsilon)",
            "Duchi, Hazan and Singer, JMLR 2011",
            lambda p, lr, wd: torch.optim.Adagrad(p, lr=lr, weight_decay=wd),
            "torch.optim.Adagrad(network.parameters(), lr={lr}, weight_decay={wd})",
        ),
    )
}  # fmt: skip

WARM_UP = 0.2
LEAST = 0.02


@dataclass(frozen=True)
class Schedule:
    """``factor(progress)`` of the base learning rate, progress from 0 to 1; ``code`` is the same as a Python expression."""

    name: str
    title: str
    factor: Callable[[float], float]
    code: str


SCHEDULES: dict[str, Schedule] = {
    entry.name: entry
    for entry in (
        Schedule(
            "one_cycle", "One cycle: up, then down to zero",
            lambda p: max(LEAST, min(p / WARM_UP, (1 - p) / (1 - WARM_UP))),
            f"max({LEAST}, min(p / {WARM_UP}, (1 - p) / (1 - {WARM_UP})))",
        ),
        Schedule("constant", "Constant", lambda _: 1.0, "1.0"),
        Schedule(
            "cosine", "Cosine: down to zero", lambda p: max(LEAST, 0.5 * (1 + math.cos(math.pi * p))),
            f"max({LEAST}, 0.5 * (1 + math.cos(math.pi * p)))",
        ),
    )
}  # fmt: skip
