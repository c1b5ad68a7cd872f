"""The page of many labels and grades over its states, its numbers against the functions behind it."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnviz.data import bring
from cnnviz.tasks import grade_scores, grades_of, label_scores
from cnnviz.training import Run, labels_training, open_run, ordinal_training, start
from tests.pages.conftest import Open, words

PAGE = "pages/wild/labels.py"


def outputs(name: str) -> tuple[Run, Tensor]:
    run = open_run(name)
    network = run.network(run.steps[-1])
    with torch.inference_mode():
        return run, torch.cat([network(part) for part in run.spec.load("test").floats().split(100)])


@pytest.mark.parametrize(
    "state",
    [
        {"scene": "196", "threshold": "0.1"},
        {"scene": "5000", "picture": "5000"},
        {"at": "0", "grade_at": "0"},
        {"learn": "ordinal", "graded": "fashion_counts"},
        {"learn": "labels", "data": "fashion_scenes", "most": "500"},
        {"data": "mnist", "graded": "fashion"},
    ],
)
def test_every_view(state: dict[str, str], open_page: Open) -> None:
    app = open_page(PAGE, **state)
    assert not app.exception
    assert not app.error
    assert "mean average precision" in words(app)
    assert "quadratic weighted kappa" in words(app)


def test_the_labels_and_their_scores_are_those_of_the_network(open_page: Open) -> None:
    run, logits = outputs("example_labels")
    test = run.spec.load("test")
    found = label_scores(logits, test.targets["labels"], 0.3)
    said = words(open_page(PAGE, threshold="0.3", scene="3"))
    assert f"mean F1 **{found.f1.nanmean():.1%}**" in said
    assert f"mean AUC **{found.auc.nanmean():.3f}**" in said
    assert (
        f"| 7 | {found.count[7]} | {found.said[7]} | {found.precision[7]:.1%} | {found.recall[7]:.1%} | {found.f1[7]:.1%} "
        f"| {found.auc[7]:.1%} | {found.average_precision[7]:.1%} |" in said
    )
    there = ", ".join(test.names_of(3)) if test.many_labels else ", ".join(
        test.classes[label] for label in test.targets["labels"][3].nonzero().flatten().tolist()
    )  # fmt: skip
    assert f"Image 3 has: {there}. The sigmoids say {logits[3].sigmoid().sum():.2f} labels in all" in said
    __, classes = outputs("example_labels_softmax")
    best = classes[3].softmax(0)
    assert f"to **{test.classes[int(best.argmax())]}** {best.max():.0%}" in said


def test_grades_are_measured_beside_plain_classes(open_page: Open) -> None:
    run, logits = outputs("example_grades")
    grades = run.spec.load("test").targets["grade"]
    said = words(open_page(PAGE, picture="2"))
    errors = []
    for title, answers in (
        ("K − 1 questions", grades_of(logits)),
        ("Softmax: plain classes", outputs("example_grades_softmax")[1].argmax(1)),
    ):
        found = grade_scores(answers, grades, 4)
        far = int(((answers - grades).abs() > 1).sum())
        assert (
            f"| {title} | {found.mean_error:.3f} | {far:,} | {found.kappa:.3f} | {found.accuracy:.1%} |"
            in said
        )
        errors.append(found.mean_error)
    assert errors[0] < errors[1], "what the page is there to show"
    yes = int((logits[2].sigmoid() > 0.5).sum())
    assert f"{yes} of 3 questions are answered with yes, so the grade is **{yes + 1}**" in said
    wrong = -np.log(0.05)
    for number in (1, 2, 3):
        cost = (number * wrong - (3 - number) * np.log(0.95)) / 3
        assert f"| {number + 1} | {cost:.2f} | {-np.log(0.05 / 3):.2f} |" in said
    assert f"| 1 | {nn.functional.softplus(torch.tensor(0.95).logit().neg()).item():.2f} |" in said


def test_ones_own_labels_and_grades_are_shown_without_a_softmax(open_page: Open, tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    images, labels = draw.integers(0, 255, (60, 64, 64), dtype=np.uint8), draw.integers(0, 2, (60, 3))
    np.savez(tmp_path / "m.npz", images=images, labels=labels, classes=["<b>cat", "a|b", "dog"])
    bring(tmp_path / "m.npz", "pets")
    np.savez(tmp_path / "g.npz", images=images, labels=np.arange(60) % 3)
    bring(tmp_path / "g.npz", "stages")
    made = [start(replace(one, batch_size=8)) for one in (labels_training("pets", epochs=1), ordinal_training("stages", epochs=1))]  # fmt: skip
    assert [run.wait() for run in made] == ["finished"] * 2
    app = open_page(PAGE, labeller=made[0].id, grader=made[1].id, data="pets")
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "softmax shares out" not in said
    assert "Softmax: plain classes" not in said
    assert re.search(r"\d of 2 questions are answered with yes", said)
    assert "<b>cat" not in said


def test_a_run_of_another_task_is_refused_with_a_sentence(open_page: Open) -> None:
    app = open_page(PAGE, labeller="example_unet", grader="example_labels")
    assert not app.exception
    said = [error.value for error in app.error]
    assert "This run learns segmentation, not labels" in said[0]
    assert any("This run learns labels, not ordinal" in one for one in said)
