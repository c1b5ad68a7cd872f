"""There is one way for text from outside to the screen."""

import ast
import re
from pathlib import Path

import pytest

from tests.pages.conftest import ROOT

SOURCES = sorted([*(ROOT / "cnnviz" / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
SCRIPTS = sorted(
    path for path in (ROOT / "assets" / "components").rglob("*.js") if path.name != "modern_screenshot.js"
)
SENTENCES = ("error", "warning", "info", "success", "toast")


def _is_bare(value: ast.expr) -> bool:
    """Whether it is a text that was made elsewhere: a name, an attribute, ``str(error)`` or ``_(error)``."""
    if isinstance(value, ast.Name | ast.Attribute):
        # What a registry of the house says of itself.
        return not (isinstance(value, ast.Attribute) and value.attr in ("withdrawn",))
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id == "str" or (
            value.func.id == "_" and not isinstance(value.args[0], ast.Constant)
        )
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_an_error_or_a_run_says_is_shown_in_plain_letters(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in SENTENCES
            and node.args
        ):
            is_log = isinstance(node.func.value, ast.Name) and "log" in node.func.value.id.lower()
            shown = node.args[0]
            parts = (
                [part.value for part in shown.values if isinstance(part, ast.FormattedValue)]
                if isinstance(shown, ast.JoinedStr)
                else [shown]
            )
            for part in parts:
                is_error = isinstance(part, ast.Name) and part.id in ("error", "sentence", "fault", "refusal")
                assert is_log or not (is_error or (part is shown and _is_bare(part))), (
                    f"{path.name}:{node.lineno}"
                )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_ours_makes_html_or_code_of_a_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"\beval\(|new Function\(|document\.write|insertAdjacentHTML|outerHTML\s*=|srcdoc|setTimeout\(\s*[\"'`]",
        text,
    )
    for found in re.finditer(r"innerHTML\s*=\s*(`[^`]*`|[^;]*)", text):
        assert found[1].startswith("`"), found[0]
        assert "${" not in found[1], found[0]


@pytest.mark.parametrize("path", [*SOURCES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_lets_markdown_be_html(path: Path) -> None:
    assert "unsafe_allow_html" not in path.read_text(encoding="utf-8")
    assert "unsafe_allow_javascript" not in path.read_text(encoding="utf-8")
