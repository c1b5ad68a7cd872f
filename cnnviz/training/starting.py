"""Starting runs: what is asked for is checked against the limits first, and room is made for it."""

import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training import launcher
from cnnviz.training.budget import Need, check_size, check_waiting, check_work, no_room
from cnnviz.training.folder import ACTIVE, RunFolder
from cnnviz.training.run import Run, owner_hash, runs
from cnnviz.training.spec import TrainingSpec

ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def start(spec: TrainingSpec, key: str | None = None) -> Run:
    """Starts a training in another process and returns at once.

    Args:
        spec: what to train; it is checked first.
        key: the secret of the browser that will command the run from the app; only its hash is kept.

    Raises:
        CnnvizError: the specification cannot be trained, a limit of the settings stands against it, or the run folder
            cannot be written.
    """
    return start_all([spec], key)[0]


def start_all(specs: Sequence[TrainingSpec], key: str | None = None) -> list[Run]:
    """Starts several trainings, all or none; see ``start``."""
    needs = []
    for spec in specs:
        spec.check()
        if key:
            check_work(spec)
        needs.append(check_size(spec))
    folder, owner = settings().runs, owner_hash(key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".room.lock"):
            check_waiting(folder, owner, len(specs))
            shares = _shares(needs, make_room(needs, owner))
            names = [_create(folder, spec, owner, share) for spec, share in zip(specs, shares, strict=True)]
            # Inside, so that whoever starts next sees these in the queue.
            for name in names:
                launcher.enqueue(folder, name)
    except OSError as error:
        raise CnnvizError(f"The run folder cannot be written: {error.strerror}. Free some space, or set CNNVIZ_HOME to another folder.") from None
    return [Run(name) for name in names]


def _create(runs_folder: Path, spec: TrainingSpec, owner: str, share: int) -> str:
    name = re.sub(r"[^a-z0-9]+", "", spec.network_name.lower())[:20] or "network"
    run_id = f"{spec.dataset}-{name}-{''.join(secrets.choice(ID_LETTERS) for _ in range(7))}"
    RunFolder.create(runs_folder / run_id, spec, owner, share)
    return run_id


def _wished(need: Need) -> int:
    return min(need.whole, settings().max_one_run_bytes)


def _shares(needs: Sequence[Need], free: int) -> list[int]:
    """Bytes for each run: what it wishes, or, where there is less, each a part of its wish above the least."""
    least, wished = sum(need.least for need in needs), sum(map(_wished, needs))
    part = min(1.0, (free - least) / (wished - least)) if wished > least else 1.0
    return [need.least + int(part * (_wished(need) - need.least)) for need in needs]


def make_room(needs: Sequence[Need] = (), owner: str = "") -> int:
    """Deletes the oldest runs that may go until ``needs`` more fit into the limits, as well as it can be done.

    Runs that nobody pinned and that do not run may go, and those paused for long without a process.

    Args:
        owner: hash of the key of the browser that starts them; first its own runs make room within its own limit.

    Returns:
        bytes that are free for them.

    Raises:
        CnnvizError: not even the first and last snapshots would fit, or there are too many runs.
    """
    limits = settings()
    kept = list(reversed(runs()))
    sizes = {run.id: _size(run) for run in kept}
    own = {run.id for run in kept if owner and run.owner == owner}
    wished, least = sum(map(_wished, needs)), sum(need.least for need in needs)

    def free(of_browser: bool) -> int:
        if of_browser:
            return limits.max_browser_bytes - sum(size for run_id, size in sizes.items() if run_id in own)
        return limits.max_run_bytes - sum(sizes.values())

    for run in kept:
        if run.id in own and free(True) < wished and _delete(run):
            del sizes[run.id]
    for run in kept:
        many = len(sizes) + max(1, len(needs)) > limits.max_runs
        if run.id in sizes and (many or free(False) < wished) and _delete(run):
            del sizes[run.id]
    if owner and free(True) < least:
        raise no_room("of your browser", least, free(True), limits.max_browser_bytes)
    if free(False) < least:
        raise no_room("of all runs", least, free(False), limits.max_run_bytes)
    if needs and len(sizes) + len(needs) > limits.max_runs:
        raise CnnvizError(
            f"There are {len(sizes)} runs that may not go, and at most {limits.max_runs} are kept. Stop some, or wait until they have ended."
        )
    return min(free(False), free(True)) if owner else free(False)


def _size(run: Run) -> int:
    """Bytes on disk; of a run that may still grow, all that it was promised."""
    size = run.folder.size()
    return max(size, run.folder.about().get("bytes") or 0) if run.state in ACTIVE else size


def _may_go(run: Run) -> bool:
    status = run.status
    if run.folder.pinned or (status.state in ACTIVE and (status.state != "paused" or status.has_process)):
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


def warm_up() -> None:
    """Starts the launcher and its training processes, so that the first run does not wait for them."""
    launcher.ensure(settings().runs)
