"""What a method makes lies where the image lies: on a device that refuses numbers of another one, none is
met. The meta device is one, and is everywhere.
"""

import pytest
import torch
from torch import nn

from cnnviz.inspection import runner_of
from cnnviz.saliency import methods
from cnnviz.saliency.methods import METHODS
from cnnviz.saliency.question import BASELINES, Question, baseline

SIDE = 12


def question(method: str) -> Question:
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, device="meta"), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 10 * 10, 5, device="meta")
    )
    options = {option.name: option.usual for option in METHODS[method].options} | {"masks": 4, "samples": 4}
    image = torch.rand(1, 3, SIDE, SIDE, device="meta", requires_grad=True)
    return Question(runner_of(network), image, 1, "1", options, None)


@pytest.mark.parametrize("name", list(BASELINES))
def test_baselines(name: str) -> None:
    assert baseline(torch.rand(1, 3, SIDE, SIDE, device="meta"), name).device.type == "meta"


def test_the_device_refuses_numbers_of_another_one() -> None:
    with pytest.raises(Exception, match="device"):
        torch.rand(3, device="meta") + torch.rand(3)


@pytest.mark.parametrize("method", ["score_cam", "grad_cam_pp", "layer_cam", "rise"])
def test_methods_of_own_lines(method: str) -> None:
    with torch.enable_grad():
        assert METHODS[method].run(question(method))[0].device.type == "meta"


def test_noise_and_draws() -> None:
    asked = question("rise")
    generator = torch.Generator()
    assert asked.noise(2, generator).device.type == "meta"
    assert methods._coins(generator)(asked.image, num_interp_features=7).device.type == "meta"
    sizes = torch.distributions.Categorical(torch.ones(7))
    draws = methods._coalitions(generator)(asked.image, num_interp_features=7, num_select_distribution=sizes)
    assert [next(draws).device.type for _ in range(3)] == ["meta"] * 3
