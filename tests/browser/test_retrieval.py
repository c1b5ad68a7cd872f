"""What a student does on the page of retrieval: ask with an image, read the precision, change the layer, ask with a place."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import COMPUTING, Visitor, settle

pytestmark = pytest.mark.browser


def precision(page: Page, layer: str) -> float:
    """The percentage that the sentence on the screen names for a layer."""
    sentence = page.locator("p", has_text=re.compile(rf"Precision at 12: .* by {layer}\b"))
    expect(sentence).to_be_visible(timeout=COMPUTING)
    found = re.search(rf"([\d.]+)% by {layer}\b", sentence.inner_text())
    assert found
    return float(found[1])


def test_ask_with_an_image_change_the_layer_and_ask_with_a_place(visitor: Visitor) -> None:
    page = visitor.go("retrieval?image=test&number=7")
    settle(page)
    expect(page.get_by_role("img", name=re.compile("image that asks")).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("nearest images")).first).to_be_visible(timeout=COMPUTING)
    late = precision(page, "flatten1")
    assert late > precision(page, "the pixels")
    expect(page.get_by_text("✓ 3").first).to_be_visible()

    menu = page.get_by_role("combobox", name=re.compile("Layer"))
    menu.focus()
    page.keyboard.type("normalise")
    expect(page.get_by_role("option", name=re.compile("^normalise"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("layer=normalise"))
    assert precision(page, "normalise") < late

    page.get_by_role("radio", name="one place").click()
    expect(page).to_have_url(re.compile("ask=cell"))
    expect(page.get_by_text(re.compile(r"these places look most like cell \(0, 0\)"))).to_be_visible(
        timeout=COMPUTING
    )
    row = page.get_by_label("Row of the place", exact=True)
    row.fill("2")
    row.press("Enter")
    expect(page.get_by_text(re.compile(r"these places look most like cell \(2, 0\)"))).to_be_visible(
        timeout=COMPUTING
    )
    settle(page)
    assert page.locator(".mark.field:visible").count() == 13  # the place that asks, and twelve others
