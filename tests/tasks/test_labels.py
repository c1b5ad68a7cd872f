"""Several labels and grades: losses and scores against scikit-learn and torch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    cohen_kappa_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
    roc_auc_score,
)
from torch import Tensor, nn

from cnnviz.tasks import (
    above,
    auc_by_label,
    average_precision_by_label,
    closeness,
    grade_loss,
    grade_scores,
    grades_of,
    label_loss,
    label_scores,
    mean_average_precision_of_labels,
)
from tests.properties import examples


def answers(seed: int, rows: int, labels: int, levels: int) -> tuple[Tensor, Tensor]:
    """Logits, many of them equal where there are few levels, and targets."""
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randint(-levels, levels + 1, (rows, labels), generator=draw).float() / levels * 3
    return logits, torch.randint(0, 2, (rows, labels), generator=draw)


@examples(60)
@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 6), st.sampled_from([1, 3, 1000]))
def test_labels_are_measured_as_scikit_learn_does(seed: int, rows: int, labels: int, levels: int) -> None:
    logits, targets = answers(seed, rows, labels, levels)
    threshold = [0.2, 0.5, 0.7][seed % 3]
    found = label_scores(logits, targets, threshold)
    said = (logits.sigmoid() >= threshold).int()
    precision, recall, f1, count = precision_recall_fscore_support(
        targets.numpy(), said.numpy(), labels=range(labels), average=None, zero_division=np.nan
    ) if labels > 1 else [
        np.atleast_1d(value)[-1:]
        for value in precision_recall_fscore_support(
            targets[:, 0], said[:, 0], labels=[0, 1], average=None, zero_division=np.nan
        )
    ]  # fmt: skip
    for ours, theirs in ((found.precision, precision), (found.recall, recall), (found.f1, f1)):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-6)
    assert found.count.tolist() == count.tolist()
    assert found.said.tolist() == said.sum(0).tolist()
    for label in range(labels):
        true, values = targets[:, label], logits[:, label]
        if 0 < int(true.sum()) < rows:
            assert float(found.auc[label]) == pytest.approx(roc_auc_score(true, values), abs=1e-6)
        else:
            assert found.auc[label].isnan()
        if true.any():
            expected = average_precision_score(true, values)
            assert float(found.average_precision[label]) == pytest.approx(expected, abs=1e-6)
        else:
            assert found.average_precision[label].isnan()
    known = [value for value in found.average_precision.tolist() if value == value]
    mean = mean_average_precision_of_labels(logits, targets).item()
    assert mean == pytest.approx(sum(known) / len(known) if known else 0.0, abs=1e-6)
    assert torch.equal(auc_by_label(logits, targets).isnan(), found.auc.isnan())
    assert torch.equal(average_precision_by_label(logits, targets).isnan(), found.average_precision.isnan())


def test_the_loss_of_labels_is_written_out() -> None:
    logits, targets = answers(3, 7, 4, 1000)
    shares = logits.sigmoid()
    by_hand = -(targets * shares.log() + (1 - targets) * (1 - shares).log()).mean()
    assert label_loss(logits, targets).item() == pytest.approx(by_hand.item(), rel=1e-5)
    logits.requires_grad_()
    label_loss(logits, targets).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, (shares - targets) / targets.numel())


@examples(60)
@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(2, 6))
def test_grades_are_measured_as_scikit_learn_does(seed: int, rows: int, count: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    said, true = torch.randint(count, (2, rows), generator=draw)
    true[:2] = torch.tensor([0, 1])
    found = grade_scores(said, true, count)
    assert found.mean_error == pytest.approx(mean_absolute_error(true, said))
    assert found.kappa == pytest.approx(
        cohen_kappa_score(true, said, labels=list(range(count)), weights="quadratic"), abs=1e-9
    )
    assert found.accuracy == pytest.approx((said == true).double().mean().item())
    assert found.confusion.tolist() == confusion_matrix(true, said, labels=range(count)).tolist()


def test_a_grade_is_the_number_of_questions_that_are_answered_with_yes() -> None:
    grades = torch.tensor([0, 1, 2, 3])
    wanted = torch.tensor([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]).float()
    assert torch.equal(above(grades, 4), wanted)
    assert torch.equal(grades_of(wanted * 4 - 2), grades)
    assert closeness(wanted * 4 - 2, grades).item() == 1
    assert closeness(2 - wanted * 4, grades).item() == pytest.approx(1 - (3 + 1 + 1 + 3) / 4 / 3)
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    by_hand = nn.functional.binary_cross_entropy(logits.sigmoid(), wanted)
    assert grade_loss(logits, grades).item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_a_grade_that_is_off_by_three_costs_more_than_one_that_is_off_by_one() -> None:
    sure = above(torch.tensor([0, 1, 2, 3]), 4) * 12 - 6
    losses = [grade_loss(sure[said : said + 1], torch.tensor([0])).item() for said in range(4)]
    assert losses[3] - losses[2] == pytest.approx(losses[1] - losses[0], rel=1e-3)
    assert losses == sorted(losses)
    classes = nn.functional.one_hot(torch.arange(4), 4) * 12.0
    flat = [
        nn.functional.cross_entropy(classes[said : said + 1], torch.tensor([0])).item() for said in (1, 2, 3)
    ]
    assert flat == pytest.approx([flat[0]] * 3)


def test_chance_and_reversed_grades_have_no_kappa_above_zero() -> None:
    true = torch.arange(400) % 4
    assert grade_scores(true, true, 4).kappa == 1
    assert grade_scores(3 - true, true, 4).kappa == pytest.approx(-1)
    assert grade_scores(torch.full_like(true, 1), true, 4).kappa == pytest.approx(0)
    one = torch.zeros(5, dtype=torch.int64)
    assert grade_scores(one, one, 4).kappa != grade_scores(one, one, 4).kappa
