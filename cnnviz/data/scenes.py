"""Scenes: pictures in which several objects stand, composed from images of one object each, with their boxes and masks."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cnnviz.data.dataset import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.ops.boxes import box_iou
from cnnviz.words import say

INK = 64
"""A pixel of an image belongs to its object if it is brighter than this, of 255."""
SIZES = 6
"""Sizes in which an object may stand, from the smallest to the largest."""
TRIES = 30
OVERLAP = 0.1
"""Boxes of a scene overlap by at most this IoU."""
GROUND = 4
"""The ground is so many brightnesses in a row and in a column, and what lies smoothly between them."""


def compose(
    dataset: ImageDataset,
    count: int,
    *,
    side: int = 64,
    most: int = 4,
    scale: tuple[float, float] = (0.6, 1.1),
    noise: float = 0.15,
    seed: int = 0,
) -> ImageDataset:
    """Scenes of one to ``most`` objects, each an image of the data set (bright on black), at a random place and size.

    Args:
        dataset: the objects.
        count: of scenes.
        side: of a scene in pixels.
        most: objects in a scene.
        scale: from the smallest to the largest size of an object, 1 for the image as it is.
        noise: the ground is a random smooth brightness up to this, of 1.
        seed: of all that is random.

    Returns:
        images (N, C, side, side); labels (N,): the class of the largest object; ``targets["boxes"]`` (N, most, 5) float32:
        x1, y1, x2, y2 in pixels, the last two exclusive, and the class, rows of −1 where there is no further object;
        ``targets["masks"]`` (N, side, side) uint8: 0 where nothing stands, else 1 + the class; ``targets["labels"]`` (N, classes)
        uint8: 1 for each class that stands in the scene; ``targets["grade"]`` (N,) int64: how many objects there are, minus one.

    Raises:
        CnnvizError: the scene is smaller than its largest object, or there is nothing to draw.
    """
    channels, height, width = dataset.shape
    if count < 1 or most < 1:
        raise CnnvizError(
            say(
                "{count} scenes of up to {most} objects cannot be drawn: both must be 1 or more.",
                count=count,
                most=most,
            )
        )
    largest = round(max(height, width) * scale[1])
    if largest > side:
        raise CnnvizError(
            say(
                "An object may be {largest} pixels wide, but the scene has {side}. Make the scene larger.",
                largest=largest,
                side=side,
            )
        )
    draw = np.random.default_rng(seed)
    # Several to choose from for each: a place may be taken, and then another object is tried.
    chosen = draw.integers(len(dataset), size=count * most)
    sizes = draw.integers(SIZES, size=count * most)
    cuts = _cut_all(dataset.images, chosen, sizes, np.linspace(*scale, SIZES).tolist())
    wanted = draw.integers(1, most + 1, size=count)
    places = draw.random((count, most, TRIES, 2))
    pictures = _grounds(count, channels, side, noise, draw)
    masks = np.zeros((count, side, side), np.uint8)
    boxes = torch.full((count, most, 5), -1.0)
    labels = torch.zeros(count, dtype=torch.int64)
    classes = dataset.labels[torch.from_numpy(chosen)].tolist()
    for number in range(count):
        placed: list[tuple[int, int, int, int]] = []
        for one in range(wanted[number]):
            cut, label = cuts[number * most + one], classes[number * most + one]
            high, wide = cut.shape[1:]
            box = _free_place(placed, high, wide, side, places[number, one])
            if box is None:
                continue
            left, top, right, bottom = box
            part = pictures[number, :, top:bottom, left:right]
            np.maximum(part, cut, out=part)
            masks[number, top:bottom, left:right][cut.max(0) > INK] = label + 1
            boxes[number, len(placed)] = torch.tensor([*box, label], dtype=torch.float32)
            placed.append(box)
        here = boxes[number, : len(placed)]
        labels[number] = int(here[((here[:, 2] - here[:, 0]) * (here[:, 3] - here[:, 1])).argmax(), 4])
    return ImageDataset(
        f"{dataset.name}_scenes",
        torch.from_numpy(pictures),
        labels,
        dataset.classes,
        dataset.licence,
        f"composed from {dataset.source}",
        dataset.split,
        {"boxes": boxes, "masks": torch.from_numpy(masks), **_in_the_scene(boxes, len(dataset.classes))},
    )


def _in_the_scene(boxes: Tensor, classes: int) -> dict[str, Tensor]:
    """Which classes stand in each scene, and how many objects, of ``boxes`` (N, most, 5)."""
    # Rows of −1, where there is no further object, count in a column that goes.
    there = functional.one_hot(boxes[:, :, 4].long() + 1, classes + 1)[:, :, 1:]
    return {"labels": there.amax(1).byte(), "grade": there.sum((1, 2)) - 1}


def objects_of(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """What stands in one scene: boxes (M, 4) and classes (M,) of its ``targets["boxes"]``, (most, 5)."""
    there = boxes[boxes[:, 4] >= 0]
    return there[:, :4], there[:, 4].long()


def _grounds(
    count: int, channels: int, side: int, noise: float, draw: np.random.Generator
) -> NDArray[np.uint8]:
    coarse = torch.from_numpy(draw.random((count, channels, GROUND, GROUND), np.float32)) * (noise * 255)
    smooth = functional.interpolate(coarse, (side, side), mode="bilinear", align_corners=False)
    found: NDArray[np.uint8] = smooth.round().clamp(0, 255).byte().numpy()
    return found


def _cut_all(
    images: Tensor, chosen: NDArray[np.int64], sizes: NDArray[np.int64], scales: Sequence[float]
) -> list[NDArray[np.uint8]]:
    """The chosen images, (C, h, w) each: made as large as wanted, all of one size at once, and cut to what is drawn."""
    found: list[NDArray[np.uint8]] = [np.zeros((0, 0, 0), np.uint8)] * len(chosen)
    for size, factor in enumerate(scales):
        where = np.flatnonzero(sizes == size)
        if not len(where):
            continue
        some = images[torch.from_numpy(chosen[where])].float()
        larger = functional.interpolate(
            some, scale_factor=factor, mode="bilinear", antialias=True, align_corners=False
        )
        for place, one in zip(where, larger.round().clamp(0, 255).byte().numpy(), strict=True):
            found[place] = _cut(one)
    return found


def _cut(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    ink = image.max(0) > INK
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else image


def _free_place(
    placed: Sequence[tuple[int, int, int, int]], high: int, wide: int, side: int, places: NDArray[np.float64]
) -> tuple[int, int, int, int] | None:
    """The first of some random places that is free enough."""
    for across, down in places.tolist():
        left, top = int(across * (side - wide + 1)), int(down * (side - high + 1))
        box = (left, top, left + wide, top + high)
        if all(_overlap(box, other) <= OVERLAP for other in placed):
            return box
    return None


def _overlap(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> float:
    if first[0] >= second[2] or second[0] >= first[2] or first[1] >= second[3] or second[1] >= first[3]:
        return 0.0
    return box_iou(torch.tensor([first]).float(), torch.tensor([second]).float()).item()
