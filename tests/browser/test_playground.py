"""The playground in Chromium: its engine against the golden numbers, and what a student does with it."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, Route, TimeoutError, WebSocket, expect

from cnnviz.settings import ASSETS
from tests.browser.conftest import COMPUTING, ROOT, Visitor, settle

pytestmark = pytest.mark.browser


def room(page: Page) -> Locator:
    return page.locator(".root:has([data-part=play])")


def number(page: Page, name: str) -> float:
    text = room(page).locator(f"[data-number={name}]").inner_text()
    return float(re.sub(r"[^0-9.e-]", "", text))


def test_the_engine_gives_the_numbers_of_torch(visitor: Visitor) -> None:
    page = visitor.go("playground")
    golden = json.loads((ROOT / "tests" / "learning" / "golden.json").read_text())
    digits = json.loads((ASSETS / "data" / "digits_plane.json").read_text())
    worst = page.evaluate(
        """async ([golden, digits]) => {
            const script = performance.getEntriesByType("resource").map((one) => one.name).find((name) => name.includes("/playground.js"));
            const { Engine } = await import(new URL("lib/engine.js", script).href);
            return golden.map((row) => {
                const engine = new Engine(row.experiment, digits);
                for (let epoch = 0; epoch < row.epochs; epoch++) engine.epoch();
                const losses = [engine.measure(engine.train).loss - row.train_loss, engine.measure(engine.test).loss - row.test_loss];
                const apart = [...losses, ...row.parameters.map((value, at) => value - engine.parameters[at])];
                return row.parameters.length === engine.parameters.length ? Math.max(...apart.map(Math.abs)) : 1;
            });
        }""",
        [golden, digits],
    )
    assert len(worst) == len(golden)
    assert max(worst) < 1e-9, [row["link"] for row, far in zip(golden, worst, strict=True) if not far < 1e-9]


def test_solve_the_spiral_without_the_server(visitor: Visitor) -> None:
    sent: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: sent.append("frame to the server"))
        socket.on("framereceived", lambda _: sent.append("frame from the server"))

    visitor.page.on("websocket", listen)
    page = visitor.go(
        "playground?dataset=spiral&networkShape=8,8&optimizer=adam&learningRate=0.01&targetLoss=0.05&seed=2"
    )
    play = room(page).locator("[data-part=play]")
    expect(room(page).locator("[data-number=test-loss]")).to_be_visible()
    assert sent  # the page itself came this way
    sent.clear()
    # Whoever reads the sentence finds its numbers beside it.
    room(page).locator("[data-part=says]").evaluate(
        """(says) => new MutationObserver(() => {
            if (says.textContent) says.dataset.beside = says.getRootNode().querySelector("[data-number=test-loss]").textContent;
        }).observe(says, { childList: true, characterData: true, subtree: true })"""
    )
    # Streamlit's page fetches its own fonts when it likes.
    page.on("request", lambda request: "/static/" in request.url or sent.append(request.url))
    room(page).locator("[data-part=speed]").select_option(label="as fast as it can")
    play.click()
    expect(room(page).locator("[data-part=says]")).to_have_text(
        "The test loss is at most 0.05.", timeout=COMPUTING
    )
    assert number(page, "test-loss") <= 0.05
    assert float(room(page).locator("[data-part=says]").get_attribute("data-beside") or 1) <= 0.05
    assert number(page, "test-accuracy") > 95
    # About where the torch twin stops; after 200 epochs of Adam rounding decides which of two neighbours it is.
    assert 220 < int(room(page).locator("[data-part=clock]").get_attribute("data-epoch") or 0) < 270
    assert not sent
    expect(play).to_have_text("▶ Play")


def test_edit_a_weight_and_the_border_moves_and_undo(visitor: Visitor) -> None:
    page = visitor.go("playground?dataset=gauss&networkShape=none")
    plane = page.get_by_label(re.compile("^The plane from"))
    expect(plane).to_be_visible()

    def output(x: float, y: float) -> float:
        box = plane.bounding_box()
        assert box
        page.mouse.move(box["x"] + (x + 6) / 12 * box["width"], box["y"] + (6 - y) / 12 * box["height"])
        tip = room(page).locator("[data-part=tip]")
        expect(tip).to_contain_text("output")
        return float(tip.inner_text().rpartition(" ")[2].replace("−", "-"))

    room(page).locator("[data-part=weights] summary").click()
    first = room(page).get_by_label("weight from x₁ to output, neuron 1")
    second = room(page).get_by_label("weight from x₂ to output, neuron 1")
    was = first.input_value()
    for box, value in ((first, "2"), (second, "0")):
        before = room(page).get_attribute("data-pictures")
        box.fill(value)
        box.press("Enter")
        expect(room(page)).not_to_have_attribute("data-pictures", before or "")
    assert output(4, -4) > 0.9
    assert output(-4, 4) < -0.9
    before = room(page).get_attribute("data-pictures")
    first.fill("-2")
    first.press("Enter")
    expect(room(page)).not_to_have_attribute("data-pictures", before or "")
    assert output(4, -4) < -0.9
    for _ in range(3):
        room(page).locator("[data-part=undo]").click()
        settle(page)
    room(page).get_by_role("heading", name="Network").click()
    expect(room(page).locator("[data-part=undo]")).to_be_disabled()
    room(page).locator("[data-part=weights] summary").click()
    room(page).locator("[data-part=weights] summary").click()
    expect(first).to_have_value(was)


def test_what_a_student_changes_stands_in_the_address_and_survives_a_reload(visitor: Visitor) -> None:
    page = visitor.go("playground")
    room(page).get_by_role("radio", name="XOR").click()
    expect(page).to_have_url(re.compile("dataset=xor"))
    room(page).get_by_label("one neuron more in layer 1").click()
    expect(page).to_have_url(re.compile("networkShape=5%2C2|networkShape=5,2"))
    room(page).get_by_label("Optimiser").select_option("adam")
    expect(page).to_have_url(re.compile("optimizer=adam"))
    room(page).get_by_label("Feature x₁x₂: off").click()
    expect(page).to_have_url(re.compile("xTimesY=true"))
    page.reload()
    settle(page)
    expect(room(page).get_by_role("radio", name="XOR")).to_have_attribute("aria-checked", "true")
    expect(room(page).get_by_label("Feature x₁x₂: on")).to_be_visible()
    expect(room(page).get_by_label("Optimiser")).to_have_value("adam")
    room(page).locator("[data-part=epoch]").click()
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 1")
    room(page).locator("[data-part=example]").click()
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 1 + 1 examples")


def test_own_points_by_clicking_and_controls_hidden_by_the_link(visitor: Visitor) -> None:
    page = visitor.go("playground?dataset=own&noise_hide=true&playButton_hide=true&batchSize=2")
    expect(room(page).get_by_label("Batch size")).to_be_visible()
    expect(room(page).locator("[data-part=play]")).to_be_hidden()
    plane = page.get_by_label(re.compile("^The plane from"))
    box = plane.bounding_box()
    assert box
    for name, places in (
        ("class 0", [(0.2, 0.2), (0.3, 0.25), (0.25, 0.4)]),
        ("class 1", [(0.8, 0.7), (0.7, 0.8), (0.75, 0.6)]),
    ):
        room(page).get_by_role("button", name=name).click()
        for x, y in places:
            plane.scroll_into_view_if_needed()
            box = plane.bounding_box()
            assert box
            page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
            settle(page)
    expect(room(page).locator(".own")).to_contain_text("6 of 700 points")
    expect(page).to_have_url(re.compile("points="))
    for _ in range(3):
        room(page).locator("[data-part=epoch]").click()
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 3")


def test_several_seeds_a_surface_and_the_best_results(visitor: Visitor) -> None:
    page = visitor.go("playground?dataset=circle&seeds=3&maxEpochs=30")
    room(page).locator("[data-part=play]").click()
    expect(room(page).locator("[data-part=says]")).to_have_text("30 epochs are done.", timeout=COMPUTING)
    expect(room(page).locator("[data-number=spread]")).to_have_text(re.compile(r"^0\.\d+ – 0\.\d+$"))
    room(page).locator("[data-part=surface] summary").click()
    room(page).locator("[data-part=look]").click()
    expect(room(page).get_by_label(re.compile("^Training loss from"))).to_be_visible()
    room(page).locator("[data-part=best] summary").click()
    expect(room(page).locator("[data-part=best-table] tbody tr")).to_have_count(1)
    expect(room(page).locator("[data-part=best-table] tbody tr").first).to_contain_text("30")


def test_every_data_set_one_after_the_other(visitor: Visitor) -> None:
    page = visitor.go("playground")
    for problem, names in (
        ("classification", ("Blobs", "Circle", "Digits 0–5", "Moons", "Arms", "XOR", "Your own")),
        ("regression", ("Hills", "Plane")),
    ):
        room(page).get_by_label("Problem").select_option(problem)
        for name in names:
            room(page).get_by_role("radio", name=name).click()
            expect(room(page).get_by_role("radio", name=name)).to_have_attribute("aria-checked", "true")
            expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 0")
            if name != "Your own":
                room(page).locator("[data-part=epoch]").click()
                expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 1")
                room(page).get_by_label("Layer 1, neuron 1", exact=True).hover()
                room(page).get_by_role("heading", name="Network").hover()
    expect(room(page).locator("[data-number=train-accuracy]")).to_have_count(0)


HOLD_THE_ENGINE = """
window.held = [];
const Plain = Worker;
window.Worker = class extends Plain {
  set onmessage(hear) { super.onmessage = (news) => (window.held ? window.held.push(() => hear(news)) : hear(news)); }
};
window.hold = () => { window.held = []; };
window.release = () => { const all = window.held; window.held = null; all.forEach((tell) => tell()); };
"""


def test_play_before_the_first_picture_plays_and_says_why_it_stopped(visitor: Visitor) -> None:
    """On a busy machine the engine's first word comes after the student's click."""
    visitor.page.add_init_script(HOLD_THE_ENGINE)
    page = visitor.go("playground?dataset=circle&maxEpochs=30")
    room(page).locator("[data-part=play]").click()
    expect(room(page).locator("[data-part=play]")).to_contain_text("Pause")
    page.evaluate("release()")
    expect(room(page).locator("[data-part=says]")).to_have_text("30 epochs are done.", timeout=COMPUTING)
    expect(room(page).locator("[data-part=play]")).to_contain_text("Play")


def test_clicks_while_a_change_waits_come_after_it(visitor: Visitor) -> None:
    """A change first asks the engine for what Undo needs; on a busy machine the student clicks on meanwhile."""
    visitor.page.add_init_script(HOLD_THE_ENGINE)
    page = visitor.go("playground?dataset=circle")
    page.evaluate("release()")
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 0")
    page.evaluate("hold()")
    room(page).get_by_role("radio", name="XOR").click()
    room(page).get_by_role("radio", name="Moons").click()
    room(page).locator("[data-part=epoch]").click()
    page.evaluate("release()")
    expect(room(page).get_by_role("radio", name="Moons")).to_have_attribute("aria-checked", "true")
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 1")
    for name in ("XOR", "Circle"):
        room(page).locator("[data-part=undo]").click()
        expect(room(page).get_by_role("radio", name=name)).to_have_attribute("aria-checked", "true")


def test_the_answer_to_a_change_ends_no_training(visitor: Visitor) -> None:
    """The digits leave a softmax behind, which the server does not say of a regression."""
    page = visitor.go("playground")
    room(page).get_by_role("radio", name="Digits 0–5").click()
    room(page).get_by_label("Problem").select_option("regression")
    room(page).get_by_role("radio", name="Hills").click()
    expect(room(page).get_by_role("radio", name="Hills")).to_have_attribute("aria-checked", "true")
    room(page).locator("[data-part=epoch]").click()
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 1")
    page.wait_for_url(re.compile("regDataset=reg-gauss"))
    settle(page)
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 1")
    expect(room(page).get_by_role("radio", name="Hills")).to_have_attribute("aria-checked", "true")
    page.go_back()
    expect(room(page).locator("[data-part=clock]")).to_have_text("epoch 0")


def test_a_click_before_the_component_answers_is_not_lost(visitor: Visitor) -> None:
    """The buttons are drawn before their script is there: until then none takes a click."""
    held: list[Route] = []
    visitor.page.route("**/playground.js*", lambda route: held.append(route))
    with visitor.page.expect_request("**/playground.js*", timeout=COMPUTING):
        visitor.page.goto(f"{visitor.server.url}/playground?dataset=circle&maxEpochs=30")
    play = room(visitor.page).locator("[data-part=play]")
    expect(play).to_be_visible()
    with pytest.raises(TimeoutError):
        play.click(timeout=3_000)
    for route in held:
        route.continue_()
    play.click()
    expect(room(visitor.page).locator("[data-part=says]")).to_have_text(
        "30 epochs are done.", timeout=COMPUTING
    )
