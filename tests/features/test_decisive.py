"""The few pixels that would have changed an answer."""

import pytest
import torch
from torch import nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import answers, decisive_window
from cnnviz.training import open_run


class Corner(nn.Module):
    """Class 1 if the lower right 2×2 pixels are bright, else class 0."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = images[:, 0, -2:, -2:].mean(dim=(1, 2))
        return torch.stack([0.5 - bright, bright - 0.5], 1)


def test_the_window_is_where_the_network_looks() -> None:
    white = decisive_window(Corner().eval(), torch.zeros(1, 8, 8), 1, 2, 1.0)
    assert (white.top, white.left, white.side) == (6, 6, 2)
    assert white.probabilities.argmax() == 1
    assert white.image.sum() == 4
    black = decisive_window(Corner().eval(), torch.ones(1, 8, 8), 0, 3, 0.0)
    assert (black.top, black.left) == (5, 5)


def test_it_is_the_best_of_all_places_of_a_real_mistake() -> None:
    test, network = load("mnist", "test"), open_run("example").network(624).eval()
    number = answers(network, test).cell(7, 1)[0]
    image = test.floats([number])[0]
    found = decisive_window(network, image, 7, 5, 1.0)
    best = 0.0
    with torch.inference_mode():
        for top in range(24):
            for left in range(24):
                changed = image.clone()
                changed[0, top : top + 5, left : left + 5] = 1
                best = max(best, network(changed[None]).softmax(1)[0, 7].item())
    assert found.probabilities[7].item() == pytest.approx(best, abs=1e-5)
    assert best > 0.5


def test_a_window_that_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="does not fit"):
        decisive_window(Corner().eval(), torch.zeros(1, 8, 8), 1, 9, 1.0)
