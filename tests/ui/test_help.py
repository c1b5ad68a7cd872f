"""Every control explains itself: what it is, and its usual value."""

import ast
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import cnnviz.ui.states
from cnnviz.ui.fields import Choice, Choices, Field, Number, Open, Switch
from cnnviz.ui.state import State

for module in iter_modules(cnnviz.ui.states.__path__):
    import_module(f"cnnviz.ui.states.{module.name}")

ROOT = Path(__file__).resolve().parents[2]
SHORTEST = 30
FIELDS = [
    pytest.param(field, id=f"{state.__name__}.{field.name}")
    for state in State.pages.values()
    for field in state.fields.values()
]
ASKING = {"text_input", "number_input", "selectbox", "multiselect", "toggle", "file_uploader", "camera_input"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_has_help_that_says_more_than_its_label(field: Field[Any]) -> None:
    assert field.help
    assert len(field.help) >= SHORTEST
    assert field.help.endswith((".", "?"))
    assert field.help.strip(".").lower() != field.label.lower()


def test_help_ends_with_the_usual_value() -> None:
    assert Number("Stride", 2, 1, 6, help="What it is.").explained(2) == "What it is. Usual: 2."
    assert Switch("On?", True, help="What it is.").explained(True) == "What it is. Usual: on."
    titles = {"a": "First", "b": "Second"}
    assert (
        Choice("One", titles, "b", help="What it is.").explained("b", "Second")
        == "What it is. Usual: Second."
    )
    assert Choices("Some", titles, (), help="What it is.").explained((), "") == "What it is."
    assert Open("Open", help="What it is.").explained(None, "off") == "What it is. Usual: off."


def test_controls_outside_a_state_have_help_too() -> None:
    """Those of Streamlit that ui and pages draw themselves."""
    lacking = []
    for file in (*(ROOT / "cnnviz" / "ui").glob("*.py"), *(ROOT / "pages").rglob("*.py")):
        if file.name == "fields.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "st" and node.func.attr in ASKING:
                words = {word.arg for word in node.keywords}
                if "help" not in words:
                    lacking.append(f"{file.name}:{node.lineno} {node.func.attr}")
    assert not lacking
