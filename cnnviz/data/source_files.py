"""Images in files as a source: a folder or zip file of class folders, a table, or an NPZ file. Nothing is unpacked to the disk, and
only the images that are asked for are read.
"""

import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from cnnviz.data import decode_files
from cnnviz.data.bring import (
    are_many,
    arranged,
    as_images,
    class_names_in,
    form_of,
    labelled_arrays,
    labels_of,
)
from cnnviz.data.listing import Item, Listing, labels_in, listing
from cnnviz.data.source import DataSource, Rows
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.words import say

SMALL = 64_000_000
"""Bytes of a packed array that is unpacked into memory, such as labels."""
LICENCE = "that of its owner"


def source_from(
    path: Path | str,
    name: str = "",
    *,
    size: int | None = None,
    channels: int | None = None,
    seed: int = 0,
    licence: str = LICENCE,
) -> DataSource:
    """The images of files, to be read part by part: all of them may be larger than memory, and the limits of ``bring`` do not hold.
    Where every file can be read, images, order, split and ``digest`` are those that ``bring`` gives with the same ``size`` and ``seed``.

    Args:
        path: what ``bring`` takes: a folder or zip file of class folders, a CSV table of paths and labels, or an NPZ file that
            ``np.savez`` wrote (its pixels lie in it as they are; packed by ``np.savez_compressed`` they cannot be read in part).
        name: what it is called; empty: as the file.
        size: side of the images in pixels; ``None`` takes theirs, if all are equal, square and small, else at most 64.
        channels: 1 for grey, 3 for colour; ``None``: as the first pictures are.
        seed: of the order, and of the test images (a fifth of each class), where the files do not say them.
        licence: under which the images may be used.

    Raises:
        CnnvizError: what is wrong, and what to do; also later, where a picture cannot be read.
    """
    path = Path(path)
    opened = _of_arrays if path.suffix.lower() == ".npz" else _of_pictures
    labelled, parts, shape, read, many_labels = opened(path, size, channels)
    classes, labels, many, orders = arranged(labelled, parts, seed, many_labels=many_labels)

    def rows(order: np.ndarray) -> Rows:
        numbers = torch.from_numpy(order)
        return Rows(shape, torch.from_numpy(labels)[numbers], lambda chosen: read(numbers[chosen]))

    return DataSource(
        name or path.stem,
        classes,
        licence,
        say("read from {origin}", origin=path.name),
        {split: partial(rows, order) for split, order in orders.items()},
        (lambda split: {"labels": torch.from_numpy(many[orders[split]])}) if many_labels else None,
        many_labels,
    )


_Opened = tuple[list[tuple[str, ...]], list[str], tuple[int, int, int], Callable[[Tensor], Tensor], bool]
"""Classes and part of each image, (C, H, W), what reads images by their numbers, and whether one may have several classes."""


def _of_pictures(path: Path, size: int | None, channels: int | None) -> _Opened:
    found = listing(path, limited=False)
    height, width, grey = form_of(found, size)
    shape = (channels or (1 if grey else 3), height, width)
    return (
        [labels_in(item.label) if found.many_labels else (item.label,) for item in found.items],
        [item.split for item in found.items],
        shape,
        lambda numbers: _decoded(found, shape, channels, [found.items[one] for one in numbers.tolist()]),
        found.many_labels,
    )


def _decoded(
    found: Listing, shape: tuple[int, int, int], channels: int | None, items: Sequence[Item]
) -> Tensor:
    images = np.empty((len(items), *shape), dtype=np.uint8)
    limits = settings()
    with decode_files.reader(found.archive, limits.max_import_file_bytes) as read:
        for row, item in enumerate(items):
            try:
                content = read(item.file, found.places.get(item.file))
                images[row], _size, coloured = decode_files.pixels(content, shape, limits.max_image_pixels)
            except Exception as error:  # Pillow's readers of damaged files raise nearly anything
                raise CnnvizError(
                    say(
                        "The file '{file:.80}' cannot be read: {why}. Take it away; or bring the images, which leaves such files out.",
                        file=item.shown,
                        why=decode_files.why(error),
                    )
                ) from None
            if coloured and channels is None and shape[0] == 1:
                raise CnnvizError(
                    say(
                        "The file '{file:.80}' is in colour, but the first pictures are grey. Say channels=3, or channels=1 to make all grey.",
                        file=item.shown,
                    )
                )
    return torch.from_numpy(images)


def _of_arrays(path: Path, size: int | None, channels: int | None) -> _Opened:
    parts = mapped_arrays(path)
    names = class_names_in(parts)
    tables: list[np.ndarray] = []
    texts: list[tuple[str, ...]] = []
    splits: list[str] = []
    found = labelled_arrays(parts, path.name)
    many = are_many(found)
    for split, images, labels in found:
        if images.dtype != np.uint8:
            raise CnnvizError(
                say(
                    "The images of '{name}' are of the type {dtype}; a stream reads whole numbers of 0 to 255. Save them with .astype('uint8'), "
                    "or bring the file.",
                    name=path.name,
                    dtype=images.dtype,
                )
            )
        tables.append(as_images(images, path.name))
        texts += labels_of(labels, len(tables[-1]), names, many, path.name)
        splits += [split] * len(tables[-1])
    shapes = {table.shape[1:] for table in tables}
    if len(shapes) > 1:
        raise CnnvizError(
            say(
                "The training and the test images of '{name}' differ in size or colour. Make them alike.",
                name=path.name,
            )
        )
    depth, height, width = shapes.pop()
    if size not in (None, height) or (size is not None and height != width) or channels not in (None, depth):
        raise CnnvizError(
            say(
                "The arrays of '{name}' are {shape} and stay so in a stream: leave size and channels away, or bring the file.",
                name=path.name,
                shape=f"{depth}×{height}×{width}",
            )
        )
    ends = np.cumsum([len(table) for table in tables])

    def read(numbers: Tensor) -> Tensor:
        wanted = numbers.numpy()
        images = np.empty((len(wanted), depth, height, width), dtype=np.uint8)
        which = np.searchsorted(ends, wanted, side="right")
        for place, table in enumerate(tables):
            here = which == place
            images[here] = table[wanted[here] - (ends[place] - len(table))]
        return torch.from_numpy(images)

    return texts, splits, (depth, height, width), read, many


def mapped_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file: those that lie in it as they are, mapped; small packed ones in memory.

    Raises:
        CnnvizError: it is no NPZ file, holds Python objects, or a large array is packed.
    """
    if not path.is_file():
        raise CnnvizError(say("There is no file '{name}'.", name=path.name))
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            return {
                info.filename.removesuffix(".npy"): _mapped(path, archive, file, info)
                for info in archive.infolist()
                if info.filename.endswith(".npy")
            }
    except CnnvizError:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, MemoryError):
        raise CnnvizError(
            say(
                "'{name}' is no NPZ file of plain arrays, or it is damaged. Save it again with np.savez(file, images=images, labels=labels).",
                name=path.name,
            )
        ) from None


def _mapped(path: Path, archive: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo) -> np.ndarray:
    if info.compress_type != zipfile.ZIP_STORED:
        if info.file_size > SMALL:
            raise CnnvizError(
                say(
                    "The array '{array:.40}' of '{name}' is packed, so that it cannot be read in part. Save the file with np.savez, "
                    "without 'compressed'.",
                    array=info.filename,
                    name=path.name,
                )
            )
        with archive.open(info) as packed:
            return np.lib.format.read_array(packed, allow_pickle=False)
    with archive.open(info) as content:  # looks at the local header, which may be longer than the list says
        version = np.lib.format.read_magic(content)
        read_header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, by_columns, dtype = read_header(content)
        head = content.tell()
    if dtype.hasobject:
        raise ValueError(dtype)
    file.seek(info.header_offset)
    local = file.read(decode_files.LOCAL_HEADER)
    start = (
        info.header_offset
        + decode_files.LOCAL_HEADER
        + local[26]
        + 256 * local[27]
        + local[28]
        + 256 * local[29]
    )
    if not int(np.prod(shape)):
        return np.empty(shape, dtype)
    if (
        start + info.file_size > path.stat().st_size
        or head + int(np.prod(shape)) * dtype.itemsize > info.file_size
    ):
        raise ValueError("cut off")
    return np.memmap(path, dtype, "r", start + head, shape, "F" if by_columns else "C")
