import io

import numpy as np
import torch
from PIL import Image

from cnnviz.figures import overlay


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_red_speaks_for_blue_against_and_white_is_nothing() -> None:
    saliency = torch.tensor([[2.0, 0.0], [-2.0, 1.0]])
    shown = pixels(overlay(torch.zeros(1, 2, 2), saliency, "map").png)
    assert shown[0, 0].tolist() == [0x67, 0x00, 0x1F]
    assert shown[0, 1].min() >= 253
    assert shown[1, 0].tolist() == [0x05, 0x30, 0x61]
    assert shown[1, 1, 0] > shown[1, 1, 2]


def test_opacity_nought_is_the_image_and_a_common_scale_is_kept() -> None:
    image, saliency = torch.rand(3, 5, 5), torch.randn(5, 5)
    grey = (image.mean(0) * 255).round().numpy()
    assert np.abs(pixels(overlay(image, saliency, "map", opacity=0.0).png)[..., 0] - grey).max() <= 1
    pale = pixels(overlay(image, saliency, "map", most=1000.0).png)
    assert pale.min() > 240


def test_sizes_and_smoothing() -> None:
    saliency = torch.zeros(9, 9)
    saliency[4, 4] = -1.0
    sheet = overlay(torch.zeros(1, 9, 9), saliency, "map", absolute=True, smooth=1.0)
    shown = pixels(sheet.png)
    assert sheet.low == 0
    assert shown[4, 4].tolist() == [0xFD, 0xE7, 0x25]
    assert shown[4, 5].sum() > shown[0, 0].sum()
    assert "against" in sheet.alt
