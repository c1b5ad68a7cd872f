"""Convolution in three dimensions, against torch, SciPy and sums by hand."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.ops.kernels import apply, kernel
from cnnviz.ops.volumes import VOLUME_KERNELS, convolve, slice_trace, volume_kernel

VOLUME = torch.randn(7, 9, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def reference(volume: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """By SciPy, with the outermost values repeated."""
    return torch.from_numpy(ndimage.correlate(volume.numpy(), weights.double().numpy(), mode="nearest"))


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("name", VOLUME_KERNELS)
def test_a_map_is_that_of_scipy_and_inside_that_of_torch(name: str, depth: int) -> None:
    weights = volume_kernel(name, depth)
    found = convolve(VOLUME, weights)
    assert weights.shape == (depth, 3, 3)
    assert torch.allclose(found, reference(VOLUME, weights))
    inside = functional.conv3d(VOLUME[None, None], weights.double()[None, None])[0, 0]
    cut = slice(1, -1) if depth == 3 else slice(None)
    assert torch.allclose(found[cut, 1:-1, 1:-1], inside)


@pytest.mark.parametrize("sides", [(3, 3, 3), (1, 3, 3), (3, 1, 3), (5, 3, 1)])
def test_each_value_is_a_sum_over_all_slices_that_the_kernel_covers(sides: tuple[int, int, int]) -> None:
    weights = torch.randn(*sides, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    whole = convolve(VOLUME, weights)
    for index in (0, 3, 6):
        trace = slice_trace(VOLUME, weights, index, (4, 4), part=5)
        assert trace.products is not None
        assert trace.products.shape[3:] == sides
        assert torch.allclose(trace.products.sum((3, 4, 5)), trace.maps)
        rows, columns = sides[1] // 2, sides[2] // 2
        part = whole[index, 2 + rows : 7 - rows, 2 + columns : 7 - columns]
        assert torch.allclose(trace.output, part)


def test_one_value_by_hand() -> None:
    weights = volume_kernel("sobel_depth")
    step = slice_trace(VOLUME, weights, 3, (4, 4)).steps[0]
    before, behind = VOLUME[2, 1:4, 1:4].numpy(), VOLUME[4, 1:4, 1:4].numpy()
    smooth = np.outer([1, 2, 1], [1, 2, 1])
    assert step.value == pytest.approx(float(((behind - before) * smooth).sum()))


@pytest.mark.parametrize("name", VOLUME_KERNELS)
def test_a_kernel_of_depth_1_is_the_2d_convolution_on_each_slice(name: str) -> None:
    flat = volume_kernel(name, 1)
    by_slice = torch.stack([apply(one, flat[0]) for one in VOLUME])
    assert torch.allclose(convolve(VOLUME, flat), by_slice)


def test_kernels_of_one_slice_are_those_of_the_gallery() -> None:
    assert torch.allclose(volume_kernel("sobel_columns", 1)[0], 4 * kernel("sobel_x"))
    assert torch.allclose(volume_kernel("sobel_rows", 1)[0], 4 * kernel("sobel_y"))
    assert torch.allclose(volume_kernel("mean", 1)[0], kernel("box"))
    assert torch.equal(volume_kernel("laplacian", 1)[0], kernel("laplacian"))
    assert not volume_kernel("sobel_depth", 1).any()


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(CnnvizError, match="each side must be odd"):
        convolve(VOLUME, torch.ones(2, 3, 3))
    with pytest.raises(CnnvizError, match="must have 3"):
        convolve(VOLUME[0], torch.ones(1, 3, 3))
    with pytest.raises(CnnvizError, match="slices 0 to 6"):
        slice_trace(VOLUME, torch.ones(1, 3, 3), 7, (0, 0))
    with pytest.raises(CnnvizError, match="no kernel 'box'"):
        volume_kernel("box")
    with pytest.raises(CnnvizError, match="1 or 3"):
        volume_kernel("mean", 2)
