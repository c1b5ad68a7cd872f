"""An index of the runs in a folder, so that lists and starts cost the same with ten thousand of them.

``runs/.index/runs.sqlite`` is derived: it may be deleted at any time, and is made again from the folders, in
one transaction. Which runs there are is compared with the names in the folder whenever the folder has
changed. A run's
bytes are known while it is *settled*: nothing writes it, and whoever puts it into the queue opens it again.
"""

import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from cnnviz.errors import CnnvizError
from cnnviz.training.folder import SETTLED_NS, RunFolder

BUSY_SECONDS = 10.0
PAGE = 100
MOST_PAGES = 1000
COMPARE_SECONDS = 60.0
"""A folder copied in by hand at the very moment of a start shows after this long."""
VERSION = 1
TABLES = """
CREATE TABLE runs (id TEXT PRIMARY KEY, created REAL NOT NULL, owner TEXT NOT NULL, bytes INTEGER);
CREATE INDEX by_age ON runs (created, id);
CREATE INDEX by_owner ON runs (owner, created, id);
CREATE INDEX unsettled ON runs (id) WHERE bytes IS NULL;
CREATE TABLE total (owner TEXT PRIMARY KEY, runs INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE seen (changed INTEGER NOT NULL, compared REAL NOT NULL);
CREATE TRIGGER came AFTER INSERT ON runs BEGIN
  INSERT INTO total VALUES (NEW.owner, 1, ifnull(NEW.bytes, 0))
  ON CONFLICT (owner) DO UPDATE SET runs = runs + 1, bytes = bytes + ifnull(NEW.bytes, 0);
END;
CREATE TRIGGER went AFTER DELETE ON runs BEGIN
  UPDATE total SET runs = runs - 1, bytes = bytes - ifnull(OLD.bytes, 0) WHERE owner = OLD.owner;
END;
CREATE TRIGGER grew AFTER UPDATE OF bytes ON runs BEGIN
  UPDATE total SET bytes = bytes + ifnull(NEW.bytes, 0) - ifnull(OLD.bytes, 0) WHERE owner = NEW.owner;
END;
"""


class Total(NamedTuple):
    """How many runs there are, and the bytes of the settled ones."""

    runs: int
    settled_bytes: int


def newest(runs: Path, owner: str = "", *, oldest: bool = False) -> Iterator[str]:
    """The names of all runs by age, newest first (or ``oldest`` first), read page by page.

    Args:
        owner: hash of a browser's key: only the runs that it started.
    """
    before, order = (">", "ASC") if oldest else ("<", "DESC")
    created, run_id = (-1e300, "") if oldest else (1e300, "")
    whose = "owner = :owner AND" if owner else ""
    page = f"SELECT created, id FROM runs WHERE {whose} (created, id) {before} (:created, :id) ORDER BY created {order}, id {order} LIMIT {PAGE}"
    compare = True
    while True:
        found = _read_page(runs, owner) if compare and not oldest else None
        if found is None:
            changed = _changed(runs)
            # Nothing is locked while the caller looks at a page.
            with _open(runs, compare) as index:
                found = index.execute(page, {"owner": owner, "created": created, "id": run_id}).fetchall()
                whole = index.execute("SELECT 1 FROM seen WHERE changed = ?", [changed]).fetchone()
            if compare and whole and not oldest:
                _keep_page(runs, owner, changed, found)
        yield from (name for _, name in found)
        if len(found) < PAGE:
            return
        created, run_id = found[-1]
        compare = False


class _Page(NamedTuple):
    """What was found last, when the folder had changed last, and when it was looked at."""

    changed: int
    seen: float
    rows: list[tuple[float, str]]


_pages: dict[tuple[Path, str], _Page] = {}
"""Folder of runs and owner -> the newest of them; every drawing of a page with a menu of runs asks."""


def _read_page(runs: Path, owner: str) -> list[tuple[float, str]] | None:
    """The newest as they were found before, as long as the folder is as it was."""
    known = _pages.get((runs, owner))
    if known is None or time.time() - known.seen > COMPARE_SECONDS or _changed(runs) != known.changed:
        return None
    return known.rows


def _keep_page(runs: Path, owner: str, changed: int, rows: list[tuple[float, str]]) -> None:
    # A folder that changed just now may change again without its time telling.
    if 0 < changed < time.time_ns() - SETTLED_NS:
        if len(_pages) >= MOST_PAGES:
            _pages.clear()
        _pages[runs, owner] = _Page(changed, time.time(), rows)


def _changed(runs: Path) -> int:
    """When a run came or went last; 0 where there is no folder."""
    try:
        return runs.stat().st_mtime_ns
    except OSError:
        return 0


def unsettled(runs: Path) -> list[str]:
    """The names of the runs whose bytes must be counted anew."""
    with _open(runs, compare=True) as index:
        return [name for (name,) in index.execute("SELECT id FROM runs WHERE bytes IS NULL")]


def total(runs: Path, owner: str = "") -> Total:
    """Of all runs, or of one browser's."""
    whose = "WHERE owner = ?" if owner else ""
    with _open(runs) as index:
        sums = f"SELECT ifnull(sum(runs), 0), ifnull(sum(bytes), 0) FROM total {whose}"
        return Total(*index.execute(sums, [owner] if owner else []).fetchone())


def settled_bytes(runs: Path, run_id: str) -> int | None:
    """The bytes of one run; ``None`` where they must be counted."""
    with _open(runs) as index:
        found = index.execute("SELECT bytes FROM runs WHERE id = ?", [run_id]).fetchone()
    size: int | None = found[0] if found else None
    return size


def settle(runs: Path, sizes: Mapping[str, int]) -> None:
    """Notes the bytes of runs that nothing writes any more; where that cannot be noted, they are counted again."""
    if sizes:
        with suppress(OSError), _open(runs) as index:
            index.executemany(
                "UPDATE runs SET bytes = ? WHERE id = ?", [(size, name) for name, size in sizes.items()]
            )


def unsettle(runs: Path, run_id: str) -> None:
    """The run's folder may grow from now on."""
    with _open(runs) as index:
        index.execute("UPDATE runs SET bytes = NULL WHERE id = ? AND bytes IS NOT NULL", [run_id])


@contextmanager
def changing(runs: Path) -> Iterator[list[str]]:
    """Around making runs, by the holder of the room's lock: the names put into the list need no look at the
    folder.
    """
    with _open(runs) as index:
        equal = _compare(runs, index)
    made: list[str] = []
    yield made
    rows = [row for name in made if (row := _row(runs / name))]
    with _open(runs) as index:
        index.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, NULL)", rows)
        changed = runs.stat().st_mtime_ns
        if equal and not index.execute("UPDATE seen SET changed = ?", [changed]).rowcount:
            index.execute("INSERT INTO seen VALUES (?, ?)", [changed, time.time()])


@contextmanager
def _open(runs: Path, compare: bool = False) -> Iterator[sqlite3.Connection]:
    """The index in one transaction; with ``compare`` equal to the folder. Where it cannot be written, one in
    memory.

    Raises:
        OSError: the disk is full, or the folder can be read only, and the caller wrote.
    """
    index = _connected(runs, compare)
    try:
        with closing(index), index:
            yield index
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error)) from error


def _connected(runs: Path, compare: bool) -> sqlite3.Connection:
    # In a folder of its own: SQLite's journals would change the time of the folder of runs.
    place = runs / ".index"
    for _ in range(2):
        with suppress(sqlite3.OperationalError, OSError):
            try:
                if runs.is_dir():
                    place.mkdir(exist_ok=True)
                    return _ready(runs, str(place / "runs.sqlite"), compare)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                shutil.rmtree(place, ignore_errors=True)
    return _ready(runs, ":memory:", True)


def _ready(runs: Path, place: str, compare: bool) -> sqlite3.Connection:
    index = sqlite3.connect(place, timeout=BUSY_SECONDS)
    try:
        # What is lost with the power is made again from the folders.
        index.execute("PRAGMA synchronous = OFF")
        if index.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            _make(index)
            compare = True
        if compare:
            _compare(runs, index)
    except BaseException:
        index.close()
        raise
    return index


def _make(index: sqlite3.Connection) -> None:
    index.isolation_level = None
    index.execute("BEGIN IMMEDIATE")
    version = index.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, VERSION):
        raise sqlite3.DatabaseError("made by another version")
    if version == 0:
        statements, whole = [""], TABLES.splitlines(keepends=True)
        for line in whole:
            statements[-1] += line
            if sqlite3.complete_statement(statements[-1]):
                index.execute(statements[-1])
                statements.append("")
        index.execute(f"PRAGMA user_version = {VERSION}")
    index.execute("COMMIT")
    index.isolation_level = "DEFERRED"


def _compare(runs: Path, index: sqlite3.Connection) -> bool:
    """Takes in the folders that came and drops those that went, if the folder of runs has changed.

    Returns whether nothing is left to be taken in: a folder without ``run.json`` is being made.
    """
    try:
        changed = runs.stat().st_mtime_ns
        oldest = time.time() - COMPARE_SECONDS
        if index.execute(
            "SELECT 1 FROM seen WHERE changed = ? AND compared > ?", [changed, oldest]
        ).fetchone():
            return True
        there = {name for name in os.listdir(runs) if name[0] != "."}  # noqa: PTH208 - ten thousand names
    except FileNotFoundError:
        return False
    known = {name for (name,) in index.execute("SELECT id FROM runs")}
    rows = [row for name in there - known if (row := _row(runs / name))]
    with index:
        index.executemany("DELETE FROM runs WHERE id = ?", [(name,) for name in known - there])
        index.executemany("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, NULL)", rows)
        whole = len(rows) == len(there - known)
        # A folder that changed just now may change again without its time telling.
        if whole and time.time_ns() - changed > SETTLED_NS:
            index.execute("DELETE FROM seen")
            index.execute("INSERT INTO seen VALUES (?, ?)", [changed, time.time()])
    return whole


def _row(path: Path) -> Sequence[str | float] | None:
    """Name, time of creation, owner; ``None`` where there is no readable run (yet)."""
    try:
        about = RunFolder(path).about()
        return path.name, float(about["created"]), str(about["owner"])
    except (CnnvizError, OSError, KeyError, TypeError, ValueError):
        return None
