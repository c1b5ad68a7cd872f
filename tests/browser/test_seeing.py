"""What a student does on the pages of "Seeing", and the numbers on the screen."""

import itertools
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cnnviz.ops.convolution import trace
from tests.browser.conftest import COMPUTING, Server, Visitor, settle
from tests.ops.test_trace import LECTURE_IMAGE, LECTURE_KERNEL

pytestmark = pytest.mark.browser


def stepper(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("^Step by step")).first


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("…", "nan"))


def sum_shown(box: Locator) -> float:
    return number(box.locator(".formula .sum").inner_text().replace("=", "").replace(")", "").strip())


def cells(box: Locator, grid: str) -> list[str]:
    return (
        box.locator("figure", has=box.page.locator(f"figcaption:has-text('{grid}')"))
        .locator(".cell")
        .all_inner_texts()
    )


def test_the_whole_example_of_the_lecture_by_keys_with_every_running_sum(visitor: Visitor) -> None:
    page = visitor.go("convolution")
    box = stepper(page)
    expect(box.locator(".cell").first).to_be_visible()
    box.focus()
    traced = trace(LECTURE_IMAGE, LECTURE_KERNEL)
    page.keyboard.press("Home")
    for index, step in enumerate(traced.steps):
        expect(box.locator("[data-part=label]")).to_have_text(f"step {index + 1} of 9")
        assert sum_shown(box) == step.value
        page.keyboard.press("ArrowRight")
    assert cells(box, "map s") == ["4", "3", "4", "2", "4", "3", "2", "3", "4"]
    page.keyboard.press("Home")
    page.keyboard.press("t")
    for step in traced.steps[:2]:
        for count, expected in enumerate(itertools.accumulate(step.products.flatten().tolist()), 1):
            expect(box.locator("[data-part=running]")).to_contain_text(f"after {count} of 9")
            assert number(box.locator("[data-part=running] b").inner_text()) == expected
            page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    expect(box.locator("[data-part=label]")).to_have_text("step 9 of 9")
    page.keyboard.press("ArrowUp")
    expect(box.locator("[data-part=label]")).to_have_text("step 6 of 9")


def test_a_typed_number_changes_the_map_and_the_link_and_rubbish_is_kept_and_explained(
    visitor: Visitor,
) -> None:
    page = visitor.go("convolution")
    cell = page.get_by_label("Image x, row 0, column 0", exact=True)
    cell.fill("5")
    cell.press("Enter")
    box = stepper(page)
    expect(box.locator(".formula .sum")).to_have_text("= 8")
    expect(page).to_have_url(re.compile(r"image=5%2C1%2C1"))
    kernel = page.get_by_label("Kernel w, row 1, column 1", exact=True)
    kernel.fill("abc")
    kernel.press("Enter")
    expect(page.get_by_text("“abc” is not a number")).to_be_visible()
    expect(kernel).to_have_value("abc")
    expect(box.locator(".formula .sum")).to_have_text("= 8")
    kernel.fill("1000000000000")
    kernel.press("Enter")
    expect(page.get_by_text("is too large")).to_be_visible()
    kernel.fill("−0,5")
    kernel.press("Enter")
    expect(box.locator(".formula .sum")).to_have_text("= 6.5")
    expect(page).to_have_url(re.compile(r"-0\.5"))
    page.reload()
    expect(stepper(page).locator(".formula .sum")).to_have_text("= 6.5")
    expect(page.get_by_label("Image x, row 0, column 0", exact=True)).to_have_value("5")


def test_a_kernel_that_does_not_fit_is_explained_and_back_nothing_is_lost(visitor: Visitor) -> None:
    page = visitor.go("convolution?image=9,1,1,0,0;0,1,1,1,0;0,0,1,1,1;0,0,1,1,0;0,1,1,0,0")
    rows = page.get_by_label("Rows", exact=True)
    rows.fill("2")
    rows.press("Enter")
    expect(page.get_by_text("A 3×3 kernel does not fit in a 2×")).to_be_visible()
    rows.fill("5")
    rows.press("Enter")
    expect(page.get_by_label("Image x, row 4, column 2", exact=True)).to_have_value("1")
    expect(stepper(page).locator(".formula .sum")).to_have_text("= 12")


def test_a_menu_draws_the_results_and_writes_its_choice_into_the_address(visitor: Visitor) -> None:
    page = visitor.go("convolution?padding=1")
    box = stepper(page)
    expect(box.locator(".formula .sum")).to_have_text("= 2")
    menu = page.get_by_label("Padding mode", exact=True)
    menu.fill("circular")
    expect(page.get_by_role("option", name="circular")).to_be_visible()
    menu.press("Enter")
    expect(box.locator(".formula .sum")).to_have_text("= 3")
    expect(page).to_have_url(re.compile("mode=circular"))
    page.reload()
    expect(box.locator(".formula .sum")).to_have_text("= 3")


def test_hovering_and_clicking_the_grids_jumps(visitor: Visitor) -> None:
    page = visitor.go("convolution")
    box = stepper(page)
    box.locator("figure", has=page.locator("figcaption:has-text('map s')")).locator(".cell").nth(4).click()
    expect(box.locator("[data-part=label]")).to_have_text("step 5 of 9")
    box.locator("figure", has=page.locator("figcaption:has-text('image x')")).locator(".cell").nth(24).hover()
    expect(box.locator("[data-part=label]")).to_have_text("step 9 of 9")
    box.get_by_text("All steps as a table").click()
    expect(box.locator("tbody tr")).to_have_count(9)
    expect(box.locator("tbody tr").first).to_contain_text("1·1 + 1·0 + 1·1")


def test_playing_with_reduced_motion_goes_on_without_moving_fast(server: Server, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    guest = Visitor(server, context)
    page = guest.go("convolution")
    box = stepper(page)
    label = box.locator("[data-part=label]")
    expect(label).to_have_text("step 1 of 9")
    box.get_by_label("Speed").select_option(label="full speed")
    # When each step was drawn, in milliseconds of the page's own frames.
    label.evaluate(
        """(label) => {
            window.moves = [];
            const watcher = new MutationObserver(() => window.moves.push(document.timeline.currentTime));
            watcher.observe(label, { childList: true, characterData: true, subtree: true });
        }"""
    )
    box.get_by_role("button", name="▶ Play").click()
    expect(label).to_have_text("step 9 of 9")
    expect(box.get_by_role("button", name="▶ Play")).to_be_visible()
    moves = sorted(set(page.evaluate("window.moves")))
    assert len(moves) == 8
    assert min(later - earlier for earlier, later in itertools.pairwise(moves)) > 499
    context.close()
    assert not guest.errors


def test_gradient_steps_find_the_edge_kernel(visitor: Visitor) -> None:
    page = visitor.go("convolution")
    expect(page.get_by_text("Loss L = 78")).to_be_visible()
    page.get_by_role("button", name="One step", exact=False).first.click()
    expect(page.get_by_text("Loss L = 78")).to_have_count(0)
    shown = page.get_by_text(re.compile("^Loss L ="))
    for _ in range(3):
        before = shown.inner_text()
        page.get_by_role("button", name="100 steps").click()
        expect(shown).not_to_have_text(before)
        settle(page)
    loss = float(re.search(r"Loss L = ([\d.e-]+)", shown.inner_text())[1])  # type: ignore[index]
    assert loss < 0.05
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("Loss L = 78")).to_be_visible()


def test_an_experiment_is_a_link_to_a_state(visitor: Visitor) -> None:
    page = visitor.go("convolution")
    page.get_by_text("Padding 1 keeps the size").click()
    expect(page).to_have_url(re.compile("padding=1"))
    expect(stepper(page).locator("[data-part=label]")).to_have_text("step 1 of 25")
    page.get_by_text("An unsymmetric kernel, flipped").click()
    expect(stepper(page).get_by_text("kernel w, flipped")).to_be_visible()
    expect(page.get_by_label("Kernel w, row 1, column 0", exact=True)).to_have_value("2")
    expect(page).to_have_url(re.compile("flip=true"))
    page.go_back()
    expect(stepper(page).locator("[data-part=label]")).to_have_text("step 1 of 25")
    page.reload()
    expect(stepper(page).locator("[data-part=label]")).to_have_text("step 1 of 25")
    expect(page).to_have_url(re.compile("padding=1"))


def test_a_pixel_and_its_number_light_together_and_can_be_changed(visitor: Visitor) -> None:
    page = visitor.go("image_as_numbers")
    matrix, picture = page.locator(".matrix div"), page.locator(".picture div")
    picture.nth(28 * 5 + 14).hover()
    expect(matrix.nth(28 * 5 + 14)).to_have_class(re.compile("lit"))
    expect(page.get_by_text("row 5, column 14: ")).to_be_visible()
    expect(picture.nth(0)).to_have_css("background-color", "rgb(0, 0, 0)")
    matrix.nth(0).click()
    page.get_by_label("Pixel row 0, column 0, 0 to 255", exact=True).fill("200")
    page.keyboard.press("Enter")
    expect(matrix.nth(0)).to_have_text("200")
    expect(page.get_by_role("button", name="Undo 1 changes")).to_be_enabled()
    expect(picture.nth(0)).to_have_css("background-color", "rgb(200, 200, 200)")
    matrix.nth(1).click()
    page.get_by_label("Pixel row 0, column 1, 0 to 255", exact=True).fill("300")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“300” is not a number from 0 to 255")).to_be_visible()
    expect(page).to_have_url(re.compile(r"edits=0\.0\.0\.200"))
    page.get_by_role("button", name="Undo 1 changes").click()
    expect(matrix.nth(0)).to_have_text("0")
    page = visitor.go("image_as_numbers?edits=0.0.1.77,0.99.0.5,no")
    expect(page.locator(".matrix div").nth(1)).to_have_text("77")
    expect(page.get_by_role("button", name="Undo 1 changes")).to_be_enabled()


def test_the_window_moves_over_a_photograph(visitor: Visitor) -> None:
    page = visitor.go("image_as_numbers?image=photo&side=6")
    expect(page.get_by_label("First row", exact=True)).to_have_value("147")
    frame = page.get_by_role("slider", name="Window: arrow keys move it")
    frame.focus()
    frame.press("ArrowDown")
    expect(page.get_by_label("First row", exact=True)).to_have_value("148")


def test_the_lens_tells_the_sum_under_the_pointer(visitor: Visitor) -> None:
    page = visitor.go("kernels?kernel=box&kernel_side=3")
    expect(page.get_by_text("sum of 9 products")).to_be_visible()
    values = [float(text.split()[0]) for text in page.locator(".lens .cells div").all_inner_texts()]
    shown = float(page.get_by_text("sum of 9 products").inner_text().split("= ")[1])
    assert shown == pytest.approx(sum(values) / 9, abs=0.01)
    page.get_by_role("img", name=re.compile("Box blur")).first.focus()
    before = page.get_by_text("sum of 9 products").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("sum of 9 products")).not_to_have_text(before)
    page.get_by_role("button", name="Edit these numbers").click()
    cell = page.get_by_label("Your numbers, row 1, column 1", exact=True)
    expect(cell).to_have_value("0.1111")
    page.get_by_role("button", name=re.compile("kernel Sobel y")).click()
    expect(page.get_by_text("Sobel y: answers to horizontal edges")).to_be_visible()


def test_a_frozen_kernel_races_a_free_one(visitor: Visitor) -> None:
    page = visitor.go("kernels?kernel=sobel_x&kernel_side=3")
    page.get_by_role("button", name="Train both").click()
    expect(page.get_by_role("cell", name="finished")).to_have_count(2, timeout=COMPUTING)
    results = [
        float(text.rstrip("%"))
        for text in page.get_by_role("cell", name=re.compile(r"^\d\d\.\d\d%$")).all_inner_texts()
    ]
    assert len(results) == 2
    assert min(results) > 95
    expect(page).to_have_url(re.compile("frozen="))


def test_a_cell_and_its_place_in_the_vector(visitor: Visitor) -> None:
    page = visitor.go("fully_connected?place=1552")
    expect(page.get_by_text("channel 1, row 16, column 16")).to_be_visible()
    page.get_by_role("img", name=re.compile("Flattened vector")).press("ArrowRight")
    expect(page.get_by_text("= 1553 of 3072")).to_be_visible()


def test_every_dropout_step_has_a_new_mask(visitor: Visitor) -> None:
    page = visitor.go("dropout")
    picture = page.get_by_role("img", name=re.compile("A network of 4, 6, 6 and 3 units"))
    expect(picture).to_be_visible()
    first = picture.get_attribute("src")
    page.get_by_role("button", name="Next step").click()
    expect(picture).not_to_have_attribute("src", first or "")
    expect(page.get_by_label("Training step (each has a new mask)", exact=True)).to_have_value("2")


def test_pooling_is_stepped_and_typed(visitor: Visitor) -> None:
    page = visitor.go("pooling?mode=average")
    box = stepper(page)
    assert sum_shown(box) == pytest.approx(3.25)
    cell = page.get_by_label("Channel 0, row 0, column 0", exact=True)
    cell.fill("5")
    cell.press("Enter")
    expect(box.locator(".formula .sum")).to_have_text("= 4.25")
    page.get_by_role("radio", name="channel 1").click()
    expect(box.locator(".formula .sum")).to_have_text("= 3.5")


def test_links_lead_into_the_students_own_network(visitor: Visitor) -> None:
    page = visitor.go("pooling")
    page.get_by_text("Pooling inside a trained network").click()
    expect(page.get_by_role("heading", name="pool1, map 0")).to_be_visible()
