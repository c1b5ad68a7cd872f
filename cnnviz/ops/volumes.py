"""Convolution in three dimensions: kernels that look along the depth as well, and every product of one slice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.ops.convolution import trace
from cnnviz.ops.trace import Trace, as_numbers
from cnnviz.words import say

AXES: dict[str, str] = {"depth": "depth", "rows": "rows", "columns": "columns"}
"""The axes of a volume (D, H, W), in order: name -> title."""
KERNEL_SIDE = 3
PART = 7
"""Rows and columns of a slice that are stepped through."""


@dataclass(frozen=True)
class VolumeKernel:
    """A kernel of three dimensions.

    Attributes:
        make: depth 3 or 1 -> (depth, 3, 3) float32. Of depth 1 it is the kernel for one slice.
    """

    name: str
    title: str
    does: str
    formula: str
    make: Callable[[int], Tensor]


_MEAN = torch.tensor([1.0, 1, 1]) / 3
_SMOOTH = torch.tensor([1.0, 2, 1])
_DIFFERENCE = torch.tensor([-1.0, 0, 1])


def _product(along_depth: Tensor, along_rows: Tensor, along_columns: Tensor) -> Callable[[int], Tensor]:
    """The outer product of three rows; of depth 1 only the middle one of the first is left, and what is
    smoothed or averaged along the depth keeps its sum.
    """

    def make(depth: int) -> Tensor:
        first = along_depth
        if depth == 1:
            total = along_depth.sum()
            first = (total if total else along_depth[1]).reshape(1)
        return torch.einsum("d,h,w->dhw", first, along_rows, along_columns)

    return make


def _laplacian(depth: int) -> Tensor:
    kernel = torch.zeros(depth, 3, 3)
    middle = depth // 2
    kernel[middle] = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    if depth > 1:
        kernel[0, 1, 1] = kernel[2, 1, 1] = 1
        kernel[middle, 1, 1] = -6
    return kernel


VOLUME_KERNELS: dict[str, VolumeKernel] = {
    entry.name: entry
    for entry in (
        VolumeKernel(
            name="sobel_depth",
            title="Sobel along the depth",
            does="answers where it gets brighter or darker from slice to slice",
            formula=r"w = (-1, 0, 1) \otimes (1, 2, 1) \otimes (1, 2, 1)",
            make=_product(_DIFFERENCE, _SMOOTH, _SMOOTH),
        ),
        VolumeKernel(
            name="sobel_rows",
            title="Sobel along the rows",
            does="answers to horizontal edges, smoothed over three slices",
            formula=r"w = (1, 2, 1) \otimes (-1, 0, 1) \otimes (1, 2, 1)",
            make=_product(_SMOOTH, _DIFFERENCE, _SMOOTH),
        ),
        VolumeKernel(
            name="sobel_columns",
            title="Sobel along the columns",
            does="answers to vertical edges, smoothed over three slices",
            formula=r"w = (1, 2, 1) \otimes (1, 2, 1) \otimes (-1, 0, 1)",
            make=_product(_SMOOTH, _SMOOTH, _DIFFERENCE),
        ),
        VolumeKernel(
            name="mean",
            title="Mean of 27",
            does="takes the noise away, with the slices before and behind",
            formula=r"w = 1/27",
            make=_product(_MEAN, _MEAN, _MEAN),
        ),
        VolumeKernel(
            name="laplacian",
            title="Laplacian",
            does="answers where brightness bends in any of the three directions",
            formula=r"w = \nabla^2: \text{six neighbours} - 6 \times \text{the middle}",
            make=_laplacian,
        ),
    )
}
"""A new kernel is one entry."""


def volume_kernel(name: str, depth: int = KERNEL_SIDE) -> Tensor:
    """(depth, 3, 3) float32, by name.

    Raises:
        CnnvizError: an unknown name, or another depth than 1 and 3.
    """
    if name not in VOLUME_KERNELS:
        raise CnnvizError(
            say(
                "There is no kernel '{name}'. Choose one of: {kernels}.",
                name=name,
                kernels=", ".join(VOLUME_KERNELS),
            )
        )
    if depth not in (1, KERNEL_SIDE):
        raise CnnvizError(say("The kernel is {depth} slices deep, but it must be 1 or 3.", depth=depth))
    return VOLUME_KERNELS[name].make(depth)


def as_volume(values: Any, name: str = "volume") -> Tensor:
    """(D, H, W) of what was given.

    Raises:
        CnnvizError: it is no table of numbers with three dimensions.
    """
    volume = as_numbers(values, name)
    if volume.dim() != 3:
        raise CnnvizError(
            say(
                "The {name} has {dim} dimensions, but it must have 3 (slices, rows, columns).",
                name=name,
                dim=volume.dim(),
            )
        )
    return volume


def convolve(volume: Any, kernel: Any) -> Tensor:
    r"""A kernel over a volume, of the same size (cross-correlation, as in networks); the outermost values are
    repeated outside.

    .. math:: s[d, i, j] = \sum_l \sum_m \sum_n x[d + l,\; i + m,\; j + n] \; w[l, m, n]

    Args:
        volume: (D, H, W); ``kernel``: (kD, kH, kW), all odd.

    Raises:
        CnnvizError: another shape, or a side of the kernel that is even.

    Source: Ji, Xu, Yang and Yu, 3D convolutional neural networks for human action recognition, ICML 2010.
    """
    values, weights = _both(volume, kernel)
    return functional.conv3d(_padded(values, weights), weights[None, None])[0, 0]


def slice_trace(volume: Any, kernel: Any, index: int, middle: tuple[int, int], part: int = PART) -> Trace:
    """A part of one slice of ``convolve`` with every product: the slices that the kernel covers are added up
    as the channels of an image are.

    Args:
        volume: (D, H, W); ``kernel``: (kD, kH, kW), all odd.
        index: of the slice of the output.
        middle: row and column in the middle of the part, as far as the slice goes.
        part: its side.

    Returns:
        A trace whose channels are the kD slices around ``index``.

    Raises:
        CnnvizError: another shape, or there is no such slice.
    """
    values, weights = _both(volume, kernel)
    if not 0 <= index < len(values):
        raise CnnvizError(
            say(
                "The volume has slices 0 to {last}, but slice {index} is asked for.",
                last=len(values) - 1,
                index=index,
            )
        )
    half = weights.shape[0] // 2
    slices = [min(max(0, index + step), len(values) - 1) for step in range(-half, half + 1)]
    top, left = (
        min(max(0, place - part // 2), max(0, side - part))
        for place, side in zip(middle, values.shape[1:], strict=True)
    )
    return trace(values[slices, top : top + part, left : left + part], weights)


def _both(volume: Any, kernel: Any) -> tuple[Tensor, Tensor]:
    values = as_volume(volume)
    weights = as_volume(kernel, "kernel").to(values.dtype)
    if any(side % 2 == 0 for side in weights.shape):
        raise CnnvizError(
            say(
                "The kernel is {sides}, but each side must be odd, so that it has a middle.",
                sides="×".join(map(str, weights.shape)),
            )
        )
    return values, weights


def _padded(values: Tensor, weights: Tensor) -> Tensor:
    """(1, 1, …) with the outermost values repeated."""
    depth, rows, columns = (side // 2 for side in weights.shape)
    return functional.pad(values[None, None], (columns, columns, rows, rows, depth, depth), mode="replicate")
