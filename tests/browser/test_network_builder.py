"""The builder of networks in Chromium, by keyboard alone and by drag."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cnnviz.models import Activation, BatchNorm, Conv, Flatten, Layer, Linear, Pool
from cnnviz.ui.builder import from_link
from tests.browser.conftest import PATIENCE, Visitor, settle

pytestmark = pytest.mark.browser


def expect_network(page: Page, holds: Callable[[tuple[Layer, ...]], bool]) -> None:
    """Waits until this holds of the address's network: it follows what is on the screen, a moment later."""

    def says(url: str) -> bool:
        found = re.search(r"network=([^&]+)", url)
        return found is not None and holds(from_link(found[1]).layers)

    end = time.monotonic() + PATIENCE / 1000
    while True:  # what was clicked before may still arrive, and be on the screen no more
        page.wait_for_url(says)
        settle(page)
        if says(page.url):
            return
        assert time.monotonic() < end, page.url


def titles(page: Page) -> list[str]:
    return page.locator("[role=treeitem] > .title").all_inner_texts()


def test_a_network_is_built_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.go("builder?dataset=digits&preset=linear")
    settle(page)
    first = page.get_by_role("treeitem").first
    first.focus()
    expect(first).to_have_attribute("aria-selected", "true")
    assert titles(page) == ["Flatten", "Fully connected"]

    # A convolution behind the flatten layer does not fit; moved up, it does.
    page.keyboard.press("a")
    page.keyboard.type("Conv")
    page.keyboard.press("Enter")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    fault = page.locator(".card.wrong .fault")
    expect(fault).to_contain_text("It needs maps")
    expect(page.locator("[role=treeitem][aria-selected=true]")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".card.wrong")).to_have_count(0)
    assert titles(page) == ["Convolution", "Flatten", "Fully connected"]

    # Its channels, typed; the shape follows.
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("5")
    expect(page.locator("[role=treeitem] .facts b").first).to_have_text("5×8×8")
    page.keyboard.press("Escape")
    expect(page.get_by_role("treeitem").first).to_be_focused()

    page.keyboard.press("Control+d")
    expect(page.get_by_role("treeitem")).to_have_count(4)
    page.keyboard.press("Delete")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("treeitem")).to_have_count(4)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    expect_network(page, lambda layers: layers == (Conv(5, 3, padding=1), Flatten(), Linear()))


def test_a_layer_is_dragged_and_a_fault_repaired_by_one_click(visitor: Visitor) -> None:
    page = visitor.go("builder?dataset=digits&preset=tiny")
    settle(page)
    cards = page.get_by_role("treeitem")
    before = titles(page)
    grip = cards.nth(2).locator(".grip")
    grip.scroll_into_view_if_needed()
    box, goal = grip.bounding_box(), cards.nth(0).bounding_box()
    assert box
    assert goal
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + 4, steps=5)
    page.mouse.up()
    expect(cards.first.locator(".title")).to_have_text("Pooling")
    assert titles(page) == [before[2], *before[:2], *before[3:]]

    cards.nth(1).click()
    page.locator("[data-part=add]").select_option("residual")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".card.wrong .fault")).to_contain_text("only equal shapes can be added")
    page.locator(".card.wrong .fault button").first.click()
    expect(page.locator(".card.wrong")).to_have_count(0)
    settle(page)
    expect(page.get_by_role("button", name="Train it")).to_be_enabled()
    expect_network(
        page,
        lambda layers: layers[0] == Pool(2) and Activation("relu") in layers and BatchNorm() not in layers,
    )
