"""From a key press on the step player to the new picture on the screen, over 100 moves between saved steps:
filters and feature maps.
"""

import time

from playwright.sync_api import Page

from benchmarks._app import browsing, percentile, serving

STEPS = 48
"""The bundled run has 49 saved steps: once to the first, back to the last, and four more make 100 moves."""
PAGES = {"feature_maps": "maps of relu2", "filters?layer=conv2": "kernel of the strongest"}


def moves(page: Page, picture: str, key: str, count: int) -> list[float]:
    times = []
    image = page.locator(f"img[alt*='{picture}']")
    for _ in range(count):
        before = image.get_attribute("src")
        started = time.perf_counter()
        page.keyboard.press(key)
        page.wait_for_function(
            "([image, before]) => image.src !== before && image.complete",
            arg=[image.element_handle(), before],
            polling=5,
        )
        times.append(time.perf_counter() - started)
        page.wait_for_timeout(150)
    return times


def main() -> None:
    with serving() as (address, _), browsing() as page:
        for place, picture in PAGES.items():
            page.goto(f"{address}/{place}")
            page.locator(f"img[alt*='{picture}']").wait_for()
            page.wait_for_timeout(4000)
            page.get_by_role("slider", name="Training step").focus()
            new = moves(page, picture, "ArrowLeft", STEPS)
            seen = moves(page, picture, "ArrowRight", STEPS) + moves(
                page, picture, "ArrowLeft", 100 - 2 * STEPS
            )
            print(
                f"{place}: 100 moves p50 {percentile(new + seen, 0.5) * 1000:.0f} ms, p95 {percentile(new + seen, 0.95) * 1000:.0f} ms (goal 300); "
                f"new steps p95 {percentile(new, 0.95) * 1000:.0f}, steps seen before {percentile(seen, 0.95) * 1000:.0f} ms: "
                f"ratio {percentile(new, 0.95) / percentile(seen, 0.95):.2f}"
            )


if __name__ == "__main__":
    main()
