"""Lectures on the pages: every slide opens in its state, what is hidden is not drawn, one's own lecture is edited."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.lectures import Lecture, Slide, bundled, bundled_lecture, pages, read_lecture, state_of
from cnnviz.ui.player import Own
from tests.pages.conftest import Open, at_rest, until, words
from tests.pages.restored import control_of, held, told

SLIDES = [
    pytest.param(name, number, id=f"{name}-{number}-{slide.page}")
    for name in bundled()
    for number, slide in enumerate((bundled_lecture(name) or Lecture()).slides, 1)
    if name == "cnn"
    or slide.link() not in {one.link() for one in (bundled_lecture("cnn") or Lecture()).slides}
]
"""Each state once."""
QUESTION = {"kind": "choice", "text": "How many?", "choices": ["one", "two"], "answer": "two"}
OWN = Lecture(
    title="Mine",
    slides=(
        Slide("pooling", {"window": "3"}, "First", notes="Say **this**.", question=QUESTION, minutes=2),
        Slide("kernels", {"photo": "brick"}, "Second"),
        Slide("convolution", {}, "Third"),
    ),
)


def file_now(app: AppTest) -> Lecture:
    """One's own lecture, as the browser is told to keep it."""
    return read_lecture(str(told(app, "-own_lecture")["text"]))


def keys(app: AppTest) -> set[str]:
    """The keys of all that is drawn."""

    def ids(node: Any) -> Iterator[str]:
        yield str(getattr(getattr(node, "proto", None), "id", ""))
        for child in getattr(node, "children", {}).values():
            yield from ids(child)

    return {found.partition("ID-")[2].partition("-")[2] for found in ids(app._tree)}


def open_with(open_page: Open, page: str, own: Lecture = OWN, /, **state: str) -> AppTest:
    """A page in a session that knows one's own lecture."""
    app = open_page(page, **state)
    app.session_state["own_lecture_known"] = Own(own, 1.0)
    app.session_state["lecture_is_edited"] = True
    return app.run()


@pytest.mark.thorough(4)
@pytest.mark.parametrize(("name", "number"), SLIDES)
def test_every_slide_opens_in_its_state(name: str, number: int, open_page: Open) -> None:
    lecture = bundled_lecture(name)
    assert lecture is not None
    slide = lecture.slides[number - 1]
    app = until(open_page(pages()[slide.page], **slide.state, lecture=name, slide=str(number)), at_rest)
    assert not app.exception
    assert not app.error
    assert "is not possible here" not in words(app)
    memory = app.session_state["state"].here
    known = {**app.session_state["state"].shared, **memory.values, **memory.held}
    assert not set(memory.linked) & set(slide.state), "the page never looked at it"
    fields = state_of(slide.page).fields
    pointed = {slide.spot, *re.findall(r"#spot:([\w/]+)", slide.caption + slide.notes)} - {""}
    drawn = keys(app)
    assert not [name for name in pointed if not {name.split("/")[0], f"section_{name}"} & drawn]
    assert {key: fields[key].text(known.get(key, fields[key].usual)) for key in slide.state} == dict(
        slide.state
    )
    if slide.page not in ("lectures", "notes"):
        bar: Mapping[str, Any] = told(app, "-lecture_bar")
        assert (bar["slide"], bar["away"], bar["titles"][number - 1]) == (number, False, slide.title)
        assert app.query_params["lecture"] == name


def test_what_is_hidden_is_not_drawn_and_keeps_its_value(open_page: Open) -> None:
    page = "pages/seeing/pooling.py"
    shown = open_page(page, window="3")
    app = open_page(page, window="3", hide="window,channel0,training,code,try,source")
    assert control_of(shown, "window") is not None
    assert control_of(app, "window") is None
    assert control_of(app, "stride") is not None
    assert app.query_params["window"] == "3"
    assert len(app.get("bidi_component")) < len(shown.get("bidi_component"))
    assert "Train both yourself" in words(shown)
    assert "Train both yourself" not in words(app)
    assert "Source: " not in words(app)
    assert not app.code
    assert "Try this" not in [one.value for one in app.subheader]


def test_a_hidden_section_leaves_its_values_in_the_address(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", window="3", mode="average", hide="numbers")
    assert control_of(app, "window") is None
    assert {name: app.query_params[name] for name in ("window", "mode", "hide")} == {
        "window": "3",
        "mode": "average",
        "hide": "numbers",
    }
    assert app.session_state["state"].here.values["window"] == 3


def test_a_lecture_that_is_not_here_is_said_quietly(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", lecture="nobody", slide="3")
    assert "“nobody” is no lecture here." in words(app)
    assert not app.exception


def test_notes_show_the_question_and_what_comes_next(open_page: Open) -> None:
    app = open_page("pages/class/notes.py", lecture="own", slide="1")
    assert "No lecture is given now" in words(app)
    app.session_state["own_lecture_known"] = Own(OWN, 1.0)
    app.run()
    said = words(app)
    assert [one.value for one in app.subheader] == ["First"]
    for part in ("Say **this**.", "**Ask:** How many?", "- two ✓", "**Second**"):
        assert part in said
    clock = told(app, "-lecture_notes")
    assert (clock["slide"], clock["minutes"]) == (1, [2.0, 0.0, 0.0])


def test_an_edited_lecture(open_page: Open) -> None:
    app = open_with(open_page, "pages/class/lectures.py")
    app.text_input(key="lecture_title").set_value("Another title").run()
    app.text_input(key="slide_title_0_0").set_value("Pooling").run()
    app.text_area(key="slide_notes_0_0").set_value("New\nnotes").run()
    app.number_input(key="slide_minutes_0_0").set_value(7.0).run()
    app.multiselect(key="slide_hide_0_0").set_value(["code", "training"]).run()
    assert not app.exception
    first = file_now(app).slides[0]
    assert file_now(app).title == "Another title"
    assert (first.title, first.notes, first.minutes, set(first.hide)) == (
        "Pooling",
        "New\nnotes",
        7.0,
        {"code", "training"},
    )
    app.button(key="move_to_1").click().run()
    assert [one.title for one in file_now(app).slides] == ["Second", "Pooling", "Third"]
    app.button(key="slide_remove").click().run()
    assert [one.title for one in file_now(app).slides] == ["Second", "Third"]
    assert not app.exception


def test_add_the_page_that_is_shown(open_page: Open) -> None:
    app = open_with(open_page, "pages/seeing/pooling.py", window="3", projector="true")
    control_of(app, "stride").set_value(1).run()
    app.button(key="add_page_to_lecture").click().run()
    assert not app.exception
    assert file_now(app).slides[-1] == Slide("pooling", {"window": "3", "stride": "1"}, "Pooling")
    assert held(app, "window") == "3"


def test_without_editing_no_page_offers_to_be_added(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py")
    assert "add_page_to_lecture" not in [button.key for button in app.button]


def test_words_of_a_file_are_not_markup(open_page: Open) -> None:
    evil = "<img src=x onerror=alert(1)> ![x](https://elsewhere.org/x.png)"
    lecture = Lecture(evil, evil, "en", evil, (Slide("pooling", {}, evil, evil, evil, {"text": evil, "choices": [evil]}),))  # fmt: skip
    for page, state in (("pages/class/lectures.py", {}), ("pages/class/notes.py", {"lecture": "own"}), ("pages/seeing/pooling.py", {"lecture": "own"})):  # fmt: skip
        app = open_with(open_page, page, lecture, **state)
        assert not app.exception
        said = words(app)
        assert "![" not in said
        assert not [one for one in app.get("html") if "onerror" in one.proto.body]
        assert not [one for one in app.markdown if one.allow_html and "onerror" in one.value]
