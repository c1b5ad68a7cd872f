"""Boxes around objects: how far two overlap, which of many stay, and how good those that stay are.

A box is (x1, y1, x2, y2): left, top, right, bottom, in pixels, with x1 ≤ x2 and y1 ≤ y2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say

TOGETHER = 500
"""Boxes whose overlaps with all others are measured at one time."""


def box_iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union, |A ∩ B| / |A ∪ B|, of each box of one list with each of another.

    Args:
        first: (N, 4) and ``second`` (M, 4), as x1, y1, x2, y2.

    Returns:
        (N, M) in [0, 1]; 0 where both boxes are empty.
    """
    first, second = _boxes(first), _boxes(second)
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    both = (high - low).clamp(min=0).prod(2)
    either = _area(first)[:, None] + _area(second)[None, :] - both
    return torch.where(either > 0, both / either.clamp(min=torch.finfo(both.dtype).tiny), 0.0)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


def _boxes(boxes: Tensor) -> Tensor:
    if boxes.dim() != 2 or boxes.shape[1] != 4:
        raise CnnvizError(
            say(
                "Boxes have the shape N×4 (x1, y1, x2, y2), but got {str}.",
                str="×".join(map(str, boxes.shape)),
            )
        )
    return boxes if boxes.is_floating_point() else boxes.float()


@dataclass(frozen=True)
class NmsStep:
    """One step of non-maximum suppression: the best box that is left stays, and what overlaps it too much goes.

    Attributes:
        kept: the number of the box that stays.
        compared: the boxes that were left, the best first.
        ious: of each of them with the one that stays.
        suppressed: those of ``compared`` that go.
    """

    kept: int
    compared: tuple[int, ...]
    ious: tuple[float, ...]
    suppressed: tuple[int, ...]


def nms_steps(boxes: Tensor, scores: Tensor, iou: float) -> tuple[NmsStep, ...]:
    """Non-maximum suppression, step by step.

    Args:
        boxes: (N, 4).
        scores: (N,); of two equal ones the first box comes first.
        iou: boxes that overlap the kept one by more than this go.

    Raises:
        CnnvizError: the shapes do not fit, or ``iou`` lies outside 0 to 1.
    """
    boxes = _checked(boxes, scores, iou)
    left = torch.argsort(scores, descending=True, stable=True)
    steps = []
    while len(left):
        best, left = left[0], left[1:]
        overlaps = box_iou(boxes[best][None], boxes[left])[0]
        goes = overlaps > iou
        steps.append(
            NmsStep(int(best), tuple(left.tolist()), tuple(overlaps.tolist()), tuple(left[goes].tolist()))
        )
        left = left[~goes]
    return tuple(steps)


def nms(boxes: Tensor, scores: Tensor, iou: float) -> Tensor:
    """The boxes that stay, (K,) int64, the best first: as ``torchvision.ops.nms``.

    Args:
        boxes: (N, 4).
        scores: (N,).
        iou: boxes that overlap a better one by more than this go.
    """
    boxes = _checked(boxes, scores, iou)
    order = torch.argsort(scores, descending=True, stable=True)
    ranked = boxes[order]
    left = np.ones(len(order), dtype=bool)
    kept = []
    for start in range(0, len(order), TOGETHER):
        rows = (box_iou(ranked[start : start + TOGETHER], ranked) > iou).numpy(force=True)
        for rank, goes in enumerate(rows, start):
            if left[rank]:
                kept.append(rank)
                left &= ~goes
    return order[torch.tensor(kept, dtype=torch.int64, device=order.device)]


def _checked(boxes: Tensor, scores: Tensor, iou: float) -> Tensor:
    boxes = _boxes(boxes).double()  # an overlap of exactly the limit stays
    if scores.shape != (len(boxes),):
        raise CnnvizError(
            say(
                "There are {count} boxes, but the scores have the shape {str}: give one each.",
                count=len(boxes),
                str="×".join(map(str, scores.shape)),
            )
        )
    if not 0 <= iou <= 1:
        raise CnnvizError(
            say("The IoU at which a box goes is {iou}, but it must lie between 0 and 1.", iou=iou)
        )
    return boxes


@dataclass(frozen=True)
class PrecisionRecall:
    """How good found boxes are, for each threshold of the score, from high to low.

    Attributes:
        scores: (N,) of all found boxes.
        right: (N,) whether the box is the first that finds its object.
        precision: (N,) share of the boxes down to here that are right.
        recall: (N,) share of the objects that they find.
        average_precision: area under the precision that is reached at each recall or beyond it.
    """

    scores: Tensor
    right: Tensor
    precision: Tensor
    recall: Tensor
    average_precision: float


def precision_recall(
    found: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], iou: float = 0.5
) -> PrecisionRecall:
    """Precision and recall of the found boxes of one class on several images.

    A box is right if it overlaps an object by at least ``iou`` that no box with a higher score has found. Source: Everingham
    et al., The PASCAL Visual Object Classes challenge, IJCV 2010, with all points (as since 2010).

    Args:
        found: of each image boxes (N, 4) and scores (N,).
        truth: of each image the boxes of its objects (M, 4).

    Raises:
        CnnvizError: not as many images here as there.
    """
    if len(found) != len(truth):
        raise CnnvizError(
            say(
                "Boxes were found on {count} images, but the objects of {truth} are known.",
                count=len(found),
                truth=len(truth),
            )
        )
    scores = torch.cat([one.flatten().float() for _, one in found]) if found else torch.empty(0)
    right = torch.cat(
        [_right(boxes, one, objects, iou) for (boxes, one), objects in zip(found, truth, strict=True)]
        or [torch.empty(0, dtype=torch.bool)]
    )
    order = torch.argsort(scores, descending=True, stable=True)
    scores, right = scores[order], right[order]
    hits = right.cumsum(0).double()
    objects_in_all = sum(len(objects) for objects in truth)
    precision = hits / torch.arange(1, len(hits) + 1)
    recall = hits / max(1, objects_in_all)
    best = precision.flip(0).cummax(0).values.flip(0) if len(precision) else precision
    gained = torch.diff(recall, prepend=torch.zeros(1, dtype=recall.dtype))
    return PrecisionRecall(scores, right, precision, recall, float((best * gained).sum()))


def _right(boxes: Tensor, scores: Tensor, objects: Tensor, iou: float) -> Tensor:
    """Each object is found once, by the box with the highest score."""
    right = torch.zeros(len(boxes), dtype=torch.bool)
    if not len(objects) or not len(boxes):
        return right
    overlap, which = box_iou(boxes, objects).max(1)
    meets, objects_met, found = (overlap >= iou).tolist(), which.tolist(), set[int]()
    for number in torch.argsort(scores, descending=True, stable=True).tolist():
        if meets[number] and objects_met[number] not in found:
            found.add(objects_met[number])
            right[number] = True
    return right


def average_precision(
    found: Sequence[tuple[Tensor, Tensor]], truth: Sequence[Tensor], iou: float = 0.5
) -> float:
    """AP of one class, 0 to 1: the area under its precision–recall curve (``precision_recall``)."""
    return precision_recall(found, truth, iou).average_precision
