"""Published data sets: downloaded once, checked, and kept as data sets by name. A new one is one entry in ``GETTABLE``.

A download runs in a process of its own, ``python -m cnnviz.data.fetch cifar10 FOLDER``, which compares the checksums that the
library or the makers state, and leaves one file: arrays as ``bring`` takes them, or a zip file of pictures.
"""

import contextlib
import socket
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from cnnviz import subprocesses
from cnnviz.data import medmnist_files
from cnnviz.data.bring import store
from cnnviz.data.brought import found_of
from cnnviz.data.catalogue import load
from cnnviz.data.dataset import ImageDataset
from cnnviz.data.published import CATALOGUE, PublishedSet, file_names
from cnnviz.data.source import DataSource
from cnnviz.data.source_files import source_from
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress, bytes_below
from cnnviz.vision import torchvision
from cnnviz.words import say

CONNECT_SECONDS = 10.0
FOLDER = "published"
ROOM = 0.98
"""Part of the allowed bytes that arrays may take; the rest is for what stands around them."""
TINY_URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
TINY_MD5 = "90528d7ca1a48142e341f4ef8d21d0de"
WOOF_URL = "https://s3.amazonaws.com/fast-ai-imageclas/imagewoof2-160.tgz"
WOOF_MD5 = "3d200a7be99704a0d7509be2a9fbfe15"
"""Of the file as it is since 2021; its makers state none. Catalyst's ``Imagewoof160`` has the same."""
WOOF_CLASSES = {
    "n02086240": "Shih-Tzu",
    "n02087394": "Rhodesian ridgeback",
    "n02088364": "beagle",
    "n02089973": "English foxhound",
    "n02093754": "Border terrier",
    "n02096294": "Australian terrier",
    "n02099601": "golden retriever",
    "n02105641": "Old English sheepdog",
    "n02111889": "Samoyed",
    "n02115641": "dingo",
}
TESTS_TOO: Mapping[str, Mapping[str, Any]] = {"train": {"train": True}, "test": {"train": False}}
SPLITS: Mapping[str, Mapping[str, Any]] = {"train": {"split": "train"}, "test": {"split": "test"}}
PARTS = ("train", "val", "test")
Arrays = dict[str, np.ndarray]
Working = contextlib.AbstractContextManager[None]


@dataclass(frozen=True)
class Loader:
    """How a published data set is got.

    Attributes:
        write: (empty folder for the download, file to write, what to be in while it reads and not downloads).
        pictures: the file is a zip file of pictures, not of arrays.
        note: what of the published set is left away.
    """

    write: Callable[[Path, Path, Working], None]
    pictures: bool = False
    note: str = ""


def fetch(key: str, progress: Progress | None = None) -> ImageDataset:
    """A published data set, downloaded at the first call, once, however many ask; returns its training images.
    ``load(key, split)`` and ``TrainingSpec(key, …)`` know it from then on. Images for validation count as training images
    where there are others to test with.

    More images than the settings allow (``max_import_bytes`` of arrays, ``max_import_files`` pictures) are thinned out, the
    same share of each class; ``kept_words(key)`` says how many there are.

    Args:
        key: of ``GETTABLE``.
        progress: called with (bytes so far, bytes in all, estimated) while it downloads; may raise to end that.

    Raises:
        CnnvizError: it cannot be got, images of one's own have its name, the download
            failed or was not what its makers published, or there is no room. Then nothing of it is kept.
    """
    _known(key)
    if not is_got(key):
        if found_of(key) is not None:
            raise CnnvizError(
                say(
                    "There is a data set of your own called '{key}', which would be lost. Bring it again under another name, "
                    'and take this one away: remove_brought("{key}").',
                    key=key,
                )
            )
        with _downloaded(key, progress) as file:
            if not is_got(key):
                store(file, key)
    return load(key)


def arrays(key: str, progress: Progress | None = None) -> Arrays:
    """The images and targets of a published set as they are, downloaded at the first call.

    Returns:
        ``train_images``, ``val_images`` and ``test_images`` (N, H, W), (N, H, W, 3) or (N, 3, H, W) uint8, their ``…_labels``
        (N,) int64, or (N, labels) of 0 and 1 where an image has several, ``classes``, and of sets of volumes ``…_volumes``
        (N, D, H, W) uint8.

    Raises:
        CnnvizError: it cannot be got, or it is one of pictures; the download failed.
    """
    if _known(key).pictures:
        raise CnnvizError(say("'{key}' consists of pictures, not arrays. Use fetch(\"{key}\").", key=key))
    with _downloaded(key, progress) as file, np.load(file, allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def source(key: str, progress: Progress | None = None) -> DataSource:
    """The images of a published set from its file as it was downloaded, read part by part; downloaded at the first call.

    Raises:
        CnnvizError: it cannot be got, or the download failed.
    """
    _known(key)
    with _downloaded(key, progress) as file:
        found = source_from(file, key, licence=CATALOGUE[key].licence)
    return replace(found, source=CATALOGUE[key].source)


def slices(volumes: np.ndarray, axis: int = 0) -> np.ndarray:
    """The middle slice of each volume.

    Args:
        volumes: (N, D, H, W).
        axis: that is cut: 0 gives (N, H, W), 1 (N, D, W), 2 (N, D, H).

    Raises:
        CnnvizError: another shape or axis.
    """
    if volumes.ndim != 4 or axis not in (0, 1, 2):
        raise CnnvizError(
            say(
                "Volumes N×D×H×W are cut along the axis 0, 1 or 2, but the shape is {str} and the axis {axis}.",
                str="×".join(map(str, volumes.shape)),
                axis=axis,
            )
        )
    return np.ascontiguousarray(volumes.take(volumes.shape[axis + 1] // 2, axis + 1))


def is_got(key: str) -> bool:
    """Whether ``load(key)`` gives this published set already."""
    found = found_of(key)
    return found is not None and found.origin in file_names(key)


def is_downloaded(key: str) -> bool:
    """Whether its file is on this machine."""
    return key in GETTABLE and zipfile.is_zipfile(_target(key))


def kept_words(key: str) -> str:
    """How many of its images are here, and what was left away; empty if it was not got."""
    found = found_of(key)
    if found is None or not is_got(key):
        return ""
    count = found.images
    left = "; ".join(f"{what}: {why}" for what, why in found.left_out[:3])
    said = [
        say("{count:,} of {images:,} images are here", count=count, images=CATALOGUE[key].images),
        GETTABLE[key].note,
        left,
    ]
    return ". ".join(part.rstrip(".") for part in said if part) + "."


def clear_downloads() -> int:
    """Deletes what was downloaded, but for what is just being written; returns the bytes that this freed. Data sets by name
    stay; all of MNIST and Fashion-MNIST is downloaded again when somebody asks for it.
    """
    return _clear(settings().downloads)


def _clear(folder: Path) -> int:
    freed = 0
    for place in sorted(folder.glob("*")):
        if place.name.endswith(".lock"):
            continue
        if place.is_dir() and any(place.glob("*.lock")):
            freed += _clear(place)
            continue
        lock = FileLock(folder / f"{place.name.removesuffix('.draft')}.lock")
        with contextlib.suppress(Timeout), lock.acquire(timeout=0):
            freed += _remove(place)
    return freed


def _remove(place: Path) -> int:
    if place.is_dir():
        size = bytes_below(place)
        for one in place.iterdir():
            _remove(one)
        place.rmdir()
    else:
        size = place.lstat().st_size
        place.unlink()
    return size


def _known(key: str) -> Loader:
    if key in GETTABLE:
        return GETTABLE[key]
    about = say(" How to get it: {get}.", get=CATALOGUE[key].get) if key in CATALOGUE else ""
    raise CnnvizError(
        say(
            "'{key:.40}' cannot be downloaded from here.{about} Choose one of: {gettable}.",
            key=key,
            about=about,
            gettable=", ".join(GETTABLE),
        )
    )


def megabytes(entry: PublishedSet) -> float:
    """Of the download; where that is not known, of the pixels, which are packed in it."""
    return entry.megabytes or entry.images * float(np.prod(entry.size or (0,))) * entry.channels / 1e6


def _command(key: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "cnnviz.data.fetch", key, str(folder)]


def _target(key: str) -> Path:
    return settings().downloads / FOLDER / file_names(key)[GETTABLE[key].pictures]


@contextlib.contextmanager
def _downloaded(key: str, progress: Progress | None) -> Iterator[Path]:
    """The file of a download, for as long as nobody clears it; one that was damaged on the disk is downloaded anew."""
    entry = CATALOGUE[key]
    target = _target(key)
    # A download lies beside what is unpacked from it for a while.
    total = max(1, round(2e6 * megabytes(entry)))
    for _ in range(2):
        try:
            there = subprocesses.fetch(
                target, lambda folder: _command(key, folder), zipfile.is_zipfile, bytes_below, total, progress
            )
        except OSError as error:
            raise CnnvizError(
                say(
                    "{title} was not downloaded: the folder '{parent}' cannot be written, or the disk is full. Make room.",
                    title=say(entry.title),
                    parent=target.parent,
                )
            ) from error
        if not there:
            raise CnnvizError(
                say(
                    "{title} is not on this machine and could not be downloaded: no answer from the network, another file than its "
                    "makers published, or a full disk. Check the connection and try again; the bundled images work without it.",
                    title=say(entry.title),
                )
            )
        with FileLock(target.with_name(f"{target.name}.lock")):
            if _intact(target):
                yield target
                return
            target.unlink(missing_ok=True)
    raise CnnvizError(
        say(
            "The download of {title} is damaged again and again. Is the disk all right?",
            title=say(entry.title),
        )
    )


def _intact(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as content:
            return content.testzip() is None
    except (OSError, zipfile.BadZipFile, EOFError):
        return False


# --- in the process of a download ---


@contextlib.contextmanager
def _working(folder: Path) -> Iterator[None]:
    """Shows every second that it is at work: whoever waits ends a download from which nothing new comes."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(1.0):
            with (folder / "working").open("ab") as file:
                file.write(b".")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def write(key: str, folder: Path) -> None:
    """Downloads a published set below a folder and writes its file there."""
    loader = GETTABLE[key]
    raw = folder / "raw"
    raw.mkdir()
    loader.write(raw, folder / file_names(key)[loader.pictures], _working(folder))


def _save(file: Path, parts: Arrays) -> None:
    """Writes arrays; if they are more than may be read again, the same share of each class."""
    total, most = sum(array.nbytes for array in parts.values()), ROOM * settings().max_import_bytes
    if total > most:
        for split in PARTS:
            if f"{split}_labels" in parts:
                rows = _share(parts[f"{split}_labels"], most / total)
                parts |= {name: array[rows] for name, array in parts.items() if name.startswith(f"{split}_")}
    np.savez(file, **parts)  # type: ignore[arg-type]


def _share(labels: np.ndarray, share: float) -> np.ndarray:
    """Rows of the first images of each class, at least one; of all images where they have several labels."""
    if labels.ndim > 1:
        return np.arange(max(1, int(share * len(labels))))
    kept = [
        rows[: max(1, int(share * len(rows)))]
        for rows in (np.flatnonzero(labels == label) for label in np.unique(labels))
    ]
    return np.sort(np.concatenate(kept))


def _vision(
    name: str,
    splits: Mapping[str, Mapping[str, Any]],
    classes: tuple[str, ...] = (),
    turned: bool = False,
    note: str = "",
    **options: Any,
) -> Loader:
    """One of ``torchvision.datasets``.

    Args:
        splits: of ours -> its arguments.
        classes: where it does not name them.
        turned: its rows are columns.
    """

    def write(raw: Path, file: Path, working: Working) -> None:
        make = getattr(torchvision().datasets, name)
        for number, its in enumerate(splits.values()):
            if number == 0 or name == "SVHN":  # which has a file for each
                make(raw, download=True, **its, **options)
        with working:
            parts: Arrays = {}
            for split, its in splits.items():
                found = make(raw, **its, **options)
                images = np.asarray(found.data)
                parts[f"{split}_images"] = images.swapaxes(1, 2) if turned else images
                labels = found.labels if hasattr(found, "labels") else found.targets
                parts[f"{split}_labels"] = np.asarray(labels, dtype=np.int64)
            names = classes or found.classes
            _save(file, {**parts, "classes": np.array(names)})

    return Loader(write, note=note)


def _imagenette(raw: Path, file: Path, working: Working) -> None:
    found = torchvision().datasets.Imagenette(raw, size="160px", download=True)
    names = {key: classes[0] for key, classes in zip(found.wnids, found.classes, strict=True)}
    with working:
        _zip_pictures(raw, names, file)


def _imagewoof(raw: Path, file: Path, working: Working) -> None:
    torchvision().datasets.utils.download_and_extract_archive(WOOF_URL, raw, md5=WOOF_MD5)
    with working:
        _zip_pictures(raw, WOOF_CLASSES, file)


def _zip_pictures(raw: Path, names: Mapping[str, str], file: Path) -> None:
    """A zip file of class folders, from folders that have the keys of WordNet; the same share of each where they are too many."""
    groups = {
        f"{split}/{name}": sorted(raw.glob(f"*/{split}/{key}/*.JPEG"))
        for split in ("train", "val")
        for key, name in names.items()
    }
    share = min(1.0, settings().max_import_files / max(1, sum(map(len, groups.values()))))
    with zipfile.ZipFile(file, "w") as out:
        for folder, files in groups.items():
            for one in files[: max(1, int(share * len(files)))]:
                out.writestr(f"{folder}/{one.name}", one.read_bytes())


def _tiny(raw: Path, file: Path, _: Working) -> None:
    torchvision().datasets.utils.download_url(TINY_URL, raw, "tiny.zip", TINY_MD5)
    (raw / "tiny.zip").replace(file)


def _medical(key: str) -> Loader:
    """One of MedMNIST. Of volumes the middle slice along their first axis is the image; they stay beside it."""

    def write(raw: Path, file: Path, working: Working) -> None:
        about = medmnist_files.FILES[key]
        url = medmnist_files.URL.format(key=key)
        torchvision().datasets.utils.download_url(url, raw, f"{key}.npz", about.md5)
        with working, np.load(raw / f"{key}.npz", allow_pickle=False) as content:
            parts: Arrays = {"classes": np.array(about.labels)}
            for split in PARTS:
                images, labels = content[f"{split}_images"], content[f"{split}_labels"]
                if key.endswith("3d"):
                    parts[f"{split}_volumes"] = images
                    images = slices(images)
                parts[f"{split}_images"] = images
                parts[f"{split}_labels"] = (labels[:, 0] if labels.shape[1] == 1 else labels).astype(np.int64)
            _save(file, parts)

    return Loader(
        write,
        note=say("The middle slice of each volume is the image; arrays(key) has the volumes")
        if key.endswith("3d")
        else "",
    )


GETTABLE: Mapping[str, Loader] = MappingProxyType(
    {
        "kmnist": _vision("KMNIST", TESTS_TOO),
        "emnist": _vision("EMNIST", TESTS_TOO, turned=True, split="balanced"),
        "cifar10": _vision("CIFAR10", TESTS_TOO),
        "cifar100": _vision("CIFAR100", TESTS_TOO),
        "svhn": _vision("SVHN", SPLITS, tuple("0123456789"), note="The part 'extra' is left away"),
        "stl10": _vision("STL10", SPLITS, note="The images without labels are left away"),
        "imagenette": Loader(_imagenette, pictures=True),
        "imagewoof": Loader(_imagewoof, pictures=True),
        "tiny_imagenet": Loader(_tiny, pictures=True),
        **{key: _medical(key) for key in medmnist_files.FILES},
    }
)
"""By key of ``CATALOGUE``: what can be downloaded."""


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    write(sys.argv[1], Path(sys.argv[2]))
