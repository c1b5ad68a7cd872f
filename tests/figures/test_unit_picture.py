"""The frame of a unit stands around that unit."""

import numpy as np
import pytest
import torch

from cnnviz.figures import PALETTES, USUAL, scale_for
from cnnviz.figures.unit_picture import unit_picture

FRAME = PALETTES[USUAL].boxes[0]


def framed(picture: object) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what has the frame's colour."""
    pixels = np.asarray(picture)
    wanted = tuple(int(FRAME[at : at + 2], 16) for at in (1, 3, 5))
    rows, cols = np.nonzero((pixels == wanted).all(2))
    return int(cols.min()), int(rows.min()), int(cols.max()), int(rows.max())


def colour_of(value: float, low: float, high: float) -> tuple[int, ...]:
    scale, first, last = scale_for(low, high)
    return tuple(int(one) for one in scale.colours(255)[round(254 * (value - first) / (last - first))])


@pytest.mark.parametrize(("row", "col"), [(0, 0), (3, 5), (6, 2)])
def test_of_a_map_the_cell(row: int, col: int) -> None:
    maps = torch.zeros(3, 7, 6)
    maps[1, row, col] = 1.0
    picture = unit_picture(maps, 1, row, col)
    left, top, right, bottom = framed(picture)
    inside = picture.getpixel(((left + right) // 2, (top + bottom) // 2))
    assert inside == pytest.approx(colour_of(1.0, 0.0, 1.0), abs=3)


@pytest.mark.parametrize("channel", [0, 3, 9, 10])
def test_of_a_vector_the_unit(channel: int) -> None:
    values = torch.zeros(11, 1, 1)
    values[channel] = 1.0
    picture = unit_picture(values, channel)
    left, top, right, bottom = framed(picture)
    inside = picture.getpixel(((left + right) // 2, (top + bottom) // 2))
    assert inside == pytest.approx(colour_of(1.0, 0.0, 1.0), abs=3)


def test_of_an_image_the_pixel_in_its_own_colours() -> None:
    image = torch.zeros(3, 8, 8)
    image[:, 2, 5] = torch.tensor([1.0, 0.0, 0.0])
    picture = unit_picture(image, 0, 2, 5, picture=True)
    left, top, right, bottom = framed(picture)
    assert picture.getpixel(((left + right) // 2, (top + bottom) // 2)) == (255, 0, 0)
