"""Scenes: pictures in which several objects stand, composed from images of one object each, with their boxes and masks."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.data import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.tasks.boxes import box_iou

INK = 0.25
"""A pixel of an image belongs to its object if it is brighter than this."""
TRIES = 30
OVERLAP = 0.1
"""Boxes of a scene overlap by at most this IoU."""


@dataclass(frozen=True)
class Scenes:
    """Pictures with what stands in them.

    Attributes:
        images: (N, C, S, S) uint8.
        boxes: of each scene (M, 4), x1, y1, x2, y2 in pixels, the last two exclusive.
        labels: of each scene (M,) int64.
        masks: (N, S, S) int64: 0 where nothing stands, else 1 + the class.
        classes: names.
    """

    images: Tensor
    boxes: tuple[Tensor, ...]
    labels: tuple[Tensor, ...]
    masks: Tensor
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def floats(self, indices: Tensor | slice | list[int] = slice(None)) -> Tensor:
        """(B, C, S, S) float32 in [0, 1]."""
        return self.images[indices].to(torch.float32).div_(255)


def compose(
    dataset: ImageDataset,
    count: int,
    *,
    side: int = 64,
    most: int = 4,
    scale: tuple[float, float] = (0.6, 1.1),
    noise: float = 0.15,
    seed: int = 0,
) -> Scenes:
    """Scenes of one to ``most`` objects, each an image of the data set (bright on black), at a random place and size.

    Args:
        side: of a scene in pixels.
        scale: from the smallest to the largest size of an object, 1 for the image as it is.
        noise: the ground is a random smooth brightness up to this.
        seed: of all that is random.

    Raises:
        CnnvizError: the scene is smaller than its largest object, or there is nothing to draw.
    """
    _, height, width = dataset.shape
    if count < 1 or most < 1:
        raise CnnvizError(f"{count} scenes of up to {most} objects cannot be drawn: both must be 1 or more.")
    if round(max(height, width) * scale[1]) > side:
        raise CnnvizError(
            f"An object may be {round(max(height, width) * scale[1])} pixels wide, but the scene has {side}. Make the scene larger."
        )
    generator = torch.Generator().manual_seed(seed)
    ground = torch.rand(count, dataset.shape[0], 4, 4, generator=generator) * noise
    pictures = functional.interpolate(ground, (side, side), mode="bilinear", align_corners=False)
    masks = torch.zeros(count, side, side, dtype=torch.int64)
    boxes, labels = [], []
    for number in range(count):
        placed = torch.empty(0, 4)
        found: list[int] = []
        wanted = int(torch.randint(1, most + 1, (), generator=generator))
        for _ in range(TRIES):
            if len(found) == wanted:
                break
            index = int(torch.randint(len(dataset), (), generator=generator))
            size = scale[0] + (scale[1] - scale[0]) * float(torch.rand((), generator=generator))
            one = _cut(dataset.floats([index]), size)
            high, wide = one.shape[1:]
            top = int(torch.randint(side - high + 1, (), generator=generator))
            left = int(torch.randint(side - wide + 1, (), generator=generator))
            box = torch.tensor([[left, top, left + wide, top + high]], dtype=torch.float32)
            if len(placed) and float(box_iou(box, placed).max()) > OVERLAP:
                continue
            part = pictures[number, :, top : top + high, left : left + wide]
            torch.maximum(part, one, out=part)
            label = int(dataset.labels[index])
            ink = one.amax(0) > INK
            masks[number, top : top + high, left : left + wide][ink] = label + 1
            placed = torch.cat([placed, box])
            found.append(label)
        boxes.append(placed)
        labels.append(torch.tensor(found, dtype=torch.int64))
    images = (pictures * 255).round().clamp(0, 255).byte()
    return Scenes(images, tuple(boxes), tuple(labels), masks, dataset.classes)


def _cut(image: Tensor, size: float) -> Tensor:
    """(C, h, w): the image at a size, cut to what is drawn."""
    small = functional.interpolate(
        image, scale_factor=size, mode="bilinear", antialias=True, align_corners=False
    )[0].clamp(0, 1)
    ink = small.amax(0) > INK
    if not ink.any():
        return small
    rows, columns = ink.any(1).nonzero(), ink.any(0).nonzero()
    return small[:, int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]
