"""Components that show an image with its numbers: pixels, a lens over a photograph, a block and its
vector.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnviz.figures import GREY, PixelSheet, palette, scale_for
from cnnviz.ui.components import component, told
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import FlattenMessage, LensMessage, Overview, PixelSheetMessage, PixelsMessage, Scale
from cnnviz.ui.pictures import encoded, picture_url
from cnnviz.ui.stepping import scale_of
from cnnviz.words import _


def _picture(pixels: Tensor) -> Image.Image:
    """(1 or 3, H, W) uint8."""
    array = pixels.permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)


def pixel_view(
    key: str,
    sheets: list[PixelSheet],
    corner: tuple[int, int],
    whole: Tensor | None,
    unit: str,
    span: tuple[float, float],
    hint: str,
    on_edit: Callable[[int, int, int, float], None],
    on_move: Callable[[int, int], None] | None = None,
) -> None:
    """Pictures beside their numbers.

    Args:
        corner: (top, left) of the window in the whole image.
        whole: (C, H, W) uint8, shown small with the window, where the window is only a part of it.
        unit: what the numbers are, above the matrix.
        span: lowest and highest number that may be typed.
        on_edit: gets channel, row, column and number of what was typed.
        on_move: gets row and column of the window's corner where it was moved to.
    """
    overview = None
    if whole is not None:
        small = _picture(whole)
        small.thumbnail((480, 480))
        url = picture_url(encoded(small, "JPEG", quality=88), key)
        overview = Overview(url, whole.shape[1], whole.shape[2], _("The whole picture with the window"))
    parts = [
        PixelSheetMessage(
            name=sheet.name,
            channel=sheet.channel,
            rows=sheet.colours.shape[0],
            cols=sheet.colours.shape[1],
            lines=sheet.lines,
            colours=[f"#{r:02x}{g:02x}{b:02x}" for r, g, b in sheet.colours.reshape(-1, 3).tolist()],
            texts=list(sheet.texts),
            changed=list(sheet.changed),
        )
        for sheet in sheets
    ]
    data = PixelsMessage(parts, *corner, overview, unit, *span, hint)

    def edited(news: dict[str, Any]) -> None:
        on_edit(int(news["channel"]), int(news["row"]), int(news["col"]), float(news["value"]))

    def moved(news: dict[str, Any]) -> None:
        if on_move is not None:
            on_move(int(news["top"]), int(news["left"]))

    component(
        "pixels",
        key,
        data=data,
        pictures=True,
        default={"edit": None, "corner": None},
        on_edit_change=told(key, "edit", edited),
        on_corner_change=told(key, "corner", moved),
    )


@lru_cache(maxsize=4)
def _source(image: Tensor) -> bytes:
    """The picture of an original, once for each tensor (compared by identity, not by value)."""
    return encoded(_picture(image.to(torch.uint8)), compress_level=1)


def _lens_result(result: Tensor, low: float, high: float, signed: bool) -> bytes:
    values = result[0].numpy()
    share = np.clip((values - low) * (255 / ((high - low) or 1)), 0, 255).astype(np.uint8)
    picture = Image.fromarray(share)
    if signed:
        picture.putpalette(palette().diverging.colours(256).tobytes())
    large = share.size > 200_000
    return (
        encoded(picture.convert("RGB") if signed else picture, "JPEG", quality=90)
        if large
        else encoded(picture, compress_level=1)
    )


def lens(
    key: str, image: Tensor, result: Tensor, kernel: Tensor, *, signed: bool, what: str, title: str
) -> None:
    """A grey picture, what a kernel makes of it, and the window under the pointer with its products.

    Args:
        image: (1, H, W) brightness, whole numbers from 0 to 255.
        result: (1, H, W) float, of the image in [0, 1].
        kernel: (K, K).
        signed: blue to red around zero; otherwise grey, cut off at 0 and 1.
    """
    values = result[0].numpy()
    scale, low, high = (
        scale_for(float(values.min()), float(values.max()), signed=True) if signed else (GREY, 0.0, 1.0)
    )
    file = remember(_lens_result, result, low, high, signed)
    products = float(kernel.abs().max())
    height, width = values.shape
    data = LensMessage(
        source=picture_url(_source(image), key),
        result=picture_url(file, key),
        height=height,
        width=width,
        kernel=kernel.flatten().tolist(),
        side=kernel.shape[0],
        scale=Scale.of(scale, low, high),
        products=Scale.of(palette().diverging, -products, products),
        source_title=what,
        result_title=title,
        alt=_(
            "{title}: values from {values:.3g} to {values2:.3g}",
            title=title,
            values=values.min(),
            values2=values.max(),
        ),
    )
    component("lens", key, data=data, pictures=True)


def flatten_view(key: str, block: Tensor, start: int = 0) -> None:
    """A block of maps (C, H, W) and the vector that flattening makes of it; a cell and its place light
    together.
    """
    channels, rows, cols = block.shape
    values = torch.round(block.flatten(), decimals=4).tolist()
    component("flatten", key, data=FlattenMessage(channels, rows, cols, values, scale_of(block), start))
