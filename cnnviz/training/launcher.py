"""Launchers: what takes the runs out of the queue and has ``worker.work`` train them, on this machine or on
others.

A launcher needs only the folder of runs, on a disk that its machines share. It takes tickets from the queue
(see ``queue.py``: ``take``) and calls ``worker.work(path, ticket=…)`` in a process of its own for each;
everything else, commands, weights, pauses and the lease, is between the run's folder and the worker.
``CNNVIZ_LAUNCHER`` names the one to use.
"""

import importlib.util
from pathlib import Path
from typing import Protocol

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training import pool, queue
from cnnviz.words import say

RAY = "ray"


class Launcher(Protocol):
    """What every launcher must do. Both are called often, from any process, and return soon."""

    def ensure(self, runs: Path) -> None:
        """From now on somebody takes the tickets of this folder of runs, if nobody does yet."""

    def shut_down(self, runs: Path, timeout: float = 10.0) -> None:
        """Ends all training in this folder within ``timeout`` seconds: running runs are left as
        interrupted.
        """


LAUNCHERS: dict[str, Launcher] = {pool.LOCAL: pool.ServerLauncher(), RAY: pool.ServerLauncher(RAY)}
"""Name -> launcher. One of your own is one more entry."""


def launcher() -> Launcher:
    """The one that ``CNNVIZ_LAUNCHER`` names; Ray, where ``CNNVIZ_CLUSTER`` names a cluster."""
    chosen = settings()
    name = RAY if chosen.cluster and chosen.launcher == pool.LOCAL else chosen.launcher
    if name == RAY and importlib.util.find_spec("ray") is None:
        raise CnnvizError(
            "CNNVIZ_CLUSTER names a Ray cluster, but Ray is not installed. Run: pip install -r requirements-cluster.txt"
        )
    if name not in LAUNCHERS:
        raise CnnvizError(
            say(
                "There is no launcher '{name}'. Set CNNVIZ_LAUNCHER to one of: {launchers}.",
                name=name,
                launchers=", ".join(LAUNCHERS),
            )
        )
    return LAUNCHERS[name]


def ensure(runs: Path) -> None:
    """Makes sure that somebody takes the tickets of this folder."""
    launcher().ensure(runs)


def enqueue(runs: Path, run_id: str) -> None:
    """Puts a run at the end of the queue unless it has a ticket, and makes sure that a launcher will see
    it.
    """
    queue.put(runs, run_id)
    ensure(runs)


def shut_down(runs: Path, timeout: float = 10.0) -> None:
    """Ends all training in this folder."""
    launcher().shut_down(runs, timeout)
