"""Each control asks for its own value of the session, and is given what Streamlit would have given it."""

from collections.abc import Iterator

import pytest
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from cnnviz.ui.thrift import look_up_one_by_one


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
