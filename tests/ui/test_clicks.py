"""A click on a button, and another request that comes before the page is drawn as far as that button."""

from collections.abc import Callable, Iterator
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import config
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests, ScriptRequestType
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from cnnviz.ui import clicks
from cnnviz.ui.clicks import hear_every_click

pressed: list[str] = []
asks_before: set[str] = set()
"""Where the page asks by itself, once: before the button, or after it."""
asked_for_page: list[str] = []
called: list[str] = []
"""Callbacks."""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    names = {
        AppSession: ["request_rerun"],
        ScriptRequests: ["on_scriptrunner_ready", "on_scriptrunner_yield", "_request_rerun_locked"],
        SessionState: ["register_widget"],
    }
    before = [(kind, name, getattr(kind, name)) for kind, some in names.items() for name in some]
    fast = config.get_option("runner.fastReruns")
    yield
    config.set_option("runner.fastReruns", fast)
    for kind, name, function in before:
        setattr(kind, name, function)
    for known in (pressed, asks_before, asked_for_page, called):
        known.clear()


def ask_at(place: str) -> None:
    """As a component does that tells its value while a page is drawn."""
    context = get_script_run_ctx()
    if place in asks_before and context is not None and context.script_requests is not None:
        asks_before.remove(place)
        page = asked_for_page[0] if asked_for_page else context.page_script_hash
        ask(context.script_requests, page)


def ask(requests: ScriptRequests, page: str) -> None:
    """As the server does, in a thread of its own."""
    asking = Thread(target=requests.request_rerun, args=[RerunData(page_script_hash=page)])
    asking.start()
    asking.join()


def page() -> None:
    import streamlit as st

    from tests.ui.test_clicks import ask_at, called, pressed

    ask_at("button")
    st.write("drawn before the button")
    ask_at("after that")
    st.write("drawn before the button, too")
    if st.button("Go", key="go", on_click=lambda: called.append("go")):
        pressed.append("go")
        ask_at("end")
    with st.form("form"):
        text = st.text_input("Text", key="text")
        if st.form_submit_button("Send"):
            pressed.append(text)
    st.write("drawn after the button")


def section() -> None:
    import streamlit as st

    from tests.ui.test_clicks import ask_at, pressed

    @st.fragment
    def inner() -> None:
        ask_at("button")
        st.write("drawn before the button")
        if st.button("Go", key="go"):
            pressed.append("go")

    inner()


@pytest.mark.parametrize("drawn", [page, section])
def test_a_click_is_heard_when_another_request_comes_first(drawn: Callable[[], None]) -> None:
    hear_every_click()
    app = AppTest.from_function(drawn).run()
    asks_before.add("button")
    app.button("go").click().run()
    assert not asks_before, "the other request came"
    assert pressed == ["go"]
    assert called in ([], ["go"]), "its callback is not called again"
    app.run()
    assert pressed == ["go"], "once"


def test_a_click_is_heard_when_another_request_comes_before_its_callback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hear_every_click()
    app = AppTest.from_function(page).run()
    draw = ScriptRunner._run_script

    def ask_first(self: ScriptRunner, asked: RerunData) -> None:
        monkeypatch.setattr(ScriptRunner, "_run_script", draw)
        ask(self._requests, asked.page_script_hash)
        draw(self, asked)

    monkeypatch.setattr(ScriptRunner, "_run_script", ask_first)
    app.button("go").click().run()
    assert pressed == ["go"]
    assert called == ["go"]


def test_a_click_is_handed_on_as_often_as_need_be() -> None:
    hear_every_click()
    app = AppTest.from_function(page).run()
    asks_before.update(("button", "after that"))
    app.button("go").click().run()
    assert not asks_before
    assert pressed == ["go"]


def test_a_form_is_heard_with_what_was_typed() -> None:
    hear_every_click()
    app = AppTest.from_function(page).run()
    asks_before.add("button")
    app.text_input("text").input("abc")
    next(one for one in app.button if one.label == "Send").click().run()
    assert pressed == ["abc"]


def test_a_button_that_was_come_to_is_not_pressed_twice() -> None:
    hear_every_click()
    app = AppTest.from_function(page).run()
    asks_before.add("end")
    app.button("go").click().run()
    assert not asks_before
    assert pressed == ["go"]


def test_a_click_is_heard_before_the_student_comes_to_another_page() -> None:
    hear_every_click()
    app = AppTest.from_function(page).run()
    asks_before.add("button")
    asked_for_page.append("another page")
    app.button("go").click().run()
    assert not asks_before
    assert pressed == ["go"]


def test_a_page_that_draws_itself_again_after_a_click_does_so_at_once() -> None:
    hear_every_click()

    def drawn() -> None:
        import streamlit as st

        from tests.ui.test_clicks import ask_at, pressed

        if st.button("Go", key="go"):
            ask_at("button")
            pressed.append("go")
            st.rerun()
            pressed.append("never")
        st.write(len(pressed))

    app = AppTest.from_function(drawn).run()
    asks_before.add("button")
    app.button("go").click().run()
    assert not asks_before
    assert pressed == ["go"]
    assert app.markdown[0].value == "`1`"


def test_streamlit_itself_still_loses_the_click() -> None:
    """When this fails, Streamlit has mended it, and ``hear_every_click`` can go."""
    app = AppTest.from_function(page).run()
    asks_before.add("button")
    app.button("go").click().run()
    assert not asks_before
    assert pressed == []


class Runner:
    """What draws the pages of a session; it was asked for one, and does nothing yet."""

    def __init__(self, asked: RerunData) -> None:
        self._requests = ScriptRequests()
        self._requests.request_rerun(asked)

    def request_stop(self) -> None:
        self._requests.request_stop()

    def request_rerun(self, asked: RerunData) -> bool:
        return self._requests.request_rerun(asked)


@pytest.mark.parametrize("is_drawn", [False, True], ids=["waits", "is drawn"])
@pytest.mark.parametrize("was_clicked", [False, True], ids=["nothing", "a click"])
def test_a_page_is_drawn_anew_at_once_if_nothing_was_clicked(is_drawn: bool, was_clicked: bool) -> None:
    hear_every_click()
    runner = Runner(asked_by(was_clicked))
    if is_drawn:
        runner._requests.on_scriptrunner_ready()
    begun: list[RerunData] = []
    session: Any = SimpleNamespace(
        _state=None,
        _scriptrunner=runner,
        _client_state=ClientState(),
        has_fragment=lambda _name: True,
        _create_scriptrunner=begun.append,
    )
    AppSession.request_rerun(session, ClientState(query_string="a=1"))
    assert len(begun) == (0 if was_clicked else 1)
    if not was_clicked:
        assert runner._requests._state == ScriptRequestType.STOP
        return
    assert not is_drawn or runner._requests.on_scriptrunner_yield() is None, "it is not broken off"
    following = runner._requests.on_scriptrunner_ready()
    assert following.rerun_data.query_string == "a=1"
    assert clicks._clicks_of(following.rerun_data) == (set() if is_drawn else {"go"}), "once"


def asked_by(a_click: bool) -> RerunData:
    return RerunData(widget_states=WidgetStates(widgets=[WidgetState(id="go", trigger_value=a_click)]))


def test_a_drawing_is_broken_off_when_the_work_of_its_click_is_done() -> None:
    hear_every_click()
    runner = Runner(asked_by(True))
    runner._requests.on_scriptrunner_ready()
    drawing = clicks._drawings[runner._requests]
    runner.request_rerun(RerunData())
    for name in ("another", "go"):
        drawing.comes_to(name)
        assert runner._requests.on_scriptrunner_yield() is None
        assert clicks._was_clicked(runner._requests)
    drawing.comes_to("the next")
    assert not clicks._was_clicked(runner._requests)
    assert runner._requests.on_scriptrunner_yield() is not None
