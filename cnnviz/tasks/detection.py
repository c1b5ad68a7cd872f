"""A small single-shot detector: one pass gives, for each of many boxes laid over the image (anchors), what stands there and
how the box is to be moved. Source: Liu et al., SSD: Single shot multibox detector, ECCV 2016.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.random_numbers import drawing_from
from cnnviz.tasks.boxes import average_precision, box_iou, nms
from cnnviz.tasks.scenes import Scenes

STRIDE = 8
ANCHORS = ((12.0, 20.0), (20.0, 20.0), (28.0, 28.0))
"""Width and height in pixels of the boxes at each cell."""
MATCH, IGNORE = 0.5, 0.4
"""An anchor stands for an object if they overlap by at least ``MATCH``; between the two it counts for nothing."""
NEGATIVES = 3
"""Anchors without an object that count for each with one: those that are most wrong."""
SPREAD = (0.1, 0.1, 0.2, 0.2)
"""The units of the offsets."""


@dataclass(frozen=True)
class Detection:
    """What was found in one image, the surest first.

    Attributes:
        boxes: (N, 4) x1, y1, x2, y2 in pixels.
        labels: (N,) int64.
        scores: (N,) probabilities.
    """

    boxes: Tensor
    labels: Tensor
    scores: Tensor


def anchors_for(side: int, sizes: Sequence[tuple[float, float]] = ANCHORS, stride: int = STRIDE) -> Tensor:
    """(A, 4) as x1, y1, x2, y2: at the middle of each cell one box of each size; cells row by row, their sizes together."""
    places = (torch.arange(side // stride) + 0.5) * stride
    y, x = torch.meshgrid(places, places, indexing="ij")
    middle = torch.stack([x, y], -1).view(-1, 1, 2)
    half = torch.tensor(sizes).view(1, -1, 2) / 2
    return torch.cat([middle - half, middle + half], -1).view(-1, 4)


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """How anchors are to be moved to become boxes, (N, 4): of the middle in sizes of the anchor, and the logarithm of the ratio of
    the sizes, each divided by ``SPREAD``.
    """
    (middle, size), (at, own) = _middle_size(boxes), _middle_size(anchors)
    return torch.cat([(middle - at) / own, (size / own).log()], 1) / torch.tensor(SPREAD)


def decode(offsets: Tensor, anchors: Tensor) -> Tensor:
    """The boxes of moved anchors, (N, 4): the reverse of ``encode``."""
    at, own = _middle_size(anchors)
    moved = offsets * torch.tensor(SPREAD)
    middle, size = at + moved[:, :2] * own, own * moved[:, 2:].clamp(max=math.log(1000 / 16)).exp()
    return torch.cat([middle - size / 2, middle + size / 2], 1)


def _middle_size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-6)


def match(anchors: Tensor, boxes: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """What each anchor is to say: class (0 for nothing, −1 for does not count, else 1 + label), and offsets.

    Each object has at least its best anchor.
    """
    targets = torch.zeros(len(anchors), dtype=torch.int64)
    offsets = torch.zeros(len(anchors), 4)
    if not len(boxes):
        return targets, offsets
    overlaps = box_iou(anchors, boxes)
    best, which = overlaps.max(1)
    targets[best >= IGNORE] = -1
    own = overlaps.argmax(0)
    which[own] = torch.arange(len(boxes))
    good = best >= MATCH
    good[own] = True
    targets[good] = labels[which[good]] + 1
    offsets[good] = encode(boxes[which[good]], anchors[good])
    return targets, offsets


class Detector(nn.Module):
    """Convolutions down to an eighth of the side; two 1×1 convolutions say class and offsets of each anchor."""

    def __init__(self, channels: int, classes: int, width: int = 32, sizes: int = len(ANCHORS)) -> None:
        super().__init__()

        def block(before: int, after: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
            )

        self.body = nn.Sequential(
            block(channels, width // 2, 1),
            block(width // 2, width, 2),
            block(width, 2 * width, 2),
            block(2 * width, 2 * width, 1),
            block(2 * width, 4 * width, 2),
            block(4 * width, 4 * width, 1),
        )
        self.classes, self.sizes = classes + 1, sizes
        self.what = nn.Conv2d(4 * width, sizes * self.classes, 3, padding=1)
        self.where = nn.Conv2d(4 * width, sizes * 4, 3, padding=1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, S, S) in [0, 1] -> logits (B, A, classes + 1) and offsets (B, A, 4), anchors in the order of ``anchors_for``."""
        maps = self.body((images - 0.2) / 0.3)
        batch = len(images)
        what = self.what(maps).permute(0, 2, 3, 1).reshape(batch, -1, self.classes)
        where = self.where(maps).permute(0, 2, 3, 1).reshape(batch, -1, 4)
        return what, where


def detection_loss(what: Tensor, where: Tensor, targets: Tensor, offsets: Tensor) -> Tensor:
    """Cross-entropy of the anchors with an object and of the most wrong ones without, and the smooth L1 distance of the offsets;
    both divided by the number of the former (Liu et al., equation 1).
    """
    good = targets > 0
    count = max(1, int(good.sum()))
    losses = functional.cross_entropy(what.flatten(0, 1), targets.flatten().clamp(min=0), reduction="none")
    losses = losses.view(targets.shape)
    empty = torch.where(targets == 0, losses.detach(), -torch.inf).flatten()
    hard = empty.topk(min(NEGATIVES * count, int((targets == 0).sum()))).indices
    moved = functional.smooth_l1_loss(where[good], offsets[good], reduction="sum")
    return (losses[good].sum() + losses.flatten()[hard].sum() + moved) / count


def detect(
    network: Detector, images: Tensor, *, threshold: float = 0.3, iou: float = 0.45, most: int = 50
) -> list[Detection]:
    """What stands in each image: all anchors with a probability above the threshold, after non-maximum suppression by class."""
    anchors = anchors_for(images.shape[-1])
    mode = network.training
    network.eval()
    with torch.inference_mode():
        what, where = network(images)
    network.train(mode)
    found = []
    for logits, offsets in zip(what.softmax(-1), where, strict=True):
        scores, labels = logits[:, 1:].max(1)
        kept = (scores > threshold).nonzero()[:, 0]
        scores, labels = scores[kept], labels[kept]
        boxes = decode(offsets[kept], anchors[kept]).clamp(0, images.shape[-1])
        # Boxes of different classes are moved apart, so that they do not suppress each other.
        stay = nms(boxes + labels[:, None] * 2.0 * images.shape[-1], scores, iou)[:most]
        found.append(Detection(boxes[stay], labels[stay], scores[stay]))
    return found


def mean_average_precision(found: Sequence[Detection], scenes: Scenes, iou: float = 0.5) -> float:
    """AP of each class that occurs, in the mean."""
    values = []
    for label in range(len(scenes.classes)):
        truth = [boxes[labels == label] for boxes, labels in zip(scenes.boxes, scenes.labels, strict=True)]
        if sum(map(len, truth)):
            mine = [(one.boxes[one.labels == label], one.scores[one.labels == label]) for one in found]
            values.append(average_precision(mine, truth, iou))
    return sum(values) / max(1, len(values))


class DetectorTrainer:
    """One training of a detector in this process: ``step()`` until ``done``."""

    def __init__(
        self,
        scenes: Scenes,
        *,
        epochs: int = 6,
        batch_size: int = 32,
        learning_rate: float = 0.01,
        seed: int = 0,
    ) -> None:
        self.scenes = scenes
        self.anchors = anchors_for(scenes.images.shape[-1])
        pairs = [
            match(self.anchors, boxes, labels)
            for boxes, labels in zip(scenes.boxes, scenes.labels, strict=True)
        ]
        self.targets = torch.stack([targets for targets, _ in pairs])
        self.offsets = torch.stack([offsets for _, offsets in pairs])
        generator = torch.Generator().manual_seed(seed)
        with drawing_from(generator):
            self.network = Detector(scenes.images.shape[1], len(scenes.classes))
        self.order = torch.Generator().manual_seed(seed)
        self.batch_size, self.steps_per_epoch = batch_size, len(scenes) // batch_size
        self.total_steps, self.step_count, self.seconds = epochs * self.steps_per_epoch, 0, 0.0
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=learning_rate, weight_decay=1e-4)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, learning_rate, total_steps=max(1, self.total_steps), pct_start=0.2
        )
        self._permutation = torch.empty(0, dtype=torch.int64)

    @property
    def done(self) -> bool:
        return self.step_count >= self.total_steps

    def step(self) -> float:
        """One batch forward, backward, update. Returns the loss."""
        started = time.perf_counter()
        place = self.step_count % self.steps_per_epoch
        if place == 0:
            self._permutation = torch.randperm(len(self.scenes), generator=self.order)
        batch = self._permutation[place * self.batch_size : (place + 1) * self.batch_size]
        self.network.train()
        self.optimizer.zero_grad()
        what, where = self.network(self.scenes.floats(batch))
        loss = detection_loss(what, where, self.targets[batch], self.offsets[batch])
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.step_count += 1
        self.seconds += time.perf_counter() - started
        return loss.item()
