"""Looking at a data set before a network does: classes, pixels, typical and odd images, images that stand in it twice."""

import math
import re
import unicodedata
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.data.catalogue import loading_code
from cnnviz.data.dataset import ImageDataset
from cnnviz.data.source import DataSource, PixelStatistics
from cnnviz.errors import CnnvizError
from cnnviz.words import say

HASH_SIDE, HASH_BITS_SIDE = 32, 8
BLOCK = 2000
LIKE = 6
"""Hashes that differ in at most so many of 64 bits are looked at closer."""


def class_counts(dataset: ImageDataset) -> Tensor:
    """How many images each class has, (classes,) int64; one with several labels counts for each."""
    return DataSource.of(dataset).class_counts(dataset.split)


def pixel_statistics(dataset: ImageDataset) -> PixelStatistics:
    """Mean, deviation and histogram of the pixels of each channel, exact: from the counts of the 256 values."""
    return DataSource.of(dataset).statistics(dataset.split)


def mean_images(dataset: ImageDataset) -> Tensor:
    """The mean image of each class, (classes, C, H, W) in [0, 1]; black for a class without images. One with several labels
    counts for each.
    """
    sums = torch.zeros(len(dataset.classes), *dataset.images.shape[1:], dtype=torch.float64)
    for start in range(0, len(dataset), BLOCK):
        part = slice(start, start + BLOCK)
        if dataset.many_labels:
            have = dataset.targets["labels"][part].double()
            sums += torch.einsum("nk,nchw->kchw", have, dataset.images[part].double())
        else:
            sums.index_add_(0, dataset.labels[part], dataset.images[part].double())
    counts = class_counts(dataset).clamp(min=1).view(-1, 1, 1, 1)
    return (sums / counts / 255).float()


@dataclass(frozen=True)
class Extremes:
    """Numbers of images, the most extreme first.

    Attributes:
        darkest, brightest: by the mean of their pixels.
        typical, odd: nearest to and farthest from the mean image of their class (root mean square of the difference).
    """

    darkest: Tensor
    brightest: Tensor
    typical: Tensor
    odd: Tensor


def extremes(dataset: ImageDataset, count: int = 10) -> Extremes:
    """The images at the ends of a data set."""
    count = min(count, len(dataset))
    brightness, distance = torch.empty(len(dataset)), torch.empty(len(dataset))
    means = mean_images(dataset)
    for start in range(0, len(dataset), BLOCK):
        part = slice(start, start + BLOCK)
        images = dataset.floats(part)
        brightness[part] = images.mean((1, 2, 3))
        distance[part] = (images - means[dataset.labels[part]]).square().mean((1, 2, 3)).sqrt()
    by_brightness = torch.argsort(brightness, stable=True)
    by_distance = torch.argsort(distance, stable=True)
    return Extremes(
        by_brightness[:count],
        by_brightness.flip(0)[:count],
        by_distance[:count],
        by_distance.flip(0)[:count],
    )


def perceptual_hashes(images: Tensor) -> Tensor:
    """64 yes-or-no answers an image, (N, 64) bool: which low frequencies of its brightness lie above their median.

    Images that look alike have hashes that differ in few bits, also after a change of size or brightness. The image is brought
    to 32×32, and the 8×8 lowest frequencies of its discrete cosine transform are compared with their median.
    Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010, section 3.2.1.

    Args:
        images: (N, C, H, W) uint8.
    """
    place = torch.arange(HASH_SIDE, dtype=torch.float64)
    frequency = torch.arange(HASH_BITS_SIDE, dtype=torch.float64)
    cosines = torch.cos(math.pi / HASH_SIDE * (place[None, :] + 0.5) * frequency[:, None]).float()
    found = []
    for start in range(0, len(images), BLOCK):
        grey = images[start : start + BLOCK].float().mean(1, keepdim=True)
        small = functional.interpolate(
            grey, (HASH_SIDE, HASH_SIDE), mode="bilinear", antialias=True, align_corners=False
        )[:, 0]
        low = (cosines @ small @ cosines.T).flatten(1)
        found.append(low > low.median(1, keepdim=True).values)
    return torch.cat(found) if found else torch.empty(0, HASH_BITS_SIDE**2, dtype=torch.bool)


@dataclass(frozen=True)
class Twins:
    """Pairs of images that look alike, the most alike first.

    Attributes:
        first, second: numbers of the images, (P,) int64.
        bits: in how many of 64 bits their hashes differ.
        difference: mean absolute difference of their pixels in [0, 1].
    """

    first: Tensor
    second: Tensor
    bits: Tensor
    difference: Tensor

    def __len__(self) -> int:
        return len(self.first)


def near_duplicates(
    first: ImageDataset, second: ImageDataset, *, difference: float = 0.03, most: int = 200
) -> Twins:
    """Images of one set that stand in another, too, perhaps a little changed: such as test images among the training images.

    Perceptual hashes find the candidates; those whose pixels differ by more than ``difference`` in the mean are dropped.

    Args:
        difference: the largest mean absolute difference of the pixels, in [0, 1].
        most: so many pairs at most.

    Raises:
        CnnvizError: their images differ in shape.
    """
    if first.shape != second.shape:
        here, there = ("×".join(map(str, one.shape)) for one in (first, second))
        raise CnnvizError(
            say(
                "Images of {here} and {there} cannot be compared: bring both to one size.",
                here=here,
                there=there,
            )
        )
    signs = [perceptual_hashes(one.images).float() * 2 - 1 for one in (first, second)]
    pairs = []
    for start in range(0, len(first), BLOCK):
        bits = (HASH_BITS_SIDE**2 - signs[0][start : start + BLOCK] @ signs[1].T) / 2
        near = (bits <= LIKE).nonzero()
        for part in near.split(BLOCK):
            one, two = part[:, 0] + start, part[:, 1]
            apart = (first.floats(one) - second.floats(two)).abs().mean((1, 2, 3))
            kept = apart <= difference
            pairs.append(
                (one[kept], two[kept], bits[part[:, 0], part[:, 1]][kept].round().long(), apart[kept])
            )
    columns = (
        [torch.cat([pair[column] for pair in pairs]) for column in range(4)]
        if pairs
        else [torch.empty(0, dtype=torch.int64)] * 3 + [torch.empty(0)]
    )
    order = torch.argsort(columns[3], stable=True)[:most]
    return Twins(*(column[order] for column in columns))


@dataclass(frozen=True)
class Hits:
    """What was found.

    Attributes:
        numbers: (N,) int64 of the images, in their order.
        classes: whose name was meant; none where numbers were.
    """

    numbers: Tensor
    classes: tuple[str, ...] = ()


def search_images(dataset: ImageDataset, text: str) -> Hits:
    """The images that a text means: ``"7"`` or ``"#7"`` a number, ``"120-180"`` from one to another, anything else a part of the names
    of classes, in any script, small or capital, with or without accents; of several words each must stand in the name. A number that is
    a class's name means the class: ``"7"`` among digits are all sevens, ``"#7"`` is one image.
    """
    words, everything = _folded(text), torch.arange(len(dataset))
    if not words:
        return Hits(everything)
    names = [_folded(name) for name in dataset.classes]
    wanted = re.fullmatch(r"#?\s*(\d{1,12})(?:\s*[-\u2010-\u2015]\s*#?\s*(\d{1,12}))?", words)
    if wanted and words not in names:
        ends = sorted(int(end) for end in wanted.groups(wanted[1]))
        return Hits(everything[ends[0] : ends[1] + 1])
    found = [
        number
        for number, name in enumerate(names)
        if (name == words if wanted else all(word in name for word in words.split()))
    ]
    meant = torch.isin(dataset.labels, torch.tensor(found, dtype=torch.int64))
    return Hits(everything[meant], tuple(dataset.classes[number] for number in found))


def _folded(text: str) -> str:
    """As it is compared: no accents, small letters, one blank between words."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(one for one in letters if not "\u0300" <= one <= "\u036f").split())


def look_code(dataset: ImageDataset, number: int = 0) -> str:
    """The numbers of the page as a program; ``number``: of the image whose nearest ones are asked for."""
    number = min(number, len(dataset) - 1)
    return f"""from cnnviz.data import load
from cnnviz.data.look import class_counts, extremes, mean_images, near_duplicates, pixel_statistics
from cnnviz.features.nearest import nearest_pixels
from cnnviz.training.augmentation import Augment

dataset = {loading_code(dataset)}
counts = dict(zip(dataset.classes, class_counts(dataset).tolist()))
pixels = pixel_statistics(dataset)
print(counts, pixels.mean, pixels.std)

means = mean_images(dataset)
typical, odd = extremes(dataset).typical, extremes(dataset).odd
twins = near_duplicates(load("{dataset.name}"), load("{dataset.name}", "test"))
print(len(twins), twins.difference[:5])
near = nearest_pixels(dataset, {number}, 24)
print([dataset.classes[label] for label in dataset.labels[near.indices[0]].tolist()])
changed, labels = Augment(("crop", "rotate"), dataset.shape, len(dataset.classes))(dataset.floats([{number}]), dataset.labels[[{number}]])
"""
