"""What README and ``docs/`` say is so: their code runs, their links open, their files are there."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui import states
from cnnviz.ui.state import State
from tests.pages.conftest import at_rest, until, words
from tools.make_deck_table import BEGIN, END, FILE, slides, table

ROOT = Path(__file__).resolve().parents[1]
TEXTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
LABS = sorted((ROOT / "docs" / "labs").glob("*.md"))
TRAINS = re.compile(r"\b(start|Trainer|sweep|bring|source_from|read_videos)\(|\.start\(")
"""Code that trains, or needs files of one's own: its imports are tried, and its names."""
APP = "http://localhost:8501/"
for module in pkgutil.iter_modules(states.__path__):
    importlib.import_module(f"{states.__name__}.{module.name}")
FILES = {file.rpartition("/")[2].removesuffix(".py"): file for file in State.pages}
"""Name of a page in links -> its file."""


def code_of(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def links_of(path: Path) -> list[str]:
    return re.findall(re.escape(APP) + r"([^\s)>]+)", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in TEXTS if code_of(path)], ids=lambda path: path.name)
def test_the_code_of_a_text_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, each piece with the names of those before it."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    ran = 0
    for piece in code_of(path):
        tree = ast.parse(piece)
        if TRAINS.search(piece):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    module = importlib.import_module(node.module or "")
                    assert all(hasattr(module, one.name) for one in node.names), node.module
            continue
        exec(compile(tree, path.name, "exec"), names)
        ran += 1
    assert ran or path.name == "README.md"


def test_every_link_of_the_deck_says_a_state_of_its_page() -> None:
    deck = slides()
    assert len(deck) > 30
    for one in deck:
        name, _, query = one.link.partition("?")
        if name in ("", "home"):
            continue
        state = State.pages.get(FILES[name], State) if name in FILES else State
        assert list(ROOT.glob(f"pages/*/{name}.py")), one
        assert not state.parse(dict(parse_qsl(query, keep_blank_values=True)))[1], one


def test_the_table_of_the_deck_is_up_to_date() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == table()


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_every_link_of_a_lab_opens_its_page_in_that_state(path: Path) -> None:
    links = links_of(path)
    assert len(links) >= 3
    for link in links:
        name, _, query = link.partition("?")
        app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=180)
        app.switch_page(FILES[name])
        asked = dict(parse_qsl(query))
        for key, value in asked.items():
            app.query_params[key] = value
        until(app.run(), at_rest)
        assert not app.exception, link
        assert not app.error, link
        # What is usual need not stand in an address; what a page does not know, it says.
        for field, text in app.query_params.items():
            assert asked.get(field, text) == text, link
        assert "is not possible here" not in words(app), link


def test_the_files_that_the_texts_name_are_there() -> None:
    for path in TEXTS:
        for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
            if not target.startswith(("http", "mailto:")) and not target.endswith("server.md"):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_readme_begins_with_half_a_page() -> None:
    top = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    assert len(top.splitlines()) <= 30
    assert "make run" in top
    assert "docs/pictures/movie.gif" in top
    assert (ROOT / "docs" / "pictures" / "movie.gif").stat().st_size < 1_500_000
