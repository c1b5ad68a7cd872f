"""Runs on the machines of a Ray cluster: each run is a task with its share of processors and GPUs.

The server (``pool.py``) keeps the queue and its turns, as it does for one machine; Ray finds a machine for each run, and
begins it again on another one when its machine is lost. All that passes between machines is the run's folder on the
shared disk. A task that begins again finds no ticket, since the first one tore it up; the state in the folder then says
whether there is something to do, and the checkpoint where.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import python_environment
from cnnviz.training.folder import RunFolder
from cnnviz.words import say


@dataclass(frozen=True)
class RayOutcome:
    """A task of the cluster."""

    reference: Any

    def done(self) -> bool:
        import ray

        return bool(ray.wait([self.reference], timeout=0)[0])

    def exception(self) -> BaseException | None:
        import ray

        try:
            ray.get(self.reference)
        except ray.exceptions.RayError as error:
            return error
        return None


class RayHands:
    """The processors of a cluster (see ``pool.Hands``)."""

    def __init__(self) -> None:
        import ray

        limits = settings()
        try:
            ray.init(
                address=limits.cluster or "auto",
                runtime_env={"env_vars": _environment()},
                logging_level=logging.WARNING,
                log_to_driver=False,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise CnnvizError(
                say(
                    "There is no Ray cluster at '{cluster}': {splitline}. Start one with: ray start --head",
                    cluster=limits.cluster,
                    splitline=str(error).splitlines()[0],
                )
            ) from None
        self._work = ray.remote(_work)
        self._limits = limits

    @property
    def places(self) -> int:
        import ray

        return int(ray.cluster_resources().get("CPU", 0))

    def begin(self, run: Path, queue: Path, ticket: Path) -> RayOutcome:
        cpus, gpus = shares(RunFolder(run), self._limits.cluster_gpu_share)
        task = self._work.options(
            num_cpus=cpus, num_gpus=gpus, max_retries=self._limits.cluster_retries, name=run.name
        )
        return RayOutcome(task.remote(str(run), str(queue), str(ticket)))

    def warm_up(self) -> None:
        """Ray keeps its processes warm itself."""

    def close(self) -> None:
        import ray

        ray.shutdown()


def shares(folder: RunFolder, gpu_share: float) -> tuple[float, float]:
    """(processors, GPUs) that a run asks for: one processor a thread; a part of a GPU only where its specification names
    ``cuda``.
    """
    try:
        spec = folder.spec()
    except CnnvizError:
        return 1.0, 0.0
    return float(spec.threads), gpu_share if spec.device == "cuda" else 0.0


def _environment() -> dict[str, str]:
    """What the processes of the cluster need to find this package and its settings."""
    kept = python_environment()
    return {name: value for name, value in kept.items() if name == "PYTHONPATH" or name.startswith("CNNVIZ_")}


def _work(path: str, queue: str, ticket: str) -> None:
    """On a machine of the cluster."""
    import os

    from cnnviz.training.worker import work

    right = Path(ticket)
    work(path, somebody_waits=lambda: any(os.scandir(queue)), ticket=right if right.exists() else None)
