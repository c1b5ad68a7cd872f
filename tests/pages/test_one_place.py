"""What CONTRIBUTING promises: a new thing is one entry, and menus, tables, links, code and pictures find
it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import explain_unit, feature_maps, receptive_field, unit_trace
from cnnviz.inspection import LayerRules, Reach, UnitSum, accelerated, register_rules, rules_of, runner_of
from cnnviz.inspection import rules as rules_file
from cnnviz.models import (
    LAYERS,
    PRESET_TITLES,
    PRESETS,
    Conv,
    Flatten,
    Layer,
    Linear,
    NetworkSpec,
    Residual,
    build,
    code,
    summary,
)
from cnnviz.models.layers import register
from cnnviz.models.presets import preset
from cnnviz.ops import pooling
from cnnviz.ops.pooling import POOLINGS, Pooling
from cnnviz.ops.receptive_field import Window
from cnnviz.training import TrainingSpec
from cnnviz.training.loop import Trainer
from tests.pages.conftest import Open, words

SHAPE = (1, 28, 28)


@pytest.fixture
def layer() -> Iterator[type[Layer]]:
    """A layer that is not in the house: it moves each map by one pixel and puts zeros in the first column."""

    @register("shift", wants_maps=True)
    @dataclass(frozen=True)
    class Shift(Layer):
        def module(self, shape: tuple[int, ...]) -> nn.Module:
            return nn.ConstantPad2d((1, -1, 0, 0), 0.0)

        def code(self, shape: tuple[int, ...]) -> str:
            return "nn.ConstantPad2d((1, -1, 0, 0), 0.0)"

    yield Shift
    del LAYERS["shift"]


@pytest.fixture
def rules() -> Iterator[None]:
    """The rules of its module."""

    class ShiftRules(LayerRules):
        passes_on = True

        def affine(self, module: nn.Module) -> bool:
            return True

        def reach(self, module: nn.Module, axis: int, length: int, n: int) -> Reach | None:
            if axis == 0:
                return None
            return Reach((np.arange(length) - 1)[:, None], Window(1, padding=1))

        def explain(self, call, inputs, unit, shape):  # type: ignore[no-untyped-def]
            channel, row, col = unit
            place = (call.inputs[0], channel, row, col - 1) if col else None
            cell = inputs[0][channel, row, col - 1] if col else torch.zeros(())
            return UnitSum(cell.double().view(1, 1, 1), torch.ones(1, 1, 1, dtype=torch.float64), [place])

    register_rules(ShiftRules(), nn.ConstantPad2d)
    yield
    del rules_file._RULES[nn.ConstantPad2d]


def network(layer: type[Layer]) -> NetworkSpec:
    return NetworkSpec(
        name="moved", layers=(Conv(3, 3, padding=1), Residual((layer(), Conv(3, 1))), Flatten(), Linear())
    )


def test_a_layer_is_one_class(layer: type[Layer]) -> None:
    spec = network(layer)
    assert NetworkSpec.from_json(spec.to_json()) == spec
    rows = {place.name: place for place in summary(spec, SHAPE, 10)}
    assert rows["residual1.shift1"].output_shape == (3, 28, 28)
    space: dict[str, object] = {}
    exec("import torch\nfrom torch import nn\n" + code(build(spec, SHAPE, 10)), space)
    alone = space["network"]
    assert isinstance(alone, nn.Module)
    ours = build(spec, SHAPE, 10).eval()
    with torch.no_grad():
        for theirs, weights in zip(alone.eval().parameters(), ours.parameters(), strict=True):
            theirs.copy_(weights)
    images = load("mnist", "test", 3).floats()
    maps = feature_maps(ours, images[0])
    assert torch.equal(maps["residual1.shift1"][:, :, 1:], maps["conv1"][:, :, :-1])
    torch.testing.assert_close(alone(ours.normalise(images)), ours(images))
    trainer = Trainer(TrainingSpec("digits", spec, epochs=1, limit=200))
    before = trainer.network.get_submodule("conv1").weight.clone()
    trainer.step()
    assert not torch.equal(before, trainer.network.get_submodule("conv1").weight)


def test_a_type_of_module_without_rules_is_run_and_says_what_is_missing(layer: type[Layer]) -> None:
    model, image = build(network(layer), SHAPE, 10).eval(), load("mnist", "test", 1).floats()[0]
    assert rules_of(nn.ConstantPad2d(1, 0.0)) is rules_file.ORDINARY
    assert feature_maps(model, image)["residual1.shift1"].shape == (3, 28, 28)
    with pytest.raises(
        CnnvizError,
        match=r"'residual1.shift1' is a layer of kind ConstantPad2d, whose units cannot be taken apart yet",
    ):
        explain_unit(model, image, "residual1.shift1", 0, 5, 5)


@pytest.mark.usefixtures("rules")
def test_the_rules_of_a_type_are_one_class(layer: type[Layer]) -> None:
    model, image = build(network(layer), SHAPE, 10).eval(), load("mnist", "test", 1).floats()[0]
    unit = explain_unit(model, image, "residual1.shift1", 1, 9, 14)
    assert unit.places == (("conv1", 1, 9, 13),)
    assert unit.value == pytest.approx(feature_maps(model, image)["conv1"][1, 9, 13].item(), abs=1e-6)
    assert unit_trace(model, image, "residual1.shift1", 1, 9, 14) is not None
    field = receptive_field(model, "residual1.shift1", SHAPE)
    assert (field.size, field.offset) == (3, (-1, -2))
    assert field.box(9, 14) == (8, 12, 11, 15)
    chain = build(
        NetworkSpec(name="chain", layers=(layer(), Conv(3, 3), Flatten(), Linear())), SHAPE, 10
    ).eval()
    # All of it is affine, so nothing is left behind the head.
    assert list(accelerated(runner_of(chain)).folded().tail.children()) == []


@pytest.fixture
def median() -> Iterator[Pooling]:
    def combine(windows: Tensor, _: Tensor | None) -> tuple[Tensor, None]:
        return windows.flatten(1).nanmedian(dim=1).values, None

    entry = Pooling(
        name="median",
        title="Median",
        formula=r"y = \operatorname{median}_{m,n}\, x_{mn}",
        reference="Tukey, 1977",
        outside=0.0,
        combine=combine,
        code="pooled = image.unfold(1, {window}[0], {stride}).unfold(2, {window}[1], {stride}).flatten(3).median(-1).values",
    )
    POOLINGS[entry.name] = entry
    yield entry
    del POOLINGS[entry.name]


@pytest.mark.usefixtures("median")
def test_a_pooling_is_one_entry(open_page: Open) -> None:
    found = pooling.trace(torch.tensor([[1.0, 9, 2], [3, 4, 5], [8, 7, 6]]), 3, mode="median")
    assert found.output.item() == 5
    app = open_page("pages/seeing/pooling.py", mode="median")
    assert not app.exception
    menu = next(box for box in app.selectbox if box.label == "Pooling function")
    assert menu.value == "median"
    assert "Median" in menu.options
    assert r"\operatorname{median}" in "".join(str(latex.value) for latex in app.latex)
    assert "Tukey, 1977" in words(app)


@pytest.fixture
def wide() -> Iterator[NetworkSpec]:
    yield preset(
        "Wide: one layer of 32 maps",
        NetworkSpec(name="wide", layers=(Conv(32, 7, stride=4), Flatten(), Linear())),
    )
    del PRESETS["wide"], PRESET_TITLES["wide"]


@pytest.mark.usefixtures("wide")
def test_a_preset_is_one_entry(open_page: Open) -> None:
    app = open_page("pages/learning/training_lab.py", network="wide")
    assert not app.exception
    menu = next(box for box in app.selectbox if box.label == "Network")
    assert "Wide: one layer of 32 maps" in menu.options
    parameters = summary(PRESETS["wide"], SHAPE, 10).parameters
    assert f"**{parameters:,}** parameters" in words(app)
    untrained = open_page("pages/inside/feature_maps.py", run="untrained_wide")
    assert not untrained.exception
    assert build("wide", SHAPE, 10)(load("mnist", "test", 2).floats()).shape == (2, 10)
