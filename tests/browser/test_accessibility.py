"""Every page for everyone: no serious finding of axe-core, each picture with its words and its table, all by
keyboard, at 200 % zoom, and still where motion is to be reduced.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from cnnviz.figures import PALETTES
from tests.browser.conftest import SCREENSHOTS, Profiles, Server, Visitor, settle, wait_until
from tests.browser.test_layout import drawn
from tests.pages.test_all_pages import LESSONS, PAGES

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = """async ([runOnly, place]) => {
    // A matrix of numbers has hundreds of cells that are all alike: three rows of it are enough.
    const exclude = [{ fromShadowDom: ["[data-testid=stBidiComponentIsolated]", ".cells .row:nth-child(n + 4)"] }];
    const { violations } = await axe.run({ include: [place], exclude }, { runOnly, resultTypes: ["violations"] });
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) =>
        nodes.map(({ target, html, failureSummary }) => ({ id, target: String(target), html: html.slice(0, 200), failureSummary })));
}"""
MENDED = "!document.querySelector('[data-testid=stSidebarNavItems] :is(ul, li):not([role])')"
"""The component ``page_aria`` has seen the menu of pages."""
LEVEL_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
ALLOWED: tuple[tuple[str, str, str], ...] = ()
"""(rule, part of the selector, reason): what lies in Streamlit's own elements and cannot be mended from outside."""
MAIN = "[data-testid=stMain]"
LAPTOP = ViewportSize(width=1366, height=768)
ZOOMED = ViewportSize(width=683, height=384)
"""A laptop of 1366×768 at 200 %."""
WALKED = ("builder", "playground", "mistakes", "lectures", "questions", "image_as_numbers", "pooling")
"""Pages with every kind of grid, list and drawing that arrow keys move in."""


def name_of(file: str) -> str:
    name = file.rpartition("/")[2].removesuffix(".py")
    return "" if name == "home" else name


@pytest.fixture(scope="module")
def guest(server: Server, profiles: Profiles) -> Iterator[Visitor]:
    """One browser that goes through all pages."""
    with profiles.lend(server) as visiting:
        yield visiting


def findings(page: Page, rules: list[str], place: str = "html") -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return [
        one
        for one in page.evaluate(RULES, [rules, place])
        if not any(one["id"] == rule and part in one["target"] for rule, part, _ in ALLOWED)
    ]


PICTURES = """() => {
    const shadows = [...document.querySelector("[data-testid=stMain]").querySelectorAll("*")].flatMap((one) => one.shadowRoot ? [one.shadowRoot] : []);
    const places = [document.querySelector("[data-testid=stMain]"), ...shadows];
    const all = places.flatMap((place) => [...place.querySelectorAll("canvas, img, svg, .js-plotly-plot")]);
    const large = all.filter((one) => { const box = one.getBoundingClientRect(); return box.width >= 24 && box.height >= 24 && one.checkVisibility(); });
    // The layers inside of a chart or a drawing are parts of it.
    const whole = large.filter((one) => !one.parentElement?.closest("svg, .js-plotly-plot") && !one.closest("[data-testid=stIconMaterial], button"))
        // Streamlit draws a table of data on a canvas, in which it lies once more for screen readers.
        .filter((one) => !one.closest("[data-testid=stDataFrame]:has(canvas > table[role=grid])"));
    const named = (one) => {
        for (let at = one; at; at = at.parentElement) {
            if (at.getAttribute("aria-label") || at.getAttribute("aria-labelledby") || at.getAttribute("alt")) return true;
            // Its words stand beside it: a list, a table, or cards with names of their own.
            if (at.getAttribute("aria-hidden") === "true") return true;
        }
        return one.querySelectorAll("[aria-label]").length > 0;
    };
    return whole.filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 160));
}"""
TOLD = ("The network ", "image x: ", "What we see, ")
"""Drawings whose words say it all, or stand as a table below them."""
LACKING = """(told) => {
    const lists = [...document.querySelectorAll("*")].map((one) => one.shadowRoot?.querySelector("[data-part=list]"));
    const list = lists.find((one) => one?.closest("details")?.textContent.includes("Take the pictures away"));
    return [...list.children].filter((line) => !line.querySelector("button[aria-label^=Table]") && !line.textContent.includes("CSV")).map((line) => line.textContent)
        .filter((text) => !told.some((start) => text.startsWith(start)));
}"""


RINGLESS = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    const places = [main, ...[...main.querySelectorAll("*")].flatMap((one) => one.shadowRoot ? [one.shadowRoot] : [])];
    const wanted = places.flatMap((place) => [...place.querySelectorAll("a[href], button, select, input, textarea, summary, [tabindex]")])
        .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1);
    const ringed = (element) => {
        const style = getComputedStyle(element);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || parseFloat(style.strokeWidth) >= 3;
    };
    const problems = wanted.length ? [] : ["nothing to reach"];
    for (const one of wanted) {
        if (!one.isConnected) continue; // drawn anew while another one had the focus
        one.focus({ focusVisible: true, preventScroll: true });
        let now = document.activeElement;
        while (now?.shadowRoot?.activeElement) now = now.shadowRoot.activeElement;
        const around = [one, ...one.querySelectorAll(".edge, rect"), one.closest("label"), one.parentElement, one.parentElement?.parentElement].filter(Boolean);
        if (one.tabIndex > 0) problems.push(`out of order: ${one.outerHTML.slice(0, 160)}`);
        if (!one.isConnected) continue;
        if (now !== one) problems.push(`takes no focus: ${one.outerHTML.slice(0, 160)}`);
        else if (!around.some(ringed)) problems.push(`has no ring: ${one.outerHTML.slice(0, 160)}`);
    }
    document.activeElement?.blur();
    return problems;
}"""
TOO_WIDE = """(() => {
    const main = document.querySelector("[data-testid=stMain]");
    return Math.max(document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
})()"""


def tables(page: Page) -> list[str]:
    """Opens the list of the page's pictures, and the first table there; what lacks its numbers."""
    page.locator("summary", has_text="Take the pictures away").click()
    lines = page.locator(".root:has(summary:text('Take the pictures away')) li")
    expect(lines.or_(page.get_by_text("There is no picture on this page now.")).first).to_be_visible()
    opener = page.get_by_role("button", name="Table: ")
    if opener.count():
        opener.first.press("Enter")
        expect(
            page.get_by_role("region", name="Numbers of: ").first.locator("tbody tr").first
        ).to_be_visible()
    return page.evaluate(LACKING, list(TOLD))


@pytest.mark.thorough(8)
@pytest.mark.parametrize("file", PAGES)
def test_is_for_everyone(file: str, guest: Visitor) -> None:
    """One visit: axe-core in the light and (contrast) in the dark, words and tables of the pictures, a visible ring
    around whatever the keyboard reaches, and no sideways scrolling at 200 %.
    """
    page = guest.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(LAPTOP)
    guest.go(name_of(file))
    drawn(page)
    wait_until(page, MENDED)
    problems: dict[str, list[Any]] = {"light": findings(page, LEVEL_AA), "unnamed": page.evaluate(PICTURES)}
    page.keyboard.press("Tab")  # from now on the focus is that of a keyboard
    problems["keyboard"] = page.evaluate(RINGLESS)
    page.emulate_media(color_scheme="dark")
    drawn(page)
    problems["dark"] = findings(page, ["color-contrast"], MAIN)
    if file in LESSONS:
        problems["without numbers"] = tables(page)
    page.set_viewport_size(ZOOMED)
    drawn(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name_of(file) or 'home'}_zoomed.png")
    told = [f"{kind}: {problem}" for kind, found in problems.items() for problem in found]
    assert not told, "\n".join(told)
    wait_until(page, f"{TOO_WIDE} <= 0")


@pytest.mark.thorough(40)
@pytest.mark.parametrize("file", LESSONS)
def test_each_experiment_is_for_everyone(file: str, guest: Visitor) -> None:
    """The states that "Try this" leads to: axe-core in the light and the dark, and words of the pictures."""
    page = guest.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(LAPTOP)
    guest.go(name_of(file))
    links = page.locator(".st-key-try a").evaluate_all("all => all.map((one) => one.href)")
    assert len(links) >= 3
    told = []
    for link in links:
        page.emulate_media(color_scheme="light")
        guest.go(link.removeprefix(f"{guest.server.url}/"))
        drawn(page)
        wait_until(page, MENDED)
        problems: dict[str, list[Any]] = {
            "light": findings(page, LEVEL_AA),
            "unnamed": page.evaluate(PICTURES),
        }
        page.emulate_media(color_scheme="dark")
        drawn(page)
        problems["dark"] = findings(page, ["color-contrast"], MAIN)
        told += [f"{link} {kind}: {problem}" for kind, found in problems.items() for problem in found]
    assert not told, "\n".join(told)


def test_the_table_of_a_picture_of_maps_holds_its_values(guest: Visitor) -> None:
    page = guest.go("kernels")
    page.locator("summary", has_text="Take the pictures away").click()
    opener = page.get_by_role("button", name="Table: ").first
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    table = page.get_by_role("region", name="Numbers of: ").first.locator("table")
    expect(table.locator("tbody tr").nth(1)).to_be_visible()
    assert table.locator("th").count() >= 3


FOCUS = """() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    if (!one || one === document.body) return null;
    window.__seen ??= new Map();
    if (!window.__seen.has(one)) window.__seen.set(one, window.__seen.size);
    const ringed = (element) => {
        const style = getComputedStyle(element);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || parseFloat(style.strokeWidth) >= 3;
    };
    const around = [one, ...one.querySelectorAll(".edge, rect"), one.closest("label"), one.parentElement, one.parentElement?.parentElement].filter(Boolean);
    return { number: window.__seen.get(one), ring: around.some(ringed), html: one.outerHTML.slice(0, 200), hidden: !one.checkVisibility() };
}"""
REACHABLE = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    const places = [main, ...[...main.querySelectorAll("*")].flatMap((one) => one.shadowRoot ? [one.shadowRoot] : [])];
    const wanted = places.flatMap((place) => [...place.querySelectorAll("button:not([disabled]), select:not([disabled]), input:not([disabled]), textarea, summary")]);
    const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
    const seen = [...window.__seen.keys()];
    // One of a group of radio buttons is reached, the others from it by arrow keys.
    const beside = (one) => {
        const group = one.closest("[role=radiogroup], [role=toolbar]");
        return one.type === "radio" ? seen.some((other) => other.name === one.name) : group && seen.some((other) => group.contains(other));
    };
    return wanted.filter((one) => shown(one) && one.tabIndex >= 0 && !window.__seen.has(one) && !window.__disabled.has(one) && !beside(one))
        .map((one) => one.outerHTML.slice(0, 160));
}"""
BEGIN = """() => {
    const places = [document, ...[...document.querySelectorAll("*")].flatMap((one) => one.shadowRoot ? [one.shadowRoot] : [])];
    window.__seen = new Map();
    // The walk itself may enable them: in the builder the focus selects a layer, and only then it can move up.
    window.__disabled = new Set(places.flatMap((place) => [...place.querySelectorAll(":disabled")]));
}"""
MOST_TABS = 400


@pytest.mark.thorough(3)
@pytest.mark.parametrize("name", WALKED)
def test_everything_is_reached_by_tab(name: str, guest: Visitor) -> None:
    page = guest.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(LAPTOP)
    guest.go(name)
    drawn(page)
    page.evaluate(BEGIN)
    last, ringless = -1, []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at is None or at["number"] < last:
            break  # round once
        # No trap: each press goes on.
        assert at["number"] > last, at["html"]
        last = at["number"]
        if not at["ring"] and not at["hidden"]:
            ringless.append(at["html"])
    else:
        raise AssertionError(f"more than {MOST_TABS} stops")
    assert not ringless
    assert not page.evaluate(REACHABLE)


def test_reduced_motion(server: Server, browser: Browser) -> None:
    """Nothing moves by itself; a player goes in steps, at most two a second."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    visiting = Visitor(server, context)
    page = visiting.go("convolution")
    moving = """() => [...document.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot?.querySelectorAll("*") ?? [])])
        .filter((one) => one.getAnimations().some((animation) => animation.playState === "running" && animation.effect.getComputedTiming().duration > 1)).length"""
    assert page.evaluate(moving) == 0
    label = page.locator("[data-part=label]").first
    expect(label).to_have_text("step 1 of 9")
    speed = page.get_by_label("Speed").first
    speed.select_option("full speed")
    page.locator("[data-part=play]").first.click()
    times = page.evaluate(
        """() => new Promise((done) => {
            const root = [...document.querySelectorAll("*")].map((one) => one.shadowRoot?.querySelector("[data-part=label]")).find(Boolean);
            const times = [];
            const watch = new MutationObserver(() => { times.push(performance.now()); if (times.length === 4) { watch.disconnect(); done(times); } });
            watch.observe(root, { childList: true, characterData: true, subtree: true });
        })"""
    )
    assert min(b - a for a, b in pairwise(times)) > 400
    context.close()
    assert not visiting.errors


def test_the_stepper_says_each_step(guest: Visitor) -> None:
    page = guest.go("convolution")
    said = page.locator("[data-part=said]").first
    expect(said).to_have_attribute("aria-live", "polite")
    page.get_by_role("button", name="Step forward").first.click()
    expect(said).to_contain_text("Step 2 of 9, output row 0, column 1: ")
    words = said.inner_text()
    total = words.rpartition("= ")[2]
    assert words.count("·") == 9
    products = [
        part.split("·")
        for part in words.partition(": ")[2]
        .rpartition(" = ")[0]
        .replace("(", "")
        .replace(")", "")
        .split(" + ")
    ]
    assert sum(float(a.replace("−", "-")) * float(b.replace("−", "-")) for a, b in products) == float(
        total.replace("−", "-")
    )
    page = guest.go("pooling")
    page.get_by_role("button", name="Step forward").first.click()
    expect(page.locator("[data-part=said]").first).to_contain_text("Step 2 of ")
    page = guest.go("backpropagation")
    now = page.locator("[data-part=now][aria-live=polite]").first
    before = now.inner_text()
    page.get_by_role("button", name="one step forward").first.click()
    expect(now).not_to_have_text(before)
    page = guest.go("playground")
    page.get_by_role("button", name="+ epoch").click()
    expect(page.locator("[data-part=said]")).to_contain_text("Epoch 1: training loss ")


def test_grids_are_one_stop_and_arrow_keys_move_inside(guest: Visitor) -> None:
    page = guest.go("mistakes")
    cells = page.locator("td button")
    expect(page.locator("td button[tabindex='0']")).to_have_count(1)
    page.locator("td button[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    expect(cells.nth(1)).to_have_attribute("tabindex", "0")
    page.keyboard.press("Escape")
    expect(cells.nth(1)).not_to_be_focused()


def test_a_link_in_a_palette_draws_in_it_and_other_pages_keep_it(guest: Visitor) -> None:

    page = guest.go("convolution?palette=grey")
    gradient = page.locator(".legend i").first

    def has(stops: tuple[str, ...]) -> None:
        first = ", ".join(str(int(stops[0][at : at + 2], 16)) for at in (1, 3, 5))
        expect(gradient).to_have_css("background-image", re.compile(rf"rgb\({first}\)"))

    has(PALETTES["grey"].sequential.stops)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Pooling").click()
    settle(page)
    expect(page).to_have_url(re.compile(r"/pooling\?palette=grey$"))
    page = guest.go("convolution?palette=usual")
    has(PALETTES["usual"].sequential.stops)
