"""Pictures a second and dropped frames of the playground with six layers of eight while it trains, beside the same page at rest."""

from playwright.sync_api import Page

from benchmarks._app import browsing, percentile, serving

LINK = "dataset=spiral&networkShape=8,8,8,8,8,8&seed=0.12345"
SECONDS = 6
FRAMES = """(seconds) => new Promise((resolve) => {
  const frames = [], began = performance.now();
  let last = began;
  function frame(now) {
    frames.push(now - last); last = now;
    if (now - began < seconds * 1000) requestAnimationFrame(frame); else resolve(frames.slice(3));
  }
  requestAnimationFrame(frame);
})"""


def frames(page: Page) -> tuple[float, float]:
    """The 95th percentile of a frame in ms, and the share of frames longer than two."""
    times = page.evaluate(FRAMES, SECONDS)
    return percentile(times, 0.95), sum(time > 34 for time in times) / len(times)


def main() -> None:
    with browsing() as page, serving() as (address, _):
        page.goto(f"{address}/playground?{LINK}")
        root = page.locator(".root:has([data-part=play])")
        root.locator("[data-number=test-loss]").wait_for()
        page.wait_for_timeout(1000)
        rest = frames(page)
        root.locator("[data-part=speed]").select_option(label="as fast as it can")
        root.locator("[data-part=play]").click()
        page.wait_for_timeout(1500)
        before = int(root.get_attribute("data-pictures") or 0)
        busy = frames(page)
        pictures = (int(root.get_attribute("data-pictures") or 0) - before) / SECONDS
        print(
            f"six layers of eight, training: {pictures:.1f} pictures/s, {pictures / 20:.2f} times the goal of 20"
        )
        print(
            f"frames p95 {busy[0]:.1f} ms, {busy[1]:.1%} dropped; at rest {rest[0]:.1f} ms, {rest[1]:.1%}; ratio of the p95 {busy[0] / rest[0]:.2f}"
        )


if __name__ == "__main__":
    main()
