"""Boxes around objects: how far two overlap, which of many stay, and how good those that stay are.

A box is (x1, y1, x2, y2): left, top, right, bottom, in pixels, with x1 ≤ x2 and y1 ≤ y2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say

Array = NDArray[Any]
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
    kept = nms_numbers(_array(boxes), _array(scores), iou)
    return torch.from_numpy(kept).to(boxes.device)


def nms_numbers(boxes: Array, scores: Array, iou: float) -> NDArray[np.int64]:
    """The same for arrays, boxes (N, 4) of float64, where there are few boxes in each of many images: each operation of
    torch gives the interpreter to other threads, and in a crowd waits longer for it than it works.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = boxes[order]
    left = np.ones(len(order), dtype=bool)
    kept = []
    for start in range(0, len(order), TOGETHER):
        rows = _overlaps(ranked[start : start + TOGETHER], ranked) > iou
        for rank, goes in enumerate(rows, start):
            if left[rank]:
                kept.append(rank)
                left &= ~goes
    return order[kept]


def _overlaps(first: Array, second: Array) -> Array:
    """``box_iou`` of arrays."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    both = (high - low).clip(min=0).prod(2)
    areas = [(one[:, 2:] - one[:, :2]).prod(1) for one in (first, second)]
    either = areas[0][:, None] + areas[1][None, :] - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)


def _array(values: Tensor | Array) -> Array:
    return values if isinstance(values, np.ndarray) else values.numpy(force=True)


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
    found: Sequence[tuple[Tensor | Array, Tensor | Array]],
    truth: Sequence[Tensor | Array],
    iou: float = 0.5,
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
    answers = [(_array(boxes), _array(scores).ravel()) for boxes, scores in found]
    objects = [_array(one) for one in truth]
    scores = np.concatenate([np.empty(0, np.float32), *(one.astype(np.float32) for _, one in answers)])
    right = np.concatenate(
        [
            np.empty(0, bool),
            *(_right(*one, places, iou) for one, places in zip(answers, objects, strict=True)),
        ]
    )
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], right[order]
    hits = right.cumsum().astype(np.float64)
    precision = hits / np.arange(1, len(hits) + 1)
    recall = hits / max(1, sum(map(len, objects)))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    area = float((best * np.diff(recall, prepend=0.0)).sum())
    return PrecisionRecall(
        torch.from_numpy(scores),
        torch.from_numpy(right),
        torch.from_numpy(precision),
        torch.from_numpy(recall),
        area,
    )


def _right(boxes: Array, scores: Array, objects: Array, iou: float) -> NDArray[np.bool_]:
    """Each object is found once, by the box with the highest score."""
    right = np.zeros(len(boxes), dtype=bool)
    if not len(objects) or not len(boxes):
        return right
    overlaps = _overlaps(boxes, objects)
    meets, objects_met, found = overlaps.max(1) >= iou, overlaps.argmax(1).tolist(), set[int]()
    for number in np.argsort(-scores, kind="stable").tolist():
        if meets[number] and objects_met[number] not in found:
            found.add(objects_met[number])
            right[number] = True
    return right


def average_precision(
    found: Sequence[tuple[Tensor | Array, Tensor | Array]],
    truth: Sequence[Tensor | Array],
    iou: float = 0.5,
) -> float:
    """AP of one class, 0 to 1: the area under its precision–recall curve (``precision_recall``)."""
    return precision_recall(found, truth, iou).average_precision
