"""The microscope, saliency and the other pages inside, as a student uses them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import COMPUTING, Visitor, expect_run, settle, shown_run
from tests.browser.test_training import train

pytestmark = pytest.mark.browser


def sum_on_page(page: Page) -> tuple[int, float, float, float]:
    """(number of products, their sum, the bias, the unit) as the page says."""
    text = page.get_by_text(re.compile(r"the sum of \d+ products")).inner_text().replace("−", "-")
    found = re.search(r"sum of (\d+) products, (-?[\d.]+), and the bias (-?[\d.]+) is (-?[\d.]+\d)", text)
    assert found, text
    return int(found[1]), float(found[2]), float(found[3]), float(found[4])


def test_train_click_a_map_click_a_value_read_the_sum_and_walk_back_to_the_image(visitor: Visitor) -> None:
    page = visitor.go("training_lab?network=tiny&epochs=1&limit=2000")
    train(page)
    expect_run(page, "finished")
    page = visitor.go(f"feature_maps?run={shown_run(page)}&number=5")
    wall = page.get_by_role("button", name=re.compile("maps of conv2 of 14×14"))
    box = wall.bounding_box()
    assert box
    wall.click(position={"x": box["width"] * 0.15, "y": box["height"] * 0.15})
    expect(page.get_by_role("heading", name="conv2, map 0")).to_be_visible()
    enlarged = page.get_by_role("button", name=re.compile("map 0 of conv2"))
    enlarged.scroll_into_view_if_needed()
    box = enlarged.bounding_box()
    assert box
    enlarged.click(position={"x": box["width"] * 8.5 / 14, "y": box["height"] * 6.5 / 14})
    expect(page.get_by_text("Row 6, column 8:")).to_be_visible()
    settle(page)
    count, products, bias, value = sum_on_page(page)
    assert count == 4 * 3 * 3
    assert products + bias == pytest.approx(value, abs=2e-4)
    expect(
        page.get_by_role("img", name=re.compile(r"image; the unit sees 10×10 pixels")).last
    ).to_be_visible()
    walked = ["conv2"]
    for _ in range(6):
        back = page.get_by_role("button", name=re.compile(r"^\w+ \d+ \[\d+, \d+\]: ")).first
        if not back.is_visible():
            break
        named = re.search(r"(\w+) \d+ \[", back.inner_text())
        assert named
        layer = named[1]
        back.click()
        expect(page.get_by_role("heading", name=re.compile(rf"^{layer}, map"))).to_be_visible()
        settle(page)
        walked.append(layer)
    assert walked == ["conv2", "pool1", "relu1", "conv1", "normalise"]
    expect(page.get_by_text("a pixel of the image").first).to_be_visible()
    expect(page).to_have_url(re.compile("layer=normalise"))


def test_four_methods_and_their_scores(visitor: Visitor) -> None:
    page = visitor.go("saliency?methods=gradient,integrated_gradients,grad_cam,occlusion&trust=true")
    table = page.get_by_role("table").first
    expect(table.get_by_role("row")).to_have_count(6, timeout=COMPUTING)
    rows = [
        [cell.inner_text() for cell in row.get_by_role("cell").all()]
        for row in table.get_by_role("row").all()[1:]
    ]
    scores = {row[0]: row[1:] for row in rows}
    floor = scores.pop("a random map (the floor)")
    assert set(scores) == {"Gradient", "Integrated gradients", "Grad-CAM", "Occlusion"}
    for name, (deletion, insertion, infidelity, sensitivity, _) in scores.items():
        mark, area = deletion.split()
        assert (mark == "✓") == (float(area) < float(floor[0])), name
        assert 0 <= float(insertion.split()[1]) <= 1
        assert float(infidelity) > -1e-3
        assert float(sensitivity) >= 0
    total, promised = map(float, scores["Integrated gradients"][4].split(" | "))
    assert total == pytest.approx(promised, rel=0.02)
    page.get_by_text("Sanity check: shuffle the weights").click()
    expect(page.get_by_text(re.compile("Occlusion: [✓✗] (passes|fails)"))).to_be_visible(timeout=COMPUTING)


def test_a_long_job_shows_progress_and_can_be_cancelled_and_begun_again(visitor: Visitor) -> None:
    page = visitor.go("saliency?network=efficientnet_lite0&methods=rise&rise_masks=3000")
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible(timeout=COMPUTING)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text(re.compile("1 maps"))).to_be_visible()
    cancel.click()
    expect(page.get_by_text("1 maps: cancelled.")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("1 maps: cancelled.")).to_be_visible()


def test_a_pixel_is_edited_and_the_layers_follow(visitor: Visitor) -> None:
    page = visitor.go("feature_maps?edit=true&number=5")
    maps = page.locator("img[alt*='maps of conv1']")
    before = maps.get_attribute("src")
    page.locator(".matrix div").nth(28 * 2 + 3).click()
    page.get_by_label("Pixel row 2, column 3, 0 to 255", exact=True).fill("255")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo 1 changes")).to_be_enabled()
    expect(maps).not_to_have_attribute("src", before or "")
    expect(page).to_have_url(re.compile(r"edits=0\.2\.3\.255"))


def test_a_channel_is_switched_off(visitor: Visitor) -> None:
    page = visitor.go("ablation?layer=relu2&channels=")
    expect(page.get_by_text("Before: 3 with 94.2%. After: 3 with 94.2%.")).to_be_visible()
    page.get_by_role("button", name="7", exact=True).click()
    expect(page.get_by_text("After: 3 with 94.2%")).to_have_count(0)
    expect(page).to_have_url(re.compile("channels=7"))
    expect(page.get_by_text(re.compile(r"channel \d costs most"))).to_be_visible(timeout=COMPUTING)


def test_a_filter_is_clicked_and_an_image_is_made_for_it(visitor: Visitor) -> None:
    page = visitor.go("filters?layer=conv2")
    wall = page.get_by_role("button", name=re.compile("kernel of the strongest"))
    wall.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Filter 1 of conv2")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("image made for the filter")).first).to_be_visible(
        timeout=COMPUTING
    )
    expect(page.get_by_text("fire it most", exact=True)).to_be_visible(timeout=COMPUTING)


def test_a_point_is_found_with_the_keys_and_opened_in_the_microscope(visitor: Visitor) -> None:
    page = visitor.go("embedding?count=100")
    points = page.get_by_role("img", name=re.compile("100 test images of"))
    points.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status").filter(has_text="no. 0: 2, read as 4")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Feature maps")).to_be_visible()
    expect(page.get_by_text("Its class: 2")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Embedding").click()
    expect(page.get_by_role("heading", name="Embedding")).to_be_visible()
    settle(page)
    expect(page.get_by_role("img", name=re.compile("test images of"))).to_be_visible()


def test_a_cell_of_the_table_shows_its_images(visitor: Visitor) -> None:
    page = visitor.go("mistakes")
    cell = page.get_by_role("button", name="true 4, predicted 9: 6")
    cell.click()
    expect(page.get_by_role("heading", name="True 4, answered 9: 6 images")).to_be_visible()
    expect(page).not_to_have_url(re.compile("true=(?!4)"))
    wall = page.get_by_role("button", name=re.compile("6 test images"))
    wall.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Test image .*: 4, answered 9"))).to_be_visible()
    settle(page)  # the maps of this image come one after the other, and move what stands below
    page.get_by_role("link", name="More saliency methods for it").click()
    expect(page.get_by_role("heading", name="Saliency")).to_be_visible()
