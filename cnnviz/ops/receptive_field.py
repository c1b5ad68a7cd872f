"""How many input pixels a unit sees, layer by layer, for a chain of convolutions and poolings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """What a convolution or pooling looks at, in cells of its input."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit sees of the input image. Behind an upsampling the three are means over the units, and may
    be fractions.

    Attributes:
        size: side of the square, in pixels.
        stride: pixels from one unit's square to its neighbour's.
        offset: first row (and column) of the square of the unit (0, 0); negative where it reaches into the
            padding.
    """

    size: float
    stride: float
    offset: float

    def __post_init__(self) -> None:
        for name in ("size", "stride", "offset"):
            value = getattr(self, name)
            object.__setattr__(self, name, int(value) if float(value).is_integer() else value)

    def span(self, index: int) -> tuple[int, int]:
        """First and last pixel, inclusive, along one side, of the unit in row (or column) ``index``."""
        first = self.offset + index * self.stride
        return math.floor(first), math.ceil(first + self.size) - 1


PIXEL = ReceptiveField(1, 1, 0)


def receptive_fields(windows: Sequence[Window], start: ReceptiveField = PIXEL) -> list[ReceptiveField]:
    r"""The receptive field after each window of a chain.

    .. math:: r_l = r_{l-1} + d_l (k_l - 1)\, j_{l-1}, \qquad j_l = j_{l-1} s_l, \qquad o_l = o_{l-1} - p_l\,
    j_{l-1}

    Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill
        2019.
    """
    fields = []
    for window in windows:
        size = start.size + window.dilation * (window.kernel - 1) * start.stride
        start = ReceptiveField(
            size, start.stride * window.stride, start.offset - window.padding * start.stride
        )
        fields.append(start)
    return fields
