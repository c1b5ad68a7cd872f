"""Frame times in Chromium while the stepper plays at full speed: a 5×5 kernel on a 28×28 digit (576 steps),
and harder ones.
"""

from playwright.sync_api import Page

from benchmarks._app import browsing, percentile, serving

RECORD = """() => new Promise((done) => {
  const times = [];
  let last = performance.now();
  const tick = (now) => { times.push(now - last); last = now; times.length < 500 ? requestAnimationFrame(tick) : done(times.slice(1)); };
  requestAnimationFrame(tick);
})"""


def measure(page: Page, name: str, address: str) -> None:
    page.goto(address)
    group = page.get_by_role("group", name="Step by step").first
    group.wait_for()
    page.wait_for_timeout(3000)
    idle = page.evaluate(RECORD)
    group.get_by_label("Speed").select_option(label="full speed")
    group.get_by_role("button", name="▶ Play").click()
    times = page.evaluate(RECORD)
    print(
        f"{name}: p50 {percentile(times, 0.5):.1f} ms, p95 {percentile(times, 0.95):.1f} ms, worst {max(times):.1f} ms a frame (goal: p95 17); "
        f"standing still p95 {percentile(idle, 0.95):.1f} ms, ratio {percentile(times, 0.95) / percentile(idle, 0.95):.2f}",
        flush=True,
    )


def main() -> None:
    for width, height in ((1366, 768), (1920, 1080)):
        with browsing(width, height) as page:
            with serving("benchmarks/_stepper_page.py") as (address, _):
                measure(page, f"28×28 with 5×5 at {width}×{height}", address)
            with serving() as (address, _):
                measure(
                    page,
                    f"32×32×3 with 5×5×3 at {width}×{height}",
                    f"{address}/convolutional_layer?where=whole",
                )


if __name__ == "__main__":
    main()
