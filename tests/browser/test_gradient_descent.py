"""Gradient descent in Chromium: its numbers against the package, and what a student moves."""

import re

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from cnnviz.learning import RULES, SURFACES, descend
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
STEPS = 12


def room(page: Page) -> Locator:
    return page.locator(".root:has([data-part=rate])")


def shown(page: Page, rule: str) -> list[str]:
    cells = room(page).locator(f"tr[data-rule={rule}] td").all_inner_texts()
    return [cell.replace("−", "-") for cell in cells]


@pytest.mark.parametrize("surface", list(SURFACES))
def test_every_rule_walks_as_in_python(surface: str, visitor: Visitor) -> None:
    entry = SURFACES[surface]
    rate, batch = entry.rate / 4, 5 if entry.data else 0
    page = visitor.go(
        f"gradient_descent?surface={surface}&rules={','.join(RULES)}&rate={rate:g}&batch={batch}"
    )
    for _ in range(STEPS):
        room(page).locator("[data-part=step]").click()
    expect(room(page)).to_have_attribute("data-step", str(STEPS))
    for rule in RULES:
        found = descend(surface, rule, rate=rate, steps=STEPS, batch_size=batch)
        cells = shown(page, rule)
        assert float(cells[2]) == pytest.approx(found.loss[-1], rel=2e-3, abs=2e-3), rule
        weights = [float(part) for part in cells[3].split(",")]
        assert weights == pytest.approx(found.steps[-1].after, rel=1e-2, abs=2e-3), rule


def test_a_rate_too_large_flies_away_live_and_another_start(visitor: Visitor) -> None:
    page = visitor.go("gradient_descent?surface=parabola&rules=sgd")
    room(page).locator("[data-part=step]").click()
    slider = room(page).get_by_label("Learning rate")
    slider.fill("0.5")
    expect(room(page).locator("[data-part=rate-value]")).to_have_text("3.2")
    expect(page).to_have_url(re.compile("rate=3.2"))
    room(page).locator("[data-part=speed]").select_option(label="full speed")
    room(page).locator("[data-part=play]").click()
    expect(room(page).locator("[data-part=now]")).to_contain_text("left for infinity")
    expect(room(page).locator("tr[data-rule=sgd]")).to_contain_text("diverged")
    plane = room(page).locator("[data-part=plane]")
    plane.click(position={"x": 40, "y": 60})
    expect(room(page)).to_have_attribute("data-step", "0")
    expect(page).to_have_url(re.compile("begin=-"))
    slider.fill("-1")
    expect(room(page).locator("[data-part=rate-value]")).to_have_text("0.1")
    room(page).locator("[data-part=step]").click()
    expect(room(page).locator("[data-part=now]")).to_contain_text("− 0.1 ·")


def test_an_answer_that_comes_late_does_not_begin_the_walk_again(visitor: Visitor) -> None:
    held: list[str | bytes] = []
    sockets: list[WebSocketRoute] = []
    holds = False

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        sockets.append(route)
        route.on_message(server.send)
        server.on_message(lambda message: held.append(message) if holds else route.send(message))

    def answer_to(rate: str) -> list[str | bytes]:
        """What the server sends from now on, until it has said the address with this rate and is done."""
        while True:
            visitor.page.wait_for_timeout(50)
            told = [ForwardMsg.FromString(message) for message in held if isinstance(message, bytes)]
            heard = [f"rate={rate}" in one.page_info_changed.query_string for one in told]
            if any(heard) and "script_finished" in [
                one.WhichOneof("type") for one in told[heard.index(True) :]
            ]:
                break
        found = list(held)
        held.clear()
        return found

    def new_weight(rate: float) -> Locator:
        """After the first update, in the table below."""
        first = descend("parabola", "sgd", rate=rate, steps=1).steps[0]
        return page.get_by_role("cell", name=f"{first.after[0]:.5g}", exact=True).first

    visitor.page.route_web_socket(re.compile("_stcore/stream"), between)
    page = visitor.go("gradient_descent?surface=parabola&rules=sgd")
    expect(room(page).locator("[data-part=rate-value]")).to_have_text("0.3")
    holds = True
    slider = room(page).get_by_label("Learning rate")
    slider.fill("-1")
    first = answer_to("0.1")
    slider.fill("-0.7")
    second = answer_to("0.2")
    step = room(page).locator("[data-part=step]")
    for _ in range(3):
        step.click()
    expect(room(page)).to_have_attribute("data-step", "3")
    # A machine so busy that all this has taken long.
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 10_000; }")
    for message in first:
        sockets[-1].send(message)
    expect(new_weight(0.1)).to_be_visible()
    for message in second:
        sockets[-1].send(message)
    expect(new_weight(0.2)).to_be_visible()
    holds = False
    expect(room(page).locator("[data-part=rate-value]")).to_have_text("0.2")
    step.click()
    expect(room(page)).to_have_attribute("data-step", "4")
