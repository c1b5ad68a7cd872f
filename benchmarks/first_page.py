"""From ``streamlit run`` to the first page usable in Chromium, and from page to page; the browser is already
open.

Compared with the same page in a second tab, when everything is warm.
"""

import time

from playwright.sync_api import Page

from benchmarks._app import browsing, percentile, serving, wait_for_server

TURNS = 4
LINK = "Start the first experiment"
ANOTHER_PAGE = """before => {
  const heading = document.querySelector("h2");
  return heading && heading.innerText !== before && !document.querySelector("[data-stale=true]");
}"""


def opened(page: Page, address: str) -> float:
    started = time.perf_counter()
    page.goto(address)
    page.get_by_text(LINK).wait_for()
    return time.perf_counter() - started


def page_to_page(page: Page) -> list[float]:
    """Seconds from a click in the menu to the next page's heading with nothing stale."""
    times = []
    menu = page.locator("[data-testid=stSidebarNavLink]")
    for index in [*range(1, menu.count()), 0]:
        before = page.locator("h2").first.inner_text()
        started = time.perf_counter()
        menu.nth(index).click()
        page.wait_for_function(ANOTHER_PAGE, arg=before, polling=10)
        times.append(time.perf_counter() - started)
        page.wait_for_timeout(1500)
    return times


def main() -> None:
    with browsing() as page:
        colds, warms, moves = [], [], []
        for _ in range(TURNS):
            started = time.perf_counter()
            with serving(wait=False) as (address, _):
                wait_for_server(address.rpartition(":")[2])
                opened(page, address)
                colds.append(time.perf_counter() - started)
                page.wait_for_timeout(4000)
                page_to_page(page)
                moves += page_to_page(page)
                warms.append(opened(page, address))
        cold, warm = percentile(colds[1:], 0.5), percentile(warms, 0.5)
        print(
            f"start to first page: {cold:.2f} s (goal 2.5; all {', '.join(f'{value:.2f}' for value in colds)}, the first not counted)"
        )
        print(f"the same page from a running server: {warm:.2f} s, ratio {cold / warm:.1f}")
        print(
            f"page to page: median {percentile(moves, 0.5):.2f} s, p95 {percentile(moves, 0.95):.2f} s (goal 0.5)"
        )


if __name__ == "__main__":
    main()
