"""Many small maps in one picture: the one way in which feature maps and kernels are drawn."""

import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.figures.colours import GREY, ColourScale, palette, scale_for
from cnnviz.words import _, say

GAP_INDEX = 255
"""The last of the 256 colours is kept for the gaps between maps, and is transparent."""

UNIT_PIXELS = 4


@dataclass(frozen=True)
class Sheet:
    """Maps side by side, one pixel a value, in one PNG with 256 colours; enlarge it with sharp pixels.

    Attributes:
        png: the file.
        count: number of maps.
        columns, rows: of the grid.
        height, width: of one map, in pixels. Between maps lies one transparent pixel.
        low, high: the values of the first and the last colour.
        scale: from value to colour.
        alt: the picture in words.
    """

    png: bytes = field(repr=False)
    count: int
    columns: int
    rows: int
    height: int
    width: int
    low: float
    high: float
    scale: ColourScale = field(repr=False)
    alt: str

    @cached_property
    def name(self) -> str:
        """Of the file's content, made once a sheet."""
        return hashlib.blake2b(self.png, digest_size=16).hexdigest()

    def enlarged(self, pixels: int) -> Image.Image:
        """The picture with every value ``pixels`` wide, for a notebook or ``st.image``."""
        picture = Image.open(io.BytesIO(self.png)).convert("RGBA")
        return picture.resize((picture.width * pixels, picture.height * pixels), Image.Resampling.NEAREST)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.enlarged(max(1, 480 // (self.columns * (self.width + 1)))).save(buffer, "PNG")
        return buffer.getvalue()


def limits(*maps: Tensor) -> tuple[float, float]:
    """The lowest and the highest finite value of all maps."""
    ends = [torch.aminmax(values) for values in map(_finite, maps) if values.numel()]
    return min(low.item() for low, __ in ends), max(high.item() for __, high in ends)


def _finite(values: Tensor) -> Tensor:
    finite = values.isfinite()
    return values if finite.all() else values[finite]


def map_sheet(
    maps: Tensor,
    *,
    span: tuple[float, float] | None = None,
    columns: int | None = None,
    what: str = "feature maps",
    signed: bool = False,
) -> Sheet:
    """Draws (N, H, W) values, or (N, 3, H, W) colour kernels, on one colour scale.

    Args:
        maps: one-channel maps get the diverging scale around zero if any value is negative, else the
            sequential one. Colour kernels show their three channels as red, green and blue, with zero in the
            middle grey.
        span: lowest and highest value of the scale, to compare sheets; from the maps if not given.
        columns: of the grid; about square if not given.
        what: for the text alternative.
        signed: blue to red even if no value is negative, as for kernels.
    """
    if maps.dim() == 4 and maps.shape[1] == 1:
        maps = maps[:, 0]
    if maps.dim() not in (3, 4) or (maps.dim() == 4 and maps.shape[1] != 3):
        raise CnnvizError(
            say(
                "Maps have the shape (N, H, W) or (N, 3, H, W), but these have {shape}.",
                shape=tuple(maps.shape),
            )
        )
    low, high = span or limits(maps)
    scale, low, high = scale_for(low, high, signed)
    count, (height, width) = len(maps), maps.shape[-2:]
    columns = min(count, columns or _square(count, height, width))
    rows = math.ceil(count / columns)
    alt = _(
        "{count} {what} of {height}×{width} values, coloured from {low:.3g} to {high:.3g} ({name})",
        count=count,
        what=what,
        height=height,
        width=width,
        low=low,
        high=high,
        name=_(scale.name),
    )
    if (height, width) == (1, 1):
        # Single units: larger than the gap between them.
        height = width = UNIT_PIXELS
        maps = maps.expand(*maps.shape[:-2], height, width)
    share = ((maps.detach().float() - low) / (high - low)).nan_to_num(0).clamp(0, 1).numpy()
    if maps.dim() == 4:
        picture = _colour_picture(share, rows, columns)
        scale = GREY
    else:
        picture = Image.fromarray(
            _place(np.rint(share * (GAP_INDEX - 1)).astype(np.uint8), rows, columns, GAP_INDEX)
        )
        palette = scale.colours(GAP_INDEX)
        picture.putpalette(np.concatenate([palette, [[0, 0, 0]]]).astype(np.uint8).tobytes())
        picture.info["transparency"] = GAP_INDEX
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return Sheet(buffer.getvalue(), count, columns, rows, height, width, low, high, scale, alt)


def image_sheet(images: Tensor, columns: int | None = None, what: str = "images") -> Sheet:
    """Pictures (N, C, H, W) with values in [0, 1] as they are: grey, or red, green and blue."""
    count, channels, height, width = images.shape
    columns = min(count, columns or count)
    rows = math.ceil(count / columns)
    rgb = (
        images.detach().float().clamp(0, 1).expand(-1, 3, -1, -1)
        if channels == 1
        else images.detach().float().clamp(0, 1)
    )
    buffer = io.BytesIO()
    _colour_picture(rgb.numpy(), rows, columns).save(buffer, "PNG", compress_level=1)
    return Sheet(
        buffer.getvalue(),
        count,
        columns,
        rows,
        height,
        width,
        0.0,
        1.0,
        GREY,
        _("{count} {what} of {height}×{width} pixels", count=count, what=what, height=height, width=width),
    )


def picture_sheet(image: Tensor, what: str) -> Sheet:
    """One image (C, H, W) as a sheet."""
    return image_sheet(image.unsqueeze(0), what=what)


def judged_labels(
    probabilities: Tensor, labels: Tensor, classes: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """A network's answers, (N, classes) probabilities, as (text, colour) below N pictures; right ones have ✓,
    wrong ones ✗.
    """
    found = []
    for row, label in zip(probabilities, labels.tolist(), strict=True):
        answer = int(row.argmax())
        mark, colour = ("✓", palette().right) if answer == label else ("✗", palette().wrong)
        found.append((f"{classes[answer]} {mark}\n{row[answer]:.0%}", colour))
    return tuple(found)


def _square(count: int, height: int, width: int) -> int:
    return max(1, round(math.sqrt(count * height / width)))


def _place(cells: np.ndarray, rows: int, columns: int, gap: int) -> np.ndarray:
    """(N, H, W) cells into one array, one value of ``gap`` between them."""
    count, height, width = cells.shape
    full = np.full((rows * columns, height + 1, width + 1), gap, dtype=np.uint8)
    full[:count, :height, :width] = cells
    grid = (
        full.reshape(rows, columns, height + 1, width + 1)
        .swapaxes(1, 2)
        .reshape(rows * (height + 1), columns * (width + 1))
    )
    return np.ascontiguousarray(grid[:-1, :-1])


def _colour_picture(share: np.ndarray, rows: int, columns: int) -> Image.Image:
    cells = np.rint(share * 255).astype(np.uint8)
    channels = [_place(cells[:, channel], rows, columns, 0) for channel in range(3)]
    there = _place(np.full((len(cells), *cells.shape[2:]), 255, dtype=np.uint8), rows, columns, 0)
    return Image.fromarray(np.stack([*channels, there], axis=-1), "RGBA")
