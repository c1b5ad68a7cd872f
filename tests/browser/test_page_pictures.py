"""Pictures and numbers of a page as files, read again by Pillow, an XML parser and csv."""

import csv
import re
from io import BytesIO, StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from cnnviz.training import open_run
from tests.browser.conftest import Visitor, settle

pytestmark = pytest.mark.browser


def opened(page: Page) -> Locator:
    page.locator("summary", has_text="Take the pictures away").click()
    rows = page.locator(".root:has(summary:text('Take the pictures away')) li")
    expect(rows.first).to_be_visible()
    return rows


def saved(page: Page, row: Locator, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as coming:
        row.get_by_role("button", name=kind).click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def colours(png: bytes) -> int:
    found = Image.open(BytesIO(png)).convert("RGB").getcolors(1 << 24)
    assert found is not None
    return len(found)


def test_a_chart_as_png_svg_and_csv(visitor: Visitor) -> None:
    page = visitor.go("mistakes")
    row = opened(page).filter(has_text="Reliability diagram")
    chart = page.locator(".js-plotly-plot").first.bounding_box()
    assert chart is not None
    name, png = saved(page, row, "PNG")
    assert name.startswith("cnnviz-mistakes-")
    assert name.endswith(".png")
    assert abs(Image.open(BytesIO(png)).width - 3 * chart["width"]) <= 3
    assert colours(png) > 20
    _, svg = saved(page, row, "SVG")
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    words = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {"confidence", "accuracy"} <= words
    _, text = saved(page, row, "CSV")
    head, *rows = csv.reader(StringIO(text.decode()))
    assert head == ["series", "confidence", "accuracy"]
    assert ["perfectly calibrated", "1", "1"] in rows
    assert all(0 <= float(value) <= 1 for _, *values in rows for value in values)


def test_maps_and_a_matrix_as_files(visitor: Visitor) -> None:
    page = visitor.go("mistakes")
    rows = opened(page)
    matrix = rows.filter(has_text="true class")
    _, text = saved(page, matrix, "CSV")
    head, *lines = csv.reader(StringIO(text.decode()))
    assert head[1:] == [str(digit) for digit in range(10)]
    assert sum(int(count) for line in lines for count in line[1:]) == 4000
    assert colours(saved(page, matrix, "PNG")[1]) > 20
    images = rows.filter(has_text="test images of 28×28 pixels")
    assert colours(saved(page, images, "PNG")[1]) > 100
    svg = saved(page, images, "SVG")[1]
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert b"data:image/png" in svg  # whole without the page


def test_curves_of_a_run_as_csv(visitor: Visitor) -> None:
    page = visitor.go("time_machine")
    _, text = saved(page, opened(page).filter(has_text="Validation accuracy from"), "CSV")
    head, *rows = csv.reader(StringIO(text.decode()))
    at = head.index("training loss")
    metrics = {metric.step: metric.loss for metric in open_run("example").metrics() if metric.step}
    for row in rows[1:50]:
        assert float(row[at]) == pytest.approx(metrics[int(row[0])], rel=1e-5)


def test_the_list_follows_the_page(visitor: Visitor) -> None:
    page = visitor.go("time_machine")
    rows = opened(page)
    expect(rows.filter(has_text=re.compile("^Weights of conv1"))).to_have_count(1)
    menu = page.get_by_role("combobox", name="Layer")
    menu.scroll_into_view_if_needed()
    menu.click()
    page.get_by_role("option", name="conv2").click()
    settle(page)
    expect(rows.filter(has_text=re.compile("^Weights of conv2"))).to_have_count(1)
    expect(rows.filter(has_text=re.compile("^Weights of conv1"))).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "head"),
    [
        ("playground?dataset=circle", ["epoch", "training loss", "test loss"]),
        ("gradient_descent", ["rule", "update", "w1", "w2", "E"]),
        ("embedding", ["group", "x", "y", "text"]),
    ],
)
def test_what_a_component_draws_has_its_numbers(address: str, head: list[str], visitor: Visitor) -> None:
    page = visitor.go(address)
    row = (
        opened(page)
        .filter(has=page.get_by_role("button", name="PNG"))
        .filter(has=page.get_by_role("button", name="CSV"))
    )
    _, text = saved(page, row.first, "CSV")
    names, *rows = csv.reader(StringIO(text.decode()))
    assert names == head
    assert rows
    assert all(len(one) == len(head) for one in rows)


def test_a_curve_without_points_has_no_numbers(visitor: Visitor) -> None:
    """Those of the controls beside it are none of its own."""
    page = visitor.page
    held: list[Route] = []
    page.route("**/engine_worker.js*", lambda route: held.append(route))
    visitor.go("playground?dataset=circle")
    rows = opened(page)
    assert len(held) == 1
    expect(rows.get_by_role("button", name="PNG")).to_have_count(1)
    expect(rows.get_by_role("button", name="CSV")).to_have_count(0)
    held[0].continue_()
    expect(rows.get_by_role("button", name="CSV")).to_have_count(1)
