"""The curves of running and ended trainings, as a browser shows them."""

import json
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from cnnviz.figures import curve_in_words
from cnnviz.training import Run, TrainingSpec, open_run, start
from tests.browser.conftest import Visitor, settle, wait_until
from tests.browser.test_training import train

pytestmark = pytest.mark.browser


def curves(page: Page) -> Locator:
    return page.locator(".root[data-points]").first


def chart(page: Page, quantity: str) -> Locator:
    return page.locator("figure", has=page.locator("figcaption", has_text=quantity)).locator("svg.chart")


def has_all(page: Page, run: Run) -> None:
    expect(curves(page)).to_have_attribute("data-points", str(len(run.metrics())))


def shown_run(page: Page) -> Run:
    return open_run(re.search(r"run=([a-z0-9-]+)", page.url)[1])  # type: ignore[index]


def digits_below(page: Page) -> list[int]:
    """The numbers below the first axis."""
    texts = chart(page, "accuracy").locator("text").all_text_contents()
    return [int(text) for text in texts if text.isdecimal()]


def test_points_come_while_it_trains_and_a_reload_shows_all(visitor: Visitor) -> None:
    page = visitor.go("training_lab?network=lenet5&epochs=40")
    train(page)
    run = shown_run(page)
    expect(curves(page)).to_have_attribute("data-runs", run.id)
    # The first run of a test session waits for its worker.
    expect(curves(page)).to_have_attribute("data-states", "running", timeout=60_000)
    expect(curves(page)).not_to_have_attribute("data-points", "0")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "cnnviz/live" in request.url else None)
    seen = int(curves(page).get_attribute("data-points") or 0)
    for more in (5, 10, 20, 40, 60):
        wait_until(
            page,
            """[...document.querySelectorAll("*")].some((each) => {
                 const root = each.shadowRoot?.querySelector(".root[data-points]");
                 return root && Number(root.dataset.points) >= given;
               })""",
            seen + more,
        )
    assert len(asked) > 1
    assert all(re.search(r"after=\d+\.\d+\.[0-9a-f]+", url) for url in asked), (
        "only the first questions ask for everything"
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(curves(page)).to_have_attribute("data-states", "stopped")
    has_all(page, run)
    page.reload()
    expect(curves(page)).to_have_attribute("data-states", "stopped")
    has_all(page, run)


def test_keys_read_the_numbers_that_the_run_has_written(visitor: Visitor) -> None:
    page = visitor.go("training_lab")
    run = open_run("example")
    has_all(page, run)
    lines = [json.loads(line) for line in (run.folder.path / "metrics.jsonl").read_text().splitlines()]
    said = page.locator("[data-part=said]")
    chart(page, "loss").focus()
    page.keyboard.press("Home")
    expect(said).to_contain_text("step 0;")
    page.keyboard.press("End")
    last = lines[-1]
    for name, value in (
        ("training", f"{100 * last['accuracy']:.6g}%"),
        ("validation", f"{100 * last['val_accuracy']:.6g}%"),
        ("training", f"{last['loss']:.6g}"),
        ("validation", f"{last['val_loss']:.6g}"),
    ):
        expect(said).to_contain_text(f"{name} {value}")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text(f"step {lines[-2]['step']};")
    expect(said).to_contain_text(f"training {lines[-2]['loss']:.6g}")
    assert chart(page, "accuracy").get_attribute("aria-label") == curve_in_words(run.metrics(), "accuracy")
    assert chart(page, "loss").get_attribute("aria-label") == curve_in_words(run.metrics(), "loss")


def test_numbers_beside_a_huge_loss_are_not_cut_off(visitor: Visitor) -> None:
    run = start(TrainingSpec("digits", "tiny", epochs=1))
    assert run.wait(60) == "finished"
    last = run.metrics()[-1]
    run.folder.add_metric(replace(last, step=last.step + 1, loss=3_456_789.0, val_loss=2_345_678.0))
    page = visitor.go(f"training_lab?run={run.id}")
    has_all(page, run)
    texts = chart(page, "loss").locator("text")
    assert "2e6" in texts.all_text_contents()
    left = chart(page, "loss").evaluate("chart => chart.getBoundingClientRect().left")
    assert all(text.evaluate("text => text.getBoundingClientRect().left") >= left for text in texts.all())


def test_pointing_shows_the_values_and_dragging_zooms_in(visitor: Visitor) -> None:
    page = visitor.go("training_lab")
    run = open_run("example")
    has_all(page, run)
    whole = digits_below(page)
    assert (whole[0], max(whole) > 500) == (0, True)
    chart(page, "accuracy").scroll_into_view_if_needed()
    box = chart(page, "accuracy").bounding_box()
    assert box
    x, y = (box["x"] + share * box["width"] for share in (0.5, 0.8)), box["y"] + box["height"] / 2
    start_x, end_x = x
    page.mouse.move(start_x, y)
    card = page.locator("figure .card").first
    expect(card).to_contain_text("validation:")
    step = int(re.search(r"step (\d+)", card.inner_text())[1])  # type: ignore[index]
    value = next(metric.accuracy for metric in run.metrics() if metric.step == step)
    assert value is not None
    # As a number: 97.65625 may be rounded to either side.
    assert float(re.search(r"training: ([\d.]+)%", card.inner_text())[1]) == pytest.approx(
        100 * value, abs=1e-4
    )  # type: ignore[index]
    page.mouse.down()
    page.mouse.move(end_x, y, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Show all steps")).to_be_visible()
    inside = digits_below(page)
    assert step - 60 < min(inside)
    assert max(inside) < 600
    page.mouse.dblclick(start_x, y)
    expect(page.get_by_role("button", name="Show all steps")).to_be_hidden()
    assert digits_below(page) == whole
    chart(page, "accuracy").focus()
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Show all steps")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show all steps")).to_be_hidden()


def test_the_table_holds_every_record(visitor: Visitor) -> None:
    page = visitor.go("training_lab")
    run = open_run("example")
    has_all(page, run)
    page.get_by_text("Table", exact=True).click()
    rows = page.locator("[data-part=table] tbody tr")
    expect(rows).to_have_count(len(run.metrics()))
    first = run.metrics()[1]
    assert rows.nth(1).inner_text().split("\t")[:2] == ["1", f"{100 * (first.accuracy or 0):.6g}%"]


def test_a_run_that_writes_steps_again_is_drawn_whole(visitor: Visitor) -> None:
    run = start(TrainingSpec("digits", "tiny", epochs=400))
    page = visitor.go(f"training_lab?run={run.id}")
    expect(curves(page)).to_have_attribute("data-states", "running", timeout=60_000)
    run.pause()
    expect(curves(page)).to_have_attribute("data-states", "paused")
    has_all(page, run)
    kept = run.metrics()[4].step
    run.folder.forget_after(kept)
    expect(curves(page)).to_have_attribute("data-points", "5")
    run.stop()
    expect(curves(page)).to_have_attribute("data-states", "stopped")


def test_several_runs_stand_in_one_picture_with_their_results(visitor: Visitor) -> None:
    page = visitor.go("dropout")
    has = curves(page)
    expect(has).to_have_attribute("data-states", "finished finished")
    for title, name in (("with dropout, p = 0.5", "example_dropout"), ("without", "example_no_dropout")):
        last = open_run(name).metrics()[-1]
        row = page.get_by_role("row", name=re.compile(re.escape(title)))
        expect(row).to_contain_text(f"{last.val_accuracy:.2%}")
    strokes = has.locator("figure .curve").evaluate_all(
        "all => all.map((each) => each.getAttribute('stroke'))"
    )
    assert len(strokes) == 4
    assert len(set(strokes)) == 2


def test_where_the_browser_may_not_ask_the_page_hands_over_the_points(visitor: Visitor) -> None:
    visitor.page.route("**/cnnviz/live*", lambda route: route.fulfill(status=403, body="no"))
    page = visitor.go("training_lab?network=lenet5&epochs=20")
    has_all(page, open_run("example"))
    train(page)
    run = shown_run(page)
    expect(curves(page)).to_have_attribute("data-runs", run.id)
    expect(curves(page)).not_to_have_attribute("data-points", "0", timeout=60_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(curves(page)).to_have_attribute("data-states", "stopped")
    settle(page)
    has_all(page, run)
    visitor.errors.clear()  # the browser says itself that it was refused
