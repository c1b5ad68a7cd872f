"""The drawing of a network in Chromium: folding and unfolding in ResNet-101 against laying out LeNet-5
anew.
"""

import time

from playwright.sync_api import Page

from benchmarks._app import browsing, percentile, serving

TIMES = 15
CLICK = """(element) => {
  const began = performance.now();
  element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  return performance.now() - began;
}"""


def press(page: Page, place: str) -> float:
    """Milliseconds until the drawing stands again."""
    return float(page.locator(place).first.evaluate(CLICK))


PAN = """(paper) => new Promise((resolve) => {
  const frames = []; let last = performance.now(), step = 0;
  function frame(now) {
    frames.push(now - last); last = now; step += 1;
    paper.scrollTop += 24 * (step < 120 ? 1 : -1); paper.scrollLeft += 24 * (step % 40 < 20 ? 1 : -1);
    if (step < 240) requestAnimationFrame(frame); else resolve(frames.slice(5));
  }
  requestAnimationFrame(frame);
})"""
FIRST_PAINT, FRAME = 0.5, 33.0


def first_paint(page: Page, address: str) -> float:
    """Seconds from the request to the first card, in a browser that has loaded the app before."""
    began = time.perf_counter()
    page.goto(address)
    page.locator("g.card").first.wait_for()
    return time.perf_counter() - began


def frame_times(page: Page) -> float:
    """The 95th percentile of a frame in ms while the drawing is moved about."""
    return percentile(page.locator(".paper").first.evaluate(PAN), 0.95)


def main() -> None:
    with browsing() as page, serving("benchmarks/_drawing_page.py") as (address, _):
        first_paint(page, address)
        first_paint(page, f"{address}?network=lenet5")
        paints: dict[str, list[float]] = {"lenet5": [], "resnet101": []}
        for _ in range(5):
            for name, times in paints.items():
                times.append(first_paint(page, f"{address}?network={name}"))
        small, large = (percentile(times, 0.5) for times in paints.values())
        print(
            f"first paint of ResNet-101, folded: {large:.2f} s, {large - small:.2f} s later than LeNet-5, {large / small:.2f} times (goal: {FIRST_PAINT})"
        )
        folded = frame_times(page)
        unfold = press(page, "[data-do=unfold]") / 1000
        unfolded = frame_times(page)
        print(
            f"all layers unfolded, painted in {unfold:.2f} s (goal: {FIRST_PAINT}); panning p95 {folded:.1f} ms folded, {unfolded:.1f} ms unfolded (goal: {FRAME:g})"
        )
        page.goto(f"{address}?network=lenet5")
        page.locator("g.card").first.wait_for()
        turned = percentile([press(page, "[data-do=turn]") for _ in range(TIMES)], 0.5)
        page.goto(address)
        page.locator("g.card").first.wait_for()
        one: dict[str, list[float]] = {"unfold": [], "fold": []}
        for _ in range(TIMES):
            one["unfold"].append(press(page, '[data-name="stage2"]'))
            one["fold"].append(press(page, '[data-frame="stage2"]'))
        whole = press(page, "[data-do=unfold]")
        print(f"LeNet-5 laid out anew: {turned:.1f} ms")
        for name, times in one.items():
            middle = percentile(times, 0.5)
            print(
                f"ResNet-101, a stage of 4 blocks, {name}: {middle:.1f} ms, {middle / turned:.1f} times LeNet-5, {middle / 16:.1f} frames"
            )
        print(
            f"ResNet-101, all of its layers unfolded at once: {whole:.0f} ms, {whole / turned:.0f} times LeNet-5"
        )


if __name__ == "__main__":
    main()
