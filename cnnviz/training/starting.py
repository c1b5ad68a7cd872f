"""Starting runs: what is asked for is checked against the limits first, and room is made for it."""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from cnnviz.errors import CnnvizError, disk_errors
from cnnviz.permits import holds
from cnnviz.settings import settings
from cnnviz.training import index, launcher
from cnnviz.training.budget import (
    Need,
    check_places,
    check_size,
    check_waiting,
    check_who,
    check_work,
    no_room,
    within_time,
)
from cnnviz.training.folder import ACTIVE, RunFolder, State, unwritable
from cnnviz.training.run import Run, owner_hash
from cnnviz.training.spec import TrainingSpec
from cnnviz.words import say

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
ENDED: frozenset[State] = frozenset({"finished", "stopped", "failed", "diverged"})
"""A run in one of these is written again only after it has come into the queue."""


def start(spec: TrainingSpec, key: str | None = None) -> Run:
    """Starts a training in another process and returns at once.

    Args:
        spec: what to train; it is checked first.
        key: the secret of the browser that will command the run from the app; only its hash is kept.

    Raises:
        CnnvizError: the specification cannot be trained, a limit of the settings stands against it, or the
            run folder cannot be written.
    """
    return start_all([spec], key)[0]


def start_all(specs: Sequence[TrainingSpec], key: str | None = None) -> list[Run]:
    """Starts several trainings, all or none; see ``start``."""
    folder, owner = settings().runs, owner_hash(key)
    lifted = holds("owner", owner)
    check_who(owner)
    specs = [within_time(spec, owner) for spec in specs]
    needs = []
    for spec in specs:
        spec.check()
        if key and not lifted:
            check_work(spec)
        needs.append(check_size(spec))
    with disk_errors(unwritable):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".room.lock"):
            check_waiting(folder, owner, len(specs))
            check_places(folder, owner, len(specs), _working(folder))
            shares = _shares(needs, make_room(needs, "" if lifted else owner))
            with index.changing(folder) as names:
                for spec, share in zip(specs, shares, strict=True):
                    names.append(_create(folder, spec, owner, share))
            # Inside, so that whoever starts next sees these in the queue.
            for name in names:
                launcher.enqueue(folder, name)
    return [Run(name) for name in names]


def _working(folder: Path) -> int:
    """Runs from browsers that a worker has in its hands."""
    count = 0
    for run_id in index.unsettled(folder):
        with suppress(CnnvizError):
            run = Run(run_id)
            count += bool(run.owner) and run.state == "running"
    return count


@contextmanager
def create(spec: TrainingSpec, owner: str) -> Iterator[RunFolder]:
    """A new run that is written here and not by a worker; room is made for it first. If it cannot be written, it is
    taken away again.

    Raises:
        CnnvizError: there is no room, or the folder cannot be written.
    """
    folder = settings().runs
    need = check_size(spec)
    with disk_errors(unwritable):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".room.lock"):
            (share,) = _shares([need], make_room([need], owner))
            with index.changing(folder) as names:
                names.append(_create(folder, spec, owner, share))
                made = RunFolder(folder / names[-1])
                try:
                    yield made
                except BaseException:
                    made.delete()
                    raise


def _create(runs_folder: Path, spec: TrainingSpec, owner: str, share: int) -> str:
    name = re.sub(r"[^a-z0-9]+", "", spec.network_name.lower())[:20] or "network"
    run_id = f"{spec.dataset}-{name}-{''.join(secrets.choice(ID_LETTERS) for _ in range(7))}"
    RunFolder.create(runs_folder / run_id, spec, owner, share)
    return run_id


def _wished(need: Need) -> int:
    return min(need.whole, settings().max_one_run_bytes)


def _shares(needs: Sequence[Need], free: int) -> list[int]:
    """Bytes for each run: what it wishes, or, where there is less, each a part of its wish above the
    least.
    """
    least, wished = sum(need.least for need in needs), sum(map(_wished, needs))
    part = min(1.0, (free - least) / (wished - least)) if wished > least else 1.0
    return [need.least + int(part * (_wished(need) - need.least)) for need in needs]


def make_room(needs: Sequence[Need] = (), owner: str = "") -> int:
    """Deletes the oldest runs that may go until ``needs`` more fit into the limits, as well as it can be
    done.

    Runs that nobody pinned and that do not run may go, and those paused for long without a process.

    Args:
        owner: hash of the key of the browser that starts them; first its own runs make room within its own
            limit.

    Returns:
        bytes that are free for them.

    Raises:
        CnnvizError: not even the first and last snapshots would fit, or there are too many runs.
    """
    limits, folder = settings(), settings().runs
    open_sizes = _count_unsettled(folder)
    everybody, own = index.total(folder), index.total(folder, owner)
    count = everybody.runs
    whole = everybody.settled_bytes + sum(size for size, _ in open_sizes.values())
    of_browser = own.settled_bytes + sum(size for size, whose in open_sizes.values() if whose == owner)
    wished, least = sum(map(_wished, needs)), sum(need.least for need in needs)

    def delete_oldest(whose: str, enough: Callable[[], bool]) -> None:
        nonlocal count, whole, of_browser
        if enough():
            return
        for run_id in index.newest(folder, whose, oldest=True):
            with suppress(CnnvizError):
                run = Run(run_id)
                of_owner = bool(owner) and run.owner == owner
                size = (
                    open_sizes[run_id][0]
                    if run_id in open_sizes
                    else index.settled_bytes(folder, run_id) or 0
                )
                if _delete(run):
                    count, whole = count - 1, whole - size
                    of_browser -= size if of_owner else 0
            if enough():
                return

    if owner:
        delete_oldest(owner, lambda: limits.max_browser_bytes - of_browser >= wished)
    more = max(1, len(needs))
    delete_oldest("", lambda: count + more <= limits.max_runs and limits.max_run_bytes - whole >= wished)
    free_of_browser, free = limits.max_browser_bytes - of_browser, limits.max_run_bytes - whole
    if owner and free_of_browser < least:
        raise no_room("of your browser", least, free_of_browser, limits.max_browser_bytes)
    if free < least:
        raise no_room("of all runs", least, free, limits.max_run_bytes)
    if needs and count + len(needs) > limits.max_runs:
        raise CnnvizError(
            say(
                "There are {count} runs that may not go, and at most {max_runs} are kept. Stop some, or wait until they have ended.",
                count=count,
                max_runs=limits.max_runs,
            )
        )
    return min(free, free_of_browser) if owner else free


def _count_unsettled(folder: Path) -> dict[str, tuple[int, str]]:
    """Name -> bytes and owner of the runs that may still grow; the bytes of those that ended since are
    noted.
    """
    sizes: dict[str, tuple[int, str]] = {}
    ended: dict[str, int] = {}
    for run_id in index.unsettled(folder):
        with suppress(CnnvizError):
            run = Run(run_id)
            size = _size(run)
            if run.state in ENDED:
                ended[run_id] = size
            else:
                sizes[run_id] = size, run.owner
    index.settle(folder, ended)
    return sizes


def _size(run: Run) -> int:
    """Bytes on disk; of a run that may still grow, all that it was promised."""
    size = run.folder.size()
    return max(size, run.folder.about().get("bytes") or 0) if run.state in ACTIVE else size


def _may_go(run: Run) -> bool:
    status = run.status
    if run.folder.pinned or (
        status.state in ACTIVE and (status.state != "paused" or run.folder.has_worker(status))
    ):
        return False
    hours = (time.time() - run.folder.last_word()) / 3600
    return status.state != "paused" or hours > settings().paused_hours


def _delete(run: Run) -> bool:
    """Whether the run could be deleted: nobody may be writing it."""
    if not _may_go(run):
        return False
    with run.folder.writing() as mine:
        # Once more: it may have been resumed since.
        if mine and _may_go(run):
            run.folder.delete()
            return True
    return False


def delete(run: Run) -> None:
    """Deletes a run for good.

    Raises:
        CnnvizError: it is pinned, or it trains: then it must be stopped first.
    """
    if run.folder.pinned:
        raise CnnvizError("This run is pinned, so it is not deleted. Take the pin away first.")
    with run.folder.writing() as mine:
        if not mine or run.state in ACTIVE:
            raise CnnvizError(say("This run is {state}. Stop it first, then delete it.", state=run.state))
        run.folder.delete()


def warm_up() -> None:
    """Starts the launcher and its training processes, so that the first run does not wait for them.

    Where the folder cannot be written, whoever starts a run is told so.
    """
    with suppress(OSError):
        launcher.ensure(settings().runs)
