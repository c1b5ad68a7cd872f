"""The queue of runs that wait for a training process: a folder of tickets, the same for every launcher.

A run waits by a ticket: a file in ``.queue``, first come first served within a browser. Whoever takes it
    moves it to
``.handed``, and the worker tears it up once it has written its first word; so at each moment either a ticket
or a process says who cares for the run. A ticket that is gone gives no right to begin.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from cnnviz.errors import CnnvizError
from cnnviz.training import index
from cnnviz.training.folder import RunFolder


def queue_folder(runs: Path) -> Path:
    return runs / ".queue"


def handed_folder(runs: Path) -> Path:
    return runs / ".handed"


def waiting(runs: Path) -> list[str]:
    """The names of waiting runs, first come first."""
    return [run_of(name) for name in tickets(queue_folder(runs))]


def has_ticket(runs: Path, run_id: str) -> bool:
    """Whether the run waits, or was just handed to a worker that has not said its first word."""
    # The queue first: a ticket moves on to the other folder, never back while a launcher lives.
    return any(run_id in map(run_of, tickets(folder(runs))) for folder in (queue_folder, handed_folder))


def tickets(folder: Path) -> list[str]:
    """The names of a folder's tickets, oldest first."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - this is looked at fifty times a second
    except FileNotFoundError:
        return []


def run_of(ticket: str) -> str:
    """The run that a ticket is for."""
    return ticket.partition("-")[2]


def put(runs: Path, run_id: str) -> None:
    """Puts a run at the end of the queue, unless it has a ticket."""
    queue_folder(runs).mkdir(parents=True, exist_ok=True)
    with FileLock(runs / ".queue.lock"):
        if not has_ticket(runs, run_id):
            # First, so that whoever counts the bytes of runs sees that this one may grow.
            index.unsettle(runs, run_id)
            (queue_folder(runs) / f"{time.time_ns():020d}-{run_id}").touch()


def take(runs: Path, ticket: str) -> Path | None:
    """For launchers: the ticket out of the queue, to be given to a worker; ``None`` if it or its run is
    gone.
    """
    handed = handed_folder(runs) / ticket
    handed.parent.mkdir(exist_ok=True)
    try:
        (queue_folder(runs) / ticket).replace(handed)
    except FileNotFoundError:
        return None  # withdrawn at this moment
    if (runs / run_of(ticket)).is_dir():
        return handed
    handed.unlink(missing_ok=True)
    return None


def withdraw(runs: Path, run_id: str) -> None:
    """Takes the run's tickets away: a worker that it was handed to does not begin."""
    for folder in (queue_folder(runs), handed_folder(runs)):
        for ticket in tickets(folder):
            if run_of(ticket) == run_id:
                (folder / ticket).unlink(missing_ok=True)


def waiting_of(runs: Path, owner: str) -> int:
    """How many runs of one browser (the hash of its key) wait."""
    return sum(owner_of(runs, run_id) == owner for run_id in waiting(runs))


def owner_of(runs: Path, run_id: str) -> str:
    """Whose browser started the run, as a hash; empty where nobody's did."""
    with suppress(CnnvizError):
        return str(RunFolder(runs / run_id).about()["owner"])
    return ""
