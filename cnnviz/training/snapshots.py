"""Snapshots are written beside the training: a thread takes the copied weights to the disk while the next steps are made.
Where the disk takes them at once, they are written between two steps: two threads that wait for each other cost more.
"""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter

import torch
from safetensors import TensorSpec
from torch import Tensor

from cnnviz.training.folder import RunFolder

MOST_WAITING = 3
"""Copies of the weights that wait for the disk; a slow disk makes the training wait."""

QUICK = 0.005
"""Seconds that a snapshot may take between two steps."""

QUICK_BESIDE = 0.02
"""Seconds that it may take in a thread, where it waits for the training too, before the disk counts as slow."""


class WeightsCopy:
    """Room for the weights of one network, on the CPU and in their usual order in memory, with what the file needs to
    know of each: both are made once, and every copy goes into the same place.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.weights = {name: torch.empty(value.shape, dtype=value.dtype) for name, value in weights.items()}
        self.specs = {
            name: TensorSpec(
                dtype=str(value.dtype).removeprefix("torch."),
                shape=tuple(value.shape),
                data_ptr=value.data_ptr(),
                data_len=value.nbytes,
            )
            for name, value in self.weights.items()
        }

    def take(self, weights: Mapping[str, Tensor]) -> None:
        torch._foreach_copy_(list(self.weights.values()), [weights[name] for name in self.weights])

    @property
    def finite(self) -> bool:
        """Whether all weights are numbers, and none has grown so far that its square is not."""
        norms = torch._foreach_norm([value for value in self.weights.values() if value.is_floating_point()])
        return bool(torch.stack(norms).isfinite().all())


class SnapshotWriter:
    """Writes the snapshots of one run, in order. What the disk refuses is raised by the same call or a later one."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "snapshots")
        self._waiting: deque[tuple[Future[float], WeightsCopy]] = deque()
        self._free: list[WeightsCopy] = []
        self._for_the_thread = 1
        """So many are left to the thread before one is written between two steps."""
        self._after_a_slow_one = 1

    def copy(self, weights: Mapping[str, Tensor]) -> WeightsCopy:
        """A copy of the weights that nobody changes until it is written. Only one at a time may be in the caller's hands."""
        while len(self._waiting) >= MOST_WAITING or (self._waiting and self._waiting[0][0].done()):
            self._one_is_written()
        if not self._free:
            self._free.append(WeightsCopy(weights))
        self._free[-1].take(weights)
        return self._free[-1]

    def write(self, step: int, copy: WeightsCopy) -> None:
        """Takes a copy to the disk, or has it taken there; its memory is free when it is there."""
        if self._waiting or self._for_the_thread:
            self._for_the_thread = max(self._for_the_thread - 1, 0)
            self._free.remove(copy)
            self._waiting.append((self._thread.submit(self._save, step, copy), copy))
        elif self._save(step, copy) < QUICK:
            self._after_a_slow_one = 1
        else:
            self._for_the_thread = self._after_a_slow_one
            self._after_a_slow_one *= 2

    def flush(self) -> None:
        """Waits until all are on the disk."""
        while self._waiting:
            self._one_is_written()

    def close(self) -> None:
        """Waits, and ends the thread."""
        self._thread.shutdown(wait=True)

    def _save(self, step: int, copy: WeightsCopy) -> float:
        """Seconds that it took."""
        begun = perf_counter()
        self._folder.save_snapshot(step, copy.weights, copy.specs)
        return perf_counter() - begun

    def _one_is_written(self) -> None:
        done, copy = self._waiting.popleft()
        self._free.append(copy)
        if done.result() > QUICK_BESIDE:
            self._for_the_thread = max(self._for_the_thread, 1)
