"""The drawing of a network as a student uses it: fold, point, choose with the keyboard, keep as SVG."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz.models import PRESETS, summary
from tests.browser.conftest import Visitor, settle

pytestmark = pytest.mark.browser
SHAPE = (1, 28, 28)


def cards(page: Page) -> Locator:
    return page.locator("g.card")


def test_blocks_fold_and_the_numbers_are_the_plans(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.go("training_lab?network=small_resnet&draw_network=true")
    plan = summary(PRESETS["small_resnet"], SHAPE, 10)
    expect(cards(page)).to_have_count(1 + len(plan))
    page.get_by_role("button", name=re.compile(r"^stage2: .* Fold it\.$")).click()
    inside = [place for place in plan if place.name.startswith("stage2.")]
    folded = page.get_by_role("button", name=re.compile("^stage2: "))
    expect(folded).to_have_attribute("aria-expanded", "false")
    expect(cards(page)).to_have_count(2 + len(plan) - len(inside))
    expect(folded).to_be_focused()
    parameters, adds = sum(one.parameters for one in inside), sum(one.multiply_adds for one in inside)
    expect(page.locator(".tip").first).to_have_text(
        f"stage2: {len(inside)} layers; output 32×6×6, {parameters:,} parameters, {adds:,} multiply-adds."
    )
    # Along the lines to the layer behind it, and back into it.
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name=re.compile("^gap1: "))).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(cards(page)).to_have_count(1 + len(plan))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download SVG").click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    assert file.name == "small_resnet.svg"
    root = ElementTree.parse(file).getroot()
    texts = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"conv1", "conv 5×5, 16 / 2", "+", "16×12×12", "32×6×6"} <= texts
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > len(plan)
    page.get_by_text("All layers as a table").click()
    rows = page.locator("details table tbody tr")
    expect(rows).to_have_count(len(plan))
    expect(rows.nth(0)).to_contain_text(f"{plan.layers[0].multiply_adds:,}")
    # Another network of the menu is drawn in its place.
    page.get_by_role("combobox", name="Network").click()
    page.get_by_role("option", name="LeNet-5 (1998)").click()
    settle(page)
    expect(cards(page)).to_have_count(1 + len(summary(PRESETS["lenet5"], SHAPE, 10)))
    expect(page.get_by_role("button", name="Unfold all")).to_be_hidden()


def test_a_layer_of_the_drawing_opens_in_the_microscope(visitor: Visitor) -> None:
    page = visitor.go("feature_maps?run=example&draw_network=true")
    page.get_by_role("button", name=re.compile("^conv2: ")).click()
    expect(page.get_by_role("heading", name=re.compile("^conv2, map "))).to_be_visible()
    expect(page.locator("g.card.picked")).to_have_attribute("data-name", "conv2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("^relu2, map "))).to_be_visible()
    expect(page).to_have_url(re.compile("layer=relu2"))
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("^relu2, map "))).to_be_visible()
