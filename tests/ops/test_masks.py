import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, jaccard_score

from cnnviz.errors import CnnvizError
from cnnviz.tasks import mask_scores, mean_iou


@given(st.integers(2, 5), st.integers(0, 10_000))
def test_the_scores_are_scikit_learns(classes: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    predicted, wanted = (torch.randint(classes, (2, 6, 5), generator=generator) for _ in range(2))
    found = mask_scores(predicted, wanted, classes)
    flat, labels = (wanted.flatten().numpy(), predicted.flatten().numpy()), list(range(classes))
    assert (found.confusion.numpy() == confusion_matrix(*flat, labels=labels)).all()
    assert found.accuracy == pytest.approx(accuracy_score(*flat))
    there = ~found.iou.isnan()
    assert found.iou[there].numpy() == pytest.approx(
        jaccard_score(*flat, average=None, labels=labels)[there.numpy()]
    )
    assert found.dice[there].numpy() == pytest.approx(
        f1_score(*flat, average=None, labels=labels)[there.numpy()]
    )
    assert mean_iou(predicted, wanted, classes) == pytest.approx(float(found.iou[there].mean()))


def test_a_class_that_nobody_has_does_not_count() -> None:
    mask = torch.tensor([[0, 1], [1, 1]])
    found = mask_scores(mask, mask, 3)
    assert found.iou[:2].tolist() == [1, 1]
    assert math.isnan(found.iou[2])
    assert found.mean_iou == found.mean_dice == mean_iou(mask, mask) == 1


def test_what_does_not_fit_gives_a_sentence() -> None:
    mask = torch.zeros(2, 2, dtype=torch.int64)
    with pytest.raises(CnnvizError, match="2×3, but the true ones are 2×2"):
        mask_scores(torch.zeros(2, 3, dtype=torch.int64), mask, 2)
    with pytest.raises(CnnvizError, match="must lie between 0 and 1"):
        mask_scores(mask + 4, mask, 2)
