"""The modules that the components share, alone in Chromium: each against what it is to do, and colours
against Python's own scales.
"""

import base64
import csv
import io
import mimetypes
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
import torch
from playwright.sync_api import Browser, Page, Route

from cnnviz.figures import DIVERGING, SEQUENTIAL, ColourScale, network_drawing
from cnnviz.models import ARCHITECTURES, Conv, Flatten, Linear, NetworkSpec
from cnnviz.models.drafts import draft
from cnnviz.settings import ASSETS
from cnnviz.ui.builder import builder_message
from cnnviz.ui.messages import Packed
from tests.hostile import FORMULAS
from tools.make_messages import FILE, declarations

pytestmark = pytest.mark.browser
ORIGIN = "http://modules.test"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page beside the files of the components."""

    def serve(route: Route) -> None:
        file = ASSETS / "components" / route.request.url.removeprefix(f"{ORIGIN}/")
        if file.suffix == ".js":
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type=mimetypes.types_map[".js"])
        else:
            route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

    context = browser.new_context()
    context.route(f"{ORIGIN}/**", serve)
    opened = context.new_page()
    opened.goto(f"{ORIGIN}/")
    yield opened
    context.close()


def evaluate(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """What ``body`` returns, with all that the module exports in ``m`` and the argument in ``given``."""
    return page.evaluate(
        f"async (given) => {{ const m = await import('{ORIGIN}/lib/{module}.js'); {body} }}", argument
    )


@pytest.mark.parametrize("scale", [DIVERGING, SEQUENTIAL], ids=["diverging", "sequential"])
def test_a_colour_is_that_of_the_pictures(page: Page, scale: ColourScale) -> None:
    values = np.linspace(-1, 1, 256)
    expected = scale.colours(256).astype(int)
    stops = {"stops": list(scale.stops), "low": -1, "high": 1}
    painted = evaluate(
        page,
        "colours",
        "return given.values.map((v) => m.paint(v, given.scale).background)",
        {"values": values.tolist(), "scale": stops},
    )
    found = np.array([[int(part) for part in text[4:-1].split(",")] for text in painted])
    assert np.abs(found - expected).max() <= 1
    assert evaluate(page, "colours", "return m.paint(null, given).background", stops) == "transparent"
    assert (
        evaluate(
            page,
            "colours",
            "return [m.paint(-9, given), m.paint(-1, given)].map((one) => one.background)",
            stops,
        )[0]
        == painted[0]
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-2, "−2"),
        (0.1234567, "0.123"),
        (1e-7, "0"),
        (-0.00002, "−2.0e-5"),
        (123456.7, "1.2e+5"),
        (None, ""),
        (99999, "99999"),
        (2.5e6, "2.5e+6"),
    ],
)
def test_a_number_in_few_characters(page: Page, value: float | None, text: str) -> None:
    assert evaluate(page, "colours", "return m.brief(given)", value) == text


def test_infinite_and_missing_numbers(page: Page) -> None:
    assert evaluate(page, "colours", "return [m.brief(Infinity), m.brief(-Infinity), m.brief(NaN)]") == [
        "∞",
        "−∞",
        "",
    ]


@pytest.mark.parametrize(
    ("key", "way", "places"),
    [("ArrowRight", [0, 1], 1), ("ArrowUp", [-1, 0], -7), ("ArrowDown", [1, 0], 7), ("a", None, None)],
)
def test_arrow_keys(page: Page, key: str, way: list[int] | None, places: int | None) -> None:
    event = "const event = new KeyboardEvent('keydown', { key: given });"
    assert evaluate(page, "keys", f"{event} return m.arrow(event)", key) == way
    assert evaluate(page, "keys", f"{event} return m.travel(event, 7)", key) == places


def test_the_cell_under_the_pointer_and_its_mark(page: Page) -> None:
    found = evaluate(
        page,
        "grid",
        """
        const box = document.createElement("div");
        Object.assign(box.style, { position: "absolute", left: "10px", top: "20px", width: "120px", height: "60px" });
        const mark = document.createElement("div");
        mark.style.position = "absolute";
        box.append(mark);
        document.body.append(box);
        const places = [[10, 20], [129, 79], [70, 50], [9, 20]].map(([clientX, clientY]) => m.cellUnder(new MouseEvent("click", { clientX, clientY }), box, 3, 4));
        m.markCells(mark, { row: 1, column: 2, width: 2 }, 3, 4);
        const { left, top, width, height } = mark.getBoundingClientRect();
        box.remove();
        return [places, [left, top, width, height], places.map(([row, column]) => m.isInside(row, column, 3, 4))];
        """,
    )
    places, mark, inside = found
    assert (places, inside) == ([[0, 0], [2, 3], [1, 2], [0, -1]], [True, True, True, False])
    assert mark == pytest.approx([70, 40, 60, 20], abs=0.1)


def test_a_legend_has_its_two_numbers_and_its_colours(page: Page) -> None:
    scale = {"stops": ["#000000", "#ffffff"], "low": -1.5, "high": 2}
    body = """
        const box = document.createElement("div");
        m.legend(box, given);
        const shown = [box.children[0].textContent, box.children[1].style.background, box.children[2].textContent, box.style.display];
        m.legend(box, null);
        return [shown, box.style.display, box.children.length];
    """
    shown, hidden, count = evaluate(page, "legend", body, scale)
    assert shown == ["−1.5", "linear-gradient(to right, rgb(0, 0, 0), rgb(255, 255, 255))", "2", ""]
    assert (hidden, count) == ("none", 3)


def test_the_player_plays_to_the_end_stops_there_and_begins_again(page: Page) -> None:
    body = """
        const [root, play, speed] = ["div", "button", "select"].map((tag) => document.createElement(tag));
        root.append(play, speed);
        document.body.append(root);
        let at = 0, stopped = () => {};
        const seen = [];
        const player = m.createPlayer({ play, speed, root }, [["slow", 10000], ["fast", 0]], 0, {
          atEnd: () => at >= 3, rewind: () => { at = 0; }, step: () => { at += 1; seen.push(at); }, stopped: () => stopped(),
        });
        const end = () => new Promise((resolve) => { stopped = resolve; });
        const states = [[play.textContent, play.ariaPressed]];
        for (const begin of [() => play.click(), () => root.dispatchEvent(new KeyboardEvent("keydown", { key: " " }))]) {
          const done = end();
          begin();
          states.push([play.textContent, play.ariaPressed]);
          await done;
          states.push([play.textContent, play.ariaPressed]);
        }
        root.remove();
        return [seen, states, [...speed.options].map((option) => option.text), player.playing];
    """
    seen, states, speeds, playing = evaluate(page, "player", body)
    assert seen == [1, 2, 3, 1, 2, 3]
    assert [pressed for _, pressed in states[1:]] == ["true", "false", "true", "false"]
    assert [text for text, _ in states[1:]] == ["❚❚ Pause", "▶ Play", "❚❚ Pause", "▶ Play"]
    assert speeds == ["slow", "fast"]
    assert not playing


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_packed_numbers_arrive_exactly(page: Page, kind: torch.dtype) -> None:
    values = torch.tensor([0.1, -1e30, 3, float("inf")], dtype=kind)
    packed = Packed.of(values)
    assert len(base64.b64decode(packed.text)) == 4 * packed.bits // 8
    found = evaluate(
        page,
        "component",
        "return [...m.unpacked(given)].map(String)",
        {"bits": packed.bits, "text": packed.text},
    )
    assert [float(text.replace("Infinity", "inf")) for text in found] == values.tolist()


def test_the_checker_knows_the_messages_of_today() -> None:
    assert FILE.read_text(encoding="utf-8") == declarations(), "run: python -m tools.make_messages"


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_in_a_drawing_no_cards_overlap_blocks_hold_theirs_and_lines_reach_them(
    page: Page, name: str, direction: str
) -> None:
    """All layers of each published network, unfolded."""
    drawing = network_drawing(ARCHITECTURES[name].summary(), name)
    parents = {card.name: card.block for card in drawing.cards} | {"image": ""}
    parents |= {frame.name: frame.parent for frame in drawing.frames}
    names = ["image", *(card.name for card in drawing.cards)]
    cards = [{"id": one, "parent": parents[one], "width": 90, "height": 44} for one in names]
    frames = [{"id": one.name, "parent": one.parent, "width": 0, "height": 0} for one in drawing.frames]
    lines = [{"from": a, "to": b, "text": "3×3", "width": 20} for a, b in drawing.lines]
    found = evaluate(
        page,
        "layout",
        "const f = m.layout(given.cards, given.frames, given.lines, given.direction);"
        "return {...f, places: Object.fromEntries(f.places)}",
        {"cards": cards, "frames": frames, "lines": lines, "direction": direction},
    )
    boxes = {
        one: (
            p["x"] - p["width"] / 2,
            p["y"] - p["height"] / 2,
            p["x"] + p["width"] / 2,
            p["y"] + p["height"] / 2,
        )
        for one, p in found["places"].items()
    }
    assert boxes.keys() == {card["id"] for card in cards} | {frame["id"] for frame in frames}
    for one, (left, top, right, bottom) in boxes.items():
        around = boxes[parents[one]] if parents[one] else (0, 0, found["width"], found["height"])
        assert (left >= around[0], top >= around[1]) == (True, True), one
        assert (right <= around[2], bottom <= around[3]) == (True, True), one
    of_one_block: dict[str, list[str]] = {}
    for one in boxes:
        of_one_block.setdefault(parents[one], []).append(one)
    for group in of_one_block.values():
        for number, one in enumerate(group):
            for other in group[number + 1 :]:
                a, b = boxes[one], boxes[other]
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (one, other)
    for line, way in zip(lines, found["ways"], strict=True):
        for end, point in ((line["from"], way["points"][0]), (line["to"], way["points"][-1])):
            left, top, right, bottom = boxes[end]
            assert left - 1 <= point["x"] <= right + 1, line
            assert top - 1 <= point["y"] <= bottom + 1, line


def test_a_drawing_goes_one_way(page: Page) -> None:
    """A card stands behind those that feed it."""
    drawing = network_drawing(ARCHITECTURES["resnet50"].summary(), "resnet50")
    names = ["image", *(card.name for card in drawing.cards)]
    blocks = {card.name: card.block for card in drawing.cards} | {"image": ""}
    found = evaluate(
        page,
        "layout",
        "return Object.fromEntries(m.layout(given.cards, given.frames, given.lines, 'LR').places)",
        {
            "cards": [{"id": one, "parent": blocks[one], "width": 90, "height": 44} for one in names],
            "frames": [{"id": one.name, "parent": one.parent} for one in drawing.frames],
            "lines": [{"from": a, "to": b, "text": "", "width": 0} for a, b in drawing.lines],
        },
    )
    assert all(found[a]["x"] < found[b]["x"] for a, b in drawing.lines)


def builder_messages() -> list[Any]:
    """What Python says of a network with one, two and three convolutions."""

    def message(count: int) -> Any:
        layers = (*[Conv(16, 3, padding=1)] * count, Flatten(), Linear())
        found = draft(NetworkSpec(layers, "linear"), (1, 8, 8), 10)
        return orjson.loads(orjson.dumps(builder_message(found, (1, 8, 8), "")))

    return [message(count) for count in (1, 2, 3)]


def edited(page: Page, story: str) -> Any:
    """``story``: JavaScript that edits the builder (``press``), answers as Python does (``says``, ``answer``), and counts ``cards``."""
    return page.evaluate(
        """async ({ html, module, messages, story }) => {
            const place = document.createElement("div");
            place.innerHTML = html;
            document.body.append(place);
            const mount = (await import(module)).default;
            const said = [], counts = [];
            const says = (data) => { mount({ data, parentElement: place, setStateValue: (_, value) => said.push(value) }); cards(); };
            const answer = (data, at) => says({ ...data, answers: said[at].number });
            const cards = () => counts.push(Number(place.querySelector(".root").dataset.layers));
            const press = (name) => { place.querySelector(`[data-part=${name}]`).click(); cards(); };
            says(messages[0]);
            place.querySelector(".card").focus();
            new Function("messages", "says", "answer", "press", story)(messages, says, answer, press);
            place.remove();
            return { counts, said: said.map((one) => one.network.layers.length) };
        }""",
        {
            "html": (ASSETS / "components" / "builder.html").read_text(encoding="utf-8"),
            "module": f"{ORIGIN}/builder.js",
            "messages": builder_messages(),
            "story": story,
        },
    )


def test_a_late_answer_takes_back_nothing_that_was_edited_since_then(page: Page) -> None:
    """Two cards are added before Python answers the first; both answers come after the second."""
    shown = edited(
        page,
        """press("copy"); press("copy");
        answer(messages[1], 0); answer(messages[2], 1);
        says(messages[0]);  // another network: Python's own word counts""",
    )
    assert shown == {"counts": [3, 4, 5, 5, 5, 3], "said": [4, 5]}


def test_what_python_says_twice_takes_back_nothing(page: Page) -> None:
    """A card is added and removed; Python first says once more what it said before."""
    shown = edited(
        page,
        """press("copy"); press("remove");
        says(messages[0]); answer(messages[1], 0); answer(messages[0], 1);
        press("undo"); answer(messages[1], 2); press("undo");""",
    )
    assert shown == {"counts": [3, 4, 3, 3, 3, 3, 4, 4, 3], "said": [4, 3, 4, 3]}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_table_holds_nothing_that_a_spreadsheet_computes(page: Page, text: str) -> None:
    written = evaluate(
        page, "page_pictures", "return m.toCsv([['name', 'value'], [given, -1.5], ['-2e3', 3]])", text
    )
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert rows == [["name", "value"], [f"'{text}", "-1.5"], ["-2e3", "3"]]
