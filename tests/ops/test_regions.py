"""Pooling of regions against torch's own pooling where a box divides, and against the definition in plain loops."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.tasks import roi_pool, roi_pool_bins


def by_definition(
    maps: torch.Tensor, box: list[float], size: tuple[int, int], scale: float
) -> list[list[float]]:
    """torchvision's kernel, written out for one channel."""
    height, width = maps.shape
    x1, y1, x2, y2 = (math.floor(value * scale + 0.5) for value in box)
    high, wide = max(y2 - y1 + 1, 1) / size[0], max(x2 - x1 + 1, 1) / size[1]
    rows = []
    for row in range(size[0]):
        cells = []
        for column in range(size[1]):
            best = None
            for y in range(math.floor(row * high) + y1, math.ceil((row + 1) * high) + y1):
                for x in range(math.floor(column * wide) + x1, math.ceil((column + 1) * wide) + x1):
                    if 0 <= y < height and 0 <= x < width:
                        value = float(maps[y, x])
                        best = value if best is None else max(best, value)
            cells.append(0.0 if best is None else best)
        rows.append(cells)
    return rows


@given(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.integers(0, 60)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.sampled_from([1.0, 0.5, 0.25]),
    st.integers(0, 1000),
)
def test_a_box_is_pooled_as_torchvision_defines_it(
    corners: tuple[int, int, int, int], size: tuple[int, int], scale: float, seed: int
) -> None:
    maps = torch.randn(2, 3, 11, 13, generator=torch.Generator().manual_seed(seed))
    box = [float(value) for value in corners]
    found = roi_pool(maps, torch.tensor([[1.0, *box]]), size, scale)
    assert found.shape == (1, 3, *size)
    for channel in range(3):
        assert found[0, channel].tolist() == by_definition(maps[1, channel], box, size, scale)


def test_where_the_box_divides_it_is_max_pooling() -> None:
    maps = torch.randn(1, 4, 12, 12, generator=torch.Generator().manual_seed(0))
    found = roi_pool(maps, torch.tensor([[2.0, 4.0, 9.0, 11.0]]), 4)
    assert torch.equal(found, functional.max_pool2d(maps[:, :, 4:12, 2:10], 2))


def test_the_bins_cover_the_box() -> None:
    bins = roi_pool_bins((0, 0, 6, 4), (2, 3), (8, 8))
    cells = {
        (y, x) for cell in bins for y in range(cell.top, cell.bottom) for x in range(cell.left, cell.right)
    }
    assert cells == {(y, x) for y in range(5) for x in range(7)}
    assert [(cell.top, cell.bottom) for cell in bins[::3]] == [(0, 3), (2, 5)]


def test_what_does_not_fit_gives_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="K×5"):
        roi_pool(torch.zeros(2, 1, 4, 4), torch.zeros(3, 4), 2)
    with pytest.raises(CnnvizError, match="belongs to image 7"):
        roi_pool(torch.zeros(2, 1, 4, 4), torch.tensor([[7.0, 0, 0, 1, 1]]), 2)
