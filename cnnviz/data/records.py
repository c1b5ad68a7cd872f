"""Video-level records of YouTube-8M, read without TensorFlow: files of records with checksums, each a ``tf.train.Example``.

Sources: tensorflow/core/lib/io/record_writer.h (the file), tensorflow/core/example/example.proto (the record), RFC 3720, appendix B.4
(CRC-32C); research.google.com/youtube8m/download.html (the fields).
"""

import csv
import io
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.words import say

LABELS = 3862
"""Of the vocabulary of 2018; they count from 0."""
RGB, AUDIO = 1024, 128
"""Numbers of a video for its picture and its sound."""
POLYNOMIAL = 0x82F63B78
"""Of CRC-32C (Castagnoli), the lowest bit first."""
MASK = 0xA282EAD8
CHECKED = 1024
"""Bytes whose checksum is made at one time."""
MOST_FAULTS = 1000

Feature = list[bytes] | np.ndarray
"""Byte strings, float32 or int64."""


@dataclass(frozen=True)
class Record:
    """One record of a file: its content, or why it has none."""

    number: int
    payload: bytes = b""
    fault: str = ""


@dataclass(frozen=True)
class Videos:
    """Videos as features that another network made.

    Attributes:
        ids: of each video; the data set has made up names of four letters.
        labels: of each video: numbers of the vocabulary.
        rgb: (N, 1024) float32, of the picture, the mean over all seconds.
        audio: (N, 128) float32, of the sound.
        unreadable: (file and number of a record, why it cannot be used).
        files: names of what was read.
    """

    ids: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]
    rgb: Tensor
    audio: Tensor
    unreadable: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def features(self) -> Tensor:
        """(N, 1152) float32: picture and sound side by side, each brought to length 1."""
        return torch.cat([torch.nn.functional.normalize(one) for one in (self.rgb, self.audio)], 1)

    def label_counts(self) -> list[tuple[int, int]]:
        """(label, how many videos have it), the most frequent first."""
        counts = Counter(label for labels in self.labels for label in labels)
        return sorted(counts.items(), key=lambda one: (-one[1], one[0]))

    def targets(self, labels: Sequence[int]) -> Tensor:
        """Which of some labels each video has, (N, len(labels)) bool."""
        place = {label: column for column, label in enumerate(labels)}
        found = torch.zeros(len(self), len(labels), dtype=torch.bool)
        for row, its in enumerate(self.labels):
            found[row, [place[label] for label in its if label in place]] = True
        return found


def read_videos(files: Sequence[Path | str | tuple[str, bytes]]) -> Videos:
    """The videos of video-level files (``train0093.tfrecord``); what cannot be read is left out by name.

    Args:
        files: paths, or names with contents.

    Raises:
        CnnvizError: no video can be read, or there are more than the settings allow.
    """
    ids: dict[str, tuple[int, ...]] = {}
    rgb: list[np.ndarray] = []
    audio: list[np.ndarray] = []
    faults: list[tuple[str, str]] = []
    names = []
    most = settings().max_videos
    for given in files:
        name = given[0] if isinstance(given, tuple) else Path(given).name
        names.append(name)
        with _opened(given) as file:
            for record in read_records(file):
                fault = record.fault
                try:
                    if not fault:
                        key, labels, picture, sound = _video(record.payload)
                        fault = say("the video '{key:.20}' was there already", key=key) if key in ids else ""
                except ValueError as error:
                    fault = error.args[0]
                if fault:
                    faults.append((say("{file}, record {number}", file=name, number=record.number), fault))
                    continue
                ids[key] = labels
                rgb.append(picture)
                audio.append(sound)
                if len(ids) > most:
                    raise CnnvizError(
                        say(
                            "There are more than {most:,} videos; at most {most:,} are read. Bring fewer files.",
                            most=most,
                        )
                    )
    if not ids:
        where, why = faults[0] if faults else (names[0] if names else "", say("it is empty"))
        raise CnnvizError(
            say(
                "No video can be read ({where:.80}: {why}). Bring files of video-level records of YouTube-8M as they were downloaded, "
                "such as train0093.tfrecord.",
                where=where,
                why=why,
            )
        )
    return Videos(
        tuple(ids),
        tuple(ids.values()),
        torch.from_numpy(np.stack(rgb)),
        torch.from_numpy(np.stack(audio)),
        tuple(faults[:MOST_FAULTS]),
        tuple(names),
    )


def _opened(given: Path | str | tuple[str, bytes]) -> BinaryIO:
    if isinstance(given, tuple):
        return io.BytesIO(given[1])
    try:
        return Path(given).open("rb")
    except OSError:
        raise CnnvizError(say("There is no file '{name}'.", name=Path(given).name)) from None


def read_vocabulary(content: bytes) -> dict[int, str]:
    """The words of the labels, from ``vocabulary.csv`` as YouTube-8M publishes it (columns ``Index`` and ``Name``).

    Raises:
        CnnvizError: it is another file.
    """
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        found = {int(row["Index"]): " ".join(row["Name"].split()) for row in rows}
    except (UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError, AttributeError):
        found = {}
    if not found:
        raise CnnvizError(
            say(
                "The table has no columns 'Index' and 'Name'. Bring vocabulary.csv as YouTube-8M publishes it, or leave it away."
            )
        )
    return {label: name for label, name in found.items() if 0 <= label < LABELS and name}


# --- files of records ---


def read_records(file: BinaryIO) -> Iterator[Record]:
    """The records of a TFRecord file: length (8 bytes), its checksum (4), content, its checksum (4).

    A record whose content is damaged is named and the next one read; behind a damaged length nothing can be found.
    """
    most, number = settings().max_record_bytes, 0
    while head := file.read(12):
        if len(head) < 12:
            yield Record(number, fault=say("the file is cut off here"))
            return
        length, checksum = struct.unpack("<QI", head)
        if masked(crc32c(head[:8])) != checksum:
            first = say("this is no TFRecord file, or it is packed or damaged from the start on")
            later = say("its length is damaged; what stands behind it cannot be found")
            yield Record(number, fault=later if number else first)
            return
        if length > most:
            yield Record(
                number,
                fault=say("it has {length:,} bytes; at most {most:,} are read", length=length, most=most),
            )
            return
        body = file.read(length + 4)
        if len(body) < length + 4:
            yield Record(number, fault=say("the file is cut off here"))
            return
        content, (checksum,) = body[:length], struct.unpack("<I", body[length:])
        whole = masked(crc32c(content)) == checksum
        yield (
            Record(number, content)
            if whole
            else Record(number, fault=say("its checksum is wrong: it is damaged"))
        )
        number += 1


def masked(checksum: int) -> int:
    """As it stands in the file: turned by 15 bits, plus a constant, so that a checksum of a checksum is none."""
    return ((checksum >> 15 | checksum << 17) + MASK) & 0xFFFFFFFF


def crc32c(content: bytes) -> int:
    """CRC-32C. It is linear: the checksum of a block is the XOR of what each of its bytes alone leaves behind."""
    table = _table()
    state, data = 0xFFFFFFFF, np.frombuffer(content, dtype=np.uint8)
    for start in range(0, len(data), CHECKED):
        block = data[start : start + CHECKED].copy()
        head = min(4, len(block))
        block[:head] ^= np.frombuffer(struct.pack("<I", state), dtype=np.uint8)[:head]
        places = np.arange(len(block) - 1, -1, -1)
        state = int(np.bitwise_xor.reduce(table[places, block])) ^ (state >> 8 * head)
    return state ^ 0xFFFFFFFF


@lru_cache(maxsize=1)
def _table() -> np.ndarray:
    """(CHECKED, 256) uint32: what a byte with so many zero bytes behind it leaves behind."""
    found = np.empty((CHECKED, 256), dtype=np.uint32)
    first = np.arange(256, dtype=np.uint32)
    for _bit in range(8):
        first = np.where(first & 1, first >> 1 ^ np.uint32(POLYNOMIAL), first >> 1)
    found[0] = first
    for row in range(1, CHECKED):
        found[row] = first[found[row - 1] & 0xFF] ^ found[row - 1] >> 8
    return found


# --- one record ---


def parse_example(payload: bytes) -> dict[str, Feature]:
    """The features of a serialised ``tf.train.Example``, by name.

    Raises:
        ValueError: it is none.
    """
    found: dict[str, Feature] = {}
    for number, features in _fields(memoryview(payload)):
        if number == 2:
            raise ValueError(say("it is a frame-level record; bring the video-level files"))
        if number != 1:
            continue
        for entry_number, entry in _fields(_bytes(features)):
            if entry_number != 1:
                continue
            parts = dict(_fields(_bytes(entry)))
            name = bytes(_bytes(parts.get(1, memoryview(b"")))).decode("utf-8")
            for kind, values in _fields(_bytes(parts.get(2, memoryview(b"")))):
                found[name] = _values(kind, _bytes(values))
    return found


_Value = int | memoryview


def _values(kind: int, content: memoryview) -> Feature:
    values = [value for number, value in _fields(content) if number == 1]
    if kind == 1:
        return [bytes(_bytes(value)) for value in values]
    if kind == 2:  # packed, or one after another
        return np.frombuffer(b"".join(_bytes(value) for value in values), dtype="<f4").astype(np.float32)
    if kind != 3:
        raise ValueError(say("it is no record of YouTube-8M"))
    numbers: list[int] = []
    for value in values:
        at = 0
        if isinstance(value, int):
            numbers.append(value)
            continue
        while at < len(value):
            one, at = _varint(value, at)
            numbers.append(one)
    return np.array(numbers, dtype=np.uint64).astype(np.int64)


def _fields(content: memoryview) -> Iterator[tuple[int, _Value]]:
    """Number and value of the fields of a protocol buffer message."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield key >> 3, value
            continue
        if wire == 2:
            size, at = _varint(content, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            size = len(content) + 1
        if at + size > len(content):
            raise ValueError(say("it is no record of YouTube-8M"))
        yield key >> 3, content[at : at + size]
        at += size


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """A whole number of 7 bits a byte, and where the next one begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            break
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise ValueError(say("it is no record of YouTube-8M"))


def _bytes(value: _Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError(say("it is no record of YouTube-8M"))
    return value


def _video(payload: bytes) -> tuple[str, tuple[int, ...], np.ndarray, np.ndarray]:
    """Name, labels, picture and sound of a record; raises ValueError with the reason why it has none."""
    try:
        found = parse_example(payload)
    except UnicodeDecodeError:
        raise ValueError(say("it is no record of YouTube-8M")) from None
    names = found.get("id", found.get("video_id"))
    labels = found.get("labels")
    if (
        not isinstance(names, list)
        or len(names) != 1
        or not isinstance(labels, np.ndarray)
        or labels.dtype != np.int64
    ):
        raise ValueError(say("it has no 'id' and 'labels'"))
    if not len(labels):
        raise ValueError(say("it has no labels; take files whose names begin with train or validate"))
    if labels.min() < 0 or labels.max() >= LABELS:
        raise ValueError(say("its labels are not among the {count:,} of 2018", count=LABELS))
    parts = []
    for name, length in (("mean_rgb", RGB), ("mean_audio", AUDIO)):
        values = found.get(name)
        if not isinstance(values, np.ndarray) or values.dtype != np.float32 or len(values) != length:
            raise ValueError(say("it has no '{name}' of {length:,} numbers", name=name, length=length))
        if not np.isfinite(values).all():
            raise ValueError(say("'{name}' has numbers that are not finite", name=name))
        parts.append(values)
    return names[0].decode("utf-8", "replace"), tuple(sorted(set(labels.tolist()))), parts[0], parts[1]
