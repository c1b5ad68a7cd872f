"""Runs of detection and segmentation: the same folder, export, script and snapshots as others, with their own measure."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.training import (
    TASKS,
    Run,
    TrainingSpec,
    bring,
    detection_training,
    evaluate,
    open_run,
    segmentation_training,
    start,
)

ROOT = Path(__file__).parents[2]
SPECS = {
    "detection": detection_training(classes=("0", "1"), epochs=2, limit=96),
    "segmentation": segmentation_training("fashion_scenes", classes=("Bag", "Coat"), epochs=1, limit=64),
}


@pytest.fixture(scope="module", params=SPECS)
def run(request: pytest.FixtureRequest) -> Run:
    made = start(SPECS[request.param])
    assert made.wait() == "finished"
    return made


def test_what_is_measured_is_that_of_its_task(run: Run) -> None:
    last, task = run.metrics()[-1], TASKS[run.spec.task]
    found = evaluate(run.network(run.steps[-1]), run.spec.load("test"), run.spec.task)
    assert last.val_accuracy == pytest.approx(found.accuracy, abs=1e-6)
    assert last.val_loss == pytest.approx(found.loss, rel=1e-5)
    assert last.confusion is None
    assert task.score_name in ("average precision", "mean IoU")
    assert run.spec == TrainingSpec.from_json(run.spec.to_json())


def test_its_script_makes_the_same_weights_and_says_the_same(run: Run, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_bytes(run.export("script"))
    ended = subprocess.run(
        [sys.executable, "run.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert ended.stdout == f"{TASKS[run.spec.task].score_name} {run.metrics()[-1].val_accuracy:.2%}\n"
    made = bring((tmp_path / "weights.safetensors").read_bytes(), run.spec).network(0)
    for ours, theirs in zip(run.network(run.steps[-1]).parameters(), made.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_report_is_for_classes_of_images(run: Run) -> None:
    with pytest.raises(CnnvizError, match="html export goes with classes of whole images"):
        run.export("html")
    assert run.export("csv")
    assert TASKS[run.spec.task].score_name.encode() in run.export("notebook")


@pytest.mark.parametrize(("name", "least"), [("example_detector", 0.8), ("example_unet", 0.8)])
def test_the_bundled_runs_are_as_good_as_they_say(name: str, least: float) -> None:
    bundled = open_run(name)
    said = bundled.metrics()[-1].val_accuracy
    assert said is not None
    assert said > least
    found = evaluate(bundled.network(bundled.steps[-1]), bundled.spec.load("test"), bundled.spec.task)
    assert found.accuracy == pytest.approx(said, abs=0.005)


def test_without_skips_the_same_training_gives_worse_masks() -> None:
    with_skips, without = (
        open_run(name).metrics()[-1].val_accuracy for name in ("example_unet", "example_no_skips")
    )
    assert with_skips is not None
    assert without is not None
    assert with_skips > without + 0.1
