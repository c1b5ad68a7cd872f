"""Runs of detection, segmentation, labels and grades: the same folder, export, script and snapshots as others, with their own measure."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.training import (
    TASKS,
    Run,
    Trainer,
    TrainingSpec,
    bring,
    detection_training,
    evaluate,
    labels_training,
    open_run,
    ordinal_training,
    segmentation_training,
    start,
)

ROOT = Path(__file__).parents[2]
SPECS = {
    "detection": detection_training(classes=("0", "1"), epochs=2, limit=96),
    "segmentation": segmentation_training("fashion_scenes", classes=("Bag", "Coat"), epochs=1, limit=64),
    "labels": labels_training(classes=("3", "7", "8"), epochs=2, limit=96),
    "ordinal": ordinal_training("fashion_counts", epochs=2, limit=96),
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
    assert task.score_name in ("average precision", "mean IoU", "mean average precision", "closeness")
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


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("example_detector", 0.8),
        ("example_unet", 0.8),
        ("example_labels", 0.8),
        ("example_grades", 0.9),
        ("example_grades_softmax", 0.6),
    ],
)
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


@pytest.mark.parametrize("name", ["labels", "ordinal"])
def test_a_restored_training_goes_on_to_the_same_bits(name: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole, half = Trainer(SPECS[name]), Trainer(SPECS[name])
    while not whole.done:
        whole.step()
    for _ in range(3):
        half.step()
    tensors, texts = half.state()
    later = Trainer(SPECS[name])
    later.restore(tensors, texts)
    while not later.done:
        later.step()
    torch.set_num_threads(threads)
    for ours, theirs in zip(whole.network.parameters(), later.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert later.record(validate=True).val_accuracy == whole.record(validate=True).val_accuracy


@pytest.mark.parametrize("name", ["labels", "ordinal"])
def test_early_stopping_watches_the_loss_of_the_task(name: str) -> None:
    trainer = Trainer(replace(SPECS[name], epochs=40, learning_rate=30.0, patience=1))
    while not trainer.done:
        trainer.step()
        trainer.record(validate=True)
    assert trainer.step_count < trainer.total_steps
    assert trainer.stopping.reason


def test_random_labels_and_augmentation_go_with_classes() -> None:
    for change in ({"noise": 0.5}, {"augmentation": ("flip",)}):
        with pytest.raises(CnnvizError, match="go with classes of whole images, not with labels"):
            replace(SPECS["labels"], **change).check()  # type: ignore[arg-type]
