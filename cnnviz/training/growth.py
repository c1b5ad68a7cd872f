"""What a growing run has to say since one last looked: only the new lines of its metrics are read."""

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path

from cnnviz.training.folder import RunFolder
from cnnviz.training.loop import Metric

BEGIN = ""
_FIELDS = frozenset(field.name for field in fields(Metric))


@dataclass(frozen=True)
class Growth:
    """New records of a run.

    Attributes:
        whole: these are all records, and what was known before is void: it is the first look, or the run was
            resumed from a checkpoint and wrote some steps again.
        metrics: the new records, oldest first.
        last: the newest record, new or not; ``None`` before the first.
        mark: where to go on; give it to the next call.
    """

    whole: bool
    metrics: tuple[Metric, ...]
    last: Metric | None
    mark: str


def growth(folder: RunFolder, mark: str = BEGIN) -> Growth:
    """The records after ``mark``, or all of them if the file is no longer the one that the mark was made in.

    A mark holds the place of the last line that was read, its length and its digest. Each line holds the
    seconds of its own step, so a run that writes a step again writes another line; the lines before one that
    is kept are kept too.
    """
    path = folder.path / "metrics.jsonl"
    start, length, known = _place(mark)
    text = _read(path, start - length)
    if length and _digest(text[:length]) == known:
        metrics, end = _records(text[length:], start)
        return Growth(False, metrics, metrics[-1] if metrics else _metric(text[:length]), end or mark)
    metrics, end = _records(_read(path, 0), 0)
    return Growth(True, metrics, metrics[-1] if metrics else None, end)


def _records(text: bytes, start: int) -> tuple[tuple[Metric, ...], str]:
    """The records in ``text``, which begins at byte ``start``, and the mark of the last; a line without its
    end is left for later.
    """
    lines = text[: text.rfind(b"\n") + 1].splitlines(keepends=True)
    if not lines:
        return (), BEGIN
    end = start + sum(map(len, lines))
    return tuple(map(_metric, lines)), f"{end}.{len(lines[-1])}.{_digest(lines[-1])}"


def _metric(line: bytes) -> Metric:
    return Metric(**{name: value for name, value in json.loads(line).items() if name in _FIELDS})


def _place(mark: str) -> tuple[int, int, str]:
    """(byte after the last line read, its length, its digest); zeros for anything that is no mark."""
    parts = mark.split(".")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[1].isdecimal()) or len(mark) > 80:
        return 0, 0, ""
    end, length = int(parts[0]), int(parts[1])
    return (end, length, parts[2]) if length <= end else (0, 0, "")


def _read(path: Path, start: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read()
    except FileNotFoundError:
        return b""


def _digest(line: bytes) -> str:
    return hashlib.blake2b(line, digest_size=8).hexdigest()
