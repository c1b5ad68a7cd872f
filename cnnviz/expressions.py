"""The Python that pages show: lines that know the names they take from elsewhere, so that a script has its
import lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Expression:
    """A Python expression.

    Attributes:
        text: such as ``photo("coffee")``.
        names: what it takes from elsewhere: name -> module, such as ``{"photo": "cnnviz.data"}``.
    """

    text: str
    names: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text

    def inside(self, template: str, **names: str) -> "Expression":
        """A larger expression, in which this one stands at ``{}`` and which takes more names: name=module."""
        return Expression(template.replace("{}", self.text), {**self.names, **names})


def script(body: str, *parts: Expression, first: Iterable[str] = ("import torch",), **names: str) -> str:
    """Lines of Python with their imports above.

    Args:
        parts: expressions that stand in the body.
        first: whole import lines, such as ``from torch import nn``.
        names: what the body itself takes: name=module.
    """
    taken = dict(names)
    for part in parts:
        taken.update(part.names)
    house = [
        f"from {module} import {', '.join(sorted(name for name in taken if taken[name] == module))}"
        for module in sorted(set(taken.values()))
    ]
    return "\n".join([*first, *house]) + "\n\n" + body


def table(values: Any) -> str:
    """A tensor of two dimensions as a Python list, whole numbers without a point."""
    rows = ("[" + ", ".join(f"{value:.7g}" for value in row) + "]" for row in values.tolist())
    return "[" + ", ".join(rows) + "]"
