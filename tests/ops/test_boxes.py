"""Boxes against plain definitions, written once more without torch's vectors, and scikit-learn's curve."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.tasks import average_precision, box_iou, nms, nms_steps, precision_recall
from cnnviz.vision import torchvision

corner = st.integers(0, 12)


@st.composite
def boxes_with_scores(draw: st.DrawFn, least: int = 0) -> tuple[Tensor, Tensor]:
    rows = draw(
        st.lists(st.tuples(corner, corner, st.integers(1, 8), st.integers(1, 8)), min_size=least, max_size=12)
    )
    boxes = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in rows], dtype=torch.float32).view(-1, 4)
    scores = draw(st.lists(st.integers(0, 5), min_size=len(rows), max_size=len(rows)))
    return boxes, torch.tensor(scores, dtype=torch.float32) / 5


def overlap(a: list[float], b: list[float]) -> float:
    """By counting the whole pixels of two boxes with whole corners."""

    def pixels(box: list[float]) -> set[tuple[int, int]]:
        left, top, right, bottom = map(int, box)
        return {(x, y) for x in range(left, right) for y in range(top, bottom)}

    return len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b))


@given(boxes_with_scores(), boxes_with_scores())
def test_iou_counts_pixels_and_agrees_with_torchvision(
    first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]
) -> None:
    found = box_iou(first[0], second[0])
    wanted = [[overlap(a, b) for b in second[0].tolist()] for a in first[0].tolist()]
    assert torch.allclose(found, torch.tensor(wanted).view(found.shape))
    assert torch.allclose(found, torchvision().ops.box_iou(first[0], second[0]))


@given(boxes_with_scores(), st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]))
def test_nms_is_torchvisions_definition(given_boxes: tuple[Tensor, Tensor], limit: float) -> None:
    """Go through the boxes by falling score; keep each that overlaps none of those kept by more than the limit."""
    boxes, scores = given_boxes
    kept: list[int] = []
    for number in sorted(range(len(boxes)), key=lambda number: (-float(scores[number]), number)):
        if all(overlap(boxes[number].tolist(), boxes[one].tolist()) <= limit + 1e-9 for one in kept):
            kept.append(number)
    assert nms(boxes, scores, limit).tolist() == kept


@given(boxes_with_scores(1))
def test_the_steps_account_for_every_box_once(given_boxes: tuple[Tensor, Tensor]) -> None:
    boxes, scores = given_boxes
    steps = nms_steps(boxes, scores, 0.4)
    gone = [number for step in steps for number in step.suppressed]
    assert sorted([step.kept for step in steps] + gone) == list(range(len(boxes)))
    for step in steps:
        assert step.suppressed == tuple(
            number for number, iou in zip(step.compared, step.ious, strict=True) if iou > 0.4
        )
    assert all(scores[a.kept] >= scores[b.kept] for a, b in pairwise(steps))


def test_a_box_is_kept_among_others_and_ious_are_exact() -> None:
    boxes = torch.tensor([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30.0]])
    first, second = nms_steps(boxes, torch.tensor([0.8, 0.9, 0.1]), 0.5)
    assert (first.kept, first.compared, first.suppressed) == (1, (0, 2), (0,))
    assert first.ious == pytest.approx((90 / 110, 0))
    assert (second.kept, second.compared) == (2, ())


@pytest.mark.parametrize(
    ("boxes", "scores", "limit", "words"),
    [
        (torch.zeros(2, 5), torch.zeros(2), 0.5, "N×4"),
        (torch.zeros(2, 4), torch.zeros(3), 0.5, "give one each"),
        (torch.zeros(2, 4), torch.zeros(2), 1.5, "between 0 and 1"),
    ],
)
def test_what_does_not_fit_gives_a_sentence(boxes: Tensor, scores: Tensor, limit: float, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        nms(boxes, scores, limit)


@given(st.lists(st.tuples(boxes_with_scores(), boxes_with_scores()), min_size=1, max_size=3))
def test_average_precision_is_the_area_below_scikit_learns_curve(
    images: list[tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]],
) -> None:
    """scikit-learn's curve is of all positives that were scored; the missed ones stretch its recall."""
    spread = torch.arange(0, 1000, dtype=torch.float32) / 1e4
    found = [(boxes, scores + spread[: len(scores)]) for (boxes, scores), _ in images]
    number = 0.0
    for _, scores in found:  # all scores differ, so that no two orders are right
        scores += number
        number += 0.003
    truth = [objects for _, (objects, _) in images]
    result = precision_recall(found, truth)
    objects_in_all = sum(map(len, truth))
    hits = int(result.right.sum())
    assert average_precision(found, truth) == result.average_precision
    if not hits:
        assert result.average_precision == 0
        return
    precision, recall, _ = precision_recall_curve(result.right.numpy(), result.scores.numpy())
    reached = np.maximum.accumulate(precision)  # from the highest recall to zero, turned: the best beyond it
    reached = np.maximum.accumulate(precision[np.argsort(recall)][::-1])[::-1]
    recall = np.sort(recall) * hits / objects_in_all
    area = float(np.sum(np.diff(recall) * reached[1:]))
    assert result.average_precision == pytest.approx(area)


def test_an_object_is_found_once_and_missed_ones_count() -> None:
    objects = torch.tensor([[0, 0, 10, 10], [50, 50, 60, 60.0]])
    boxes = torch.tensor([[0, 0, 10, 10], [0, 0, 10, 9], [80, 80, 90, 90.0]])
    result = precision_recall([(boxes, torch.tensor([0.9, 0.8, 0.7]))], [objects])
    assert result.right.tolist() == [True, False, False]
    assert result.recall.tolist() == [0.5, 0.5, 0.5]
    assert result.average_precision == 0.5
    assert average_precision([(boxes[:0], torch.zeros(0))], [objects]) == 0
