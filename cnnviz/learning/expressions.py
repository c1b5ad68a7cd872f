"""The computational graph of an expression that a student types: values forward, gradients back."""

import ast
from dataclasses import dataclass
from functools import lru_cache

from cnnviz.errors import CnnvizError
from cnnviz.learning.tape import OPERATIONS, Tape
from cnnviz.words import say

LONGEST, DEEPEST = 300, 40
CONSTANTS = {"pi": 3.141592653589793, "e": 2.718281828459045}
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}
FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "max")


@dataclass(frozen=True, eq=False)
class Graph:
    """An expression as a graph.

    Attributes:
        tape: its numbers, in the order of computation.
        result: the place of the last one.
        names: name -> place of the numbers that were given.
    """

    expression: str
    tape: Tape
    result: int
    names: dict[str, int]

    @property
    def value(self) -> float:
        return self.tape.nodes[self.result].value

    @property
    def gradient(self) -> dict[str, float]:
        """Name -> partial derivative of the value."""
        return {name: self.tape.nodes[place].gradient for name, place in self.names.items()}


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise CnnvizError("A number of the expression is too large.") from None


@lru_cache(512)
def _parsed(expression: str) -> ast.Expression:
    try:
        return ast.parse(expression.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise CnnvizError(
            say(
                "“{expression}” is no expression. Write for example (x + y) * sin(z), with * between factors.",
                expression=expression[:60],
            )
        ) from None


def graph(expression: str, **values: float) -> Graph:
    """Values and gradients of an expression such as ``(x + y) * sin(z)``.

    The text is parsed and never run: numbers, the given names, + - * / ** ^, and the functions of ``FUNCTIONS``.

    Raises:
        CnnvizError: anything else stands in it, a name has no value, or a function has none at these numbers.
    """
    if len(expression) > LONGEST:
        raise CnnvizError(
            say(
                "The expression has {count} characters; at most {longest} are possible.",
                count=len(expression),
                longest=LONGEST,
            )
        )
    tree = _parsed(expression)
    tape, names = Tape(), dict[str, int]()

    def place(node: ast.expr, depth: int) -> int:
        if depth > DEEPEST:
            raise CnnvizError("The expression has too many brackets in each other.")
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and node.value is not True
            and node.value is not False
        ):
            return tape.given(f"{node.value:g}", _float(node.value))
        if isinstance(node, ast.Name):
            return named(node.id)
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            left, right = place(node.left, depth + 1), place(node.right, depth + 1)
            return tape.apply(_BINARY[type(node.op)], left, right)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return tape.apply("negate", place(node.operand, depth + 1))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd):
            return place(node.operand, depth + 1)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            if node.func.id not in FUNCTIONS or node.func.id not in OPERATIONS:
                raise CnnvizError(
                    say(
                        "There is no function '{id}'. Use one of: {functions}.",
                        id=node.func.id,
                        functions=", ".join(FUNCTIONS),
                    )
                )
            return tape.apply(node.func.id, *(place(one, depth + 1) for one in node.args))
        raise CnnvizError(
            say(
                "“{unparse}” is not possible here. Use numbers, names, + - * / ^ and {functions}.",
                unparse=ast.unparse(node)[:40],
                functions=", ".join(FUNCTIONS),
            )
        )

    def named(name: str) -> int:
        if name in names:
            return names[name]
        if name in values:
            names[name] = tape.given(name, values[name])
            return names[name]
        if name in CONSTANTS:
            return tape.given(name, CONSTANTS[name])
        raise CnnvizError(say("“{name}” has no value. Give it one, such as {name} = 1.", name=name))

    result = place(tree.body, 0)
    tape.backward(result)
    return Graph(expression, tape, result, names)
