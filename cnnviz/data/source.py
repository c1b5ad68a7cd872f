"""Where labelled images come from: what they are, counted and measured, and read part by part, also where all of them are larger
than memory.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from cnnviz.data.dataset import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.words import say

BLOCK_BYTES = 16_000_000
"""Pixels that are read at one time where all are gone through."""
MIXED = 8
"""Blocks whose images are mixed with each other."""


@dataclass(frozen=True)
class PixelStatistics:
    """Of all pixels of a data set.

    Attributes:
        mean, std: (C,) of the values in [0, 1].
        histogram: (C, 256) how many pixels have each value.
    """

    mean: Tensor
    std: Tensor
    histogram: Tensor


@dataclass(frozen=True, eq=False)
class Rows:
    """The images of one part of a source, read by their numbers.

    Attributes:
        shape: (C, H, W) of one image.
        labels: (N,) int64.
        read: numbers (B,) int64 -> images (B, C, H, W) uint8; only these come into memory.
        whole: all images and labels, for who wants them in memory; ``None``: they are read one after another.
    """

    shape: tuple[int, int, int]
    labels: Tensor
    read: Callable[[Tensor], Tensor]
    whole: Callable[[], tuple[Tensor, Tensor]] | None = None

    @classmethod
    def of(cls, images: Tensor | np.ndarray, labels: Tensor) -> "Rows":
        """Images (N, C, H, W) uint8, in memory or mapped from a file (``np.load(…, mmap_mode="r")``)."""
        channels, height, width = images.shape[1:]
        if isinstance(images, Tensor):
            tensor = images
            return cls((channels, height, width), labels, tensor.__getitem__, lambda: (tensor, labels))
        array = images

        def read(numbers: Tensor) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array[numbers.numpy()]))

        return cls((channels, height, width), labels, read)

    def only(self, numbers: Tensor, labels: Tensor) -> "Rows":
        """Some of them, in another order; with these labels."""
        return Rows(self.shape, labels, lambda chosen: self.read(numbers[chosen]))


@dataclass(frozen=True, eq=False, repr=False)
class DataSource:
    """Labelled images, wherever they lie: in memory, in a folder, a zip or NPZ file, or among those that were brought or
    downloaded. See ``source_of`` (by name) and ``source_from`` (a path).

    Attributes:
        classes: their names, in the order of the labels.
        licence: under which the images may be used.
        source: who made them, and where.
        parts: ``"train"`` and ``"test"`` -> what opens them; nothing is opened before it is asked for.
        more_targets: split -> what else is wanted of each image, (N, …) by name, such as boxes and masks.
        many_labels: an image may have several classes or none; see ``ImageDataset``.
    """

    name: str
    classes: tuple[str, ...]
    licence: str
    source: str
    parts: Mapping[str, Callable[[], Rows]]
    more_targets: Callable[[str], Mapping[str, Tensor]] | None = None
    many_labels: bool = False
    _opened: dict[str, Rows] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, dataset: ImageDataset) -> "DataSource":
        """Images in memory."""
        return cls(
            dataset.name,
            dataset.classes,
            dataset.licence,
            dataset.source,
            {dataset.split: lambda: Rows.of(dataset.images, dataset.labels)},
            lambda _split: dataset.targets,
            dataset.many_labels,
        )

    def rows(self, split: str) -> Rows:
        """One part.

        Raises:
            CnnvizError: there is none of this name, or it cannot be read.
        """
        if split not in self.parts:
            raise CnnvizError(
                say(
                    "'{name}' has no part '{split}'. Choose one of: {parts}.",
                    name=self.name,
                    split=split,
                    parts=", ".join(self.parts),
                )
            )
        if split not in self._opened:
            self._opened[split] = self.parts[split]()
        return self._opened[split]

    @property
    def _first(self) -> str:
        """The part whose pixels networks normalise with."""
        return "train" if "train" in self.parts else next(iter(self.parts))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        return self.rows(self._first).shape

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """What is known of each image: ``"class"``, and what else there is, such as ``"boxes"`` and ``"masks"``."""
        return ("class", *(self.more_targets(self._first) if self.more_targets else ()))

    def _targets_of(self, split: str) -> Mapping[str, Tensor]:
        return self.more_targets(split) if self.more_targets else {}

    def count(self, split: str = "train") -> int:
        """How many images a part has."""
        return len(self.rows(split).labels)

    def class_counts(self, split: str = "train") -> Tensor:
        """How many images each class has, (classes,) int64; one with several labels counts for each."""
        if self.many_labels:
            return self._targets_of(split)["labels"].sum(0, dtype=torch.int64)
        return torch.bincount(self.rows(split).labels, minlength=len(self.classes))

    def __len__(self) -> int:
        return sum(map(self.count, self.parts))

    def blocks(self, split: str = "train") -> Iterator[Tensor]:
        """All images in their order, (B, C, H, W) uint8, about ``BLOCK_BYTES`` at one time."""
        rows = self.rows(split)
        size = max(1, BLOCK_BYTES // int(np.prod(rows.shape)))
        for numbers in torch.arange(len(rows.labels)).split(size):
            yield rows.read(numbers)

    def statistics(self, split: str = "train") -> PixelStatistics:
        """Mean, deviation and histogram of the pixels of each channel, exact: from the counts of the 256 values."""
        counts = torch.zeros(self.shape[0], 256, dtype=torch.int64)
        for block in self.blocks(split):
            for channel, row in enumerate(counts):
                row += torch.bincount(block[:, channel].flatten(), minlength=256)
        values = torch.arange(256, dtype=torch.float64) / 255
        shares = counts / counts.sum(1, keepdim=True)
        mean = (shares * values).sum(1)
        std = (shares * (values - mean[:, None]) ** 2).sum(1).sqrt()
        return PixelStatistics(mean.float(), std.float(), counts)

    @cached_property
    def _of_pixels(self) -> PixelStatistics:
        return self.statistics(self._first)

    @property
    def mean(self) -> tuple[float, ...]:
        """Of the training images in [0, 1], one number a channel; measured, at the first call."""
        return tuple(self._of_pixels.mean.tolist())

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation of the same."""
        return tuple(self._of_pixels.std.tolist())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all images and labels, in hexadecimal digits: the same wherever they lie."""
        return self._hashed(
            {f"{split}_": split for split in self.parts}, ("labels",) if self.many_labels else ()
        )

    def split_digest(self, split: str = "train", targets: Sequence[str] = ()) -> str:
        """SHA-256 of the images and labels of one part, and of these targets."""
        return self._hashed({"": split}, targets)

    def _hashed(self, prefixes: Mapping[str, str], targets: Sequence[str]) -> str:
        found = hashlib.sha256()
        for prefix, split in sorted(prefixes.items()):
            rows = self.rows(split)
            shape = (len(rows.labels), *rows.shape)
            blocks = (block.contiguous().numpy() for block in self.blocks(split))
            _hash_array(found, f"{prefix}images", np.dtype(np.uint8), shape, blocks)
            labels = rows.labels.numpy()
            _hash_array(found, f"{prefix}labels", labels.dtype, labels.shape, [labels])
            for name in targets:
                wanted = self._targets_of(split)[name].numpy()
                _hash_array(found, f"{prefix}targets {name}", wanted.dtype, wanted.shape, [wanted])
        return found.hexdigest()

    def batches(
        self,
        size: int,
        *,
        seed: int | None = None,
        split: str = "train",
        epoch: int = 0,
        block: int = 1,
        drop_last: bool = False,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """All images of a part, batch by batch. In memory are a batch, or ``MIXED`` blocks and a batch, and copies of them.

        Args:
            size: images of a batch.
            seed: of the order; ``None``: as they stand. The same seed and epoch give the same batches.
            epoch: how often all were gone through before; each time the order is another one. With ``block=1`` it is that of
                ``cnnviz.training.Trainer`` with this seed.
            block: so many images that stand one after another are read together, which is quicker where they lie on a disk that
                turns or on the network: the blocks come in a random order, and the images of ``MIXED`` blocks are mixed.
            drop_last: leave the last batch away if it is smaller.

        Yields:
            images (B, C, H, W) uint8, labels (B,) int64.

        Raises:
            CnnvizError: a size or block below 1, an unknown part, or an image that cannot be read.
        """
        if size < 1 or block < 1:
            raise CnnvizError(
                say(
                    "The batch size is {size} and the block {block}, but both must be 1 or more.",
                    size=size,
                    block=block,
                )
            )
        rows = self.rows(split)
        images = torch.empty(0, *rows.shape, dtype=torch.uint8)
        labels = torch.empty(0, dtype=torch.int64)
        for numbers in _read_together(len(rows.labels), size, seed, epoch, block):
            images = torch.cat([images, _read_in_order(rows, numbers)])
            labels = torch.cat([labels, rows.labels[numbers]])
            while len(labels) >= size:
                yield images[:size], labels[:size]
                images, labels = images[size:], labels[size:]
        if len(labels) and not drop_last:
            yield images, labels

    def load(self, split: str = "train") -> ImageDataset:
        """All images of a part, in memory."""
        rows = self.rows(split)
        images, labels = (
            rows.whole() if rows.whole else (rows.read(torch.arange(len(rows.labels))), rows.labels)
        )
        targets = self._targets_of(split)
        return ImageDataset(
            self.name,
            images,
            labels,
            self.classes,
            self.licence,
            self.source,
            split,
            targets,
            self.many_labels,
        )

    def __repr__(self) -> str:
        channels, height, width = self.shape
        counts = ", ".join(f"{self.count(split):,} {split}" for split in self.parts)
        return f"DataSource({self.name}: {counts} images {channels}×{height}×{width}, {len(self.classes)} classes)"


def orders(count: int, seed: int) -> Iterator[Tensor]:
    """The order of all images in one epoch after another, (count,) int64: each a new draw of the same generator."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield torch.randperm(count, generator=generator)


def order_of(count: int, seed: int, epoch: int) -> Tensor:
    """The order of one epoch, counted from 0."""
    drawn = orders(count, seed)
    for _ in range(epoch):
        next(drawn)
    return next(drawn)


def _read_in_order(rows: Rows, numbers: Tensor) -> Tensor:
    """Images (B, C, H, W) uint8 in the order of their numbers (B,); read in that of the file."""
    ascending, places = numbers.sort()
    return rows.read(ascending)[places.argsort()]


def _read_together(count: int, size: int, seed: int | None, epoch: int, block: int) -> Iterator[Tensor]:
    """Numbers of images that are in memory together, in the order in which they are handed out."""
    if seed is None:
        yield from torch.arange(count).split(size)
    elif block == 1:
        yield from order_of(count, seed, epoch).split(size)
    else:
        starts = order_of(-(-count // block), seed, epoch) * block
        generator = torch.Generator().manual_seed(hash((seed, epoch)) % 2**63)
        for some in starts.split(MIXED):
            numbers = torch.cat([torch.arange(at, min(at + block, count)) for at in some.tolist()])
            yield numbers[torch.randperm(len(numbers), generator=generator)]


def _hash_array(
    found: "hashlib._Hash", name: str, dtype: np.dtype, shape: tuple[int, ...], blocks: Iterable[np.ndarray]
) -> None:
    """Of an array: name, type, shape and bytes."""
    found.update(f"{name} {dtype.str} {shape}".encode())
    for block in blocks:
        found.update(np.ascontiguousarray(block).data)
