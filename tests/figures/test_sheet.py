import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnviz.errors import CnnvizError
from cnnviz.figures import DIVERGING, SEQUENTIAL, image_sheet, judged_labels, map_sheet, scale_for
from tests.properties import examples


def pixels(sheet) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(sheet.png)).convert("RGBA"))


def test_zero_is_white_and_the_ends_are_blue_and_red() -> None:
    picture = pixels(map_sheet(torch.tensor([[[-2.0, 0.0, 2.0]]])))
    assert picture[0, 0, 2] > picture[0, 0, 0]
    assert picture[0, 1, :3].tolist() == [255, 255, 255]
    assert picture[0, 2, 0] > picture[0, 2, 2]


@examples(40)
@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))
def test_every_map_lies_where_the_grid_says(count: int, height: int, width: int, columns: int) -> None:
    maps = torch.zeros(count, height, width)
    chosen = count - 1
    maps[chosen] = 1.0
    sheet = map_sheet(maps, columns=columns)
    picture = pixels(sheet)
    row, column = divmod(chosen, sheet.columns)
    top, left = row * (sheet.height + 1), column * (sheet.width + 1)
    cell = picture[top : top + sheet.height, left : left + sheet.width, :3]
    assert (cell == SEQUENTIAL.colours(2)[-1]).all()
    assert (picture[..., 3] == 0).sum() == picture.shape[0] * picture.shape[
        1
    ] - count * sheet.height * sheet.width


def test_the_legend_tells_the_colours() -> None:
    assert scale_for(-1, 3) == (DIVERGING, -3, 3)
    assert scale_for(0, 3) == (SEQUENTIAL, 0, 3)
    sheet = map_sheet(torch.tensor([[[0.5, 2.0]]]))
    assert (sheet.low, sheet.high) == (0.0, 2.0)
    assert "from 0 to 2" in sheet.alt


def test_maps_with_nan_are_drawn_and_wrong_shapes_named() -> None:
    assert map_sheet(torch.tensor([[[float("nan"), 1.0]]])).count == 1
    with pytest.raises(CnnvizError, match="shape"):
        map_sheet(torch.zeros(3))


def test_images_keep_their_bytes() -> None:
    images = torch.randint(0, 256, (1, 3, 4, 5)) / 255
    assert np.array_equal(
        pixels(image_sheet(images))[..., :3], (images[0] * 255).round().byte().permute(1, 2, 0).numpy()
    )


def test_answers_are_marked_by_sign_and_colour() -> None:
    labels = judged_labels(torch.tensor([[0.9, 0.1], [0.8, 0.2]]), torch.tensor([0, 1]), ("a", "b"))
    assert labels[0][0] == "a ✓\n90%"
    assert labels[1][0] == "a ✗\n80%"
    assert labels[0][1] != labels[1][1]
