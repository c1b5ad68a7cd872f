"""Decodes many picture files into one table of pixels. Also a script of its own, ``python decode_files.py < order``:
it imports Pillow and NumPy alone, so that a second process is there at once.
"""

import json
import mmap
import struct
import sys
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "F")
REPORT_EVERY = 50
LOCAL_HEADER = 30
Place = tuple[int, int, int, int]


@dataclass(frozen=True)
class Order:
    """What is to be decoded.

    Attributes:
        archive: a zip file that holds the files; ``None``: they are paths.
        files: in their order.
        places: of each file in the archive, if it is known: where it begins, its bytes there, how it is packed (0: not, 8: deflated), and
            its checksum; it is read without the archive's own list then.
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
    places: Sequence[Place | None] = ()


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
def reader(archive: str | None, max_bytes: int) -> Iterator[Callable[[str, Place | None], bytes]]:
    """A function that gives a file's bytes, by its name or, in an archive, its place; never more than allowed, whatever its header
    promises.
    """
    with ExitStack() as opened:
        raw = _mapped(opened, archive) if archive else None
        listed: list[zipfile.ZipFile] = []

        def read(name: str, place: Place | None = None) -> bytes:
            if raw is not None and place is not None:
                return _unpacked(raw, place, max_bytes)
            if archive and not listed:
                listed.append(opened.enter_context(zipfile.ZipFile(archive)))
            with listed[0].open(name) if archive else Path(name).open("rb") as file:
                content = file.read(max_bytes + 1)
            if len(content) > max_bytes:
                raise TooLargeError
            return content

        yield read


def _mapped(opened: ExitStack, archive: str) -> mmap.mmap | None:
    try:
        with Path(archive).open("rb") as file:
            return opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # some disks cannot, and an empty file
        return None


def _unpacked(raw: mmap.mmap, place: Place, max_bytes: int) -> bytes:
    """A file of a zip file, from its local header on (APPNOTE.TXT 4.3.7)."""
    begin, size, method, checksum = place
    if raw[begin : begin + 4] != b"PK\3\4":
        raise zipfile.BadZipFile
    name, extra = struct.unpack_from("<HH", raw, begin + 26)
    start = begin + LOCAL_HEADER + name + extra
    if method == zipfile.ZIP_STORED:
        content = raw[start : start + min(size, max_bytes + 1)]
    else:
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw[start : start + size], max_bytes + 1)
    if len(content) > max_bytes:
        raise TooLargeError
    if zlib.crc32(content) != checksum:
        raise zipfile.BadZipFile
    return content


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
    # Most files are JPEG, and Pillow's search for the format takes as long as decoding a small one.
    picture: Image.Image = (
        JpegImageFile(BytesIO(content))
        if content.startswith(b"\xff\xd8\xff")
        else Image.open(BytesIO(content), formats=FORMATS)
    )
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
    if (picture.format != "JPEG" or "exif" in picture.info) and picture.getexif():
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
                place = order.places[number] if order.places else None
                table, size, in_colour = pixels(read(name, place), order.shape, order.max_pixels)
            except Exception as error:  # Pillow's readers of damaged files raise nearly anything
                faults[order.start + number] = why(error)
            else:
                out[order.start + number] = table
                sizes[size] += 1
                coloured += in_colour and order.shape[0] == 1
            if number % REPORT_EVERY == 0:
                progress(number)
    return Outcome(faults, dict(sizes), coloured)


def main() -> None:
    """Reads an order in JSON, decodes, and writes how far it is, then the outcome."""
    text = sys.stdin.read()
    given = json.loads(text) if text else None
    if not given:
        return
    order = Order(**{**given, "shape": tuple(given["shape"])})
    outcome = decode(order, lambda number: print(number, flush=True))
    print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
