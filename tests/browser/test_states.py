"""On every page: move two controls, go back step by step, forward again, reload; the screen is what the
address says.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cnnviz.ui.fields import Field, Number, Real, Switch
from cnnviz.ui.state import State
from tests.browser.conftest import Visitor, settle
from tests.pages.test_states import FIELDS, sample

pytestmark = pytest.mark.browser


def quick(state: type[State]) -> list[Field[Any]]:
    """Two fields whose controls stand on the page as it opens."""
    boxes = [
        field
        for owner, field in FIELDS
        if owner is state
        and not field.needs
        and (isinstance(field, Switch) or (isinstance(field, Number | Real) and not field.slider))
    ]
    return [
        field
        for field in boxes
        if field.name not in ("projector", "language", "bench", "trust", "sanity", "seed", "batch_size")
    ][:2]


def control(page: Page, field: Field[Any]) -> Any:
    return page.locator(f"[class*=st-key-{field.name}]").filter(has=page.locator("input")).first


def move(page: Page, state: type[State], field: Field[Any]) -> None:
    if isinstance(field, Switch):
        control(page, field).locator("label").first.click()
    else:
        box = control(page, field).locator("input")
        box.fill(sample(state, field))
        box.press("Enter")


def expect_shown(page: Page, field: Field[Any], text: str) -> None:
    box = control(page, field).locator("input")
    if isinstance(field, Switch):
        expect(box).to_be_checked(checked=text == "true")
    else:
        zeros = "0*" if "." in text else r"(\.0+)?"
        expect(box).to_have_value(re.compile(rf"^{re.escape(text)}{zeros}$"))


@pytest.mark.thorough(4)
@pytest.mark.parametrize(
    "state", [state for state in State.pages.values() if quick(state)], ids=lambda state: state.__name__
)
def test_back_forward_and_reload(state: type[State], visitor: Visitor) -> None:
    page, path = visitor.page, State.link(state())
    visitor.go(path)
    settle(page)
    fields, shown = quick(state), [{}]
    for field in fields:
        move(page, state, field)
        shown.append({**shown[-1], field.name: sample(state, field)})
        expect(page).to_have_url(re.compile(rf"[?&]{field.name}={re.escape(sample(state, field))}(&|$)"))
        settle(page)

    def expect_all(known: dict[str, str]) -> None:
        settle(page)
        for field in fields:
            expect_shown(page, field, known.get(field.name, field.text(field.usual)))
        page.wait_for_url(lambda url: dict(parse_qsl(urlsplit(url).query)) == known)

    expect_all(shown[-1])
    for known in reversed(shown[:-1]):
        page.go_back()
        expect_all(known)
    for known in shown[1:]:
        page.go_forward()
        expect_all(known)
    page.reload()
    expect(page.get_by_role("heading").first).to_be_visible()
    expect_all(shown[-1])


def test_back_and_forward_while_the_page_computes(visitor: Visitor) -> None:
    """A progress bar asks for news twice a second, and says the address that it knows."""
    page = visitor.go("filters?network=efficientnet_lite0&layer=block5.project_conv&filter=1")
    bars = page.get_by_test_id("stProgress")
    box = page.locator("[class*=st-key-filter]").locator("input").first
    expect(bars.first).to_be_visible()

    def expect_number(number: int) -> None:
        expect(page).to_have_url(re.compile(rf"[?&]filter={number}(&|$)"))
        expect(box).to_have_value(str(number))

    for number in (2, 3, 4):
        box.fill(str(number))
        box.press("Enter")
        expect_number(number)
        expect(bars.first).to_be_visible()
    for go, number in (
        (page.go_back, 3),
        (page.go_back, 2),
        (page.go_forward, 3),
        (page.go_back, 2),
        (page.go_back, 1),
        (page.go_forward, 2),
        (page.go_forward, 3),
        (page.go_forward, 4),
    ):
        go()
        expect_number(number)
        expect(bars.first).to_be_visible()
    settle(page)
    expect_number(4)


def test_who_sees_where_the_back_button_led_has_heard_the_address(visitor: Visitor) -> None:
    """An address that arrives later meets a browser that has gone on: it stays where it was, and asks for that."""
    went: list[str | None] = []

    def between(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def asks(message: str | bytes) -> None:
            if isinstance(message, bytes) and BackMsg.FromString(message).rerun_script.is_history_navigation:
                went.append("went back")
            server.send(message)

        def answers(message: str | bytes) -> None:
            if isinstance(message, bytes):
                went.append(ForwardMsg.FromString(message).WhichOneof("type"))
            browser.send(message)

        browser.on_message(asks)
        server.on_message(answers)

    visitor.page.route_web_socket(re.compile("_stcore/stream"), between)
    page = visitor.go("convolution")
    for link, address in (("Padding 1 keeps the size", "padding=1"), ("An unsymmetric kernel", "flip=true")):
        page.get_by_text(link).click()
        expect(page).to_have_url(re.compile(address))
        settle(page)
    page.go_back()
    expect(page.get_by_label("Kernel w, row 1, column 0", exact=True)).not_to_have_value("2")
    expect(page).to_have_url(re.compile("padding=1"))
    settle(page)
    answer = went[went.index("went back") :]
    assert answer.count("page_info_changed") == 1
    assert answer.index("page_info_changed") < answer.index("delta")
