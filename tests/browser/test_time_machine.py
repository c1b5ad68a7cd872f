"""The time machine in Chromium: the slider of steps, two steps beside each other, and the same step on another page."""

import re

import pytest
from playwright.sync_api import Page, expect

from cnnviz.training import open_run
from cnnviz.training.loop import batch_at
from tests.browser.conftest import Visitor, settle

pytestmark = pytest.mark.browser


def loss_shown(page: Page) -> float:
    text = page.get_by_text(re.compile(r"images, mean loss")).inner_text()
    return float(text.split("mean loss")[1].strip(" ."))


def loss_of(step: int) -> float:
    from torch import nn

    run = open_run("example")
    batch = batch_at(run.spec, step)
    return nn.functional.cross_entropy(run.network(step).train()(batch.floats()), batch.labels).item()


def test_back_to_the_first_step_and_on_to_another_page(visitor: Visitor) -> None:
    page = visitor.go("time_machine")
    assert loss_shown(page) == pytest.approx(loss_of(624), abs=6e-4)
    slider = page.locator(".root input[type=range]")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_text(f"mean loss {loss_of(0):.3f}")).to_be_visible()
    settle(page)
    assert "step=0" in page.url
    page.get_by_role("link", name="Filters").last.click()
    expect(page.get_by_role("heading", name="Filters")).to_be_visible()
    settle(page)
    assert "step=0" in page.url
    expect(page.get_by_text(re.compile("step 0 of 624")).first).to_be_visible()


def test_two_steps_side_by_side_with_the_same_image(visitor: Visitor) -> None:
    page = visitor.go("time_machine?step=0&other=624&layer=conv2")
    expect(page.get_by_role("heading", name="conv2 at step 0 and step 624")).to_be_visible()
    expect(page.get_by_text("outputs, step 0")).to_be_visible()
    expect(page.get_by_text("outputs, step 624")).to_be_visible()
    legend = page.locator(".js-plotly-plot .legendtext")
    assert {"step 0", "step 624"} <= set(legend.all_text_contents())
    page.get_by_role("spinbutton", name="Beside it: step").fill("")
    page.get_by_role("spinbutton", name="Beside it: step").press("Enter")
    expect(page.get_by_role("heading", name="conv2 at step 0", exact=True)).to_be_visible()
