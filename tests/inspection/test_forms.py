"""Networks of one form, as the steps of one training, have the shapes of their layers found once."""

import torch
from torch import Tensor, nn

from cnnviz.inspection import shapes
from cnnviz.inspection.runner import form_of, runner_of
from cnnviz.models import PRESETS, build

SHAPE = (3, 32, 32)


class Halved(nn.Module):
    """A layer of somebody else."""

    def forward(self, values: Tensor) -> Tensor:
        return values[:, ::2]


def test_every_preset_has_a_form_and_its_twin_the_same_shapes() -> None:
    for name in PRESETS:
        first, second = build(name, SHAPE, 10, seed=1), build(name, SHAPE, 10, seed=2)
        form = form_of(runner_of(first).module)
        assert form is not None
        assert form == form_of(runner_of(second).module)
        assert shapes(first, SHAPE) == shapes(second, SHAPE)
        measured = runner_of(second).outputs(torch.rand(1, *SHAPE))
        assert {layer: tuple(value.shape[1:]) for layer, value in measured.items()} == {
            layer: shape for layer, shape in runner_of(second).shapes(SHAPE).items() if layer != "image"
        }


def test_another_setting_is_another_form() -> None:
    def network(layer: nn.Module) -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 4, 3), layer, nn.Flatten()).eval()

    layers = [
        nn.MaxPool2d(2),
        nn.MaxPool2d(3),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.AvgPool2d(2),
        nn.Conv2d(4, 4, 3),
        nn.Conv2d(4, 4, 3, stride=2),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.Conv2d(4, 8, 3),
        nn.Identity(),
    ]
    forms = {form_of(runner_of(network(layer)).module) for layer in layers}
    assert len(forms) == len(layers)
    for layer in layers:
        found = network(layer)
        assert shapes(found, SHAPE)["2"] == tuple(found(torch.zeros(1, *SHAPE)).shape[1:])


def test_a_layer_of_another_library_has_no_form() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), Halved()).eval()
    assert form_of(runner_of(network).module) is None
    assert shapes(network, SHAPE)["1"] == (2, 30, 30)
