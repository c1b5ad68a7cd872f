"""From a key press on the step player to the new maps on the screen of the feature-maps page, against a step that was seen before."""

import time

from benchmarks._app import browsing, percentile, serving

STEPS = 30


def main() -> None:
    with serving() as (address, _), browsing() as page:
        page.goto(f"{address}/feature_maps")
        picture = page.locator("img[alt*='maps of relu2']")
        picture.wait_for()
        page.wait_for_timeout(4000)
        page.get_by_role("slider", name="Training step").focus()
        rounds = []
        for key in ("ArrowLeft", "ArrowRight"):
            times = []
            for _ in range(STEPS):
                before = picture.get_attribute("src")
                started = time.perf_counter()
                page.keyboard.press(key)
                page.wait_for_function(
                    "([image, before]) => image.src !== before && image.complete", arg=[picture.element_handle(), before], polling=5
                )
                times.append(time.perf_counter() - started)
                page.wait_for_timeout(150)
            rounds.append(times)
        new, seen = rounds
        print(
            f"new steps: p50 {percentile(new, 0.5) * 1000:.0f} ms, p95 {percentile(new, 0.95) * 1000:.0f} ms (goal 300); "
            f"steps seen before: p95 {percentile(seen, 0.95) * 1000:.0f} ms, ratio {percentile(new, 0.95) / percentile(seen, 0.95):.2f}"
        )


if __name__ == "__main__":
    main()
