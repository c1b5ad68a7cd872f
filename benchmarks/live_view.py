"""Images a second with the training page open in Chromium, against the same loop bare in a process with as many threads."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._app import ROOT, browsing, serving
from cnnviz.training import ACTIVE, Metric, launcher, open_run
from cnnviz.training.folder import RunFolder

EPOCHS = 8
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


def watched() -> float:
    with serving() as (address, _), browsing() as page:
        page.goto(f"{address}/training_lab?epochs={EPOCHS}")
        page.locator("[data-testid=stBaseButton-primary]:enabled").click()
        page.wait_for_url(re.compile("run="))
        run = open_run(re.search(r"run=([a-z0-9-]+)", page.url)[1])  # type: ignore[index]
        while run.state in ACTIVE:
            time.sleep(0.5)
        return rate(run.metrics())


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        ratios = []
        for turn in range(5):
            alone = bare(Path(home) / f"bare-{turn}")
            seen = watched()
            ratios.append(seen / alone)
            print(f"bare {alone:,.0f} images/s, with the page open {seen:,.0f}: ratio {seen / alone:.2f}", flush=True)
        launcher.shut_down(Path(home) / "runs")
    print(f"median ratio {statistics.median(ratios):.2f} (goal: 0.95)")


if __name__ == "__main__":
    main()
