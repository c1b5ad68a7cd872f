"""The drawing of a network in Chromium: folding and unfolding in ResNet-101 against laying out LeNet-5
anew.
"""

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


def main() -> None:
    with browsing() as page, serving("benchmarks/_drawing_page.py") as (address, _):
        page.goto(f"{address}?network=lenet5")
        page.locator("g.card").first.wait_for()
        turned = percentile([press(page, "[data-do=turn]") for _ in range(TIMES)], 0.5)
        page.goto(address)
        page.locator("g.card").first.wait_for()
        one: dict[str, list[float]] = {"unfold": [], "fold": []}
        for _ in range(TIMES):
            one["unfold"].append(press(page, '[data-name="layer2"]'))
            one["fold"].append(press(page, '[data-frame="layer2"]'))
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
