"""What an operation did, step by step: one frozen record that the stepper, the tables and the tests all
read.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say

MAX_NUMBERS = 20_000_000
"""Most products that one trace holds."""
LARGEST = 1e9
"""Largest number that a trace takes; a larger one has more digits than a cell can show.

float32 tells whole numbers apart only up to 2^24 = 16,777,216, float64 up to 2^53, about 9.0e15. So numbers
that are no float tensor are computed in
float64: of whole numbers up to a million, as pages let one type, each sum of up to 9,000 products is exact.
"""


@dataclass(frozen=True, eq=False)
class Step:
    """One value of the result and all that made it.

    Attributes:
        row, col, channel: its place in the output.
        top, left: the window's first cell in the (padded) input.
        window: the input values under the window: (K, K), or (C, K, K) where channels are added up.
        products: window times weights, of the window's shape; ``None`` for operations without weights.
        value: the output there.
    """

    row: int
    col: int
    channel: int
    top: int
    left: int
    window: Tensor
    products: Tensor | None
    value: float

    def __repr__(self) -> str:
        return f"Step(channel {self.channel}, row {self.row}, col {self.col}: {self.value:g})"


@dataclass(frozen=True, eq=False)
class Steps(Sequence[Step]):
    """The steps of a trace, row by row, one channel after the other; each is made when it is asked for."""

    trace: "Trace"

    def __len__(self) -> int:
        return self.trace.maps.numel()

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        trace = self.trace
        rows, cols = trace.maps.shape[-2:]
        channel, place = divmod(index, rows * cols)
        row, col = divmod(place, cols)
        return Step(
            row,
            col,
            channel,
            row * trace.stride,
            col * trace.stride,
            self._cells(trace.windows[channel % len(trace.windows), row, col]),
            None if trace.products is None else self._cells(trace.products[channel, row, col]),
            trace.maps.reshape(-1)[index].item(),
        )

    def _cells(self, window: Tensor) -> Tensor:
        return window[0] if self.trace.flat else window

    def __iter__(self) -> Iterator[Step]:
        return (self[i] for i in range(len(self)))


@dataclass(frozen=True, eq=False)
class Trace:
    """An operation on one image, with every number, always in these shapes: N maps of the output, C channels
    that are added up.

    Attributes:
        operation: ``"convolution"``, ``"max"``, ``"relu"``, …
        image: (channels, H, W), as given.
        padded: (channels, H + 2p, W + 2p), what the windows slide over; cells outside an image that cannot
            count are NaN.
        maps: (N, H', W').
        windows: (1, H', W', C, K, K), shared by all maps; (N, H', W', 1, K, K) where each channel has its
            own.
        products: (N, H', W', C, K, K), or ``None`` where there are none.
        weights: (N, C, K, K), or (1, 1, K, K) for all, as they lie on the image (a flipped kernel is flipped
            here), or ``None``.
        stride, padding, dilation: in pixels.
        bias: added at the end of each sum: (N,), or ``None``.
        alone: it was asked for one map, which ``output`` is.
        flat: there is one channel, and ``Step`` has windows without it.
    """

    operation: str
    image: Tensor
    padded: Tensor = field(repr=False)
    maps: Tensor = field(repr=False)
    windows: Tensor = field(repr=False)
    products: Tensor | None = field(repr=False, default=None)
    weights: Tensor | None = field(repr=False, default=None)
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    bias: Tensor | None = None
    alone: bool = False
    flat: bool = False

    @property
    def output(self) -> Tensor:
        """(H', W') of one map, (N, H', W') of several."""
        return self.maps[0] if self.alone else self.maps

    @property
    def terms(self) -> Tensor:
        """(N, H', W', C, K, K): what is put together in each window: its products, or, where there are none,
        its values.
        """
        return (
            self.windows.expand(len(self.maps), *self.windows.shape[1:])
            if self.products is None
            else self.products
        )

    @property
    def shares(self) -> Tensor | None:
        """(N, H', W', 1, K, K): the weights of an average, shared out among the cells that count; ``None``
        for other operations.
        """
        if self.weights is None or self.operation == "convolution":
            return None
        counted = self.windows.isnan().logical_not() * self.weights
        return counted / counted.sum(dim=(-2, -1), keepdim=True)

    @property
    def steps(self) -> Steps:
        return Steps(self)

    @property
    def window_shape(self) -> tuple[int, int]:
        """(K, K) of the window."""
        height, width = self.windows.shape[-2:]
        return height, width

    def __repr__(self) -> str:
        shapes = " → ".join("×".join(map(str, values.shape)) for values in (self.image, self.output))
        return f"Trace({self.operation}: {shapes}, {len(self.steps)} steps)"


def as_numbers(values: Any, name: str) -> Tensor:
    """A tensor of what a student gave, float64 unless it is a float tensor; raises CnnvizError for what is no
    number, not finite, or too large.
    """
    try:
        tensor = (
            values if isinstance(values, Tensor) else torch.as_tensor(np.asarray(values, dtype=np.float64))
        )
    except (TypeError, ValueError, RuntimeError):
        raise CnnvizError(
            say(
                "The {name} must be a table of numbers with rows of equal length. Fill every cell with a number such as 0.5.",
                name=name,
            )
        ) from None
    if not tensor.is_floating_point():
        tensor = tensor.to(torch.float64)
    if tensor.numel() == 0:
        raise CnnvizError(say("The {name} is empty. Give it at least one row and one column.", name=name))
    low, high = (end.item() for end in torch.aminmax(tensor))
    if not math.isfinite(low + high) or not math.isfinite(high - low):
        raise CnnvizError(
            say(
                "The {name} has a cell that is not a finite number (NaN or infinite). Replace it by a number such as 0.",
                name=name,
            )
        )
    if max(-low, high) > LARGEST:
        raise CnnvizError(
            say(
                "The {name} has a number larger than {largest:,.0f}. Use smaller ones, such as 1,000.",
                name=name,
                largest=LARGEST,
            )
        )
    return tensor


def as_image(values: Any, name: str = "image") -> tuple[Tensor, bool]:
    """(C, H, W) and whether it was given so; (H, W) gets one channel."""
    image = as_numbers(values, name)
    if image.dim() not in (2, 3):
        raise CnnvizError(
            say(
                "The {name} has {dim} dimensions, but it must have 2 (rows, columns) or 3 (channels, rows, columns).",
                name=name,
                dim=image.dim(),
            )
        )
    return (image, True) if image.dim() == 3 else (image.unsqueeze(0), False)


def check_size(numbers: int) -> None:
    if numbers > MAX_NUMBERS:
        raise CnnvizError(
            say(
                "This would be {numbers:,} products, too many to look at. Use a smaller image or kernel, or a larger stride.",
                numbers=numbers,
            )
        )


def windows_of(
    padded: Tensor, size: tuple[int, int], stride: int, dilation: int, places: tuple[int, int]
) -> Tensor:
    """All windows of (C, Hp, Wp), as one view without a copy: (C, H', W', K, K)."""
    channels = padded.shape[0]
    step_c, step_r, step_x = padded.stride()
    return padded.as_strided(
        (channels, *places, *size),
        (step_c, step_r * stride, step_x * stride, step_r * dilation, step_x * dilation),
        padded.storage_offset(),
    )
