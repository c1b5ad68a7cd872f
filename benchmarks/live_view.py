"""Images a second with the training page open in Chromium, against the same loop bare in a process with as
many threads.

Also what watching takes: processor time of the server and of Chromium, in percent of one core.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks._app import ROOT, browsing, serving
from cnnviz.training import ACTIVE, Metric, launcher, open_run
from cnnviz.training.folder import RunFolder

EPOCHS = 4
PAIRS = 7
BARE = """
import sys
from cnnviz.training import TrainingSpec
from cnnviz.training.folder import RunFolder
from cnnviz.training.worker import work
from pathlib import Path
folder = RunFolder.create(Path(sys.argv[1]), TrainingSpec("mnist", epochs={epochs}), "")
work(str(folder.path))
"""


def rate(metrics: list[Metric]) -> float:
    """Images a second from step 20 on, by the run's own clock: training and validation."""
    first = next(metric for metric in metrics if metric.step >= 20)
    return (metrics[-1].images - first.images) / (metrics[-1].seconds - first.seconds)


def bare(folder: Path) -> float:
    subprocess.run([sys.executable, "-c", BARE.format(epochs=EPOCHS), str(folder)], cwd=ROOT, check=True)
    return rate(RunFolder(folder).metrics())


@dataclass(frozen=True)
class Watched:
    """A training that was watched: images a second, and processor seconds a second of the server and of the
    browser.
    """

    rate: float
    server: float
    browser: float


def watched(address: str, server: int) -> Watched:
    with browsing() as page:
        page.goto(f"{address}/training_lab?epochs={EPOCHS}")
        page.locator("[data-testid=stBaseButton-primary]:enabled").click()
        page.wait_for_url(re.compile("run="))
        run = open_run(re.search(r"run=([a-z0-9-]+)", page.url)[1])  # type: ignore[index]
        begun, before = time.monotonic(), used(server)
        while run.state in ACTIVE:
            time.sleep(0.5)
        seconds, after = time.monotonic() - begun, used(server)
        return Watched(rate(run.metrics()), *((b - a) / seconds for a, b in zip(before, after, strict=True)))


def used(server: int) -> tuple[float, float]:
    """Processor seconds so far of the server and of all processes of the browser."""
    browsers = [process for process in psutil.Process().children(recursive=True) if "chrom" in process.name()]
    return seconds_of(psutil.Process(server)), sum(map(seconds_of, browsers))


def seconds_of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        ratios = []
        with serving() as (address, server):
            # What a server does once, imports above all, is no part of watching.
            with browsing() as page:
                page.goto(f"{address}/training_lab")
                page.locator("[data-testid=stBaseButton-primary]:enabled").wait_for()
                page.wait_for_timeout(5000)
            for turn in range(PAIRS):
                # Who comes first changes from pair to pair.
                folder = Path(home) / f"bare-{turn}"
                alone, seen = 0.0, None
                for who in ("bare", "watched") if turn % 2 else ("watched", "bare"):
                    if who == "bare":
                        alone = bare(folder)
                    else:
                        seen = watched(address, server)
                assert seen
                ratios.append(seen.rate / alone)
                print(
                    f"bare {alone:,.0f} images/s, with the page open {seen.rate:,.0f}: ratio {ratios[-1]:.2f}; "
                    f"server {seen.server:.0%} and browser {seen.browser:.0%} of a core",
                    flush=True,
                )
        launcher.shut_down(Path(home) / "runs")
    print(f"median ratio of {PAIRS}: {statistics.median(ratios):.2f} (goal: 0.95)")


if __name__ == "__main__":
    main()
