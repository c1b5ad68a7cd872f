"""Brings one's own images: a folder or zip file of class folders, a table of paths and labels, or arrays."""

import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps

from cnnviz.data import decode_files
from cnnviz.data.brought import MANY, Found, InUse, check_name, draft, write_about
from cnnviz.data.dataset import rarest_of
from cnnviz.data.decode_files import Order, Outcome
from cnnviz.data.listing import Listing, labels_in, listing, sorted_names
from cnnviz.data.source import DataSource, Rows
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress
from cnnviz.words import say

TEST_SHARE = 0.2
LARGEST_SIDE = 128
SIDES = (64, 48, 32, 28, 16, 8)
SAMPLE = 64
"""Pictures whose headers decide size and colour."""
FEW = 400
"""So many files are decoded here; more are shared among processes."""
MOST_LEFT_OUT = 1000
LARGE = 1_000_000
"""Bytes of a zip file whose pictures are surely shared among processes."""
IMAGES = ("images", "x", "data", "imgs")
LABELS = ("labels", "y", "targets", "label")
PARTS = {"train": "train", "test": "test", "val": "val"}


@dataclass
class Table:
    """Images in memory or on the disk, row by row.

    Attributes:
        images: (N, C, H, W) uint8.
        labels: of each, by name, several where ``many_labels``, else one; ``splits``: ``"train"``, ``"test"``, or ``""`` where that is to be drawn.
    """

    images: np.ndarray
    labels: Sequence[tuple[str, ...]]
    splits: Sequence[str]
    usable: np.ndarray
    sizes: Mapping[str, int]
    left_out: list[tuple[str, str]] = field(default_factory=list)
    many_labels: bool = False


def store(
    path: Path | str,
    name: str,
    *,
    size: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    owner: str = "",
    in_use: InUse | None = None,
) -> Found:
    """Reads one's own images and keeps them as a data set; nothing is kept if anything is wrong with all of it.

    Args:
        path: a folder or zip file of class folders (perhaps below ``train`` and ``test``), a CSV table of paths and labels, a zip
            file of images with one such table, an NPZ file with ``images`` and ``labels`` (or ``train_images``, ``test_images``, …), or
            ``tiny-imagenet-200.zip`` as it is. In a table ``a;b`` or ``a|b`` are two labels of one image, in an NPZ file labels
            (N, K) of 0 and 1.
        name: its key from now on, for ``load`` and ``TrainingSpec``; an older one of this name is replaced.
        size: side of the images in pixels; ``None`` takes theirs, if all are equal, square and small, else at most 64.
        seed: of the order, and of the test images (a fifth of each class), where the files do not say them.
        progress: called with (files so far, files in all).
        owner, in_use: see ``cnnviz.data.brought.make_room``.

    Raises:
        CnnvizError: what is wrong, and what to do.
    """
    path = Path(path)
    check_name(name)
    if size is not None and not 4 <= size <= 512:
        raise CnnvizError(
            say("The side of the images is {size} pixels, but it must lie between 4 and 512.", size=size)
        )
    with draft(name, owner, in_use) as folder, Helpers(path) as helpers:
        if path.suffix.lower() == ".npz":
            table = _arrays(path, size)
        else:
            table = _pictures(listing(path), folder / "pixels.npy", size, progress, helpers)
        found = replace(_write(folder, name, path, table, seed), owner=owner)
        (folder / "pixels.npy").unlink(missing_ok=True)
        write_about(folder, found)
    return found


def _write(folder: Path, name: str, path: Path, table: Table, seed: int) -> Found:
    rows = np.flatnonzero(table.usable)
    labelled = [table.labels[row] for row in rows.tolist()]
    here = {one for names in labelled for one in names}
    gone = sorted_names({one for names in table.labels for one in names} - here)
    left = [*table.left_out, *((one, "a class without a picture that can be read") for one in gone)]
    splits = [table.splits[row] for row in rows.tolist()]
    classes, labels, many, orders = arranged(
        labelled, splits, seed, left[0] if left else None, table.many_labels
    )
    for split, order in orders.items():
        target = np.lib.format.open_memmap(
            folder / f"{split}_images.npy", "w+", np.uint8, (len(order), *table.images.shape[1:])
        )
        for start in range(0, len(order), 4096):
            target[start : start + 4096] = table.images[rows[order[start : start + 4096]]]
        np.save(folder / f"{split}_labels.npy", labels[order])
        if table.many_labels:
            np.save(folder / f"{split}_{MANY}.npy", many[order])
        del target
    # All pixels stand in their parts now; mapped twice, they would count twice.
    table.images = np.empty((0, *table.images.shape[1:]), dtype=np.uint8)
    kept = DataSource(
        name,
        classes,
        "",
        path.name,
        {split: partial(_kept_rows, folder, split, labels[order]) for split, order in orders.items()},
        (lambda split: {"labels": torch.from_numpy(many[orders[split]])}) if table.many_labels else None,
        table.many_labels,
    )
    return Found(
        name=name,
        origin=path.name,
        classes=classes,
        shape=kept.shape,
        counts={split: tuple(kept.class_counts(split).tolist()) for split in orders},
        sizes=dict(Counter(table.sizes).most_common(100)),
        left_out=tuple(left[:MOST_LEFT_OUT]),
        mean=tuple(round(value, 4) for value in kept.mean),
        std=tuple(round(max(value, 1e-3), 4) for value in kept.std),
        digest=kept.digest,
        many_labels=table.many_labels,
        lengths={split: len(order) for split, order in orders.items()} if table.many_labels else {},
    )


def _kept_rows(folder: Path, split: str, labels: np.ndarray) -> Rows:
    images = np.load(folder / f"{split}_images.npy", "r", allow_pickle=False)
    return Rows.of(images, torch.from_numpy(labels))


class Arranged(NamedTuple):
    """The images in their parts.

    Attributes:
        labels: (N,) int64; of an image with several its rarest one, 0 where it has none.
        many: (N, classes) uint8 of 0 and 1.
        orders: of each part the numbers of its images, in their order.
    """

    classes: tuple[str, ...]
    labels: np.ndarray
    many: np.ndarray
    orders: dict[str, np.ndarray]


def arranged(
    labelled: Sequence[tuple[str, ...]],
    parts: Sequence[str],
    seed: int,
    left_out: tuple[str, str] | None = None,
    many_labels: bool = False,
) -> Arranged:
    """Which images are for training and which for tests, and their order, in which every beginning has the classes in their shares.

    Args:
        labelled: the class of each; several, or none, where ``many_labels``.
        parts: ``"train"`` or ``"test"`` of each, or ``""`` everywhere: then a fifth of each class is drawn for tests.
        seed: of both.
        left_out: a file that cannot be used, and why, for the sentence.

    Raises:
        CnnvizError: fewer than two classes, no images to test with, or a class without training images.
    """
    classes = sorted_names({one for names in labelled for one in names})
    if len(classes) < 2:
        first = f" The first file that was left out: {left_out[0]}: {left_out[1]}." if left_out else ""
        raise CnnvizError(
            say(
                "Images of {count} classes can be read, but a network learns to tell two or more apart.{first}",
                count=len(classes),
                first=first,
            )
        )
    numbers = {one: number for number, one in enumerate(classes)}
    many = np.zeros((len(labelled), len(classes)), dtype=np.uint8)
    for row, names in enumerate(labelled):
        many[row, [numbers[one] for one in names]] = 1
    if many_labels:
        # An image with several counts where its rarest label does; one with none, beside all classes.
        labels = np.where(many.any(1), rarest_of(torch.from_numpy(many)).numpy(), len(classes))
    else:
        labels = np.array([numbers[names[0]] for names in labelled], dtype=np.int64)
    splits = np.array(parts)
    generator = np.random.default_rng(seed)
    places = (
        _drawn(labels, generator)
        if not splits.astype(bool).any()
        else {split: np.flatnonzero(splits == split) for split in ("train", "test")}
    )
    if not len(places["test"]):
        raise CnnvizError(
            "There are no images to test with: bring two or more of a class, so that one can be kept back."
        )
    if not (learned := many[places["train"]].any(0)).all():
        missing = classes[int(learned.argmin())]
        raise CnnvizError(
            say(
                "No training image has the label '{missing:.40}'. Give it to more images, or take it out of the table.",
                missing=missing,
            )
            if many_labels
            else say(
                "The class '{missing:.40}' has no training images. Put some into its folder below 'train'.",
                missing=missing,
            )
        )
    orders = {split: chosen[_mixed(labels[chosen], generator)] for split, chosen in places.items()}
    # Without any label: 0, as ``rarest_of`` has it.
    return Arranged(classes, labels % len(classes), many, orders)


def _drawn(labels: np.ndarray, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """A fifth of each class for tests, at least one where there are two or more."""
    train, test = [], []
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        count = min(len(rows) - 1, max(1, round(TEST_SHARE * len(rows))))
        test.append(rows[:count])
        train.append(rows[count:])
    return {"train": np.concatenate(train), "test": np.concatenate(test)}


def _mixed(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """An order in which every beginning has the classes in their shares."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + generator.random()) / len(rows)
    return np.argsort(place, kind="stable")


# --- pictures ---


class Helpers:
    """Processes that decode: for a large zip file they start, and import what they need, while its list is still being read."""

    def __init__(self, path: Path) -> None:
        large = path.suffix.lower() == ".zip" and path.is_file() and path.stat().st_size > LARGE
        self._ready = [_helper() for _ in range((os.cpu_count() or 1) - 1)] if large else []

    def take(self) -> subprocess.Popen[str]:
        """One that has no order yet."""
        return self._ready.pop() if self._ready else _helper()

    def __enter__(self) -> "Helpers":
        return self

    def __exit__(self, *_: object) -> None:
        for idle in self._ready:
            with idle:
                idle.kill()


def _helper() -> subprocess.Popen[str]:
    """``decode_files`` in a process of its own, which imports neither torch nor this package."""
    command = [sys.executable, "-I", str(Path(decode_files.__file__))]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")


def _pictures(
    found: Listing, out: Path, size: int | None, progress: Progress | None, helpers: Helpers
) -> Table:
    height, width, grey = form_of(found, size)
    outcome, images = _decoded(found, out, (1 if grey else 3, height, width), progress, helpers)
    if grey and outcome.coloured:
        outcome, images = _decoded(found, out, (3, height, width), progress, helpers)
    usable = np.ones(len(found.items), dtype=bool)
    usable[list(outcome.faults)] = False
    left = [
        *found.left_out,
        *((found.items[number].shown, why) for number, why in sorted(outcome.faults.items())),
    ]
    return Table(
        images,
        [labels_in(item.label) if found.many_labels else (item.label,) for item in found.items],
        [item.split for item in found.items],
        usable,
        outcome.sizes,
        left,
        found.many_labels,
    )


def form_of(found: Listing, size: int | None) -> tuple[int, int, bool]:
    """Height, width, and whether the pictures are grey, by a sample of them."""
    step = max(1, len(found.items) // SAMPLE)
    sizes, grey = [], True
    with decode_files.reader(found.archive, settings().max_import_file_bytes) as read:
        for item in found.items[::step]:
            try:
                one, is_grey = decode_files.header(
                    read(item.file, found.places.get(item.file)), settings().max_image_pixels
                )
            except Exception:  # it will be left out by name
                continue
            sizes.append(one)
            grey &= is_grey
    if size is not None:
        return size, size, grey
    return *_side(sizes), grey


def _side(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    if sizes and len(set(sizes)) == 1 and sizes[0][0] == sizes[0][1] <= LARGEST_SIDE:
        return sizes[0][0], sizes[0][0]
    middle = sorted(min(one) for one in sizes)[len(sizes) // 2] if sizes else SIDES[0]
    side = next((side for side in SIDES if side <= middle), SIDES[-1])
    return side, side


def _decoded(
    found: Listing,
    out: Path,
    shape: tuple[int, int, int],
    progress: Progress | None,
    helpers: Helpers,
) -> tuple[Outcome, np.ndarray]:
    """All files as one table on the disk; many are shared among as many processes as there are processors."""
    total = len(found.items)
    limit = settings().max_import_bytes
    if total * int(np.prod(shape)) > limit:
        raise CnnvizError(
            say(
                "{total:,} images of {shape}×{shape2} pixels are more than {limit:,.1f} GB. Choose a smaller size, or take a part of them.",
                total=total,
                shape=shape[1],
                shape2=shape[2],
                limit=limit / 1000000000.0,
            )
        )
    images = np.lib.format.open_memmap(out, "w+", np.uint8, (total, *shape))
    shares = min(os.cpu_count() or 1, 1 + total // FEW)
    borders = [round(total * share / shares) for share in range(shares + 1)]
    done = [0] * shares

    def order(share: int) -> Order:
        start, end = borders[share], borders[share + 1]
        return Order(
            archive=found.archive,
            files=[item.file for item in found.items[start:end]],
            shape=shape,
            out=str(out),
            start=start,
            max_bytes=settings().max_import_file_bytes,
            max_pixels=settings().max_image_pixels,
            places=[found.places.get(item.file) for item in found.items[start:end]],
        )

    def tell(share: int) -> Callable[[int], None]:
        def at(number: int) -> None:
            done[share] = number
            if progress and share == 0:
                progress(min(total, sum(done)), total)

        return at

    with ThreadPoolExecutor(max(1, shares - 1)) as threads:
        elsewhere = [
            threads.submit(_in_process, helpers.take(), order(share), tell(share))
            for share in range(1, shares)
        ]
        outcomes = [decode_files.decode(order(0), tell(0)), *(one.result() for one in elsewhere)]
    faults: dict[int, str] = {}
    sizes: Counter[str] = Counter()
    for outcome in outcomes:
        faults |= outcome.faults
        sizes.update(outcome.sizes)
    return Outcome(faults, dict(sizes), sum(outcome.coloured for outcome in outcomes)), images


def _in_process(helper: subprocess.Popen[str], order: Order, tell: Callable[[int], None]) -> Outcome:
    """``decode`` in another process."""
    with helper as worker:
        assert worker.stdin
        assert worker.stdout
        try:
            worker.stdin.write(json.dumps(vars(order)))
            worker.stdin.close()
            last = ""
            for line in worker.stdout:
                last = line
                if not line.startswith("{"):
                    tell(int(line))
        except BaseException:
            worker.kill()
            raise
    if worker.returncode or not last.startswith("{"):
        raise CnnvizError(
            "The images could not be read: a process of this program was ended. Try it once more."
        )
    found = json.loads(last)
    return Outcome(
        {int(number): why for number, why in found["faults"].items()}, found["sizes"], found["coloured"]
    )


# --- arrays ---


def _arrays(path: Path, size: int | None) -> Table:
    parts = _read_npz(path)
    names = class_names_in(parts)
    found = labelled_arrays(parts, path.name)
    many = are_many(found)
    tables: list[np.ndarray] = []
    texts: list[tuple[str, ...]] = []
    splits: list[str] = []
    sizes: Counter[str] = Counter()
    for split, images, labels in found:
        table = as_images(images, path.name)
        sizes[f"{table.shape[3]}×{table.shape[2]}"] += len(table)
        tables.append(_resized(table, size))
        texts += labels_of(labels, len(table), names, many, path.name)
        splits += [split] * len(table)
    if len({table.shape[1:] for table in tables}) > 1:
        raise CnnvizError(
            say(
                "The training and the test images of '{name}' differ in size or colour. Make them alike.",
                name=path.name,
            )
        )
    images = tables[0] if len(tables) == 1 else np.concatenate(tables)
    return Table(images, texts, splits, np.ones(len(images), dtype=bool), sizes, many_labels=many)


def _yes_or_no(labels: np.ndarray) -> bool:
    return labels.dtype.kind in "biuf" and bool(np.isin(labels, (0, 1)).all())


def labelled_arrays(parts: Mapping[str, np.ndarray], file: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """The arrays of a file by their names: (``"train"``, ``"test"`` or ``""``, images, labels).

    Images for validation are test images if there are no others, else training images.

    Raises:
        CnnvizError: no images with labels are among them.
    """
    found = [
        (prefix, images, labels)
        for prefix in ("", "train", "val", "test")
        if (images := _named(parts, prefix, IMAGES)) is not None
        and (labels := _named(parts, prefix, LABELS)) is not None
    ]
    if not found:
        raise CnnvizError(
            say(
                "'{name}' holds {parts}. Name the arrays 'images' and 'labels', or 'train_images', 'train_labels', "
                "'test_images' and 'test_labels'.",
                name=file,
                parts=", ".join(parts) or "nothing",
            )
        )
    instead = "train" if any(prefix == "test" for prefix, *_ in found) else "test"
    return [(instead if prefix == "val" else prefix, images, labels) for prefix, images, labels in found]


def are_many(found: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> bool:
    """Whether each image has a row of labels of 0 and 1."""
    return all(labels.ndim == 2 and labels.shape[1] > 1 for *_, labels in found)


def labels_of(
    labels: np.ndarray, count: int, names: Mapping[str, str], many: bool, file: str
) -> list[tuple[str, ...]]:
    """The classes of each image, by their names.

    Raises:
        CnnvizError: there are labels of others than ``count``, or of another kind.
    """
    flat = labels.reshape(len(labels), -1) if labels.ndim else labels.reshape(0, 1)
    if len(flat) != count or not (_yes_or_no(flat) if many else flat.shape[1] == 1):
        raise CnnvizError(
            say(
                "'{name}' has {count:,} images, but labels of the shape {str}: give each image one, or a row of 0 and 1, "
                "one number a label.",
                name=file,
                count=count,
                str="×".join(map(str, labels.shape)),
            )
        )
    rows = (np.flatnonzero(row).tolist() for row in flat) if many else flat.tolist()
    return [tuple(names.get(str(value), str(value)) for value in row) for row in rows]


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise CnnvizError(say("There is no file '{name}'.", name=path.name))
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > settings().max_import_bytes:
            raise CnnvizError(
                say(
                    "Unpacked, '{name}' has {size:,.1f} GB; at most {max_import_bytes:,.1f} GB are read. Take a part of it.",
                    name=path.name,
                    size=size / 1000000000.0,
                    max_import_bytes=settings().max_import_bytes / 1000000000.0,
                )
            )
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except CnnvizError:
        raise
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise CnnvizError(
                say(
                    "'{name}' holds Python objects, which may run code when they are read; nothing was read. Save plain arrays of numbers: "
                    "np.savez(file, images=images, labels=labels).",
                    name=path.name,
                )
            ) from None
        raise CnnvizError(
            say("'{name}' is no NPZ file, or it is damaged. Save it again with np.savez.", name=path.name)
        ) from None
    except (OSError, zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, MemoryError):
        raise CnnvizError(
            say("'{name}' is no NPZ file, or it is damaged. Save it again with np.savez.", name=path.name)
        ) from None


def _named(parts: Mapping[str, np.ndarray], prefix: str, names: Sequence[str]) -> np.ndarray | None:
    lower = {name.lower(): array for name, array in parts.items()}
    candidates = [f"{prefix}_{name}" if prefix else name for name in names]
    candidates += [f"{name}_{prefix}" for name in names if prefix]
    return next((lower[name] for name in candidates if name in lower), None)


def class_names_in(parts: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Names for whole numbers, if the file has an array ``classes`` or ``class_names``."""
    for key in ("classes", "class_names", "label_names"):
        if key in parts and parts[key].ndim == 1 and parts[key].dtype.kind in "US":
            return {str(number): str(name) for number, name in enumerate(parts[key].astype(str).tolist())}
    return {}


def as_images(array: np.ndarray, file: str) -> np.ndarray:
    """(N, C, H, W) uint8 of (N, H, W), (N, H, W, C) or (N, C, H, W)."""
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and array.shape[3] in (1, 3) and array.shape[1] not in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1] not in (1, 3) or not len(array):
        raise CnnvizError(
            say(
                "The images of '{file}' have the shape {str}, but N×H×W, N×H×W×3 or N×3×H×W is needed.",
                file=file,
                str="×".join(map(str, array.shape)),
            )
        )
    if min(array.shape[2:]) < 4 or max(array.shape[2:]) > 512:
        raise CnnvizError(
            say(
                "The images of '{file}' have sides of {shape} and {shape2} pixels; 4 to 512 are read.",
                file=file,
                shape=array.shape[2],
                shape2=array.shape[3],
            )
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "iufb":
        raise CnnvizError(
            say(
                "The images of '{file}' are of the type {dtype}, but numbers are needed.",
                file=file,
                dtype=array.dtype,
            )
        )
    low, high = float(array.min()), float(array.max())
    if not np.isfinite(low + high) or low < 0 or high > 255:
        raise CnnvizError(
            say(
                "The pixels of '{file}' lie between {low:g} and {high:g}, but 0 to 255 (or 0 to 1) is needed. Scale them before.",
                file=file,
                low=low,
                high=high,
            )
        )
    scale = 255 if array.dtype.kind in "fb" and high <= 1 else 1
    return np.rint(array.astype(np.float32) * scale).astype(np.uint8)


def _resized(images: np.ndarray, size: int | None) -> np.ndarray:
    if size is None or images.shape[2:] == (size, size):
        return images
    out = np.empty((len(images), images.shape[1], size, size), dtype=np.uint8)
    for number, one in enumerate(images):
        picture = Image.fromarray(one[0] if len(one) == 1 else np.ascontiguousarray(one.transpose(1, 2, 0)))
        table = np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BOX))
        out[number] = table[None] if len(one) == 1 else table.transpose(2, 0, 1)
    return out
