"""What stands in a folder, a zip file or a table of one's own images: which file belongs to which class. Nothing is unpacked
to the disk, and nothing is decoded yet.
"""

import csv
import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TextIO

from cnnviz.data import decode_files
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.words import say

SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test"}
VALIDATION = ("val", "valid", "validation")
"""Folders that stand above the class folders. Images for validation are test images if there are no others, else training
images.
"""
LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")
TABLES = (".csv", ".tsv")
Parts = tuple[str, ...]
"""A path, its folders and its name."""
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
PATH_COLUMNS = ("path", "file", "filename", "file_name", "image", "image_id", "image_path")
TINY_NAME = "tiny-imagenet-200"
TINY_ANNOTATIONS = ("val", "val_annotations.txt")
TINY_FILES = 130_000
"""Tiny ImageNet has 120,206 files; of so many a share is read."""
LABEL_COLUMNS = ("label", "labels", "class", "target", "category", "class_name")
BETWEEN_LABELS = re.compile("[;|]")
"""Between several labels of an image in a table."""


@dataclass(frozen=True)
class Item:
    """One file.

    Attributes:
        file: its path, or its name in the archive.
        shown: what it is called in sentences.
        split: ``"train"`` or ``"test"``, or ``""`` where that is still to be drawn.
    """

    file: str
    shown: str
    label: str
    split: str = ""


@dataclass(frozen=True)
class Listing:
    """Files with their classes.

    Attributes:
        archive: the zip file that holds them, if one does.
        left_out: (file, why it cannot be used).
        places: of the files in the archive, as ``decode_files.Order`` has them, where they are packed in the usual way.
        many_labels: a label of an item may be several (``labels_in``), or none.
    """

    archive: str | None
    items: tuple[Item, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    places: Mapping[str, decode_files.Place] = field(default_factory=dict)
    many_labels: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """By name; whole numbers in their order."""
        if self.many_labels:
            return sorted_names({name for item in self.items for name in labels_in(item.label)})
        return sorted_names({item.label for item in self.items})


def labels_in(cell: str) -> tuple[str, ...]:
    """The labels of one image, each once: ``"cat; dog"`` or ``"cat|dog"``."""
    return tuple(dict.fromkeys(name for part in BETWEEN_LABELS.split(cell) if (name := part.strip())))


def sorted_names(names: set[str]) -> tuple[str, ...]:
    """By name, and numbers by their size: 2 before 10."""
    if all(name.isascii() and name.isdigit() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def listing(path: Path, limited: bool = True) -> Listing:
    """The images of a folder or zip file of class folders, or of a CSV table of paths and labels, which may stand in the zip file.

    Args:
        limited: the limits of the settings hold for the number of files and their bytes; a stream has none.

    Raises:
        CnnvizError: what is wrong with all of it; single files that cannot be used are left out by name.
    """
    if path.is_dir():
        found = _of_folder(path, limited)
    elif path.suffix.lower() in TABLES:
        found = _of_table(path, limited)
    else:
        found = _of_archive(path, limited)
    _check(found)
    return found


def _check(found: Listing) -> None:
    if not found.items:
        first = (
            say(
                " The first file that was left out: {left_out}: {left_out2}.",
                left_out=found.left_out[0][0],
                left_out2=found.left_out[0][1],
            )
            if found.left_out
            else ""
        )
        raise CnnvizError(
            say(
                "No image in a class folder was found. Put the images of each class into a folder with the class's name.{first}",
                first=first,
            )
        )
    if len(found.classes) < 2:
        raise CnnvizError(
            say(
                "Only one class was found, '{class_name:.40}', but a network learns to tell two or more apart. "
                "Put the images of each class into a folder of its own.",
                class_name=found.classes[0],
            )
        )
    if len(found.classes) > settings().max_classes:
        raise CnnvizError(
            say(
                "There are {count:,} classes, but at most {max_classes:,} are read. Does each image lie in a folder of its own?",
                count=len(found.classes),
                max_classes=settings().max_classes,
            )
        )


def _count(number: int, limited: bool, tiny: bool = False) -> None:
    most = max(TINY_FILES, settings().max_import_files) if tiny else settings().max_import_files
    if limited and number > most:
        raise CnnvizError(
            say(
                "There are more than {most:,} files; at most {most:,} are read. Take a part of them.",
                most=most,
            )
        )


def _of_folder(path: Path, limited: bool) -> Listing:
    files: list[tuple[Parts, str]] = []
    left: list[tuple[str, str]] = []
    count = 0
    tiny = any(Path(path, top, *TINY_ANNOTATIONS).is_file() for top in ("", TINY_NAME))
    for folder, folders, names in os.walk(path, followlinks=False):
        here = Path(folder)
        links = (here / name for name in sorted(folders) if (here / name).is_symlink())
        left.extend((str(link.relative_to(path)), say("it is a link to elsewhere")) for link in links)
        folders[:] = sorted(name for name in folders if not _litter(name) and not (here / name).is_symlink())
        for name in sorted(names):
            count += 1
            _count(count, limited, tiny)
            inner = (here / name).relative_to(path).parts
            if _litter(name):
                continue
            if (here / name).is_symlink():
                left.append(("/".join(inner), say("it is a link to elsewhere")))
            elif not stat.S_ISREG((here / name).lstat().st_mode):
                left.append(("/".join(inner), say("it is no file")))
            else:
                files.append((inner, str(here / name)))
    return _tiny_imagenet(None, files, left, limited) or _in_classes(None, files, left)


def _of_archive(path: Path, limited: bool) -> Listing:
    files: list[tuple[Parts, str]] = []
    left: list[tuple[str, str]] = []
    places: dict[str, decode_files.Place] = {}
    for info in entries(path, limited):
        inner = tuple(part for part in info.filename.split("/") if part not in ("", "."))
        if not inner or any(map(_litter, inner)):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            left.append((info.filename, say("it is a link to elsewhere")))
        elif info.flag_bits & 1:
            left.append((info.filename, say("it is locked by a password")))
        else:
            files.append((inner, info.filename))
            if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                places[info.filename] = info.header_offset, info.compress_size, info.compress_type, info.CRC
    found = (
        _by_its_table(path, files, left, limited)
        or _tiny_imagenet(str(path), files, left, limited)
        or _in_classes(str(path), files, left)
    )
    return replace(found, places=places)


def _by_its_table(
    path: Path, files: Sequence[tuple[Parts, str]], left: Sequence[tuple[str, str]], limited: bool
) -> Listing | None:
    """What the one table inside a zip file says; ``None`` if there is none, or it names none of the files."""
    tables = [(inner, file) for inner, file in files if inner[-1].lower().endswith(TABLES)]
    if len(tables) != 1:
        return None
    inner, file = tables[0]
    with decode_files.reader(str(path), settings().max_import_file_bytes) as read:
        try:
            text = read(file, None).decode("utf-8-sig")
        except (decode_files.TooLargeError, UnicodeDecodeError, zipfile.BadZipFile, OSError, RuntimeError):
            return None
    known = {"/".join(one): name for one, name in files}

    def resolve(name: str) -> tuple[str, str]:
        at = PurePosixPath(os.path.normpath(PurePosixPath(*inner[:-1]) / name.replace("\\", "/")))
        if at.is_absolute() or ".." in at.parts:
            return "", say("it leads out of the zip file")
        return known.get(str(at), ""), say("there is no such file")

    rows = list(_read_rows(io.StringIO(text, newline=""), inner[-1], limited))
    if not any(resolve(cell.strip())[0] for row in rows for cell in row):
        return None
    found = _of_rows(rows, resolve, inner[-1])
    return Listing(str(path), found.items, (*found.left_out, *left), many_labels=found.many_labels)


def entries(path: Path, limited: bool = True) -> list[zipfile.ZipInfo]:
    """The files of a zip file; its limits are kept.

    Raises:
        CnnvizError: it is none, too many or too large files, or a path that leads out of it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except FileNotFoundError:
        raise CnnvizError(say("There is no file or folder '{name}'.", name=path.name)) from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise CnnvizError(
            say(
                "'{name}' is no zip file, or it is damaged. Bring a folder, a zip file of class folders, a CSV table or an NPZ file.",
                name=path.name,
            )
        ) from None
    _count(len(found), limited, any(info.filename.endswith("/".join(TINY_ANNOTATIONS)) for info in found))
    for info in found:
        if not (info.filename.startswith("/") or any(sign in info.filename for sign in ("..", "\\", ":"))):
            continue  # most names, at once
        inner = PurePosixPath(info.filename.replace("\\", "/"))
        if ".." in inner.parts or inner.is_absolute() or (inner.parts and inner.parts[0].endswith(":")):
            raise CnnvizError(
                say(
                    "The zip file holds a path that leads out of its folder: '{filename:.80}'. Nothing was read. Make the zip file anew.",
                    filename=info.filename,
                )
            )
    size, most = sum(info.file_size for info in found), settings().max_import_bytes
    if limited and size > most:
        raise CnnvizError(
            say(
                "Unpacked, the zip file has {size:,.1f} GB; at most {most:,.1f} GB are read. Take smaller images, or a part of them.",
                size=size / 1000000000.0,
                most=most / 1000000000.0,
            )
        )
    return [info for info in found if not info.is_dir()]


def _litter(name: str) -> bool:
    return name in LITTER or name.startswith(".")


def _in_classes(
    archive: str | None, files: Sequence[tuple[Parts, str]], left: list[tuple[str, str]]
) -> Listing:
    """The folder above a file names its class; folders that hold all others, and those of a split, stand above that."""
    usable = []
    for inner, file in files:
        if inner[-1].lower().endswith(ARCHIVES):
            left.append(("/".join(inner), say("it is an archive inside: unpack it first")))
        else:
            usable.append((inner, file))
    shared = _shared_folders([inner for inner, _ in usable])
    tops = {inner[shared].lower() for inner, _ in usable if len(inner) > shared + 1}
    split = bool(tops) and tops <= {*SPLITS, *VALIDATION} and any(SPLITS.get(top) == "train" for top in tops)
    has_test = any(SPLITS.get(top) == "test" for top in tops)
    items = []
    for inner, file in usable:
        parts = inner[shared:]
        part = ""
        if split:
            part = SPLITS.get(parts[0].lower(), "train" if has_test else "test") if len(parts) > 1 else ""
            parts = parts[1:]
        if len(parts) < 2:
            left.append(("/".join(inner), say("it lies in no class folder")))
        else:
            items.append(Item(file, "/".join(inner), parts[0], part))
    return Listing(archive, tuple(items), tuple(left))


def _tiny_imagenet(
    archive: str | None, files: Sequence[tuple[Parts, str]], left: Sequence[tuple[str, str]], limited: bool
) -> Listing | None:
    """Tiny ImageNet-200 as Stanford packed it; ``None`` if it is something else. The words of its classes stand in ``words.txt``,
    the classes of its images for validation in a table; its test images have no labels. The same share of each class is
    taken if there are more files than may be read.
    """
    roots = [inner[:-2] for inner, _ in files if inner[-2:] == TINY_ANNOTATIONS]
    if len(roots) != 1:
        return None
    root = roots[0]
    inside = {
        inner[len(root) :]: (file, "/".join(inner)) for inner, file in files if inner[: len(root)] == root
    }
    with decode_files.reader(archive, settings().max_import_file_bytes) as read:

        def rows(*parts: str) -> dict[str, str]:
            if parts not in inside:
                return {}
            lines = read(inside[parts][0], None).decode("utf-8").splitlines()
            return {cells[0]: cells[1] for line in lines if len(cells := line.split("\t")) > 1}

        try:
            class_of, words = rows(*TINY_ANNOTATIONS), rows("words.txt")
        except (decode_files.TooLargeError, UnicodeDecodeError, zipfile.BadZipFile, OSError, RuntimeError):
            return None
    keys = {inner[1] for inner in inside if len(inner) == 4 and inner[0] == "train" and inner[2] == "images"}
    if not keys:
        return None
    first = {key: words.get(key, key).split(",")[0].strip() or key for key in keys}
    names = {
        key: name if list(first.values()).count(name) == 1 else f"{name} ({key})"
        for key, name in first.items()
    }
    groups: dict[tuple[str, str], list[Item]] = {}
    gone, unlabelled = list(left), 0
    for inner, (file, shown) in inside.items():
        if len(inner) == 4 and inner[0] == "train" and inner[2] == "images":
            groups.setdefault(("train", inner[1]), []).append(Item(file, shown, names[inner[1]], "train"))
        elif len(inner) == 3 and inner[:2] == ("val", "images"):
            key = class_of.get(inner[2], "")
            if key in names:
                groups.setdefault(("test", key), []).append(Item(file, shown, names[key], "test"))
            else:
                gone.append(
                    (
                        shown,
                        say(
                            "{tiny_annotations} does not name its class", tiny_annotations=TINY_ANNOTATIONS[1]
                        ),
                    )
                )
        elif inner[:2] == ("test", "images"):
            unlabelled += 1
    if unlabelled:
        gone.append(
            (say("{unlabelled:,} images below 'test'", unlabelled=unlabelled), say("they have no labels"))
        )
    total, most = sum(map(len, groups.values())), settings().max_import_files
    if limited and total > most:
        groups = {group: items[: max(1, len(items) * most // total)] for group, items in groups.items()}
        kept = sum(map(len, groups.values()))
        gone.append(
            (
                say("{total:,} images", total=total - kept),
                say("at most {most:,} are read, the same share of each class", most=most),
            )
        )
    return Listing(archive, tuple(item for items in groups.values() for item in items), tuple(gone))


def _shared_folders(files: Sequence[Parts]) -> int:
    """How many folders hold all class folders. The last folder that all share is the class, where there is only one."""
    inside = [file[:-1] for file in files if len(file) > 1]
    if not inside:
        return 0
    depth = 0
    while all(len(parts) > depth + 1 for parts in inside) and len({parts[depth] for parts in inside}) == 1:
        depth += 1
    return depth


def _of_table(path: Path, limited: bool) -> Listing:
    """A table of paths and labels; paths count from its own folder."""
    root = path.parent.resolve()

    def resolve(name: str) -> tuple[str, str]:
        file = (root / name).resolve()
        if not file.is_relative_to(root):
            return "", say("it leads out of the table's folder")
        return (str(file) if file.is_file() else ""), say("there is no such file")

    return _of_rows(list(_rows(path, limited)), resolve, path.name)


def _of_rows(rows: list[list[str]], resolve: Callable[[str], tuple[str, str]], table: str) -> Listing:
    """Paths and labels, with or without a line of titles; a column ``split`` counts if it is there. Where an image has several
    labels, a cell without any is an image that has none.

    Args:
        resolve: path in the table -> (the file, or "" and why not).
        table: what it is called in sentences.
    """
    if not rows:
        raise CnnvizError(
            say("'{table}' is empty. Write a line for each image: its path, and its class.", table=table)
        )
    titles = [cell.strip().lower() for cell in rows[0]]
    columns = [_column(titles, names) for names in (PATH_COLUMNS, LABEL_COLUMNS, ("split", "subset"))]
    if columns[0] is None or columns[1] is None:
        columns = [0, 1, None]
    else:
        rows = rows[1:]
    at, label, split = columns
    assert at is not None
    assert label is not None
    many = any(BETWEEN_LABELS.search(row[label]) for row in rows if len(row) > label)
    items = []
    left: list[tuple[str, str]] = []
    for number, row in enumerate(rows, 1):
        if len(row) <= max(at, label) or not row[at].strip() or not (many or row[label].strip()):
            left.append((say("line {number}", number=number), say("it does not name a path and a class")))
            continue
        name = row[at].strip()
        file, why_not = resolve(name)
        if not file:
            left.append((name, why_not))
            continue
        part = row[split].strip().lower() if split is not None and len(row) > split else ""
        items.append(
            Item(file, name, row[label].strip(), "test" if part in VALIDATION else SPLITS.get(part, ""))
        )
    if not items and left:
        raise CnnvizError(
            say(
                "None of the {count:,} images of '{table}' can be read; the first, '{left:.80}': {left2}. "
                "Paths count from the table's own folder.",
                count=len(left),
                table=table,
                left=left[0][0],
                left2=left[0][1],
            )
        )
    if any(item.split for item in items):
        items = [item if item.split else replace(item, split="train") for item in items]
    return Listing(None, tuple(items), tuple(left), many_labels=many)


def _column(titles: list[str], names: Sequence[str]) -> int | None:
    return next((titles.index(name) for name in names if name in titles), None)


def _rows(path: Path, limited: bool) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _read_rows(file, path.name, limited)
    except FileNotFoundError:
        raise CnnvizError(say("There is no file '{name}'.", name=path.name)) from None
    except (OSError, UnicodeDecodeError):
        raise _no_table(path.name) from None


def _read_rows(file: TextIO, name: str, limited: bool) -> Iterator[list[str]]:
    start = file.read(4096)
    file.seek(0)
    try:
        for number, row in enumerate(csv.reader(file, delimiter=_delimiter(start))):
            _count(number, limited)
            if row:
                yield row
    except csv.Error:
        raise _no_table(name) from None


def _delimiter(start: str) -> str:
    """What stands between the cells: the one that makes titles of the first line, else what looks like it."""
    first = start.partition("\n")[0].lower()
    for delimiter in ",;\t":
        titles = [title.strip().strip('"') for title in first.split(delimiter)]
        if _column(titles, PATH_COLUMNS) is not None and _column(titles, LABEL_COLUMNS) is not None:
            return delimiter
    if all("," in line for line in start.splitlines()[:-1] or [start]):
        return ","  # ';' may stand between labels
    try:
        return csv.Sniffer().sniff(start, delimiters=",;\t").delimiter
    except csv.Error:
        return ","


def _no_table(name: str) -> CnnvizError:
    return CnnvizError(
        say(
            "'{name}' cannot be read as a table. Save it as CSV in UTF-8: a line for each image, its path and its class.",
            name=name,
        )
    )
