"""A small single-shot detector: at each cell of its maps, some boxes of fixed size (anchors), each with a class and a move.

Source: Liu et al., SSD: Single shot multibox detector, ECCV 2016.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.models import Activation, BatchNorm, Conv, Layer, NetworkSpec
from cnnviz.ops.boxes import PrecisionRecall, box_iou, nms_numbers, precision_recall

STRIDE = 8
ANCHORS = ((12.0, 20.0), (20.0, 20.0), (28.0, 28.0))
"""Width and height in pixels of the boxes at each cell."""
MATCH, IGNORE = 0.5, 0.4
"""An anchor stands for an object if they overlap by at least ``MATCH``; between the two it counts for nothing."""
NEGATIVES = 3
"""Anchors without an object that count for each with one: those that are most wrong."""
SPREAD = (0.1, 0.1, 0.2, 0.2)
"""The units of the offsets."""
MOST_BOXES = 60
"""The surest boxes of an image, of which non-maximum suppression keeps some."""
FOUND = 0.05
"""Boxes below this probability do not count for the average precision."""


@dataclass(frozen=True)
class Detection:
    """What was found in one image, the surest first.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 in pixels.
        labels: (N,) int64.
        scores: (N,) probabilities.
        anchors: (N,) the number of the anchor that each box was moved from.
    """

    boxes: Tensor
    labels: Tensor
    scores: Tensor
    anchors: Tensor

    def only(self, kept: Tensor) -> "Detection":
        return Detection(self.boxes[kept], self.labels[kept], self.scores[kept], self.anchors[kept])

    def __len__(self) -> int:
        return len(self.boxes)


def detector(classes: int, width: int = 16, sizes: int = len(ANCHORS)) -> NetworkSpec:
    """Convolutions down to an eighth of the side; the last one says class and offsets of each anchor.

    It gives (sizes · (classes + 1 + 4), S/8, S/8): for each anchor classes + 1 logits, of which the first is "nothing", then
    four offsets.
    """
    layers: list[Layer] = []
    for factor, stride in ((0.5, 1), (1, 2), (2, 2), (2, 1), (4, 2), (4, 1)):
        layers += [
            Conv(round(factor * width), 3, stride, padding=1, bias=False),
            BatchNorm(),
            Activation("relu"),
        ]
    layers.append(Conv(sizes * (classes + 5), 3, padding=1))
    return NetworkSpec(tuple(layers), "detector")


def detector_outputs(shape: tuple[int, int, int], classes: int) -> tuple[int, int, int]:
    """The shape of what a detector gives for an image of (C, H, W)."""
    return len(ANCHORS) * (classes + 5), shape[1] // STRIDE, shape[2] // STRIDE


def anchors_for(side: int, sizes: Sequence[tuple[float, float]] = ANCHORS, stride: int = STRIDE) -> Tensor:
    """(A, 4) as x1, y1, x2, y2: at the middle of each cell one box of each size; cells row by row, their sizes together."""
    places = (torch.arange(side // stride) + 0.5) * stride
    y, x = torch.meshgrid(places, places, indexing="ij")
    middle = torch.stack([x, y], -1).view(-1, 1, 2)
    half = torch.tensor(sizes).view(1, -1, 2) / 2
    return torch.cat([middle - half, middle + half], -1).view(-1, 4)


def split_outputs(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """What a detector gives, (B, sizes · (K + 5), h, w), as logits (B, A, K + 1) and offsets (B, A, 4); anchors in the order of
    ``anchors_for``.
    """
    batch, channels, _, _ = outputs.shape
    rows = outputs.permute(0, 2, 3, 1).reshape(batch, -1, channels // len(ANCHORS))
    return rows[:, :, :-4], rows[:, :, -4:]


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """How anchors are to be moved to become boxes, (…, 4): of the middle in sizes of the anchor, and the logarithm of the ratio of
    the sizes, each divided by ``SPREAD``.
    """
    (middle, size), (at, own) = _middle_size(boxes), _middle_size(anchors)
    return torch.cat([(middle - at) / own, (size / own).log()], -1) / torch.tensor(SPREAD)


def decode(offsets: Tensor, anchors: Tensor) -> Tensor:
    """The boxes of moved anchors, (…, 4): the reverse of ``encode``."""
    at, own = _middle_size(anchors)
    moved = offsets * torch.tensor(SPREAD)
    middle = at + moved[..., :2] * own
    size = own * moved[..., 2:].clamp(max=math.log(1000 / 16)).exp()
    return torch.cat([middle - size / 2, middle + size / 2], -1)


def _middle_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    return (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-6)


def match(anchors: Tensor, boxes: Tensor) -> Tensor:
    """What each anchor is to say of each scene.

    An anchor stands for the object that it overlaps most, if by ``MATCH`` or more; each object has at least its best anchor.

    Args:
        anchors: (A, 4).
        boxes: (N, M, 5), the ``targets["boxes"]`` of scenes.

    Returns:
        (N, A, 5): the class (0 for nothing, −1 for does not count, else 1 + label), and the four offsets.
    """
    count, most, _ = boxes.shape
    there = boxes[:, :, 4] >= 0
    overlaps = box_iou(anchors, boxes[:, :, :4].reshape(-1, 4)).view(len(anchors), count, most)
    overlaps = overlaps.permute(1, 0, 2).masked_fill(~there[:, None], -1.0)
    best, which = overlaps.max(2)
    classes = torch.where(best >= MATCH, 1, torch.where(best >= IGNORE, -1, 0))
    own = overlaps.argmax(1)
    for number in range(most):
        scenes = there[:, number].nonzero()[:, 0]
        which[scenes, own[scenes, number]] = number
        classes[scenes, own[scenes, number]] = 1
    objects = boxes.gather(1, which[:, :, None].expand(-1, -1, 5))
    good = classes > 0
    targets = torch.zeros(count, len(anchors), 5)
    targets[:, :, 0] = torch.where(good, objects[:, :, 4] + 1, classes.float())
    targets[:, :, 1:][good] = encode(objects[:, :, :4], anchors)[good]
    return targets


def detection_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of the anchors with an object and of the most wrong ones without, and the smooth L1 distance of the offsets;
    both divided by the number of the former (Liu et al., equation 1).

    Args:
        outputs: of a detector; ``targets``: of ``match``.
    """
    what, where = split_outputs(outputs)
    wanted, offsets = targets[:, :, 0].long(), targets[:, :, 1:]
    good = wanted > 0
    count = max(1, int(good.sum()))
    losses = functional.cross_entropy(what.transpose(1, 2), wanted.clamp(min=0), reduction="none")
    empty = losses.detach().masked_fill(wanted != 0, -torch.inf).flatten()
    hard = empty.topk(min(NEGATIVES * count, int((wanted == 0).sum()))).indices
    moved = functional.smooth_l1_loss(where[good], offsets[good], reduction="sum")
    return (losses[good].sum() + losses.flatten()[hard].sum() + moved) / count


def anchors_right(outputs: Tensor, targets: Tensor) -> Tensor:
    """Of the anchors that stand for an object, the share that says its class."""
    wanted = targets[:, :, 0].long()
    good = wanted > 0
    return (split_outputs(outputs)[0].argmax(2) == wanted)[good].float().mean().nan_to_num()


def candidates(outputs: Tensor, side: int, threshold: float, most: int = MOST_BOXES) -> list[Detection]:
    """Of each image the ``most`` boxes of highest probability above the threshold, before any suppression.

    Args:
        outputs: of a detector, (B, sizes · (K + 5), h, w).
        side: of the images in pixels.
    """
    anchors = anchors_for(side)
    what, where = split_outputs(outputs)
    scores, labels = what.softmax(-1)[:, :, 1:].max(2)
    best, order = (part[:, :most] for part in scores.sort(dim=1, descending=True, stable=True))
    boxes = decode(where.gather(1, order[:, :, None].expand(-1, -1, 4)), anchors[order]).clamp(0, side)
    parts = boxes, labels.gather(1, order), best, order
    counts = (best > threshold).sum(1).tolist()
    return [
        Detection(*(one[:count] for one in of_one))
        for count, *of_one in zip(counts, *(part.unbind() for part in parts), strict=True)
    ]


FAR = 10_000.0
"""Boxes of different classes are moved so far apart, in pixels, that they do not meet."""


def suppressed(found: Detection, iou: float) -> Detection:
    """After non-maximum suppression, class by class."""
    return all_suppressed([found], iou)[0]


def all_suppressed(found: Sequence[Detection], iou: float) -> list[Detection]:
    """The same of many images."""
    if not found:
        return []
    kept, counts, begin = [], [], 0
    for boxes, labels, scores in _arrays(found):
        numbers = nms_numbers(_apart(boxes, labels), scores, iou)
        kept.append(numbers + begin)
        counts.append(len(numbers))
        begin += len(boxes)
    chosen = torch.from_numpy(np.concatenate(kept)).to(found[0].boxes.device)
    parts = (
        torch.cat([getattr(one, name) for one in found])[chosen].split(counts)
        for name in ("boxes", "labels", "scores", "anchors")
    )
    return [Detection(*of_one) for of_one in zip(*parts, strict=True)]


def _apart(boxes: NDArray[Any], labels: NDArray[Any]) -> NDArray[Any]:
    apart: NDArray[Any] = boxes + labels[:, None] * FAR
    return apart


def precision_recall_of(
    found: Sequence[Detection], boxes: Tensor, label: int | None = None, iou: float = 0.5
) -> PrecisionRecall:
    """Precision and recall of the boxes of one class; ``None``: of all, where a box is right if place and class are.

    Args:
        boxes: (N, M, 5), the ``targets["boxes"]`` of the scenes.
    """
    return _precision_recall(_arrays(found), _objects(boxes), label, iou)


_Arrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def _arrays(found: Sequence[Detection]) -> list[_Arrays]:
    """Of each image boxes, labels and scores: for many small steps, which NumPy does quicker."""
    return [
        (one.boxes.double().numpy(force=True), one.labels.numpy(force=True), one.scores.numpy(force=True))
        for one in found
    ]


def _objects(boxes: Tensor) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """``objects_of`` all scenes."""
    there = [one[one[:, 4] >= 0] for one in boxes.double().numpy(force=True)]
    return [(one[:, :4], one[:, 4].astype(np.int64)) for one in there]


def _precision_recall(
    found: Sequence[_Arrays],
    truth: Sequence[tuple[NDArray[Any], NDArray[Any]]],
    label: int | None,
    iou: float,
) -> PrecisionRecall:
    if label is None:
        return precision_recall(
            [(_apart(boxes, labels), scores) for boxes, labels, scores in found],
            [_apart(places, labels) for places, labels in truth],
            iou,
        )
    return precision_recall(
        [(boxes[labels == label], scores[labels == label]) for boxes, labels, scores in found],
        [places[labels == label] for places, labels in truth],
        iou,
    )


def detect(
    network: nn.Module, images: Tensor, *, threshold: float = 0.3, iou: float = 0.45
) -> list[Detection]:
    """What stands in each image: the boxes with a probability above the threshold, after non-maximum suppression by class.

    Args:
        images: (B, C, S, S) in [0, 1].
    """
    mode = network.training
    network.eval()
    with torch.inference_mode():
        outputs = network(images)
    network.train(mode)
    return all_suppressed(candidates(outputs.clone(), images.shape[-1], threshold), iou)


def average_precisions(
    found: Sequence[Detection], boxes: Tensor, classes: int, iou: float = 0.5
) -> list[float]:
    """AP of each class; ``nan`` for one that does not occur.

    Args:
        boxes: (N, M, 5), the ``targets["boxes"]`` of the scenes.
    """
    there = set(boxes[:, :, 4].flatten().tolist())
    answers, truth = _arrays(found), _objects(boxes)
    return [
        _precision_recall(answers, truth, label, iou).average_precision if label in there else math.nan
        for label in range(classes)
    ]


def mean_average_precision(
    found: Sequence[Detection], boxes: Tensor, classes: int, iou: float = 0.5
) -> float:
    """AP of each class that occurs, in the mean (mAP)."""
    values = [one for one in average_precisions(found, boxes, classes, iou) if not math.isnan(one)]
    return sum(values) / max(1, len(values))
