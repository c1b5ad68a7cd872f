"""Snapshots are written beside the training: a thread takes the copied weights to the disk while the next steps are made."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from cnnviz.training.folder import RunFolder

MOST_WAITING = 3
"""Copies of the weights that wait for the disk; a slow disk makes the training wait."""


class SnapshotWriter:
    """Writes the snapshots of one run, in order. What the disk refuses is raised by a later call."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "snapshots")
        self._waiting: deque[Future[None]] = deque()

    def write(self, step: int, weights: dict[str, Tensor]) -> None:
        """Takes a copy of the weights that nobody changes."""
        while len(self._waiting) >= MOST_WAITING or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._folder.save_snapshot, step, weights))

    def flush(self) -> None:
        """Waits until all are on the disk."""
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """Waits, and ends the thread."""
        self._thread.shutdown(wait=True)


def all_finite(weights: Mapping[str, Tensor]) -> bool:
    """Whether all weights are numbers, and none has grown so far that its square is not."""
    numbers = [value for value in weights.values() if value.is_floating_point()]
    norms = torch.stack(torch._foreach_norm(numbers))
    return bool(norms.isfinite().all())
