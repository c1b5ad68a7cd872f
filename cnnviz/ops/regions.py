"""Region-of-interest pooling: the part of the maps below a box, as a grid of fixed size (Fast R-CNN)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say


@dataclass(frozen=True)
class RoiBin:
    """One cell of the pooled grid.

    Attributes:
        row, column: of the cell.
        top, left, bottom, right: the part of the maps whose largest value it takes, the last two exclusive; an empty
            part gives 0.
    """

    row: int
    column: int
    top: int
    left: int
    bottom: int
    right: int


def roi_pool_bins(
    box: Sequence[float], size: tuple[int, int], maps: tuple[int, int], spatial_scale: float = 1.0
) -> tuple[RoiBin, ...]:
    """The cells of the pooled grid of one box, row by row.

    The box is rounded to whole cells of the maps (its right and bottom cells included) and cut into ``size`` parts; the
    borders of a part are rounded outwards, so that parts may overlap.

    Args:
        box: x1, y1, x2, y2 in pixels of the image.
        size: rows and columns of the grid.
        maps: (H, W) of the maps.
        spatial_scale: cells of the maps a pixel: 1/16 where the network has halved the image four times.
    """
    left, top, right, bottom = (_rounded(value * spatial_scale) for value in box)
    high, wide = max(bottom - top + 1, 1) / size[0], max(right - left + 1, 1) / size[1]

    def part(number: int, length: float, start: int, most: int) -> tuple[int, int]:
        low, end = math.floor(number * length) + start, math.ceil((number + 1) * length) + start
        return min(max(low, 0), most), min(max(end, 0), most)

    bins = []
    for row in range(size[0]):
        first, last = part(row, high, top, maps[0])
        for column in range(size[1]):
            begin, end = part(column, wide, left, maps[1])
            bins.append(RoiBin(row, column, first, begin, last, end))
    return tuple(bins)


def roi_pool(
    maps: Tensor, boxes: Tensor, output_size: int | tuple[int, int], spatial_scale: float = 1.0
) -> Tensor:
    """The largest value of each part of each box, as ``torchvision.ops.roi_pool``.

    Source: Girshick, Fast R-CNN, ICCV 2015, section 2.1.

    Args:
        maps: (B, C, H, W), or (C, H, W) with boxes of four numbers.
        boxes: (K, 5): the number of the image, then x1, y1, x2, y2; or (K, 4) for one image.
        output_size: rows and columns of the grid.
        spatial_scale: cells of the maps a pixel.

    Returns:
        (K, C, rows, columns).

    Raises:
        CnnvizError: the shapes do not fit.
    """
    batch = maps if maps.dim() == 4 else maps[None]
    size = (output_size, output_size) if isinstance(output_size, int) else output_size
    if boxes.dim() == 2 and boxes.shape[1] == 4 and len(batch) == 1:
        boxes = torch.cat([boxes.new_zeros(len(boxes), 1), boxes], 1)
    if batch.dim() != 4 or boxes.dim() != 2 or boxes.shape[1] != 5:
        raise CnnvizError(
            say(
                "Maps have the shape B×C×H×W and boxes K×5 (image, x1, y1, x2, y2), but got {str} "
                "and {str2}.",
                str="×".join(map(str, maps.shape)),
                str2="×".join(map(str, boxes.shape)),
            )
        )
    pooled = batch.new_zeros(len(boxes), batch.shape[1], *size)
    for number, (image, *box) in enumerate(boxes.tolist()):
        if not 0 <= int(image) < len(batch):
            raise CnnvizError(
                say(
                    "Box {number} belongs to image {image}, but there are {count}.",
                    number=number,
                    image=int(image),
                    count=len(batch),
                )
            )
        below = batch[int(image)]
        for cell in roi_pool_bins(box, size, (batch.shape[2], batch.shape[3]), spatial_scale):
            part = below[:, cell.top : cell.bottom, cell.left : cell.right]
            if part.numel():
                pooled[number, :, cell.row, cell.column] = part.flatten(1).max(1).values
    return pooled


def _rounded(value: float) -> int:
    """Halves away from zero, as C does."""
    return math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1)
