"""A labelled set of images in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


def floats(images: Tensor) -> Tensor:
    """Images as networks take them: float32 in [0, 1] of uint8 in 0 to 255, of any shape."""
    return images.to(torch.float32).div_(255)


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
    """Images with labels.

    Attributes:
        name: its key in ``DATASETS``.
        images: (N, C, H, W) uint8.
        labels: (N,) int64, indices into ``classes``.
        classes: the names of the classes.
        licence: under which the images may be used.
        source: who made them, and where.
        split: ``"train"`` or ``"test"``.
        targets: what else is wanted of each image, (N, …) by name: ``"boxes"`` and ``"masks"`` of scenes, ``"labels"``
            (N, classes) of 0 and 1 where an image may have several, ``"grade"`` (N,) where they have an order.
        many_labels: an image may have several classes or none, and ``targets["labels"]`` says which; ``labels`` holds the
            rarest of them, 0 where there is none.
    """

    name: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    licence: str
    source: str
    split: str = "train"
    targets: Mapping[str, Tensor] = field(default_factory=dict)
    many_labels: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def floats(self, indices: Tensor | slice | list[int] = slice(None)) -> Tensor:
        """The chosen images as networks take them: (B, C, H, W) float32 in [0, 1]."""
        return floats(self.images[indices])

    def only(self, indices: Tensor | slice) -> "ImageDataset":
        """The chosen images with all that belongs to them."""
        targets = {name: one[indices] for name, one in self.targets.items()}
        return replace(self, images=self.images[indices], labels=self.labels[indices], targets=targets)

    def names_of(self, number: int) -> tuple[str, ...]:
        """The classes of one image: one, or where there may be several, all of them."""
        if not self.many_labels:
            return (self.classes[int(self.labels[number])],)
        there = self.targets["labels"][number].nonzero().flatten().tolist()
        return tuple(self.classes[label] for label in there)

    def __repr__(self) -> str:
        channels, height, width = self.shape
        return f"ImageDataset({self.name} {self.split}: {len(self)} images {channels}×{height}×{width}, {len(self.classes)} classes)"


def rarest_of(many: Tensor) -> Tensor:
    """Of each image with several labels the one that the fewest have, (N,) int64; 0 where it has none.

    Args:
        many: (N, K) of 0 and 1.
    """
    return (many.bool() / many.sum(0).clamp(min=1)).argmax(1)


def thin_out(dataset: ImageDataset, classes: Sequence[str], share: float) -> ImageDataset:
    """The same with fewer images of some classes: only the first ``share`` of theirs, at least one of each.

    Args:
        classes: their names; the data set must have them.
        share: above 0 to 1.
    """
    kept = kept_of(dataset.labels, [dataset.classes.index(name) for name in classes], share)
    return dataset.only(kept)


def kept_of(labels: Tensor, rare: Sequence[int], share: float) -> Tensor:
    """Which of the images with these labels (N,) stay when the ``rare`` classes are thinned out: (N,) bool."""
    kept = torch.ones(len(labels), dtype=torch.bool)
    for label in rare:
        places = (labels == label).nonzero().flatten()
        kept[places[max(1, round(share * len(places))) :]] = False
    return kept
