"""Who is right, the student or the address: played with a browser that hears late, on a page of one
control.
"""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT
from tests.pages.restored import control_of, held


def opened(**parameters: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=180)
    app.switch_page("pages/seeing/dropout.py")
    app.session_state["browser_secret"] = "b" * 32
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def test_a_browser_that_has_not_heard_yet_does_not_take_back_what_code_chose() -> None:
    app = opened()
    app.button(key="next").click().run()
    assert held(app, "step_number") == "2"
    # The browser's next request was sent before it heard of step 2: its control and its address still say
    # what was before.
    late = control_of(app, "step_number")
    late.set_value(1)
    del app.query_params["step_number"]
    app.slider(key="p").set_value(0.8).run()
    assert (held(app, "step_number"), held(app, "p")) == ("2", "0.8")
    assert {**app.query_params} == {"step_number": "2", "p": "0.8"}


def test_a_student_who_has_heard_can_go_back_to_what_was_before() -> None:
    app = opened()
    app.button(key="next").click().run()
    control_of(app, "step_number").set_value(1).run()
    assert held(app, "step_number") == "1"
    assert "step_number" not in app.query_params


def test_what_a_page_asks_by_itself_does_not_take_back_what_code_chose(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may come between a browser's new address and its new control."""
    asked = 1
    monkeypatch.setattr("cnnviz.ui.address.times_asked", lambda __: asked)
    app = opened()
    app.button(key="next").click().run()
    # The bar of some work asks how far it is.
    control_of(app, "step_number").set_value(1).run()
    assert (held(app, "step_number"), {**app.query_params}) == ("2", {"step_number": "2"})
    asked = 2
    control_of(app, "step_number").set_value(1).run()
    assert (held(app, "step_number"), {**app.query_params}) == ("1", {})


def test_who_moves_another_control_has_left_the_one_alone_that_the_browser_does_not_show_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quick second click: the address is the new one, the control not yet."""
    asked = 1
    monkeypatch.setattr("cnnviz.ui.address.times_asked", lambda __: asked)
    app = opened()
    app.button(key="next").click().run()
    asked = 2
    control_of(app, "step_number").set_value(1)
    app.button(key="next").click().run()
    assert (held(app, "step_number"), {**app.query_params}) == ("3", {"step_number": "3"})
    asked = 3
    control_of(app, "step_number").set_value(2)
    app.slider(key="p").set_value(0.8).run()
    assert (held(app, "step_number"), held(app, "p")) == ("3", "0.8")
    assert {**app.query_params} == {"step_number": "3", "p": "0.8"}
    # And now the student has seen it, and goes back.
    asked = 4
    control_of(app, "step_number").set_value(2).run()
    assert held(app, "step_number") == "2"


def test_the_address_says_what_code_chose_when_its_control_holds_it() -> None:
    """Else a request on the way would say the new address and the old control: as a student does who goes back."""

    def script() -> None:
        import streamlit as st

        from cnnviz.ui.address import arrive, one_section, tell_address
        from cnnviz.ui.fields import Number

        step = Number("Step", 1, 1, 5).named("step")
        arrive("page")
        if st.button("Third step"):
            step.set(3)
        with one_section():
            st.caption("A section that is drawn before that of the control.")
        st.text(str(st.query_params.to_dict()))
        with one_section():
            step.draw()
        st.text(str(st.query_params.to_dict()))
        tell_address(whole=True)

    app = AppTest.from_function(script).run()
    app.button[0].click().run()
    assert [text.value for text in app.text] == ["{}", "{'step': '3'}"]
    assert {**app.query_params} == {"step": "3"}


def test_two_quick_moves_are_both_heard_though_the_second_brings_the_old_address() -> None:
    app = opened()
    app.slider(key="draws").set_value(500).run()
    del app.query_params["draws"]
    app.slider(key="p").set_value(0.7).run()
    assert (held(app, "draws"), held(app, "p")) == ("500", "0.7")
    assert {**app.query_params} == {"draws": "500", "p": "0.7"}


def go(app: AppTest, page: str, **address: str) -> None:
    """By the menu; or by a link, with an address."""
    app.switch_page(page)
    for name in list(app.query_params):
        del app.query_params[name]
    for name, value in address.items():
        app.query_params[name] = value
    app.run()


def test_who_comes_back_by_the_menu_finds_the_page_as_it_was_and_a_link_says_all() -> None:
    app = opened(p="0.8", draws="500")
    go(app, "pages/seeing/pooling.py")
    go(app, "pages/seeing/dropout.py")
    assert (held(app, "p"), held(app, "draws")) == ("0.8", "500")
    go(app, "pages/seeing/pooling.py")
    go(app, "pages/seeing/dropout.py", p="0.6")
    assert (held(app, "p"), held(app, "draws")) == ("0.6", "300")


def test_a_control_that_is_moved_to_the_usual_and_hidden_at_once_needs_no_word_in_the_address() -> None:
    app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=180)
    app.switch_page("pages/inside/ablation.py")
    app.query_params["channels"] = "1"
    app.run()
    # Both in one request: the channels back to the usual one, and the switch that hides them.
    control_of(app, "channels").set_value(["0"])
    app.toggle(key="whole").set_value(True).run()
    assert {**app.query_params} == {"whole": "true"}


def test_a_move_of_a_control_that_has_gone_meanwhile_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load a browser moves what the page, on its way to another state, has just taken away."""
    moved: dict[str, Callable[[], None]] = {}
    slider = st.slider

    def noticed(*given: Any, **named: Any) -> Any:
        moved[named["key"]] = named["on_change"]
        return slider(*given, **named)

    monkeypatch.setattr(st, "slider", noticed)
    app = opened(p="0.8")
    # No session has a control of this name here.
    moved["p"]()
    assert held(app.run(), "p") == "0.8"


def test_a_control_that_another_one_replaced_says_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that goes back and forward quickly tells of controls that it has shown before."""
    moved: dict[str, Callable[[], None]] = {}
    number_input = st.number_input

    def noticed(*given: Any, **named: Any) -> Any:
        moved[named["key"]] = named["on_change"]
        return number_input(*given, **named)

    def script() -> None:
        import streamlit as st

        from cnnviz.ui.address import arrive, one_section, tell_address
        from cnnviz.ui.fields import Number

        if late := st.session_state.pop("late", None):
            late()
            with one_section():
                st.caption("A section without the control.")
            return
        step = Number("Step", 1, 1, 5).named("step")
        arrive("page")
        step.draw()
        tell_address(whole=True)

    monkeypatch.setattr(st, "number_input", noticed)
    app = AppTest.from_function(script).run()
    monkeypatch.setattr("cnnviz.ui.address.comes_by_history", lambda: True)
    for step in ("3", "4"):
        app.query_params["step"] = step
        app.run()
    assert (control_of(app, "step").key, held(app, "step")) == ("step-2", "4")
    monkeypatch.undo()
    app.session_state["step-1"], app.session_state["late"] = 3, moved["step-1"]
    app.run()
    assert {**app.query_params} == {"step": "4"}
