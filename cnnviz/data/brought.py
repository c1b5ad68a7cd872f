"""Data sets of one's own: a folder each below ``settings().brought``, written whole or not at all."""

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast
from uuid import uuid4

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from cnnviz.data.source import Rows
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.words import say

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ABOUT = "about.json"
MANY = "many_labels"
"""Of the file with the labels of images that may have several."""
DRAFT = ".draft-"
FORGOTTEN_SECONDS = 86_400.0


@dataclass(frozen=True)
class Found:
    """What a data set of one's own holds.

    Attributes:
        name: its key in ``DATASETS``.
        origin: the name of the folder or file that it came from.
        classes: in the order of their labels.
        shape: (C, H, W) that all images were brought to.
        counts: split -> images of each class; an image with several labels counts for each of them.
        sizes: "width×height" before -> how many images.
        left_out: (file, why it cannot be used).
        mean, std: of the training images in [0, 1], one number a channel.
        digest: SHA-256 of all images and labels, in hexadecimal digits.
        owner: hash of the key of the browser that brought it; empty if it was brought from Python.
        many_labels: an image may have several of the classes, or none.
        lengths: split -> images, where ``many_labels``.
    """

    name: str
    origin: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    counts: Mapping[str, tuple[int, ...]]
    sizes: Mapping[str, int]
    left_out: tuple[tuple[str, str], ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    digest: str
    owner: str = ""
    many_labels: bool = False
    lengths: Mapping[str, int] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """How many there are in both splits."""
        return sum(self.lengths.values()) if self.many_labels else sum(map(sum, self.counts.values()))


def check_name(name: str) -> None:
    """Raises CnnvizError unless this may name a data set: it stands in links and names a folder."""
    if not NAME.fullmatch(name):
        raise CnnvizError(
            say(
                "A data set cannot be called '{name:.40}'. Use up to 40 small letters, digits, '-' and '_', such as 'my-leaves'.",
                name=name,
            )
        )


def found_of(name: str) -> Found | None:
    """What is known of a data set of one's own; ``None`` if there is none of this name."""
    if not NAME.fullmatch(name):
        return None
    file = settings().brought / name / ABOUT
    try:
        return _read_about(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, TypeError, KeyError):
        return None


@lru_cache(maxsize=64)
def _read_about(file: Path, _written: int) -> Found:
    about = json.loads(file.read_text(encoding="utf-8"))
    about |= {name: tuple(about[name]) for name in ("classes", "shape", "mean", "std")}
    about["counts"] = {split: tuple(counts) for split, counts in about["counts"].items()}
    about["left_out"] = tuple((file, why) for file, why in about["left_out"])
    return Found(**about)


def brought_names() -> tuple[str, ...]:
    """All data sets of one's own that are here, the one used last first."""
    try:
        with os.scandir(settings().brought) as folders:
            known = [
                (folder.stat().st_mtime, folder.name) for folder in folders if NAME.fullmatch(folder.name)
            ]
    except OSError:
        return ()
    return tuple(name for _, name in sorted(known, reverse=True) if found_of(name))


def remove_brought(name: str) -> None:
    """Takes a data set of one's own from the disk; runs that were trained on it stay."""
    if NAME.fullmatch(name):
        shutil.rmtree(settings().brought / name, ignore_errors=True)


def read(found: Found) -> Callable[[str], tuple[Tensor, Tensor]]:
    """split -> images (N, C, H, W) uint8 and labels (N,) int64; the same tensors to all who ask."""
    folder = settings().brought / found.name

    def read_split(split: str) -> tuple[Tensor, Tensor]:
        with suppress(OSError):
            os.utime(folder)  # when it was used last
        return _read(folder, found.digest, split)

    return read_split


def read_targets(found: Found) -> Callable[[str], Mapping[str, Tensor]]:
    """split -> the labels of images that may have several, (N, classes) uint8 of 0 and 1."""
    folder = settings().brought / found.name
    return lambda split: {"labels": _read_labels(folder, found.digest, split)}


@lru_cache(maxsize=8)
def _read_labels(folder: Path, _digest: str, split: str) -> Tensor:
    try:
        return torch.from_numpy(np.load(folder / f"{split}_{MANY}.npy", allow_pickle=False))
    except (OSError, ValueError):
        raise _gone(folder) from None


@lru_cache(maxsize=8)
def _read(folder: Path, _digest: str, split: str) -> tuple[Tensor, Tensor]:
    # Mapped, so that a training reads what a step asks for; whoever writes into the tensor writes into a copy. Windows does not let a
    # file go that is mapped.
    images = _array(folder, f"{split}_images", "c" if os.name == "posix" else None)
    return torch.from_numpy(images), torch.from_numpy(_array(folder, f"{split}_labels", None))


def rows(found: Found, split: str) -> Rows:
    """The images of one part, read from the disk when they are asked for: all of them may be larger than memory."""
    folder = settings().brought / found.name
    images, labels = _array(folder, f"{split}_images", "r"), _array(folder, f"{split}_labels", None)
    return replace(Rows.of(images, torch.from_numpy(labels)), whole=lambda: read(found)(split))


def _array(folder: Path, name: str, mode: Literal["c", "r"] | None) -> np.ndarray:
    try:
        return cast(np.ndarray, np.load(folder / f"{name}.npy", mode, allow_pickle=False))
    except (OSError, ValueError):
        raise _gone(folder) from None


def _gone(folder: Path) -> CnnvizError:
    return CnnvizError(
        say("The images of '{name}' are not there any more, or damaged. Bring them again.", name=folder.name)
    )


InUse = Callable[[], Collection[str]]
"""Names of the data sets that may not go, because runs were trained on them."""


def make_room(needed: int, name: str, owner: str = "", in_use: InUse | None = None) -> None:
    """Deletes the data sets that were not used for longest until one more fits into the limits of the settings.

    Args:
        needed: bytes of the new one.
        name: of the new one; an older one of this name counts as gone.
        owner: hash of the key of the browser that brings it; its own limits hold too.
        in_use: what may not go; ``None``: nothing may.

    Raises:
        CnnvizError: there is no room, and what to do; then nothing was deleted.
    """
    limits = settings()
    known = [one for one in _kept_sets() if one.name != name]
    kept = set(in_use()) if in_use else {one.name for one in known}
    gone: set[str] = set()
    budgets = [(limits.max_brought, limits.max_brought_bytes, known, say("All data sets together"))]
    if owner:
        own = [one for one in known if one.owner == owner]
        whose = say("The data sets of your browser")
        budgets.insert(0, (limits.max_browser_brought, limits.max_browser_brought_bytes, own, whose))
    for most, most_bytes, sets, whose in budgets:
        left = [one for one in sets if one.name not in gone]
        while len(left) + 1 > most or sum(one.size for one in left) + needed > most_bytes:
            going = next((one for one in left if one.name not in kept), None)
            if going is None:
                raise _no_room(needed, most, most_bytes, whose, len(left), sum(one.size for one in left))
            left.remove(going)
            gone.add(going.name)
    for one in gone:
        remove_brought(one)


def _no_room(needed: int, most: int, most_bytes: int, whose: str, count: int, there: int) -> CnnvizError:
    if needed > most_bytes:
        return CnnvizError(
            say(
                "These images take {needed:,.1f} MB, but {whose} may have {most_bytes:,.1f} MB. Choose a smaller size, or "
                "take a part of them.",
                needed=needed / 1000000.0,
                whose=whose.lower(),
                most_bytes=most_bytes / 1000000.0,
            )
        )
    return CnnvizError(
        say(
            "{whose} are {count} with {there:,.1f} MB, and at most {most} with {most_bytes:,.1f} MB are kept; none of them may go, "
            "because runs were trained on them. Delete such runs, or take the data set away in Python: cnnviz.data.remove_brought(name).",
            whose=whose,
            count=count,
            there=there / 1000000.0,
            most=most,
            most_bytes=most_bytes / 1000000.0,
        )
    )


@dataclass(frozen=True)
class _Kept:
    name: str
    owner: str
    size: int
    used: float


def _kept_sets() -> list[_Kept]:
    """All that are here, the one that was not used for longest first."""
    found = []
    for name in brought_names():
        about, folder = found_of(name), settings().brought / name
        with suppress(OSError):
            size = sum(file.stat().st_size for file in folder.iterdir())
            found.append(_Kept(name, about.owner if about else "", size, folder.stat().st_mtime))
    return sorted(found, key=lambda one: (one.used, one.name))


@contextmanager
def draft(name: str, owner: str = "", in_use: InUse | None = None) -> Iterator[Path]:
    """A folder to write a data set into; it takes its place at the end, or goes without a trace. See ``make_room``.

    Raises:
        CnnvizError: the disk is full or may not be written, or there is no room within the limits.
    """
    home = settings().brought
    folder = home / f"{DRAFT}{uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        _sweep(home)
        yield folder
        with FileLock(home / ".room.lock"):
            make_room(sum(file.stat().st_size for file in folder.iterdir()), name, owner, in_use)
            old = home / f"{DRAFT}{uuid4().hex}"
            if (home / name).exists():
                (home / name).rename(old)
            folder.rename(home / name)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = (
            say("the disk is full: make room")
            if full
            else say("the folder '{home}' cannot be written", home=home)
        )
        raise CnnvizError(
            say("The data set was not stored: {reason}. Nothing of it was kept.", reason=reason)
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Drafts of processes that were killed."""
    for folder in home.glob(f"{DRAFT}*"):
        if time.time() - folder.stat().st_mtime > FORGOTTEN_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def write_about(folder: Path, found: Found) -> None:
    (folder / ABOUT).write_text(json.dumps(asdict(found)), encoding="utf-8")
