"""Detection and segmentation as a student uses them: step, move, train live, and read the numbers on the screen."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz.ops.boxes import nms_steps
from cnnviz.tasks import candidates
from cnnviz.training import open_run
from tests.browser.conftest import COMPUTING, Visitor, settle

pytestmark = pytest.mark.browser


def score(page: Page, name: str) -> float:
    shown, main = re.compile(rf"{name} ([\d.]+)%"), page.locator("[data-testid=stMain]")
    expect(main).to_contain_text(shown)
    found = shown.search(main.inner_text())
    assert found
    return float(found[1])


def finished(page: Page, field: str) -> Locator:
    """The curves of the run that the address names, when it has ended."""
    expect(page).to_have_url(re.compile(f"{field}=(?!example)"))
    found = re.search(rf"{field}=([a-z0-9_-]+)", page.url)
    assert found
    live = page.locator(f".root[data-runs='{found[1]}']")
    expect(live).to_have_attribute("data-states", "finished", timeout=COMPUTING)
    settle(page)
    return live


def test_suppression_is_stepped_with_the_numbers_of_the_functions(visitor: Visitor) -> None:
    page = visitor.go("detection?look=nms&scene=3&threshold=0.1&iou=0.45")
    settle(page)
    run = open_run("example_detector")
    test = run.spec.load("test")
    (found,) = candidates(run.network(run.steps[-1])(test.floats([3])).detach(), 64, 0.1)
    part = page.locator("[data-part=now]").first
    expect(part).to_contain_text(f"{len(found)} boxes have a probability above the threshold")
    page.get_by_role("button", name="one step forward").click()
    label = int(found.labels[0])
    own = found.only(found.labels == label)
    step = nms_steps(own.boxes, own.scores, 0.45)[0]
    expect(part).to_contain_text(f"{test.classes[label]}: the box with {float(own.scores[0]):.0%} stays")
    if step.compared:
        expect(part).to_contain_text(", ".join(f"{value:.2f}" for value in step.ious[:3]))
        expect(part).to_contain_text(f"{len(step.suppressed)} above 0.45 go")
    picture = page.locator("[data-part=picture]").first
    picture.focus()
    picture.press("End")
    expect(part).to_contain_text(f"of {len(found)} boxes stay.")
    page.get_by_text("All steps as a table").click()
    expect(page.locator("[data-part=body] tr[aria-current]")).to_have_count(1)


def test_a_detector_learns_before_ones_eyes_and_the_step_moves_all_pictures(visitor: Visitor) -> None:
    page = visitor.go("detection?epochs=1")
    settle(page)
    assert score(page, "mAP:") > 80
    page.get_by_role("button", name="Train a detector").click()
    live = finished(page, "detector")
    learned = score(page, "mAP:")
    assert learned > 5
    best = float(live.get_attribute("data-best") or 0)
    assert best * 100 == pytest.approx(learned, abs=0.1)
    page.get_by_role("button", name="first step").last.click()
    expect(page).to_have_url(re.compile("at=0"))
    settle(page)
    assert score(page, "mAP:") < learned


def test_a_u_net_is_trained_and_its_masks_are_measured(visitor: Visitor) -> None:
    page = visitor.go("segmentation?epochs=1&look=errors&category=7")
    settle(page)
    assert score(page, "Mean IoU") > 80
    expect(page.locator("img[alt*='wrong pixels of 7']")).to_be_visible()
    page.get_by_role("button", name="Train a U-Net").click()
    live = finished(page, "segmenter")
    assert float(live.get_attribute("data-best") or 0) * 100 >= score(page, "Mean IoU") - 0.1 > 5
    with page.expect_download() as script:
        page.get_by_role("button", name="PyTorch script", exact=True).click()
    assert "overlap_loss" in script.value.path().read_text()


def test_ones_own_classifier_looks_everywhere_in_a_picture(visitor: Visitor) -> None:
    page = visitor.go("sliding_window?threshold=0.8")
    settle(page)
    main = page.locator("[data-testid=stMain]")
    expect(main).to_contain_text(re.compile(r"324 windows of 28×28 pixels, 4 apart"))
    expect(page.locator("img[alt*='probability of']")).to_be_visible()
    page.get_by_text("The windows as a table").click()
    rows = page.locator("[data-part=body] tr")
    left = re.search(r"(\d+) are left", main.inner_text())
    assert left
    expect(rows).to_have_count(int(left[1]))
    page.get_by_role("link", name="All windows in one go").click()
    expect(page).to_have_url(re.compile("way=once"))
    settle(page)
    expect(main).to_contain_text(re.compile(r"Window by window the same took [\d,]+ ms, \d+ times as long"))
    expect(main).to_contain_text(re.compile(r"The probabilities differ by at most 0\.\d+"))


def test_a_volume_is_cut_stepped_and_learned(visitor: Visitor) -> None:
    page = visitor.go("volumes?number=5&epochs=1&seed=4")
    main = page.locator("[data-testid=stMain]")
    expect(main).to_contain_text("a sum of 27 products")
    expect(page.get_by_role("img", name=re.compile("16 slices of 16×16 pixels")).first).to_be_visible()
    page.get_by_role("slider", name="Slice").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("cut=9"))
    expect(main).to_contain_text("map s of slice 9")
    page.get_by_role("radio", name="rows").click()
    expect(page).to_have_url(re.compile("axis=rows"))
    expect(main).to_contain_text("map s of row 9")
    page.get_by_role("radio", name="1 slice").click()
    expect(main).to_contain_text("a sum of 9 products")
    settle(page)
    expect(main).to_contain_text("98.1% (96.0% to 99.5%)")
    page.get_by_role("button", name="Train three networks").click()
    expect(page).to_have_url(re.compile("live=true"))
    middle = page.get_by_role("row", name=re.compile(r"2D, the middle slice [\d.]+% [\d,]+ "))
    expect(middle).to_be_visible(timeout=COMPUTING)
    expect(main).not_to_contain_text("98.1% (96.0% to 99.5%)")
    settle(page)


def test_a_threshold_moves_and_labels_are_learned_before_ones_eyes(visitor: Visitor) -> None:
    page = visitor.go("labels?epochs=2&most=600")
    settle(page)
    main = page.locator("[data-testid=stMain]")
    usual = score(page, "mean recall")
    assert score(page, "mean average precision") > 80
    expect(page.locator("img[alt*='test images']").first).to_be_visible()
    slider = page.get_by_role("slider", name="Threshold").first
    slider.focus()
    for _ in range(5):
        slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile("threshold=0.4"))
    expect(main).to_contain_text("At the threshold 0.40")
    settle(page)
    assert score(page, "mean recall") >= usual
    page.get_by_role("button", name="Train the network").click()
    live = finished(page, "labeller")
    learned = score(page, "mean average precision")
    assert float(live.get_attribute("data-best") or 0) * 100 >= learned - 0.1 > 5
    with page.expect_download() as script:
        page.get_by_role("button", name="PyTorch script", exact=True).click()
    assert "label_loss" in script.value.path().read_text()
