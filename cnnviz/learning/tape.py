"""A tape of operations on numbers: each knows its inputs, its value, and, after ``backward``, its gradient with the
terms of the chain rule that made it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cnnviz.errors import CnnvizError
from cnnviz.words import say


@dataclass(frozen=True)
class Operation:
    """A function of one or several numbers.

    Attributes:
        function: of the values of its inputs.
        slopes: (values of the inputs, own value) -> the partial derivative for each input.
        formula: in LaTeX, with the inputs as ``{0}``, ``{1}``.
    """

    name: str
    function: Callable[..., float]
    slopes: Callable[[Sequence[float], float], Sequence[float]]
    formula: str


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    function: Callable[..., float],
    slopes: Callable[[Sequence[float], float], Sequence[float]],
    formula: str,
) -> None:
    OPERATIONS[name] = Operation(name, function, slopes, formula)


def _power_slopes(v: Sequence[float], y: float) -> Sequence[float]:
    base, exponent = v
    by_base = exponent * base ** (exponent - 1) if exponent != 0 else 0.0
    return by_base, y * math.log(base) if base > 0 else 0.0


operation("add", lambda a, b: a + b, lambda v, y: (1.0, 1.0), "{0} + {1}")
operation("subtract", lambda a, b: a - b, lambda v, y: (1.0, -1.0), "{0} - {1}")
operation("multiply", lambda a, b: a * b, lambda v, y: (v[1], v[0]), r"{0} \cdot {1}")
operation("divide", lambda a, b: a / b, lambda v, y: (1 / v[1], -v[0] / v[1] ** 2), r"\frac{{{0}}}{{{1}}}")
operation("power", lambda a, b: a**b, _power_slopes, "{0}^{{{1}}}")
operation("negate", lambda a: -a, lambda v, y: (-1.0,), "-{0}")
operation("exp", math.exp, lambda v, y: (y,), "e^{{{0}}}")
operation("log", math.log, lambda v, y: (1 / v[0],), r"\ln {0}")
operation("sqrt", math.sqrt, lambda v, y: (0.5 / y,), r"\sqrt{{{0}}}")
operation("sin", math.sin, lambda v, y: (math.cos(v[0]),), r"\sin {0}")
operation("cos", math.cos, lambda v, y: (-math.sin(v[0]),), r"\cos {0}")
operation("tanh", math.tanh, lambda v, y: (1 - y * y,), r"\tanh {0}")
operation(
    "sigmoid",
    lambda a: 1 / (1 + math.exp(-a)) if a >= 0 else math.exp(a) / (1 + math.exp(a)),
    lambda v, y: (y * (1 - y),),
    r"\sigma({0})",
)
operation("relu", lambda a: max(0.0, a), lambda v, y: (1.0 if v[0] > 0 else 0.0,), r"\max(0, {0})")
operation("abs", abs, lambda v, y: (math.copysign(1.0, v[0]) if v[0] else 0.0,), "|{0}|")
operation(
    "max",
    lambda *a: max(a),
    lambda v, y: [1.0 if i == list(v).index(y) else 0.0 for i in range(len(v))],
    r"\max",
)
operation("sum", lambda *a: math.fsum(a), lambda v, y: [1.0] * len(v), r"\sum")
operation("average", lambda *a: math.fsum(a) / len(a), lambda v, y: [1 / len(v)] * len(v), r"\text{mean}")

operation("half_square", lambda a: 0.5 * a * a, lambda v, y: (v[0],), r"\tfrac12 {0}^2")


def _softmax(*logits: float) -> float:
    most = max(logits)
    parts = [math.exp(logit - most) for logit in logits]
    return parts[0] / math.fsum(parts)


def _softmax_slopes(logits: Sequence[float], y: float) -> Sequence[float]:
    others = [_softmax(logits[k], *logits[:k], *logits[k + 1 :]) for k in range(1, len(logits))]
    return [y * (1 - y), *(-y * other for other in others)]


operation("softmax", _softmax, _softmax_slopes, r"e^{{{0}}} / \sum e^{{z}}")
"""Of the first of its inputs, among all of them."""


@dataclass
class Node:
    """A number on the tape.

    Attributes:
        operation: what made it; ``None`` for a number that was given.
        inputs: places on the tape.
        slopes: its partial derivative for each input.
        gradient: of the result, for this number.
        terms: (place of the node that uses it, that node's gradient, slope, product): they add up to the gradient.
    """

    name: str
    value: float
    operation: str | None = None
    inputs: tuple[int, ...] = ()
    slopes: tuple[float, ...] = ()
    gradient: float = 0.0
    terms: list[tuple[int, float, float, float]] = field(default_factory=list)


class Tape:
    """Numbers in the order in which they were computed."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def given(self, name: str, value: float) -> int:
        """A number of the student's; returns its place."""
        self.nodes.append(Node(name, float(value)))
        return len(self.nodes) - 1

    def apply(self, name: str, *inputs: int, as_: str = "") -> int:
        """The result of an operation; returns its place.

        Raises:
            CnnvizError: there is no such operation, or no result for these numbers.
        """
        if name not in OPERATIONS:
            raise CnnvizError(
                say(
                    "There is no function '{name}'. Use one of: {operations}.",
                    name=name,
                    operations=", ".join(OPERATIONS),
                )
            )
        entry, values = OPERATIONS[name], [self.nodes[place].value for place in inputs]
        try:
            value = float(entry.function(*values))
            slopes = tuple(float(slope) for slope in entry.slopes(values, value))
        except (ValueError, ZeroDivisionError, OverflowError, TypeError):
            raise CnnvizError(
                say(
                    "{name} has no value at {values}. Change the numbers.",
                    name=name,
                    values=", ".join(f"{one:g}" for one in values),
                )
            ) from None
        if not math.isfinite(value):
            raise CnnvizError(
                say(
                    "{name} is too large at {values}. Change the numbers.",
                    name=name,
                    values=", ".join(f"{one:g}" for one in values),
                )
            )
        self.nodes.append(Node(as_ or f"v{len(self.nodes)}", value, name, tuple(inputs), slopes))
        return len(self.nodes) - 1

    def backward(self, result: int) -> None:
        """The gradient of a number for all before it, from the end to the beginning."""
        for node in self.nodes:
            node.gradient, node.terms = 0.0, []
        self.nodes[result].gradient = 1.0
        for place in range(result, -1, -1):
            node = self.nodes[place]
            if node.terms:
                node.gradient = math.fsum(term[3] for term in node.terms)
            for source, slope in zip(node.inputs, node.slopes, strict=True):
                self.nodes[source].terms.append((place, node.gradient, slope, node.gradient * slope))
