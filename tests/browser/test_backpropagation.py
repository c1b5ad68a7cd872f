"""Backpropagation in Chromium: the lecture's example forward and back, every number on the screen against torch."""

import re

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from cnnviz.learning.cnn import LECTURE_IMAGE, LECTURE_KERNEL, default_weights
from tests.browser.conftest import Visitor, settle

pytestmark = pytest.mark.browser


def room(page: Page) -> Locator:
    return page.locator(".root:has([data-part=phases])")


def numbers(page: Page, grid: str, part: str) -> list[float]:
    """What the cells of a grid show: value, gradient or updated, to the last number."""
    titles = (
        room(page)
        .locator(f"figure[data-grid='{grid}'] .cell")
        .evaluate_all("cells => cells.map((cell) => cell.title)")
    )
    words = {"value": r"column \d+: (.*)", "gradient": r"gradient (.*)", "updated": r"update (.*)"}[part]
    found = [re.search(words, title) for title in titles]
    assert all(found), titles
    return [float(one[1]) for one in found if one]


def test_every_number_forward_and_back_against_torch(visitor: Visitor) -> None:
    page = visitor.go("backpropagation")
    kernel = torch.tensor(LECTURE_KERNEL, dtype=torch.float64, requires_grad=True)
    weights = default_weights(2, 4).requires_grad_()
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    image = torch.tensor(LECTURE_IMAGE, dtype=torch.float64)
    conv = torch.nn.functional.conv2d(image[None, None], kernel[None, None], bias)
    act = conv.relu()
    pool = torch.nn.functional.max_pool2d(act, 2, 1)
    flat = pool.flatten()
    logits = weights @ flat
    soft = logits.softmax(0)
    loss = -soft[0].log()
    stages = {
        "convolution": conv,
        "activation": act,
        "pooling": pool,
        "flatten": flat,
        "logits": logits,
        "softmax": soft,
    }
    for stage in stages.values():
        stage.retain_grad()
    loss.backward()
    theirs = {**stages, "kernel": kernel, "bias": bias, "weights": weights}

    # Nothing is known before its step: the first step shows one sum, the last cell of the map comes with the ninth.
    first = room(page).locator("figure[data-grid=convolution] .cell")
    expect(first.nth(0)).to_have_text("4")
    expect(first.nth(8)).to_have_text("·")
    expect(room(page).locator("[data-part=now]")).to_contain_text(
        "running sum: 1 → 1 → 2 → 2 → 3 → 3 → 3 → 3 → 4 → 4"
    )
    room(page).get_by_role("button", name="one step forward").click()
    expect(first.nth(1)).to_have_text("3")
    room(page).get_by_role("button", name="loss", exact=True).click()
    for name, stage in stages.items():
        assert numbers(page, name, "value") == pytest.approx(stage.flatten().tolist(), abs=1e-9), name
    assert numbers(page, "loss", "value") == pytest.approx([loss.item()], abs=1e-9)
    expect(room(page).locator(".g")).to_have_count(0)

    room(page).get_by_role("button", name="last step").click()
    for name, stage in theirs.items():
        assert numbers(page, name, "gradient") == pytest.approx(stage.grad.flatten().tolist(), abs=1e-9), name
    assert numbers(page, "kernel", "updated") == pytest.approx(
        (kernel - 0.1 * kernel.grad).flatten().tolist(), abs=1e-9
    )
    assert numbers(page, "weights", "updated") == pytest.approx(
        (weights - 0.1 * weights.grad).flatten().tolist(), abs=1e-9
    )
    [new] = numbers(page, "loss", "updated")
    assert new < loss.item()
    expect(page.get_by_text(f"{new:.4f}").first).to_be_visible()


def test_play_keys_and_the_lit_cells(visitor: Visitor) -> None:
    page = visitor.go("backpropagation")
    room(page).get_by_role("button", name="∂ kernel").click()
    expect(room(page).locator(".cell.left")).to_have_count(9)
    expect(room(page).locator("figure[data-grid=image] .cell.right")).to_have_count(9)
    expect(room(page).locator("figure[data-grid=kernel] .cell.target")).to_have_count(1)
    step = int(room(page).get_attribute("data-step") or 0)
    room(page).get_by_role("button", name="∂ kernel").press("ArrowRight")
    expect(room(page)).to_have_attribute("data-step", str(step + 1))
    room(page).locator("[data-part=speed]").select_option(label="full speed")
    room(page).locator("[data-part=play]").click()
    expect(room(page).locator("[data-part=now]")).to_contain_text("loss with the new weights")
    room(page).locator("summary").click()
    expect(room(page).locator("[data-part=table] tr")).to_have_count(
        int(room(page).get_attribute("data-step") or 0)
    )


def test_an_edited_number_and_an_expression(visitor: Visitor) -> None:
    page = visitor.go("backpropagation?view=expression&text=x*y%2Bx&x=3&y=4")
    room(page).get_by_role("button", name="last step").click()
    cells = room(page).locator(".cell")
    expect(cells.nth(0)).to_have_text(re.compile(r"^35$"))
    box = page.get_by_label("Expression", exact=True)
    box.fill("sigmoid(w * x")
    box.press("Enter")
    expect(page.get_by_text("is no expression")).to_be_visible()
    box.fill("w * x")
    box.press("Enter")
    expect(room(page).locator("figcaption").nth(2)).to_have_text("w · x")
    settle(page)
