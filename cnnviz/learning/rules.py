"""The update rules of gradient descent, written out: one entry drives menus, formulas, the trace of numbers and
the playground's torch twin.

``torch.optim`` gives the same numbers, which a test holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Numbers = Any
"""A tensor or an array of NumPy. Of a few numbers NumPy's is quicker: each operation of torch gives the interpreter
to other threads, and waits to have it back.
"""
Memory = dict[str, Numbers]


@dataclass(frozen=True)
class Rule:
    """An update rule.

    Attributes:
        formula: in LaTeX, for one weight w, its gradient g and the learning rate η.
        rate: a usual learning rate.
        memory: names of what it remembers of each weight from step to step.
        update: (weights, gradient, memory, learning rate, number of the step from 1) -> weights; all of one
            shape. It writes into the memory.
        code: torch's optimiser.
    """

    name: str
    title: str
    formula: str
    rate: float
    memory: tuple[str, ...]
    update: Callable[[Numbers, Numbers, Memory, Numbers, int], Numbers]
    code: str
    reference: str


MOMENTUM, DECAY, BETA1, BETA2, EPSILON = 0.9, 0.99, 0.9, 0.999, 1e-8


def _sgd(w: Numbers, g: Numbers, memory: Memory, rate: Numbers, step: int) -> Numbers:
    return w - rate * g


def _momentum(w: Numbers, g: Numbers, memory: Memory, rate: Numbers, step: int) -> Numbers:
    memory["v"] = MOMENTUM * memory["v"] + g
    return w - rate * memory["v"]


def _nesterov(w: Numbers, g: Numbers, memory: Memory, rate: Numbers, step: int) -> Numbers:
    memory["v"] = MOMENTUM * memory["v"] + g
    return w - rate * (g + MOMENTUM * memory["v"])


def _rmsprop(w: Numbers, g: Numbers, memory: Memory, rate: Numbers, step: int) -> Numbers:
    memory["s"] = DECAY * memory["s"] + (1 - DECAY) * g * g
    return w - rate * g / (memory["s"] ** 0.5 + EPSILON)


def _adam(w: Numbers, g: Numbers, memory: Memory, rate: Numbers, step: int) -> Numbers:
    memory["m"] = BETA1 * memory["m"] + (1 - BETA1) * g
    memory["v"] = BETA2 * memory["v"] + (1 - BETA2) * g * g
    mean = memory["m"] / (1 - BETA1**step)
    spread = (memory["v"] / (1 - BETA2**step)) ** 0.5
    return w - rate * mean / (spread + EPSILON)


RULES: dict[str, Rule] = {
    entry.name: entry
    for entry in (
        Rule(
            "sgd",
            "SGD",
            r"w \leftarrow w - \eta\,g",
            0.03,
            (),
            _sgd,
            "torch.optim.SGD({p}, lr={lr})",
            "Robbins and Monro, 1951",
        ),
        Rule(
            "momentum",
            "Momentum",
            r"v \leftarrow 0.9\,v + g,\quad w \leftarrow w - \eta\,v",
            0.01,
            ("v",),
            _momentum,
            "torch.optim.SGD({p}, lr={lr}, momentum=0.9)",
            "Polyak, 1964",
        ),
        Rule(
            "nesterov",
            "Nesterov momentum",
            r"v \leftarrow 0.9\,v + g,\quad w \leftarrow w - \eta\,(g + 0.9\,v)",
            0.01,
            ("v",),
            _nesterov,
            "torch.optim.SGD({p}, lr={lr}, momentum=0.9, nesterov=True)",
            "Nesterov, 1983; Sutskever et al., 2013",
        ),
        Rule(
            "rmsprop",
            "RMSprop",
            r"s \leftarrow 0.99\,s + 0.01\,g^2,\quad w \leftarrow w - \eta\,g / (\sqrt{s} + 10^{-8})",
            0.01,
            ("s",),
            _rmsprop,
            "torch.optim.RMSprop({p}, lr={lr})",
            "Tieleman and Hinton, 2012",
        ),
        Rule(
            "adam",
            "Adam",
            r"m \leftarrow 0.9\,m + 0.1\,g,\quad v \leftarrow 0.999\,v + 0.001\,g^2,\quad "
            r"w \leftarrow w - \eta\,\hat m / (\sqrt{\hat v} + 10^{-8})",
            0.01,
            ("m", "v"),
            _adam,
            "torch.optim.Adam({p}, lr={lr})",
            "Kingma and Ba, 2015",
        ),
    )
}
