"""Losses over one or two weights, and gradient descent on them with every number of every update."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.learning.expressions import Graph, graph
from cnnviz.learning.plane import normal, uniform
from cnnviz.learning.random import random_from, shuffle
from cnnviz.learning.rules import RULES
from cnnviz.learning.tape import OPERATIONS
from cnnviz.settings import ASSETS
from cnnviz.words import say

NAMES = ("a", "b")
FAR = 1e6
"""Weights farther away than this count as diverged."""


@dataclass(frozen=True)
class Surface:
    """A loss E(a) or E(a, b).

    Attributes:
        expression: of ``a`` (and ``b``); with data, of one example ``x``, ``y``, and E is the sum over all.
        low, high: of each weight, to draw.
        start: where descent usually begins.
        rate: a usual learning rate.
        see: what there is to see.
    """

    name: str
    title: str
    expression: str
    formula: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    start: tuple[float, ...]
    rate: float
    see: str
    data: tuple[tuple[float, float], ...] = ()

    @property
    def weights(self) -> int:
        return len(self.start)

    @cached_property
    def graph(self) -> Graph:
        """The tape of one example."""
        return graph(self.expression, **dict(zip(NAMES, self.start, strict=False)), x=0.5, y=0.5)

    def value(self, place: Sequence[float], batch: Sequence[int] | None = None) -> float:
        """E, or of a batch N / B · its part of the sum."""
        if self.data and batch is None:
            return float(self.values(*torch.tensor(place, dtype=torch.float64)))
        return self.descent(place, batch)[0]

    def descent(
        self, place: Sequence[float], batch: Sequence[int] | None = None
    ) -> tuple[float, tuple[float, ...]]:
        """E and its gradient, from the tape.

        Args:
            batch: numbers of the examples that count; all if not given.
        """
        named = dict(zip(NAMES, place, strict=False))
        if not self.data:
            found = graph(self.expression, **named)
            return found.value, tuple(found.gradient.get(name, 0.0) for name in NAMES[: self.weights])
        examples = list(range(len(self.data))) if batch is None else list(batch)
        graphs = [graph(self.expression, **named, x=self.data[i][0], y=self.data[i][1]) for i in examples]
        scale = len(self.data) / len(examples)
        value = scale * math.fsum(one.value for one in graphs)
        return value, tuple(
            scale * math.fsum(one.gradient.get(name, 0.0) for one in graphs) for name in NAMES[: self.weights]
        )

    def values(self, *weights: Tensor) -> Tensor:
        """E at many places at once, of any one shape; differentiable."""
        named: dict[str, Tensor] = dict(zip(NAMES, weights, strict=False))
        if not self.data:
            return evaluated(self.graph, named)
        xs = torch.tensor([x for x, _ in self.data], dtype=torch.float64)
        ys = torch.tensor([y for _, y in self.data], dtype=torch.float64)
        spread = {name: value[..., None] for name, value in named.items()}
        return evaluated(self.graph, {**spread, "x": xs, "y": ys}).sum(-1)


_TORCH: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "power": torch.pow,
    "negate": torch.neg,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "abs": torch.abs,
    "max": torch.maximum,
}
assert set(_TORCH) <= set(OPERATIONS)


def evaluated(graph: Graph, values: dict[str, Tensor]) -> Tensor:
    """The expression's value for tensors in place of its numbers."""
    held: list[Tensor] = []
    named = {place: name for name, place in graph.names.items()}
    for place, node in enumerate(graph.tape.nodes):
        if node.operation is not None:
            held.append(_TORCH[node.operation](*(held[at] for at in node.inputs)))
        elif place in named:
            held.append(values[named[place]])
        else:
            held.append(torch.tensor(node.value, dtype=torch.float64))
    return held[graph.result]


def _examples() -> tuple[tuple[float, float], ...]:
    random = random_from("regression")
    found = []
    for _ in range(24):
        x = round(uniform(random, -2, 2), 2)
        found.append((x, round(1.2 * x - 0.5 + normal(random, 0, 0.25), 2)))
    return tuple(found)


SURFACES: dict[str, Surface] = {
    entry.name: entry
    for entry in (
        Surface(
            "regression",
            "Regression: the lecture's E(w)",
            "(y - (a * x + b))^2",
            r"E(w) = \sum_i (y_i - f_w(x_i))^2,\quad f_w(x) = w_1 x + w_2",
            (-2.0, -3.0),
            (4.0, 3.0),
            (-1.5, 2.5),
            0.005,
            "Each example pulls the line its own way: one example a step is quick and noisy, all of them smooth and slow.",
            _examples(),
        ),
        Surface(
            "parabola",
            "One weight: parabola",
            "a^2 / 2",
            r"E(w) = w^2 / 2",
            (-4.0,),
            (4.0,),
            (-3.5,),
            0.3,
            "Below η = 1 the steps come down on one side, up to 2 they jump across, above 2 they grow.",
        ),
        Surface(
            "waves",
            "One weight: many minima",
            "a^2 / 10 + sin(2 * a)",
            r"E(w) = w^2 / 10 + \sin 2w",
            (-6.0,),
            (6.0,),
            (-5.5,),
            0.05,
            "Where it ends depends on where it begins; momentum carries it over small hills.",
        ),
        Surface(
            "bowl",
            "Bowl",
            "(a^2 + b^2) / 2",
            r"E(w) = (w_1^2 + w_2^2) / 2",
            (-4.0, -3.0),
            (4.0, 3.0),
            (-3.5, 2.0),
            0.1,
            "The gradient points straight to the minimum.",
        ),
        Surface(
            "valley",
            "Valley",
            "(a^2 + 20 * b^2) / 2",
            r"E(w) = (w_1^2 + 20\,w_2^2) / 2",
            (-4.0, -3.0),
            (4.0, 3.0),
            (-3.5, 1.5),
            0.08,
            "SGD jumps across and creeps along: above η = 0.1 it diverges. Adam scales each weight by itself.",
        ),
        Surface(
            "saddle",
            "Saddle",
            "(a^2 - b^2) / 2 + b^4 / 20",
            r"E(w) = (w_1^2 - w_2^2) / 2 + w_2^4 / 20",
            (-4.0, -3.5),
            (4.0, 3.5),
            (-3.5, 0.01),
            0.1,
            "At the saddle the gradient is almost zero: plain SGD waits, momentum and Adam leave sooner.",
        ),
        Surface(
            "plateau",
            "Plateau",
            "1 - exp(-(a^2 + b^2) / 2)",
            r"E(w) = 1 - e^{-(w_1^2 + w_2^2) / 2}",
            (-4.0, -3.0),
            (4.0, 3.0),
            (-2.6, 1.6),
            0.1,
            "Far out the gradient is tiny, as with a saturated sigmoid; rules that divide by its size do not mind.",
        ),
        Surface(
            "banana",
            "Bent valley (Rosenbrock)",
            "(1 - a)^2 + 5 * (b - a^2)^2",
            r"E(w) = (1 - w_1)^2 + 5\,(w_2 - w_1^2)^2",
            (-2.0, -1.0),
            (2.0, 3.0),
            (-1.5, 2.6),
            0.01,
            "The valley is found at once, its end takes long.",
        ),
        Surface(
            "minima",
            "Many minima",
            "(a^2 + b^2) / 10 + sin(2 * a) * cos(2 * b)",
            r"E(w) = (w_1^2 + w_2^2) / 10 + \sin 2w_1 \cos 2w_2",
            (-4.0, -3.0),
            (4.0, 3.0),
            (-3.4, 2.4),
            0.05,
            "Every start has its own minimum.",
        ),
    )
}


@dataclass(frozen=True)
class DescentStep:
    """One update and its numbers; ``gradient``: of the batch; ``memory``: after the update, by name."""

    weights: tuple[float, ...]
    gradient: tuple[float, ...]
    memory: dict[str, tuple[float, ...]]
    rate: float
    after: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class Descent:
    """A walk; ``loss``: E of all data before the first and after each step.

    Attributes:
        diverged: it left for infinity, and stopped there.
    """

    steps: tuple[DescentStep, ...]
    loss: tuple[float, ...]
    diverged: bool


def descend(
    surface: str,
    rule: str = "sgd",
    *,
    start: Sequence[float] | None = None,
    rate: float | None = None,
    steps: int = 50,
    batch_size: int = 0,
    seed: str = "1",
) -> Descent:
    """Walks down a surface.

    Args:
        surface: of ``SURFACES``; ``rule``: of ``RULES``.
        batch_size: examples a step; 0: all. Of a surface without data there is one.

    Raises:
        CnnvizError: there is no such surface or rule, or a number is impossible.
    """
    if surface not in SURFACES or rule not in RULES:
        raise CnnvizError(
            say(
                "Use one of: {surfaces}, with one of: {rules}.",
                surfaces=", ".join(SURFACES),
                rules=", ".join(RULES),
            )
        )
    entry, way = SURFACES[surface], RULES[rule]
    begin = tuple(map(float, entry.start if start is None else start))
    speed = entry.rate if rate is None else rate
    if len(begin) != entry.weights or not all(map(math.isfinite, begin)):
        raise CnnvizError(say("The start needs {weights} numbers.", weights=entry.weights))
    if not 0 < speed <= 100:
        raise CnnvizError("The learning rate must be above 0 and at most 100.")
    weights = np.array(begin)
    memory = {name: np.zeros_like(weights) for name in way.memory}
    walked, losses, diverged = [], [entry.value(begin)], False
    plan = _batches(entry, batch_size, seed)
    for number in range(1, steps + 1):
        before = tuple(weights.tolist())
        _, gradient = entry.descent(before, next(plan))
        weights = way.update(weights, np.array(gradient), memory, speed, number)
        after = tuple(weights.tolist())
        diverged = not all(abs(value) < FAR for value in after)
        loss = math.inf if diverged else entry.value(after)
        kept = {name: tuple(values.tolist()) for name, values in memory.items()}
        walked.append(DescentStep(before, gradient, kept, speed, after, loss))
        losses.append(loss)
        if diverged:
            break
    return Descent(tuple(walked), tuple(losses), diverged)


def _batches(entry: Surface, size: int, seed: str) -> Iterator[list[int] | None]:
    count = len(entry.data)
    if not count or size <= 0 or size >= count:
        while True:
            yield None
    random, order = random_from(f"{seed} batches"), list(range(count))
    while True:
        shuffle(order, random)
        for at in range(0, count - size + 1, size):
            yield order[at : at + size]


def steps_to_loss(
    surface: str, rules: Sequence[str], rates: Sequence[float], *, goal: float, most: int = 400
) -> dict[str, list[float]]:
    """Rule -> for each learning rate the updates (of all data: epochs) until E ≤ ``goal``; NaN if not within ``most``."""
    needed = torch.full((len(rules), len(rates)), math.nan, dtype=torch.float64)
    for step, losses in enumerate(_losses(surface, rules, rates, most), 1):
        needed[(losses <= goal) & needed.isnan()] = float(step)
    return dict(zip(rules, needed.tolist(), strict=True))


RATES = tuple(round(10 ** (-3 + place / 8), 6) for place in range(33))
"""Learning rates that are compared."""
MOST = 400
STEPS_FILE = ASSETS / "learning" / "steps_by_rate.json"
"""Made by tools/measure_rates.py: of each surface the goal, and of each rule the updates by learning rate."""


@dataclass(frozen=True)
class StepsByRate:
    """How many updates a rule needs, by its learning rate.

    Attributes:
        goal: the loss that is to be reached: 5 % of the way from the start down to the lowest one that SGD or Adam comes by.
        steps: rule -> for each of ``RATES`` the updates until then; NaN if not within ``MOST``.
    """

    goal: float
    steps: dict[str, list[float]]


def steps_by_rate(surface: str, rules: Sequence[str] = tuple(RULES)) -> StepsByRate:
    """As ``measure_steps_by_rate`` gives it, from the file that comes with the app."""
    goal, steps = _bundled_steps()[surface]
    return StepsByRate(
        goal, {name: [math.nan if one is None else one for one in steps[name]] for name in rules}
    )


@cache
def _bundled_steps() -> dict[str, tuple[float, dict[str, list[float | None]]]]:
    found = json.loads(STEPS_FILE.read_text("utf-8"))
    return {name: (one["goal"], one["steps"]) for name, one in found.items()}


def measure_steps_by_rate(surface: str, rules: Sequence[str] = tuple(RULES)) -> StepsByRate:
    """Walks from the usual start with each of ``RATES``: 0.1 to 1 s."""
    start = SURFACES[surface].value(SURFACES[surface].start)
    low = lowest_loss(surface, ("sgd", "adam"), MOST)
    goal = low + 0.05 * (start - low)
    return StepsByRate(goal, steps_to_loss(surface, rules, RATES, goal=goal, most=MOST))


def lowest_loss(surface: str, rules: Sequence[str], steps: int) -> float:
    """The smallest E that one of the rules comes by from the usual start, with the usual learning rate."""
    entry = SURFACES[surface]
    on_the_way = (losses.min().item() for losses in _losses(surface, rules, [entry.rate], steps))
    return min(entry.value(entry.start), *on_the_way)


def _losses(surface: str, rules: Sequence[str], rates: Sequence[float], steps: int) -> Iterator[Tensor]:
    """(rules, rates) E after each update of all data, by each rule with each learning rate: all walk at one time."""
    entry, ways = SURFACES[surface], [RULES[name] for name in rules]
    speed = torch.tensor(list(rates), dtype=torch.float64)
    start = torch.tensor(entry.start, dtype=torch.float64)[:, None].repeat(1, len(rates))
    memories = [{key: torch.zeros_like(start) for key in way.memory} for way in ways]
    weights = torch.stack([start] * len(ways), 1)  # (weights, rules, rates)
    for step in range(steps + 1):
        weights = weights.requires_grad_()
        losses = entry.values(*weights)
        if step:
            yield losses.detach()
        if step == steps:
            return
        [gradient] = torch.autograd.grad(losses.sum(), weights)
        weights = weights.detach()
        moved = [
            # A rule's learning rate may be a tensor: each column has its own.
            way.update(weights[:, at], gradient[:, at], memories[at], speed, step + 1)
            for at, way in enumerate(ways)
        ]
        weights = torch.stack(moved, 1).clamp(-FAR, FAR).nan_to_num(FAR)


def batch_noise(
    surface: str, place: Sequence[float], batch_size: int, count: int = 60, seed: str = "1"
) -> list[tuple[float, ...]]:
    """Gradients of random batches at one place: their spread is what a small batch costs."""
    entry = SURFACES[surface]
    alone = [entry.descent(place, [number])[1] for number in range(len(entry.data))]
    random = random_from(f"{seed} cloud")
    found = []
    for _ in range(count):
        order = list(range(len(entry.data)))
        shuffle(order, random)
        parts = [alone[number] for number in order[:batch_size]]
        found.append(tuple(math.fsum(part) / len(parts) for part in zip(*parts, strict=True)))
    return found


def descent_code(surface: str, rule: str, start: Sequence[float], rate: float, steps: int) -> str:
    """The same walk, all data a step, in plain PyTorch."""
    entry = SURFACES[surface]
    text = entry.expression.replace("^", "**")
    loss = f"({text}).sum()" if entry.data else text
    names = ", ".join(NAMES[: entry.weights])
    data = (
        [
            f"x = torch.tensor({[x for x, _ in entry.data]})",
            f"y = torch.tensor({[y for _, y in entry.data]})",
        ]
        if entry.data
        else []
    )
    return "\n".join(
        [
            "import torch",
            "from torch import cos, exp, sin",
            "",
            "torch.set_default_dtype(torch.float64)",
            *data,
            f"weights = torch.tensor({list(map(float, start))}, requires_grad=True)",
            f"optimizer = {RULES[rule].code.format(p='[weights]', lr=f'{rate:g}')}",
            f"for step in range({steps}):",
            f"    {names}{',' if entry.weights == 1 else ''} = weights",
            f"    loss = {loss}",
            "    optimizer.zero_grad()",
            "    loss.backward()",
            "    optimizer.step()",
            "    print(step + 1, loss.item(), weights.tolist())",
        ]
    )
