"""Pictures from outside: what a student uploads or draws, brought to what a network takes."""

import base64
import io
import re
import warnings

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.words import say

MAX_SIDE = 2048
FORMATS = {"PNG": ("png",), "JPEG": ("jpg", "jpeg"), "WebP": ("webp",), "GIF": ("gif",)}
"""What is decoded, with its file endings. Nothing else: Pillow would hand some kinds of files, such as EPS,
to other programs.
"""


def decode(content: bytes) -> Tensor:
    """A picture file as (3, H, W) uint8, turned upright (EXIF), transparent parts on white, at most 2048 a
    side.

    Animations give their first frame; grey, palette, CMYK and 16-bit pictures become RGB.

    Raises:
        CnnvizError: not one of ``FORMATS``, truncated, or more pixels than ``settings().max_image_pixels``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(content), formats=[name.upper() for name in FORMATS])
        _check_pixels(picture.width * picture.height)
        if picture.format == "JPEG":
            picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
        picture.load()
        picture = ImageOps.exif_transpose(picture)
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        return _rgb(picture)
    except CnnvizError:
        raise
    except UnidentifiedImageError:
        *names, last = FORMATS
        raise CnnvizError(
            say(
                "This file is not a picture that can be read. Use a {names} or {last} file.",
                names=", ".join(names),
                last=last,
            )
        ) from None
    except Image.DecompressionBombError as error:
        # Pillow's own limit comes before the picture is there to be asked; its sentence has the number.
        _check_pixels(int(next(re.finditer(r"\d+", str(error))).group()))
        raise CnnvizError(
            "The picture has more pixels than are read. Make it smaller and try again."
        ) from None
    except (OSError, SyntaxError, ValueError):
        raise CnnvizError("This picture is damaged or cut off. Save it again and try once more.") from None


def _check_pixels(count: int) -> None:
    limit = settings().max_image_pixels
    if count > limit:
        raise CnnvizError(
            say(
                "The picture has {count:.0f} million pixels; at most {limit:.0f} million are read. Make it smaller and try again.",
                count=count / 1000000.0,
                limit=limit / 1000000.0,
            )
        )


def _rgb(picture: Image.Image) -> Tensor:
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        if picture.mode != "F" or values.max(initial=0) > 255:
            values = values / 65535 * 255
        picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    return torch.from_numpy(np.asarray(picture.convert("RGB")).copy()).permute(2, 0, 1).contiguous()


def embed(image: Tensor) -> str:
    """A small picture, (1 or 3, H, W) uint8, as a word that can stand in a program; ``embedded`` reads it."""
    pixels = image.permute(1, 2, 0).numpy()
    content = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(content, "PNG", optimize=True)
    return base64.b64encode(content.getvalue()).decode()


def embedded(word: str) -> Tensor:
    """The picture that ``embed`` wrote: (1 or 3, H, W) uint8."""
    with Image.open(io.BytesIO(base64.b64decode(word))) as picture:
        pixels = torch.from_numpy(np.array(picture))
    return pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1).contiguous()


def fit(image: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """A picture as a network with input ``shape`` sees it: the central square, resized, grey if the network
    is grey.

    Args:
        image: (3, H, W) or (1, H, W) uint8.
        shape: (C, h, w).

    Returns:
        (C, h, w) float32 in [0, 1].
    """
    channels, height, width = shape
    pixels = image.permute(1, 2, 0).numpy()
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture = ImageOps.fit(
        picture.convert("L" if channels == 1 else "RGB"), (width, height), Image.Resampling.BOX
    )
    fitted = torch.from_numpy(np.array(picture, dtype=np.float32) / 255)
    return fitted.unsqueeze(0) if channels == 1 else fitted.permute(2, 0, 1).contiguous()


def crop_box(image: Tensor, shape: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the part of a picture that ``fit`` keeps, the last two exclusive.

    Args:
        image: (C, H, W).
        shape: (c, h, w) of the network's input.
    """
    height, width = image.shape[1:]
    if width * shape[1] >= height * shape[2]:
        kept = round(height * shape[2] / shape[1])
        left = (width - kept) // 2
        return 0, left, height, left + kept
    kept = round(width * shape[1] / shape[2])
    top = (height - kept) // 2
    return top, 0, top + kept, width


def centre_by_mass(drawing: Tensor, side: int = 28, box: int = 20) -> Tensor:
    """A drawing prepared as the digits of MNIST were.

    The ink is scaled, keeping its proportions, to fit a ``box``×``box`` square, and placed so that its centre
    of mass lies in the middle of the ``side``×``side`` image.

    Args:
        drawing: (1, H, W) float in [0, 1], ink is 1.

    Returns:
        (1, side, side) float32 in [0, 1]; an empty drawing stays empty.

    Source: LeCun, Cortes and Burges, The MNIST database, 1998.
    """
    ink = drawing[0].numpy()
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.05), np.flatnonzero(ink.max(axis=0) > 0.05)
    result = torch.zeros(1, side, side)
    if rows.size == 0:
        return result
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(crop.shape)
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    reduced = Image.fromarray((crop * 255).astype(np.uint8)).resize(
        size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    )
    small = np.asarray(reduced, dtype=np.float32) / 255
    mass = small.sum()
    centre_row = (small.sum(axis=1) @ np.arange(small.shape[0])) / mass
    centre_column = (small.sum(axis=0) @ np.arange(small.shape[1])) / mass
    top = int(np.clip(round(side / 2 - 0.5 - centre_row), 0, side - small.shape[0]))
    left = int(np.clip(round(side / 2 - 0.5 - centre_column), 0, side - small.shape[1]))
    result[0, top : top + small.shape[0], left : left + small.shape[1]] = torch.from_numpy(small)
    return result
