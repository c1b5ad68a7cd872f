"""Snapshots are written beside the training: a thread takes the copied weights to the disk while the next steps are made.
Where the disk takes them at once, they are written between two steps: two threads that wait for each other cost more.
"""

import json
import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from time import perf_counter

import torch
from safetensors.torch import save
from torch import Tensor

from cnnviz.training.folder import RunFolder

MOST_WAITING = 3
"""Copies of the weights that wait for the disk; a slow disk makes the training wait."""

HEAD = 8
"""Bytes with which a safetensors file begins: how long its header is."""

QUICK = 0.005
"""Seconds that a snapshot may take between two steps."""

QUICK_BESIDE = 0.02
"""Seconds that it may take in a thread, where it waits for the training too, before the disk counts as slow."""


class WeightsCopy:
    """Room for the weights of one network: the file of a snapshot as it is to stand on the disk, made once by safetensors.
    Every copy goes into its place in the file.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        empty = {name: torch.empty(value.shape, dtype=value.dtype) for name, value in weights.items()}
        self._bytes = bytearray(save(empty))
        memory = torch.frombuffer(self._bytes, dtype=torch.uint8)
        length = int.from_bytes(self.file[:HEAD], "little")
        begin = HEAD + length
        about = json.loads(bytes(self.file[HEAD:begin]))
        places = sorted((tuple(about[name]["data_offsets"]), name) for name in weights)
        self._names = [name for _, name in places]
        self._places = [
            memory[begin + first : begin + last].view(weights[name].dtype).view(weights[name].shape)
            for (first, last), name in places
        ]
        self._numbers = [
            memory[begin + first : begin + last].view(dtype)
            for dtype, first, last in _neighbours(weights, places)
            if dtype.is_floating_point
        ]

    @property
    def file(self) -> memoryview:
        return memoryview(self._bytes)

    def take(self, weights: Mapping[str, Tensor]) -> None:
        torch._foreach_copy_(self._places, [weights[name] for name in self._names])

    @property
    def finite(self) -> bool:
        """Whether all weights are numbers, and none has grown so far that its square is not."""
        return all(math.isfinite(numbers.norm().item()) for numbers in self._numbers)


def _neighbours(
    weights: Mapping[str, Tensor], places: Iterable[tuple[tuple[int, int], str]]
) -> Iterator[tuple[torch.dtype, int, int]]:
    """(type, first byte, last byte) of all that is of one type and stands side by side."""
    for dtype, group in groupby(places, key=lambda place: weights[place[1]].dtype):
        ranges = [place for place, _ in group]
        yield dtype, ranges[0][0], ranges[-1][1]


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
        self._folder.save_snapshot(step, copy.file)
        return perf_counter() - begun

    def _one_is_written(self) -> None:
        done, copy = self._waiting.popleft()
        self._free.append(copy)
        if done.result() > QUICK_BESIDE:
            self._for_the_thread = max(self._for_the_thread, 1)
