"""There is one way for text from outside to the screen."""

import ast
import re
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.ui.outside import _plain, plain, printable
from cnnviz.words import _, in_language, say, sentence_of
from tests.pages.conftest import ROOT

SOURCES = sorted([*(ROOT / "cnnviz" / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
ALL = sorted([*(ROOT / "cnnviz").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
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


def test_an_error_is_shown_in_the_language_of_whoever_looks() -> None:
    error = CnnvizError(say("Room {code} is closed.", code="AB*"))
    with in_language("de"):
        assert plain(error) == plain(sentence_of(error)) == _plain(_(error))
        assert printable(error) == _(error)
        assert plain(error) != _plain(str(error))
    assert plain(error) == "Room AB\\* is closed."


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_error_is_turned_into_english(path: Path) -> None:
    """``str(error)`` forgets what other languages need."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            not isinstance(node, ast.ExceptHandler)
            or not node.name
            or "CnnvizError" not in ast.dump(node.type or node)
        ):
            continue
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "str":
                assert ast.unparse(call) != f"str({node.name})", f"{path.name}:{call.lineno}"


def _says(node: ast.AST) -> bool:
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("say", "say_many", "sentence_of")
        for call in ast.walk(node)
    )


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_is_put_together_from_pieces(path: Path) -> None:
    """A text that is made of pieces is in no catalogue: ``one_after_another`` and ``said_of`` keep them apart."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "CnnvizError":
            assert node.args, where
            assert not isinstance(node.args[0], ast.JoinedStr), where
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
            assert not _says(node), where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            assert not _says(node), where
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("say", "say_many")
        ):
            # The title of an entry is a sentence too: ``title=say(entry.title)``.
            bare = [word.arg for word in node.keywords if ast.unparse(word.value).endswith(".title")]
            assert not bare, where


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
