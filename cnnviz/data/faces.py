"""Face sets. None is bundled: a face is personal data, and nobody in these pictures was asked by us. scikit-learn fetches
Olivetti and LFW for whoever wants them; scikit-image, which is installed anyway, brings 100 small faces without names.

A download runs in a process of its own, ``python -m cnnviz.data.faces olivetti FOLDER``, which also checks the file's
SHA-256 as scikit-learn does. What it gives is kept as a data set of one's own: ``load("olivetti")``.
"""

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from PIL import Image

from cnnviz.data.bring import store
from cnnviz.data.brought import found_of
from cnnviz.data.catalogue import DATASETS, load
from cnnviz.data.dataset import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress, bytes_below, fetch
from cnnviz.words import say

CONNECT_SECONDS = 4.0
MIN_FACES = 20
"""Images of a person of LFW, at least: 62 people have them."""
LFW_CROP = (slice(70, 195), slice(62, 187))
"""Rows and columns of a picture of 250×250 that hold the face."""
LFW_SIDE = 64
PATCH_SIDE = 28
"""scikit-image's patches of 25×25 are enlarged to what the small networks take."""
SEED = 5
"""Of the order: with this one the first image that the page shows of faces and backgrounds is a face."""
Arrays = dict[str, Any]


@dataclass(frozen=True)
class FaceSet:
    """A face set that can be had.

    Attributes:
        name: its key in ``DATASETS`` from then on.
        title: in menus.
        about: how many images of how many people, and their size.
        megabytes: to download; 0 where it comes with an installed package.
        licence, source: as its makers state them.
        read: (folder of scikit-learn's files, whether it may download) -> the arrays of ``bring``: ``train_images`` (N, H, W)
            uint8, ``train_labels`` (N,), the same of ``test``, and ``classes``.
    """

    name: str
    title: str
    about: str
    megabytes: float
    licence: str
    source: str
    read: Callable[[Path, bool], Arrays]


def face_sets() -> Mapping[str, FaceSet]:
    """All face sets by name, whether they are here or not."""
    return _SETS


def is_here(name: str) -> bool:
    """Whether ``load(name)`` gives this face set already."""
    found = found_of(name)
    return found is not None and name in _SETS and found.origin == _file_name(name)


def load_faces(name: str, progress: Progress | None = None) -> ImageDataset:
    """The training images of a face set, grey; fetched at the first call, once, however many ask. ``load(name, split)`` and
    ``TrainingSpec(name, …)`` know it from then on.

    Half of each person's images are for training and half for tests. People have numbers and no names.

    Args:
        name: a key of ``face_sets()``.
        progress: called with (bytes so far, bytes in all) while fetching; may raise to end that.

    Raises:
        CnnvizError: no such face set, one's own images have its name, the download failed, or the disk cannot be written.
    """
    if name not in _SETS:
        raise CnnvizError(
            say("There is no face set '{name:.40}'. Choose one of: {sets}.", name=name, sets=", ".join(_SETS))
        )
    entry = _SETS[name]
    if not is_here(name):
        if found_of(name) is not None:
            raise CnnvizError(
                say(
                    "There is a data set of your own called '{name}', which would be lost. Bring it again under another name, "
                    'and take this one away: remove_brought("{name}").',
                    name=name,
                )
            )
        if entry.megabytes:
            _keep(name, _fetched(entry, progress))
        else:
            with tempfile.TemporaryDirectory() as folder:
                _keep(name, _written(name, Path(folder)))
    return replace(load(name), licence=entry.licence, source=entry.source)


def images_to_verify(name: str, seen: bool, limit: int) -> ImageDataset:
    """Images of a data set on which a network may be judged.

    Args:
        name: a key of ``DATASETS``.
        seen: the network was trained on it; then only its test images count. Else all images of a data set of one's own do,
            which is often small, and the test images of a bundled one.
        limit: at most so many.
    """
    test = load(name, "test")
    if not seen and name not in list(DATASETS):
        train = load(name)
        test = replace(
            test,
            images=torch.cat([train.images, test.images]),
            labels=torch.cat([train.labels, test.labels]),
        )
    return replace(test, images=test.images[:limit], labels=test.labels[:limit])


def _file_name(name: str) -> str:
    return f"{name}-of-scikit.npz"


def _keep(name: str, file: Path) -> None:
    with FileLock(file.with_suffix(".lock")):
        if not is_here(name):
            store(file, name, seed=SEED)


def _fetched(entry: FaceSet, progress: Progress | None) -> Path:
    target = settings().downloads / "faces" / _file_name(entry.name)

    def command(folder: Path) -> list[str]:
        return [sys.executable, "-m", "cnnviz.data.faces", entry.name, str(folder)]

    # An archive lies beside what is unpacked from it for a while.
    total = round(2e6 * entry.megabytes)
    if not fetch(target, command, Path.is_file, bytes_below, total, progress):
        raise CnnvizError(
            say(
                "{title} could not be downloaded: no answer from the network, or another file than scikit-learn expects. "
                "Check the connection and try again; the bundled images work without it.",
                title=say(entry.title),
            )
        )
    return target


def _written(name: str, folder: Path) -> Path:
    """Reads a face set, from scikit-learn's own folder where it lies there already, and writes its arrays."""
    usual = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser()
    read = _SETS[name].read
    try:
        if not usual.is_dir():
            raise FileNotFoundError(usual)
        arrays = read(usual, False)
    except OSError:
        arrays = read(folder / "scikit-learn", True)
    file = folder / _file_name(name)
    np.savez_compressed(file, **arrays)
    return file


def _face_patches(_home: Path, _download: bool) -> Arrays:
    """100 faces, then 100 patches of the background."""
    from skimage.data import lfw_subset

    patches = [
        np.asarray(
            Image.fromarray((patch * 255).round().astype(np.uint8)).resize(
                (PATCH_SIDE, PATCH_SIDE), Image.Resampling.BILINEAR
            )
        )
        for patch in lfw_subset()
    ]
    labels = np.repeat([0, 1], len(patches) // 2)
    return _halves(np.stack(patches), labels, ("face", "no face"))


def _olivetti(home: Path, download: bool) -> Arrays:
    from sklearn.datasets import fetch_olivetti_faces

    found = fetch_olivetti_faces(data_home=home, download_if_missing=download)
    return _halves((found.images * 255).round().astype(np.uint8), found.target)


def _lfw(home: Path, download: bool) -> Arrays:
    from sklearn.datasets import fetch_lfw_people

    scale = LFW_SIDE / (LFW_CROP[0].stop - LFW_CROP[0].start)
    found = fetch_lfw_people(
        data_home=home,
        min_faces_per_person=MIN_FACES,
        slice_=LFW_CROP,
        resize=scale,
        download_if_missing=download,
    )
    return _halves((found.images * 255).round().clip(0, 255).astype(np.uint8), found.target)


def _halves(images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] = ()) -> Arrays:
    """The first half of each person's images for training, the other for tests."""
    train = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        train[rows[: len(rows) // 2]] = True
    people = int(labels.max()) + 1
    names = classes or tuple(f"person {number + 1:0{len(str(people))}}" for number in range(people))
    return {
        "train_images": images[train],
        "train_labels": labels[train],
        "test_images": images[~train],
        "test_labels": labels[~train],
        "classes": np.array(names),
    }


_SETS: Mapping[str, FaceSet] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            FaceSet(
                name="faces-or-not",
                title="Faces and backgrounds",
                about="100 faces and 100 patches of backgrounds, 25×25 pixels, cut from LFW",
                megabytes=0,
                licence="none is stated; photographs of the press",
                source="a part of LFW by scikit-image; Huang, Mattar, Lee and Learned-Miller, NIPS 2012",
                read=_face_patches,
            ),
            FaceSet(
                name="olivetti",
                title="Olivetti faces",
                about="400 images of 40 people, 64×64 pixels",
                megabytes=1.4,
                licence="AT&T Laboratories Cambridge: free of charge, with credit",
                source="Samaria and Harter, IEEE Workshop on Applications of Computer Vision 1994",
                read=_olivetti,
            ),
            FaceSet(
                name="lfw",
                title="Labeled Faces in the Wild",
                about=f"The 62 people with {MIN_FACES} images or more, cut and scaled to {LFW_SIDE}×{LFW_SIDE} pixels",
                megabytes=233,
                licence="none is stated; photographs of the press",
                source="Huang, Ramesh, Berg and Learned-Miller, Labeled Faces in the Wild, University of Massachusetts 2007",
                read=_lfw,
            ),
        )
    }
)


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    _written(sys.argv[1], Path(sys.argv[2]))
