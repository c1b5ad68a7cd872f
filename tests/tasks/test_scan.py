"""Sliding windows against each window by itself, and the fully convolutional network against both."""

import pytest
import torch

from cnnviz.data import compose, load
from cnnviz.errors import CnnvizError
from cnnviz.models import (
    PRESETS,
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Flatten,
    Linear,
    NetworkSpec,
    Pool,
    build,
)
from cnnviz.tasks import fully_convolutional, scan, scan_at_once, stride_of
from cnnviz.training import open_run, trained

GENERATOR = torch.Generator().manual_seed(3)
PLAIN = NetworkSpec(
    (
        Conv(6, 5),
        Activation("relu"),
        Pool(2),
        Conv(8, 3),
        Activation("relu"),
        Pool(2),
        Flatten(),
        Linear(20),
        BatchNorm(),
        Activation("relu"),
        Linear(),
    ),
    "plain",
)
"""Without padding, so that a window does not see that the picture ends."""


def picture(side: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(1, side, side + 12, generator=torch.Generator().manual_seed(seed))


def test_each_window_is_answered_as_it_would_be_by_itself() -> None:
    network = open_run("example").network(624)
    whole = picture(50)
    found = scan(network, whole, (28, 28), 5)
    assert found.probabilities.shape == (10, 5, 7)
    with torch.inference_mode():
        for row, column in ((0, 0), (2, 3), (4, 6)):
            cut = whole[:, 5 * row : 5 * row + 28, 5 * column : 5 * column + 28]
            torch.testing.assert_close(found.probabilities[:, row, column], network(cut[None]).softmax(1)[0])
    assert found.boxes()[2 * 7 + 3].tolist() == [15, 10, 43, 38]


def test_without_padding_one_convolution_gives_the_numbers_of_all_windows() -> None:
    network = build(PLAIN, (1, 28, 28), 10, mean=(0.13,), std=(0.3,)).eval()
    for name, buffer in network.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 1.5, generator=GENERATOR)
    whole = picture(60)
    once, windows = scan_at_once(network, whole), scan(network, whole, (28, 28), stride_of(network))
    assert stride_of(network) == 4
    assert once.probabilities.shape == windows.probabilities.shape
    torch.testing.assert_close(once.probabilities, windows.probabilities, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("mini_")][:8])
def test_for_an_image_of_its_own_size_it_is_the_network(name: str) -> None:
    network = trained(name, "fashion")
    images = load("fashion", "test").floats([0, 1, 2])
    wide = fully_convolutional(network)
    with torch.inference_mode():
        torch.testing.assert_close(wide(images)[:, :, 0, 0], network(images), atol=1e-4, rtol=1e-4)


def test_a_digit_is_found_where_it_stands() -> None:
    network = open_run("example").network(624)
    scenes = compose(load("mnist", "test"), 12, side=90, most=1, scale=(1.0, 1.0), noise=0.0)
    near = 0
    for number in range(12):
        left, top, right, bottom, label = scenes.targets["boxes"][number, 0].tolist()
        found = scan(network, scenes.floats([number])[0], (28, 28), 2)
        best = int(found.probabilities[int(label)].argmax())
        x1, y1, x2, y2 = found.boxes()[best].tolist()
        near += x1 - 2 <= left and y1 - 2 <= top and right <= x2 + 2 and bottom <= y2 + 2
    assert near >= 9


def test_what_cannot_be_scanned_is_a_sentence() -> None:
    network = open_run("example").network(624)
    with pytest.raises(CnnvizError, match="The picture has 20×32 pixels, but a window 28×28"):
        scan(network, picture(20), (28, 28), 2)
    with pytest.raises(CnnvizError, match="The stride is 0"):
        scan(network, picture(40), (28, 28), 0)
    parts = build(NetworkSpec((Conv(4, 3), AdaptivePool(2), Flatten(), Linear())), (1, 28, 28), 10)
    with pytest.raises(CnnvizError, match="adaptive_pool1: an average of 2×2 parts has no fixed window"):
        fully_convolutional(parts)
