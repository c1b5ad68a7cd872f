"""The content of the drawing of a network: against the plan, torch's own parameters, and published counts."""

import pytest
import torch
from torch import nn

from cnnviz.figures import network_drawing
from cnnviz.figures.network_drawing import FITS, NetworkDrawing, folded_at_first
from cnnviz.models import PRESETS, NetworkSpec, build, pretrained, summary
from cnnviz.vision import torchvision
from tests.models.test_blocks import BRANCHED, basic, bottleneck, densenet121, resnet
from tests.models.test_octaves import OCTAVES

RESNET_101 = resnet(bottleneck, (3, 4, 23, 3), wide=True)
SPECS = {
    **{name: (spec, (1, 28, 28), 10) for name, spec in PRESETS.items()},
    "branched": (BRANCHED, (1, 12, 12), 10),
    "octaves": (OCTAVES, (1, 16, 16), 5),
    "resnet18": (resnet(basic, (2, 2, 2, 2), wide=False), (3, 224, 224), 1000),
    "resnet101": (RESNET_101, (3, 224, 224), 1000),
    "densenet121": (densenet121(), (3, 224, 224), 1000),
}


def seen(drawing: NetworkDrawing) -> set[str]:
    """What is drawn while the folded blocks are folded."""
    parents = {frame.name: frame.parent for frame in drawing.frames}
    found = set()
    for card in drawing.cards:
        around, block = [], card.block
        while block:
            around.append(block)
            block = parents[block]
        found.add(next((block for block in reversed(around) if block in drawing.folded), card.name))
    return found


@pytest.mark.parametrize("name", SPECS)
def test_every_layer_of_the_plan_stands_once_and_is_fed_as_the_plan_says(name: str) -> None:
    spec, shape, classes = SPECS[name]
    plan = summary(spec, shape, classes)
    drawing = network_drawing(plan, name)
    assert [card.name for card in drawing.cards] == [place.name for place in plan]
    assert [card.shape for card in drawing.cards] == [place.output_shape for place in plan]
    assert sum(card.parameters or 0 for card in drawing.cards) == plan.parameters
    assert sum(card.multiply_adds or 0 for card in drawing.cards) == plan.multiply_adds
    assert set(drawing.lines) == {(source, place.name) for place in plan for source in place.sources}
    order = {"image": -1, **{card.name: number for number, card in enumerate(drawing.cards)}}
    assert all(order[a] < order[b] for a, b in drawing.lines)
    blocks = {frame.name for frame in drawing.frames}
    assert all(card.name.startswith(f"{card.block}.") for card in drawing.cards if card.block)
    assert {card.block for card in drawing.cards} | {frame.parent for frame in drawing.frames} <= blocks | {
        ""
    }
    assert len(seen(drawing)) <= FITS
    assert set(drawing.folded) <= blocks
    assert f"{plan.parameters:,} parameters" in drawing.alt


def test_as_many_levels_open_as_fit() -> None:
    small, large = (network_drawing(summary(*SPECS[name]), name) for name in ("small_resnet", "resnet101"))
    assert small.folded == ()
    assert {"stage1", "stage2", "stage3", "stage4"} <= set(large.folded)
    assert seen(large) == {
        "conv1",
        "norm1",
        "relu1",
        "pool1",
        "stage1",
        "stage2",
        "stage3",
        "stage4",
        "gap1",
        "fc1",
    }
    assert folded_at_first(large.cards[:5], large.frames[:2]) == ()


def test_a_network_that_we_built_is_drawn_from_its_plan() -> None:
    network = build("lenet5", (1, 28, 28), 10)
    assert network_drawing(network) == network_drawing(network.plan, "lenet5")


def test_any_torch_network_is_drawn_from_its_graph() -> None:
    theirs = torchvision().models.resnet18().eval()
    drawing = network_drawing(theirs, "resnet18", (3, 224, 224))
    assert sum(card.parameters or 0 for card in drawing.cards) == 11_689_512  # torchvision's table of weights
    assert drawing.cards[-1].shape == (1000,)
    titles = {frame.name: frame.title for frame in drawing.frames}
    assert titles["layer2.0"] == "BasicBlock"
    assert {frame.parent for frame in drawing.frames if frame.name.startswith("layer2.")} == {
        "layer2",
        "layer2.0",
    }
    joins = [card.name for card in drawing.cards if card.kind == "join"]
    assert len(joins) == 8  # one a block
    for name in joins:
        assert len([source for source, target in drawing.lines if target == name]) == 2
    assert len(seen(drawing)) <= FITS
    bundled = network_drawing(pretrained("efficientnet_lite0"))
    assert bundled.input_shape == (3, 224, 224)
    assert len(bundled.cards) > 100
    # Folded as far as it goes.
    assert set(bundled.folded) == {frame.name for frame in bundled.frames}


def test_what_is_taken_twice_is_one_line() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            maps = self.conv(images)
            return (maps + maps).mean((2, 3))

    drawing = network_drawing(Twice(), "twice", (1, 8, 8))
    assert drawing.lines.count(("conv", "add")) == 1


@pytest.mark.parametrize("name", ["fast", "octaves"])
def test_titles_tell_what_a_layer_does(name: str) -> None:
    spec, shape, classes = SPECS[name]
    assert isinstance(spec, NetworkSpec)
    titles = {card.name: card.title for card in network_drawing(summary(spec, shape, classes), name).cards}
    wanted = {
        "fast": {
            "conv1": "conv 5×5, 16 / 2",
            "norm1": "batch norm",
            "relu1": "ReLU",
            "fc1": "fully connected, 10",
        }
    }
    octaves = {
        "residual1.add_1": "+",
        "octave2.low_to_high.upsample1": "upsample ×2",
        "both2.low.pool1": "max pool 2×2",
        "gap1": "global average",
    }
    for layer, title in wanted.get(name, octaves).items():
        assert titles[layer] == title
