"""Images a second with the training page open in Chromium, against the same loop bare in a process with as many threads."""

import re
import subprocess
import sys
import tempfile
import time

from benchmarks._app import ROOT, browsing, serving
from cnnviz.training import open_run
from cnnviz.training import launcher as launching

EPOCHS = 8
BARE = """
import time, torch
from cnnviz.training import Trainer, TrainingSpec
torch.set_num_threads(1)
trainer = Trainer(TrainingSpec("mnist", epochs={epochs}))
for _ in range(20): trainer.step()
started = time.perf_counter()
while not trainer.done: trainer.step()
print((trainer.total_steps - 20) * 128 / (time.perf_counter() - started))
"""


def bare() -> float:
    answer = subprocess.run([sys.executable, "-c", BARE.format(epochs=EPOCHS)], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(answer.stdout)


def watched() -> tuple[float, float]:
    """Images a second of training alone, and with validation, snapshots and pauses for others' turns counted as well."""
    with serving() as (address, _), browsing() as page:
        page.goto(f"{address}/training_lab?epochs={EPOCHS}")
        page.locator("[data-testid=stBaseButton-primary]:enabled").click()
        page.wait_for_url(re.compile("run="))
        run = open_run(re.search(r"run=([a-z0-9-]+)", page.url)[1])  # type: ignore[index]
        while run.step_count < 20:
            time.sleep(0.01)
        first, started = run.step_count, time.perf_counter()
        run.wait(120)
        wall = (run.total_steps - first) * 128 / (time.perf_counter() - started)
        page.wait_for_timeout(500)
        return run.step_seconds_rate(), wall


def main() -> None:
    import os
    from pathlib import Path

    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        ratios = []
        for _ in range(3):
            alone = bare()
            rate, wall = watched()
            ratios.append(rate / alone)
            print(f"bare {alone:,.0f} images/s; watched {rate:,.0f} (with validation and snapshots {wall:,.0f}): ratio {rate / alone:.2f}")
        launching.shut_down(Path(home) / "runs")
    print(f"median ratio {sorted(ratios)[1]:.2f} (goal: 0.95)")


if __name__ == "__main__":
    main()
