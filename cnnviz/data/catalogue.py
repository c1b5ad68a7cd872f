"""The data sets: one table drives loading, menus and licences.

A new data set is one entry in ``DATASETS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor

from cnnviz.data.bring import store
from cnnviz.data.brought import InUse, found_of, read, read_targets, rows
from cnnviz.data.dataset import ImageDataset, rarest_of
from cnnviz.data.download import fetch_full, make_complete
from cnnviz.data.photos import PHOTOS, patches
from cnnviz.data.published import published_as
from cnnviz.data.scenes import compose
from cnnviz.data.source import DataSource, Rows
from cnnviz.errors import CnnvizError
from cnnviz.settings import ASSETS
from cnnviz.subprocesses import Progress
from cnnviz.words import say

Split = Literal["train", "test"]


@dataclass(frozen=True)
class DatasetEntry:
    """A data set of the menu.

    Attributes:
        shape: (C, H, W) of one image.
        bundled: split -> images (N, C, H, W) uint8 and labels (N,) int64, from the files in ``assets/``.
        mean, std: of the training images in [0, 1], one number a channel, as networks normalise with them: of all of a published
            set, where a part is bundled. ``source_of(name)`` measures those of the images that are here.
        full: the class of ``torchvision.datasets`` that has all of it, if there is one.
        full_bytes: size of that download.
        digest: SHA-256 of the images and labels of a data set of one's own.
        targets: split -> what else is wanted of each image, by name.
        grades: names of the grades of ``targets["grade"]``, from the lowest to the highest; none where nothing has an order.
        many_labels: as ``ImageDataset`` has it.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    licence: str
    source: str
    bundled: Callable[[Split], tuple[Tensor, Tensor]]
    full: str | None = None
    full_bytes: int = 0
    digest: str = ""
    targets: Callable[[Split], Mapping[str, Tensor]] | None = None
    grades: tuple[str, ...] = ()
    many_labels: bool = False

    def of_classes(self, classes: tuple[str, ...] | None) -> "DatasetEntry":
        """The same with some of its classes only, in this order.

        Raises:
            CnnvizError: fewer than two, one twice, or one that it does not have.
        """
        if classes is None:
            return self
        _check_classes(self, classes)
        if self.name in SCENES:
            return _scenes(self.name, classes)
        if self.many_labels:
            return _some_labels(self, classes)

        def bundled(split: Split) -> tuple[Tensor, Tensor]:
            return _bundled_classes(self.name, split, classes, self.digest)

        some = replace(self, classes=classes, bundled=bundled)
        return _graded(some) if self.grades else some


def _npz(name: str) -> Callable[[Split], tuple[Tensor, Tensor]]:
    @lru_cache(maxsize=2)
    def read(split: Split) -> tuple[Tensor, Tensor]:
        with np.load(ASSETS / "data" / f"{name}.npz", allow_pickle=False) as file:
            images, labels = file[f"{split}_images"], file[f"{split}_labels"]
        return torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels).to(torch.int64)

    return read


DIGIT_NAMES = tuple("0123456789")


class Catalogue(dict[str, DatasetEntry]):
    """The bundled data sets; by their names also scenes and those of one's own, which a walk through it does not meet."""

    def __missing__(self, name: str) -> DatasetEntry:
        if name in SCENES:
            return _scenes(name)
        if name in COUNTS:
            return _counts(name)
        found = found_of(name)
        if found is None:
            raise KeyError(name)
        known = published_as(name, found.origin)
        entry = DatasetEntry(
            name=found.name,
            title=known.title if known else say("{name} (your own)", name=found.name),
            classes=found.classes,
            shape=found.shape,
            mean=found.mean,
            std=found.std,
            licence=known.licence if known else say("that of its owner"),
            source=known.source if known else say("brought from {origin}", origin=found.origin),
            bundled=read(found),
            digest=found.digest,
            targets=read_targets(found) if found.many_labels else None,
            many_labels=found.many_labels,
        )
        ordered = (
            known.task == "ordinal"
            if known
            else all(name.isascii() and name.isdigit() for name in found.classes)
        )
        return _graded(entry) if ordered and not found.many_labels else entry

    def __contains__(self, name: object) -> bool:
        return (
            super().__contains__(name)
            or name in SCENES
            or name in COUNTS
            or (isinstance(name, str) and found_of(name) is not None)
        )


@dataclass(frozen=True)
class SceneEntry:
    """Scenes of the menu: the data set of their objects, and mean and deviation of all their pixels."""

    objects: str
    title: str
    mean: float
    std: float


SCENES = {
    "mnist_scenes": SceneEntry("mnist", "Scenes of digits", 0.1159, 0.1694),
    "fashion_scenes": SceneEntry("fashion", "Scenes of clothes", 0.1630, 0.2220),
}


@dataclass(frozen=True)
class CountEntry:
    """The same ``scenes`` with the number of their objects for a class, and for a grade."""

    scenes: str
    title: str


COUNTS = {
    "mnist_counts": CountEntry("mnist_scenes", title="Scenes of digits: how many?"),
    "fashion_counts": CountEntry("fashion_scenes", title="Scenes of clothes: how many?"),
}
SCENE_SIDE = 64
MOST_OBJECTS = 4
HOW_MANY = tuple(str(1 + number) for number in range(MOST_OBJECTS))
SCENE_COUNTS: dict[Split, int] = {"train": 3000, "test": 200}


@lru_cache(maxsize=8)
def _scenes_of(objects: str, split: Split, classes: tuple[str, ...] | None) -> ImageDataset:
    """Kept: they take a second. The test scenes have objects that no training scene has."""
    seed = int(split == "test")
    return compose(
        load(objects, split, classes=classes),
        SCENE_COUNTS[split],
        side=SCENE_SIDE,
        most=MOST_OBJECTS,
        seed=seed,
    )


def _scenes(name: str, classes: tuple[str, ...] | None = None) -> DatasetEntry:
    about, objects = SCENES[name], DATASETS[SCENES[name].objects]

    def bundled(split: Split) -> tuple[Tensor, Tensor]:
        found = _scenes_of(objects.name, split, classes)
        return found.images, found.labels

    return DatasetEntry(
        name=name,
        title=about.title,
        classes=objects.classes if classes is None else classes,
        shape=(objects.shape[0], SCENE_SIDE, SCENE_SIDE),
        mean=(about.mean,),
        std=(about.std,),
        licence=objects.licence,
        source=say("composed from {source}", source=objects.source),
        bundled=bundled,
        targets=lambda split: _scenes_of(objects.name, split, classes).targets,
        grades=HOW_MANY,
    )


def _counts(name: str) -> DatasetEntry:
    about = COUNTS[name]
    scenes = _scenes(about.scenes)

    def bundled(split: Split) -> tuple[Tensor, Tensor]:
        images, _ = scenes.bundled(split)
        return images, _scenes_of(SCENES[scenes.name].objects, split, None).targets["grade"]

    return _graded(replace(scenes, name=name, title=about.title, classes=HOW_MANY, bundled=bundled))


def _graded(entry: DatasetEntry) -> DatasetEntry:
    """The same, with its classes for grades: the order of the classes counts."""
    return replace(entry, grades=entry.classes, targets=lambda split: {"grade": entry.bundled(split)[1]})


def _some_labels(entry: DatasetEntry, classes: tuple[str, ...]) -> DatasetEntry:
    """All images, with some of their labels."""

    def bundled(split: Split) -> tuple[Tensor, Tensor]:
        return entry.bundled(split)[0], _label_columns(entry.name, split, classes, entry.digest)[1]

    def targets(split: Split) -> Mapping[str, Tensor]:
        return {"labels": _label_columns(entry.name, split, classes, entry.digest)[0]}

    return replace(entry, classes=classes, bundled=bundled, targets=targets)


@lru_cache(maxsize=16)
def _label_columns(name: str, split: Split, classes: tuple[str, ...], _digest: str) -> tuple[Tensor, Tensor]:
    """Some columns of the labels, and the rarest of them; kept as those of ``_bundled_classes`` are."""
    entry = DATASETS[name]
    assert entry.targets is not None
    some = entry.targets(split)["labels"][:, [entry.classes.index(one) for one in classes]]
    return some, rarest_of(some)


DATASETS = Catalogue(
    (entry.name, entry)
    for entry in (
        DatasetEntry(
            name="mnist",
            title="Handwritten digits (MNIST)",
            classes=DIGIT_NAMES,
            shape=(1, 28, 28),
            mean=(0.1307,),
            std=(0.3081,),
            licence="CC BY-SA 3.0",
            source="LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998",
            bundled=_npz("mnist"),
            full="MNIST",
            full_bytes=11_594_722,
        ),
        DatasetEntry(
            name="fashion",
            title="Clothes (Fashion-MNIST)",
            classes=(
                "T-shirt",
                "Trousers",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            shape=(1, 28, 28),
            mean=(0.2860,),
            std=(0.3530,),
            licence="MIT",
            source="Xiao, Rasul and Vollgraf, Zalando Research, 2017, arXiv:1708.07747",
            bundled=_npz("fashion"),
            full="FashionMNIST",
            full_bytes=30_878_645,
        ),
        DatasetEntry(
            name="patches",
            title="Photo patches (colour)",
            classes=tuple(photo.title for photo in PHOTOS.values()),
            shape=(3, 32, 32),
            mean=(0.4526, 0.3656, 0.3299),
            std=(0.3155, 0.2515, 0.2559),
            licence="as the photographs: public domain, CC0, CC BY 2.0",
            source="crops of the ten bundled photographs",
            bundled=patches,
        ),
        DatasetEntry(
            name="digits",
            title="Tiny digits, 8×8 (scikit-learn)",
            classes=DIGIT_NAMES,
            shape=(1, 8, 8),
            mean=(0.3057,),
            std=(0.3759,),
            licence="CC BY 4.0",
            source="Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI 1998, through scikit-learn",
            bundled=_npz("digits"),
        ),
    )
)


def load(
    name: str,
    split: Split = "train",
    limit: int | None = None,
    *,
    full: bool = False,
    classes: tuple[str, ...] | None = None,
    progress: Progress | None = None,
) -> ImageDataset:
    """A data set by name, from the bundled files; no network is needed.

    Args:
        name: a key of ``DATASETS``: ``"mnist"``, ``"fashion"``, ``"patches"`` or ``"digits"``; of ``SCENES`` or
            ``COUNTS``; or one's own.
        split: ``"train"`` or ``"test"``.
        limit: only the first so many images; every prefix of a bundled set is balanced over the classes.
        classes: only the images of these, at least two, by their names; the first one gets the label 0.
        full: all of MNIST or Fashion-MNIST, fetched once through torchvision into the user's data folder.
        progress: called with (bytes so far, bytes in all) while fetching.

    Raises:
        CnnvizError: an unknown name or split, a limit below 1, or the download failed.
    """
    if split not in ("train", "test"):
        raise CnnvizError(say("There is no split '{split}'. Choose 'train' or 'test'.", split=split))
    if limit is not None and limit < 1:
        raise CnnvizError(
            say("The limit is {limit}, but it must be 1 or more (or None for all images).", limit=limit)
        )
    found = source_of(name, full=full, classes=classes, progress=progress).load(split)
    # Else the very tensors, so that whoever keeps results for them knows them again.
    return found if limit is None else found.only(slice(limit))


def source_of(
    name: str,
    *,
    full: bool = False,
    classes: tuple[str, ...] | None = None,
    progress: Progress | None = None,
) -> DataSource:
    """Where the images of a data set come from, by its name; those of one's own and downloaded ones stay on the disk until they are
    asked for, so that they may be larger than memory. The arguments are those of ``load``.

    Raises:
        CnnvizError: an unknown name, or classes that it does not have; and the download failed, once it is asked for.
    """
    if name not in DATASETS:
        raise CnnvizError(
            say(
                "There is no data set '{name}'. Choose one of: {datasets}.",
                name=name,
                datasets=", ".join(DATASETS),
            )
        )
    entry = DATASETS[name].of_classes(classes)
    if full and entry.full is None:
        raise CnnvizError(say("'{name}' is bundled whole: leave full=True away.", name=name))

    def opened(split: Split) -> Rows:
        brought = found_of(name) if entry.digest else None
        if full and entry.full:
            whole = Rows.of(*fetch_full(entry.full, split, entry.full_bytes, progress))
        elif brought is not None and classes is None:
            return rows(brought, split)
        elif brought is not None and not entry.many_labels:
            whole = rows(brought, split)
        else:
            return Rows.of(*entry.bundled(split))
        if classes is None:
            return whole
        kept, labels = _of_these(DATASETS[name].classes, classes, whole.labels)
        found = whole.only(kept, labels)
        return found if full else replace(found, whole=lambda: entry.bundled(split))

    return DataSource(
        name,
        entry.classes,
        entry.licence,
        entry.source,
        {"train": lambda: opened("train"), "test": lambda: opened("test")},
        cast(Callable[[str], Mapping[str, Tensor]] | None, entry.targets),
        entry.many_labels,
    )


def bring(
    path: Path | str,
    name: str,
    *,
    size: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    owner: str = "",
    in_use: InUse | None = None,
) -> ImageDataset:
    """One's own images as a data set; returns its training images. ``load(name, split)`` gives either split from now on,
    and ``TrainingSpec(name, …)`` trains on it.

    Args:
        path: a folder or zip file of class folders (perhaps below ``train`` and ``test``), a CSV table of paths and labels, a zip
            file of images with one such table, an NPZ file with ``images`` and ``labels`` (or ``train_images``, ``test_images``, …), or
            ``tiny-imagenet-200.zip`` as it is. In a table ``a;b`` or ``a|b`` are two labels of one image, in an NPZ file labels
            (N, K) of 0 and 1.
        name: up to 40 small letters, digits, '-' and '_'; an older set of one's own of this name is replaced.
        size: side of the images in pixels; ``None`` takes theirs, if all are equal, square and small, else at most 64.
        seed: of the order, and of the test images (a fifth of each class), where the files do not say them.
        progress: called with (files so far, files in all).
        owner: hash of the key of the browser that brings it, whose budget it takes; empty from Python.
        in_use: gives the names of the data sets that may not go to make room; ``None``: none is deleted.

    Raises:
        CnnvizError: what is wrong, and what to do; then nothing is kept.
    """
    if name in (*DATASETS, *SCENES, *COUNTS):
        raise CnnvizError(say("'{name}' is the name of a bundled data set. Choose another name.", name=name))
    store(path, name, size=size, seed=seed, progress=progress, owner=owner, in_use=in_use)
    return load(name)


def loading_code(dataset: ImageDataset, limit: int | None = None) -> str:
    """The call of ``load`` that gives this data set."""
    some = "" if dataset.classes == DATASETS[dataset.name].classes else f", classes={dataset.classes}"
    first = "" if limit is None else f", {limit}"
    return f'load("{dataset.name}", "{dataset.split}"{first}{some})'


def _check_classes(entry: DatasetEntry, classes: tuple[str, ...]) -> None:
    for name in classes:
        if name not in entry.classes:
            raise CnnvizError(
                say(
                    "'{name}' has no class {name2!r:.40}. Choose from: {classes}.",
                    name=entry.name,
                    name2=name,
                    classes=", ".join(entry.classes),
                )
            )
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise CnnvizError(
            say(
                "The classes are {classes}, but a training needs two or more, each once.",
                classes=", ".join(classes) or "none",
            )
        )


@lru_cache(maxsize=16)
def _bundled_classes(
    name: str, split: Split, classes: tuple[str, ...], _digest: str
) -> tuple[Tensor, Tensor]:
    """Kept, so that whoever keeps results for these tensors knows them again."""
    entry = DATASETS[name]
    return _only(entry.classes, classes, *entry.bundled(split))


def _only(
    known: tuple[str, ...], classes: tuple[str, ...], images: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """The images of some classes, in their order, with labels that count these classes."""
    kept, new = _of_these(known, classes, labels)
    return images[kept], new


def _of_these(known: tuple[str, ...], classes: tuple[str, ...], labels: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers of the images of some classes, and their labels, which count these classes."""
    numbers = torch.full((len(known),), -1)
    for label, name in enumerate(classes):
        numbers[known.index(name)] = label
    kept = (numbers[labels] >= 0).nonzero().flatten()
    return kept, numbers[labels[kept]]


def fetch_all_images(name: str, progress: Progress | None = None) -> None:
    """Downloads all of MNIST or Fashion-MNIST, once; cheap if it is there. ``load(name, full=True)`` reads
    it.

    Raises:
        CnnvizError: the set is bundled whole, or the download failed.
    """
    entry = DATASETS[name]
    if entry.full is None:
        raise CnnvizError(say("'{name}' is bundled whole: there is nothing to download.", name=name))
    make_complete(entry.full, entry.full_bytes, progress)
