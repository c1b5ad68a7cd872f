"""Decodes many picture files into one table of pixels. Also a script of its own, ``python decode_files.py < order``:
it imports Pillow and NumPy alone, so that a second process is there at once.
"""

import json
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "F")
REPORT_EVERY = 50


@dataclass(frozen=True)
class Order:
    """What is to be decoded.

    Attributes:
        archive: a zip file that holds the files; ``None``: they are paths.
        files: in their order.
        shape: (C, H, W) that each becomes: its central square (or the part of that form), resized.
        out: a ``.npy`` file of (N, C, H, W) uint8; row ``start`` takes the first file.
        max_bytes: of one file, unpacked; ``max_pixels`` of one picture.
    """

    archive: str | None
    files: Sequence[str]
    shape: tuple[int, int, int]
    out: str
    start: int
    max_bytes: int
    max_pixels: int


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        faults: number of a file -> why it cannot be used.
        sizes: "width×height" -> how many of the files.
        coloured: files that are in colour though grey ones are wanted.
    """

    faults: dict[int, str]
    sizes: dict[str, int]
    coloured: int = 0


@contextmanager
def reader(archive: str | None, max_bytes: int) -> Iterator[Callable[[str], bytes]]:
    """A function that gives a file's bytes; never more than allowed, whatever its header promises."""
    opened = zipfile.ZipFile(archive) if archive else None

    def read(name: str) -> bytes:
        with opened.open(name) if opened else Path(name).open("rb") as file:
            content = file.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise TooLargeError
        return content

    try:
        yield read
    finally:
        if opened:
            opened.close()


class TooLargeError(Exception):
    """A file has more bytes than may be read, or a picture more pixels."""


def header(content: bytes, max_pixels: int) -> tuple[tuple[int, int], bool]:
    """((width, height), whether it is grey) of a picture that is not decoded.

    Raises:
        OSError, SyntaxError, ValueError, TooLargeError: it is none.
    """
    picture = _open(content, max_pixels)
    return picture.size, picture.mode in GREY


def _open(content: bytes, max_pixels: int) -> Image.Image:
    picture = Image.open(BytesIO(content), formats=FORMATS)
    if picture.width * picture.height > max_pixels:
        raise TooLargeError
    return picture


def pixels(content: bytes, shape: tuple[int, int, int], max_pixels: int) -> tuple[np.ndarray, str, bool]:
    """A picture file as (C, H, W) uint8; "width×height" that it had; whether it was in colour.

    Raises:
        OSError, SyntaxError, ValueError, TooLargeError: it cannot be read.
    """
    channels, height, width = shape
    picture = _open(content, max_pixels)
    size, coloured = f"{picture.width}×{picture.height}", picture.mode not in GREY
    if picture.format == "JPEG" and picture.size != (width, height):
        picture.draft(None, (width, height))
    if picture.getexif():
        picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float64)
        scale = 1 if values.max(initial=0) <= 255 else 255 / 65535
        picture = Image.fromarray(np.clip(values * scale, 0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    wanted = "L" if channels == 1 else "RGB"
    if picture.mode != wanted:
        picture = picture.convert(wanted)
    if picture.size != (width, height):
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.BOX)
    table = np.asarray(picture)
    return table[None] if channels == 1 else table.transpose(2, 0, 1), size, coloured


def why(error: Exception) -> str:
    """The reason in words."""
    if isinstance(error, TooLargeError):
        return "it is too large"
    if isinstance(error, FileNotFoundError | KeyError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "it may not be read"
    return "it is no picture that can be read"


def decode(order: Order, progress: Callable[[int], None] = lambda _: None) -> Outcome:
    """Writes the rows of ``order.out``; files that cannot be read leave theirs black."""
    out = np.lib.format.open_memmap(order.out, mode="r+")
    faults: dict[int, str] = {}
    sizes: Counter[str] = Counter()
    coloured = 0
    with reader(order.archive, order.max_bytes) as read, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, name in enumerate(order.files):
            try:
                table, size, in_colour = pixels(read(name), order.shape, order.max_pixels)
            except Exception as error:  # Pillow's readers of damaged files raise nearly anything
                faults[order.start + number] = why(error)
            else:
                out[order.start + number] = table
                sizes[size] += 1
                coloured += in_colour and order.shape[0] == 1
            if number % REPORT_EVERY == 0:
                progress(number)
    out.flush()
    return Outcome(faults, dict(sizes), coloured)


def main() -> None:
    """Reads an order in JSON, decodes, and writes how far it is, then the outcome."""
    given = json.load(sys.stdin)
    order = Order(**{**given, "shape": tuple(given["shape"])})
    outcome = decode(order, lambda number: print(number, flush=True))
    print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
