"""Nothing is cut off, on every page, at three widths, light and dark; screenshots are kept in
.ci/screenshots.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import SCREENSHOTS, WIDTHS, Profiles, Server, Visitor, wait_until
from tests.pages.test_all_pages import PAGES

pytestmark = pytest.mark.browser

SIZES = {name: ViewportSize(width=width, height=height) for name, (width, height) in WIDTHS.items()}
TOO_WIDE = """(() => {
    const main = document.querySelector("[data-testid=stMain]");
    return main.scrollWidth - main.clientWidth;
})()"""
CUT_OFF = """links => links
    .filter((link) => [link, ...link.querySelectorAll("*")].some((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1))
    .map((link) => link.textContent)"""


def drawn(page: Page) -> None:
    """Waits until pictures, letters and curves are there."""
    charts = page.get_by_test_id("stPlotlyChart")
    expect(charts.filter(has_not=page.locator(".main-svg"))).to_have_count(0)
    wait_until(
        page,
        "document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete)",
    )
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.fixture(scope="module")
def guest(server: Server, profiles: Profiles) -> Iterator[Visitor]:
    """A phone in the dark that goes through all pages."""
    with profiles.lend(server, "phone", color_scheme="dark") as phone:
        yield phone


@pytest.mark.thorough(2)
@pytest.mark.parametrize("file", PAGES)
def test_no_sideways_scrolling(file: str, guest: Visitor) -> None:
    """The phone in the dark; the same page on a laptop and a projector in the light."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = file.rpartition("/")[2].removesuffix(".py")
    page = guest.page
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(SIZES["phone"])
    guest.go("" if name == "home" else name)
    for width in ("phone", "laptop", "projector"):
        page.set_viewport_size(SIZES[width])
        page.emulate_media(color_scheme="dark" if width == "phone" else "light")
        drawn(page)
        page.screenshot(path=SCREENSHOTS / f"{name}_{width}.png")
        wait_until(page, f"{TOO_WIDE} <= 0")
        links = page.get_by_test_id("stMain").get_by_test_id("stPageLink-NavLink")
        assert not links.evaluate_all(CUT_OFF)
