"""What holds for every page of the table."""

import ast
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from urllib.parse import parse_qsl

import pytest
from streamlit.runtime.state.common import user_key_from_element_id

from cnnviz.ui import states
from cnnviz.ui.state import State
from explorer_app import CHAPTERS
from tests import pseudo
from tests.pages.conftest import FOLDED, ROOT, Open, at_rest, until
from tests.pages.test_languages import forgotten

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").rglob("*.py"))
LESSONS = [page for page in PAGES if page != "pages/start/home.py" and not page.startswith("pages/class/")]

MINUTES_OF_WORK = "pages/inside/ablation.py"
"""Its component ``costs_by_class`` comes at the end of it."""


def table() -> set[str]:
    source = ast.parse((ROOT / "explorer_app.py").read_text())
    calls = [
        node
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Lesson"
    ]
    return {word.value.value for call in calls for word in call.keywords if word.arg == "file"}


def test_every_page_is_in_the_table() -> None:
    assert table() == set(PAGES)


@pytest.fixture(scope="module")
def fields() -> set[str]:
    """The names of all fields of all pages."""
    for module in iter_modules(states.__path__):
        import_module(f"{states.__name__}.{module.name}")
    return {name for state in State.pages.values() for name in state.fields}


@pytest.mark.parametrize("page", PAGES)
def test_opens_without_error_and_a_lesson_has_experiments_code_and_source(
    page: str, open_page: Open, fields: set[str]
) -> None:
    app = open_page(page)
    assert not app.exception
    assert not app.error
    assert app.header
    if page != MINUTES_OF_WORK:
        app = until(app, at_rest)
    # What a component tells would stand where the field's control keeps its value.
    keys = {user_key_from_element_id(element.proto.id) for element in app.get("bidi_component")}
    assert keys.isdisjoint(fields), keys & fields
    # What is folded is looked at, too: its key stands in FOLDED.
    closed = [one.proto.label for one in app.expander if one.proto.id and not one.proto.expanded]
    assert not closed
    if page not in LESSONS:
        return
    app = until(app, lambda app: bool(app.code) or at_rest(app))
    assert "Try this" in [element.value for element in app.subheader]
    assert len([link for link in app.get("page_link") if link.proto.icon == ":material/experiment:"]) == 3
    assert app.code
    assert any(caption.value.startswith("Source: ") for caption in app.caption)


def test_what_is_folded_is_sent_when_it_is_unfolded_and_not_before(open_page: Open) -> None:
    app = open_page("pages/seeing/activations.py", functions="relu")
    formulas = [element.value for element in app.latex]
    assert "relu" in app.code[0].value
    for key in FOLDED:
        app.session_state[key] = False
    app.run()
    assert not app.code
    assert len(app.latex) < len(formulas)
    app.session_state["show_code"] = True
    assert "relu" in app.run().code[0].value
    assert app.query_params["functions"] in ("relu", ["relu"])


@pytest.mark.parametrize("page", LESSONS)
def test_every_experiment_opens_the_page_in_a_state_without_error_or_a_forgotten_word(
    page: str, open_page: Open
) -> None:
    links = [
        link.proto for link in open_page(page).get("page_link") if link.proto.icon == ":material/experiment:"
    ]
    for link in links:
        app = open_page(page, **{**dict(parse_qsl(link.query_string)), "language": pseudo.NAME})
        assert not app.exception, link.label
        assert not app.error, link.label
        assert not forgotten(app), link.label


@pytest.mark.parametrize("page", PAGES)
def test_is_short(page: str) -> None:
    assert len((ROOT / page).read_text().splitlines()) <= 200


def test_no_page_lies_directly_in_the_folder() -> None:
    """Streamlit would take it for a page of an old-style app."""
    assert not list(Path(ROOT / "pages").glob("*.py"))


def test_home_is_a_map_with_one_link_for_each_page(open_page: Open) -> None:
    app = open_page("pages/start/home.py")
    labels = {one.proto.page: one.proto.label for one in app.get("page_link")}
    for chapter in CHAPTERS:
        for lesson in chapter.lessons[chapter is CHAPTERS[0] :]:
            card = re.fullmatch(r"\*\*(.+)\*\* !\[(.+)\]\((\S+)\) \*“(.+)”\*", labels[lesson.url_path])
            assert card, labels[lesson.url_path]
            assert (card[1], card[2], card[4]) == (lesson.title, lesson.picture_alt, lesson.sentence)
