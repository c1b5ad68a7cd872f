"""Writes ``assets/components/lib/messages.d.ts`` from the types in ``cnnviz/ui/messages.py``: what Python
says to the components, for the checker of their code.

Run it after a change there: ``python -m tools.make_messages``; a test says so if it was forgotten.
"""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from cnnviz.ui import messages

FILE = Path(__file__).resolve().parents[1] / "assets" / "components" / "lib" / "messages.d.ts"
PLAIN = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null", object: "any"}


def declared(kind: Any) -> str:
    """A Python type in TypeScript. NaN and infinity arrive as null, so numbers of a list may be null."""
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        return kind.__name__ if isinstance(kind, type) else type(kind).__name__
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(declared(part) for part in inner)
    if origin is Sequence:
        one = declared(inner[0])
        return f"({one})[]" if " | " in one else f"{one}[]"
    if origin is Mapping:
        return f"Record<{declared(inner[0])}, {declared(inner[1])}>"
    raise TypeError(f"{kind} is no type of a message")


def declarations() -> str:
    """The file's text."""
    kinds = [
        kind
        for kind in vars(messages).values()
        if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == messages.__name__
    ]
    parts = ["// Written by tools/make_messages.py from cnnviz/ui/messages.py.\n"]
    for kind in kinds:
        hints = typing.get_type_hints(kind)
        lines = "".join(f"  {field.name}: {declared(hints[field.name])};\n" for field in fields(kind))
        parts.append(f"export interface {kind.__name__} {{\n{lines}}}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8")
