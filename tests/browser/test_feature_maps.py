import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor, settle, take_photo, wait_until

pytestmark = pytest.mark.browser


def draw(page: Page, *strokes: list[tuple[float, float]], number: int = 0) -> None:
    """Strokes in shares of the side of the pad with this number on the page."""
    area = page.get_by_role("img", name="Drawing area").nth(number)
    area.scroll_into_view_if_needed()
    pad = area.bounding_box()
    assert pad is not None
    for stroke in strokes:
        places = [(pad["x"] + x * pad["width"], pad["y"] + y * pad["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=12)
        page.mouse.up()


def test_a_drawn_seven_is_read_and_the_maps_follow(visitor: Visitor) -> None:
    page = visitor.go("feature_maps?image=draw")
    before = page.locator("img[alt*='maps of conv1']").get_attribute("src")
    draw(page, [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)])
    expect(page.get_by_role("figure", name="Predicted: 7")).to_be_visible()
    expect(page.locator("img[alt*='maps of conv1']")).not_to_have_attribute("src", before or "")
    page.get_by_role("button", name="First step").click()
    expect(page.get_by_text("Prediction at step 0")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def ink(page: Page) -> list[int]:
    """How many cells of each pad are white."""
    pads = page.get_by_role("img", name="Drawing area")
    expect(pads).to_have_count(2)
    count = "pad => pad.getContext('2d').getImageData(0, 0, 112, 112).data.filter((value, i) => i % 4 === 0 && value > 127).length"
    return [pads.nth(number).evaluate(count) for number in range(2)]


def test_two_pads_hold_two_drawings_also_after_a_reload(visitor: Visitor) -> None:
    page = visitor.go("feature_maps?two=true&image=draw&second_image=draw")
    assert ink(page) == [0, 0]
    draw(page, [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)])
    expect(page.get_by_role("button", name="Undo").nth(0)).to_be_enabled()
    expect(page.get_by_role("button", name="Undo").nth(1)).to_be_disabled()
    draw(page, [(0.5, 0.2), (0.5, 0.5)], number=1)
    expect(page.get_by_role("button", name="Undo").nth(1)).to_be_enabled()
    settle(page)
    drawn = ink(page)
    assert drawn[0] > drawn[1] > 0
    wait_until(
        page,
        "['drawing', 'second_drawing'].every((pad) => (localStorage.getItem(`cnnviz-${pad}`) ?? '').length > 2)",
    )
    page.reload()
    settle(page)
    expect(page.get_by_role("button", name="Undo").nth(1)).to_be_enabled()
    assert ink(page) == drawn


def test_scrubbing_changes_the_maps_and_the_address(visitor: Visitor) -> None:
    page = visitor.go("feature_maps")
    first = page.locator("img[alt*='maps of relu2']").get_attribute("src")
    page.get_by_role("slider", name="Training step").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    settle(page)
    expect(page.locator("img[alt*='maps of relu2']")).not_to_have_attribute("src", first or "")
    expect(page).to_have_url(re.compile("step="))


def test_a_map_is_enlarged_with_its_values(visitor: Visitor) -> None:
    page = visitor.go("feature_maps?number=11")
    wall = page.get_by_role("button", name="maps of pool2")
    wall.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="pool2, map 1")).to_be_visible()
    expect(page.get_by_text("7×7 values from")).to_be_visible()


def test_the_camera_gives_an_image(visitor: Visitor) -> None:
    page = visitor.go("feature_maps?image=camera")
    expect(page.get_by_text("Until you give one")).to_be_visible()
    take_photo(page)
    expect(page.get_by_text("Until you give one")).to_have_count(0)


def test_quick_steps_are_all_heard_and_a_link_still_wins(visitor: Visitor) -> None:
    page = visitor.go("feature_maps")
    slider = page.get_by_role("slider", name="Training step")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    settle(page)
    chosen = slider.get_attribute("aria-valuetext")
    expect(page.get_by_text(f"Prediction at {(chosen or '').partition(' of')[0]}")).to_be_visible()
    page.get_by_role("link", name="Go back to step 0").click()
    expect(page.get_by_text("Prediction at step 0")).to_be_visible()
    page.get_by_text("One colour scale").click()
    expect(page).to_have_url(re.compile("one_scale=true"))
    settle(page)
    expect(page.get_by_text("Prediction at step 0")).to_be_visible()
