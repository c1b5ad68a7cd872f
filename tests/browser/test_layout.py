"""Nothing is cut off, on every page, at three widths, light and dark; screenshots are kept in
.ci/screenshots.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SCREENSHOTS, WIDTHS, Server, Visitor
from tests.pages.test_all_pages import PAGES

pytestmark = pytest.mark.browser


def drawn(page: Page) -> None:
    """Waits until pictures, letters and curves are there."""
    charts = page.get_by_test_id("stPlotlyChart")
    expect(charts.filter(has_not=page.locator(".main-svg"))).to_have_count(0)
    page.wait_for_function(
        "document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete)"
    )
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("file", PAGES)
def test_no_sideways_scrolling(file: str, width: str, server: Server, browser: Browser) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = file.rpartition("/")[2].removesuffix(".py")
    size = WIDTHS[width]
    scheme = "dark" if width == "phone" else "light"
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    guest = Visitor(server, context)
    page = guest.go("" if name == "home" else name)
    drawn(page)
    page.screenshot(path=SCREENSHOTS / f"{name}_{width}.png")
    too_wide = page.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollWidth - document.querySelector('[data-testid=stMain]').clientWidth"
    )
    cut_off = (
        page.get_by_test_id("stMain")
        .get_by_test_id("stPageLink-NavLink")
        .evaluate_all(
            """links => links.filter((link) => [link, ...link.querySelectorAll("*")].some(
            (part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1)).map((link) => link.textContent)"""
        )
    )
    context.close()
    assert too_wide <= 0
    assert not cut_off
    assert not guest.errors
