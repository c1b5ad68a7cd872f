"""What is done once gives what Streamlit would have given."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from streamlit import config
from streamlit.cursor import Cursor, LockedCursor, RunningCursor
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.form_utils import FormData
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session, memory_media_file_storage
from streamlit.runtime.state import session_state
from streamlit.runtime.state.presentation import apply_presenter
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from cnnviz.ui.thrift import (
    SMALL,
    copy_places_quickly,
    keep_values_as_they_are,
    look_up_one_by_one,
    name_files_once,
    read_theme_once,
)


@pytest.fixture(autouse=True)
def lookup_as_before() -> Iterator[None]:
    before = SafeSessionState.filtered_state
    look_up_one_by_one()
    yield
    SafeSessionState.filtered_state = before  # type: ignore[method-assign]


def controls() -> None:
    import streamlit as st
    from streamlit.runtime.state import get_session_state

    st.session_state.setdefault("note", 7)
    st.session_state.setdefault("empty", None)
    st.selectbox("Menu", ["a", "b"], key="menu")
    st.selectbox("Without", ["a", "b"], key="empty")
    st.number_input("Number", 0, 9, 3, key="number")
    st.slider("Slider", 0, 9, (2, 5), key="slider")
    st.text_input("Text", key="text")
    st.checkbox("Nameless")
    values = get_session_state().filtered_state
    whole = get_session_state()._state.filtered_state
    for key in (*whole, "no such key"):
        st.write(key, key in values, values.get(key) == whole.get(key))
    st.write("same", dict(values) == whole, len(values) == len(whole), str(values) == str(whole))


def test_a_control_gets_its_value_as_before() -> None:
    app = AppTest.from_function(controls).run()
    assert not app.exception
    assert app.selectbox[0].value == "a"
    assert app.selectbox[1].value is None
    assert (app.number_input[0].value, app.slider[0].value) == (3, (2, 5))
    app.number_input[0].set_value(5)
    app.slider[0].set_value((1, 8))
    app.selectbox[0].set_value("b")
    app.run()
    assert (app.number_input[0].value, app.slider[0].value, app.selectbox[0].value) == (5, (1, 8), "b")
    *told, last = [text.value for text in app.markdown]
    assert {line.split()[0].strip("`") for line in told} >= {
        "note",
        "menu",
        "empty",
        "number",
        "slider",
        "text",
    }
    for line in told:
        assert "False" not in line or line.startswith("no such key")
        assert line.endswith("`True`")
    assert last.count("True") == 3


def test_not_all_values_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = SessionState.filtered_state.fget
    monkeypatch.setattr(
        SessionState, "filtered_state", property(lambda state: asked.append(1) or whole(state))
    )

    def page() -> None:
        import streamlit as st

        for number in range(5):
            st.selectbox("Menu", ["a", "b"], key=f"menu{number}")
            st.number_input("Number", 0, 9, 3, key=f"number{number}")

    AppTest.from_function(page).run()
    assert len(asked) < 3


SECTIONS = (
    "theme",
    "theme.light",
    "theme.dark",
    "theme.sidebar",
    "theme.light.sidebar",
    "theme.dark.sidebar",
)


def theme(section: str) -> CustomThemeConfig:
    message = CustomThemeConfig()
    app_session._populate_theme_msg(message, section)
    return message


def test_the_theme_is_that_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg)
    config.set_option("theme.primaryColor", "#123456")
    try:
        expected = [theme(section) for section in SECTIONS]
        assert expected[0].primary_color == "#123456"
        asked = []
        read = config.get_options_for_section
        monkeypatch.setattr(
            config, "get_options_for_section", lambda section: asked.append(section) or read(section)
        )
        read_theme_once()
        for __ in range(3):
            assert [theme(section) for section in SECTIONS] == expected
        assert asked == list(SECTIONS)
        changed = theme("theme")
        changed.primary_color = "#654321"
        assert theme("theme") == expected[0]
        config.set_option("theme.primaryColor", "#abcdef")
        config._on_config_parsed.send()
        assert theme("theme").primary_color == "#abcdef"
    finally:
        config.set_option("theme.primaryColor", None)


@pytest.mark.parametrize("size", [10, SMALL, SMALL + 1])
def test_a_file_has_the_name_that_streamlit_gives_it(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = memory_media_file_storage._calculate_file_id
    monkeypatch.setattr(memory_media_file_storage, "_calculate_file_id", name)
    name_files_once()
    for file, kind in ((b"a" * size, "image/png"), (b"b" * size, "image/png"), (b"a" * size, "image/jpeg")):
        for __ in range(2):
            assert memory_media_file_storage._calculate_file_id(file, kind) == name(file, kind)
            assert memory_media_file_storage._calculate_file_id(file, kind, "x") == name(file, kind, "x")


def test_a_copied_place_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cursor, "__deepcopy__", None, raising=False)
    monkeypatch.setattr(DeltaGenerator, "__deepcopy__", DeltaGenerator.__deepcopy__)
    copy_places_quickly()
    place = RunningCursor(0, (1, 2))
    place.lock_element()
    place._transient_index = 0
    place.transient_elements[0] = Element()
    copy = deepcopy(place)
    assert (copy.delta_path, copy.transient_index, len(copy.transient_elements)) == ([0, 1, 2, 1], 0, 1)
    assert copy.transient_elements is not place.transient_elements
    assert copy.transient_elements[0] is not place.transient_elements[0]
    copy.open_block()
    assert (copy.delta_path, place.delta_path) == ([0, 1, 2, 2], [0, 1, 2, 1])
    assert (len(copy.transient_elements), len(place.transient_elements)) == (0, 1)
    locked = deepcopy(LockedCursor(0, (3,), 4))
    assert (type(locked), locked.delta_path, locked.is_locked) == (LockedCursor, [0, 3, 4], True)
    locked.transient_elements[0] = Element()
    assert len(deepcopy(locked).transient_elements) == 1


def nested(depth: int) -> tuple[DeltaGenerator, ...]:
    """Containers as they stand in each other when a section is drawn."""
    stack = [DeltaGenerator(0, RunningCursor(0), None, None)]
    for level in range(depth):
        stack.append(DeltaGenerator(0, stack[-1]._cursor.open_block(), stack[-1], f"kind {level}"))
        stack[-1]._creating_fragment_id = f"section {level}"
    stack[1]._form_data = FormData("form")
    return tuple(stack)


def told(one: DeltaGenerator) -> list[object]:
    return [
        (around._cursor.delta_path, around._block_type, around._form_data, around._creating_fragment_id)
        for around in one._ancestors
    ]


def test_copied_containers_are_those_that_streamlit_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = nested(4)
    monkeypatch.setattr(DeltaGenerator, "__deepcopy__", DeltaGenerator.__deepcopy__)
    monkeypatch.setattr(Cursor, "__deepcopy__", None, raising=False)
    copy_places_quickly()
    copies = deepcopy(stack)
    assert [told(one) for one in copies] == [told(one) for one in stack]
    # Each once, around each other as they were.
    assert [one._parent for one in copies] == [None, *copies[:-1]]
    assert not {id(one) for one in copies} & {id(one) for one in stack}
    copies[2]._cursor.open_block()
    assert copies[3]._parent._cursor.index == stack[2]._cursor.index + 1


def component_page() -> None:
    import streamlit as st

    for number in range(3):
        shown = st.components.v2.component(f"thrifty{number}", html="<p>Hello</p>")
        shown(key=f"box{number}", default={"height": 3}, on_height_change=lambda: None)
    st.number_input("Number", 0, 9, 3, key="number")
    st.write(f"{st.session_state['box1']['height']}, {st.session_state['number']}")


def test_values_are_set_aside_as_they_are_and_read_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SessionState, "_compact_state", SessionState._compact_state)
    made = []
    monkeypatch.setattr(
        session_state,
        "apply_presenter",
        lambda state, widget, value: made.append(widget) or apply_presenter(state, widget, value),
    )
    asked = {}
    for way in ("as before", "as they are"):
        if way == "as they are":
            keep_values_as_they_are()
        app = AppTest.from_function(component_page).run()
        made.clear()
        app.number_input[0].set_value(5).run()
        assert not app.exception
        assert app.markdown[-1].value == "3, 5"
        asked[way] = len(made)
    assert asked["as they are"] <= asked["as before"] - 3
