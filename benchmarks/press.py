"""From the click on Train to the first point on the curve, to 97 % and to the end, beside the same training
started from Python.
"""

import os
import re
import statistics
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from playwright.sync_api import Page

from benchmarks._app import browsing, serving
from cnnviz.training import TrainingSpec, launcher, start
from cnnviz.training.growth import growth

GOAL = 0.97
PAIRS = 7
POLL_SECONDS = 0.01
NAMES = ("first point", f"{GOAL:.0%}", "end")
WATCH = """
(goal) => {
  const find = () => [...document.querySelectorAll("*")].map((each) => each.shadowRoot?.querySelector(".root[data-points]")).find(Boolean);
  let root = find();
  const before = root?.dataset.runs, seen = (window.cnnvizPress = {});
  const clicked = (event) => {
    const begun = event.timeStamp, since = () => (performance.now() - begun) / 1000;
    const timer = setInterval(() => {
      if (!root?.isConnected) root = find();
      if (!root || root.dataset.runs === before) return;
      if (Number(root.dataset.points) > 0) seen.first ??= since();
      if (Number(root.dataset.best) >= goal) seen.goal ??= since();
      if (/^(finished|stopped|failed|diverged|interrupted)$/.test(root.dataset.states)) { seen.end = since(); clearInterval(timer); }
    }, 20);
  };
  document.addEventListener("click", clicked, { capture: true, once: true });
}
"""


@dataclass(frozen=True)
class Times:
    """Seconds from the click, or from ``start()``, to the first record, to ``GOAL`` validation accuracy and
    to the end.
    """

    first: float
    goal: float
    end: float


def pressed(page: Page) -> Times:
    """A click on Train, timed in the browser: by what the curves show, not by what the run has written."""
    button = page.locator("[data-testid=stBaseButton-primary]:enabled")
    button.wait_for()
    page.evaluate(WATCH, GOAL)
    button.click()
    page.wait_for_function("window.cnnvizPress.end !== undefined", polling=250, timeout=120_000)
    seen = page.evaluate("window.cnnvizPress")
    return Times(seen["first"], seen["goal"], seen["end"])


def bare() -> Times:
    """The same training started from here; the worker is warm."""
    begun = time.perf_counter()
    run = start(TrainingSpec("mnist", epochs=3))
    first, goal, mark, state = 0.0, 0.0, "", "queued"
    while state in ("queued", "running"):
        time.sleep(POLL_SECONDS)
        found = growth(run.folder, mark)
        mark = found.mark
        now = time.perf_counter() - begun
        if found.metrics:
            first = first or now
        if any((metric.val_accuracy or 0) >= GOAL for metric in found.metrics):
            goal = goal or now
        state = run.folder.status().state
    return Times(first, goal, time.perf_counter() - begun)


def told(name: str, times: Times) -> None:
    print(
        f"{name:12}"
        + "".join(
            f"{title} {seconds:5.2f} s   " for title, seconds in zip(NAMES, astuple(times), strict=True)
        ),
        flush=True,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        with serving() as (address, _), browsing() as page:
            page.goto(f"{address}/training_lab")
            told("cold", pressed(page))
            warm: list[Times] = []
            alone: list[Times] = []
            for turn in range(PAIRS):
                # Who comes first changes from pair to pair.
                for who in ("warm", "bare") if turn % 2 else ("bare", "warm"):
                    page.wait_for_timeout(500)
                    (warm if who == "warm" else alone).append(
                        times := pressed(page) if who == "warm" else bare()
                    )
                    told(who, times)
            assert re.search("run=(?!example)", page.url)
        launcher.shut_down(Path(home) / "runs")
    for index, name in enumerate(NAMES):
        ratio = statistics.median(
            astuple(seen)[index] / astuple(own)[index] for seen, own in zip(warm, alone, strict=True)
        )
        seconds = statistics.median(astuple(seen)[index] for seen in warm)
        goal = {0: " (goal: below 0.7 s)", 2: " (goal: ratio at most 1.10)"}.get(index, "")
        print(f"{name}: {seconds:.2f} s warm, {ratio:.2f} times bare, medians of {PAIRS}{goal}")


if __name__ == "__main__":
    main()
