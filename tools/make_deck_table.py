"""Write the table of the deck into ``docs/lecturers.md``: a link for each slide.

    python -m tools.make_deck_table            # --check: only says whether it is up to date

The slides are those of ``lectures/cnn.toml``; without that file, the experiments ("Try this") of all pages, in
the order of the table of pages.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from streamlit.logger import set_log_level

from cnnviz.ui.state import State
from tools.release import ROOT

FILE = ROOT / "docs" / "lecturers.md"
DECK = ROOT / "lectures" / "cnn.toml"
BEGIN, END = "<!-- deck: made by tools/make_deck_table.py -->", "<!-- end of the deck -->"
APP = "http://localhost:8501"
"""Where ``make run`` puts the app."""


@dataclass(frozen=True)
class Slide:
    """A line of the table: the page's name in links, what it shows, and its address below the app's."""

    page: str
    title: str
    link: str


def slides() -> list[Slide]:
    """The deck, or the experiments of all pages."""
    if not DECK.exists():
        return list(_experiments())
    told = tomllib.loads(DECK.read_text(encoding="utf-8"))["slide"]
    return [Slide(one["link"].partition("?")[0], one["title"], one["link"]) for one in told]


def _experiments() -> Iterator[Slide]:
    for file in _files():
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        names = _names(tree)
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == "Experiment"
            ):
                text, state = (_value(one, names) for one in call.args)
                assert isinstance(state, State)
                yield Slide(file.rpartition("/")[2].removesuffix(".py"), text, state.link())


def _files() -> list[str]:
    """The pages, in the order of ``explorer_app.py``."""
    tree = ast.parse((ROOT / "explorer_app.py").read_text(encoding="utf-8"))
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "file"]
    return [ast.literal_eval(one.value) for one in sorted(calls, key=lambda one: one.value.lineno)]


def _names(tree: ast.Module) -> dict[str, Any]:
    """What a page imports from the package, and the states that it names at the top."""
    names: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {one.name: import_module(one.name) for one in node.names if one.asname is None}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cnnviz"):
            names |= {one.asname or one.name: _imported(node.module or "", one.name) for one in node.names}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            # What needs the page itself, such as a part of it, is no state.
            with suppress(NameError, TypeError, AttributeError, IndexError):
                exec(compile(ast.Module([node], []), "page", "exec"), names)
    return names


def _imported(module: str, name: str) -> Any:
    found = getattr(import_module(module), name, None)
    return import_module(f"{module}.{name}") if found is None else found


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "page", "eval"), dict(names))


def table() -> str:
    """Markdown: the slides by page."""
    lines = ["| slide | page | link |", "|---|---|---|"]
    for one in slides():
        title = one.title.replace("|", "\\|")
        lines.append(f"| {title} | {one.page.replace('_', ' ')} | [open]({APP}/{one.link}) |")
    return "\n".join(lines)


def main() -> None:
    set_log_level("error")
    text = FILE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    new = f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if new == text else "docs/lecturers.md is not up to date: python -m tools.make_deck_table")
    FILE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
