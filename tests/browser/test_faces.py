"""Verification in the browser: the threshold moves two rates, a network is trained on faces and judges them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import COMPUTING, Visitor, settle

pytestmark = pytest.mark.browser


def rates(page: Page) -> tuple[float, float, float]:
    """False accepts, false rejects and the equal error rate in percent, as the page says them."""
    sentence = page.get_by_text(re.compile("of the pairs of two are accepted"))
    expect(sentence).to_be_visible(timeout=COMPUTING)
    found = re.findall(r"([\d.]+)%", sentence.inner_text())
    return float(found[0]), float(found[1]), float(found[2])


def test_a_stricter_threshold_trades_false_accepts_for_false_rejects(visitor: Visitor) -> None:
    page = visitor.go("faces")
    accepts, rejects, equal = rates(page)
    settle(page)
    assert accepts == pytest.approx(equal, abs=1)
    assert rejects == pytest.approx(equal, abs=1)
    expect(page.get_by_role("figure", name=re.compile(f"They cross at {equal}%"))).to_be_visible()
    expect(
        page.get_by_role("img", name=re.compile("two images that were judged wrongly")).first
    ).to_be_visible()
    slider = page.get_by_role("slider", name=re.compile("cosine distance"))
    slider.focus()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile("threshold=0(&|$)"))
    expect(page.get_by_text(re.compile("Not the same digit, but accepted: none"))).to_be_visible()
    settle(page)
    assert rates(page)[0] == 0
    assert rates(page)[1] > 90
    page.get_by_text("Each digit, as a table").click()
    expect(page.get_by_role("cell", name=re.compile(r"\d+ of 40 \(")).first).to_be_visible()


def test_a_network_learns_faces_and_judges_them(visitor: Visitor) -> None:
    page = visitor.go("faces?people=faces-or-not&network=trained_mini_vgg_fashion")
    before = rates(page)[2]
    expect(page.get_by_text(re.compile("Late: stage3"))).to_be_visible(timeout=COMPUTING)
    settle(page)
    page.get_by_role("button", name="Train a small network").click()
    judge = page.get_by_role("link", name=re.compile("Judge with mini_vgg on faces-or-not"))
    expect(judge).to_be_visible(timeout=COMPUTING)
    expect(page.locator(".root[data-states]").first).to_have_attribute(
        "data-states", "finished", timeout=COMPUTING
    )
    settle(page)
    judge.click()
    expect(page.get_by_text(re.compile("The network was trained on every kind"))).to_be_visible(
        timeout=COMPUTING
    )
    settle(page)
    assert rates(page)[2] < before / 2
    expect(page.get_by_text(re.compile("Late: stage3"))).to_be_visible(timeout=COMPUTING)


def test_on_a_phone_in_the_dark_the_slider_comes_first(second_visitor: Visitor) -> None:
    page = second_visitor.go("faces?network=trained_mini_vgg_fashion&people=mnist")
    rates(page)
    settle(page)
    slider = page.get_by_role("slider", name=re.compile("cosine distance")).bounding_box()
    menu = page.get_by_role("combobox", name=re.compile("Network")).bounding_box()
    assert slider
    assert menu
    assert slider["y"] < 844
    assert slider["y"] < menu["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
