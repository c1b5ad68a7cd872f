"""Octave convolution: edges with two tensors, against the paper's formula written out in torch, and its
counts.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features import ablated, explain_unit, feature_maps, receptive_field
from cnnviz.inspection import graph_of, runner_of
from cnnviz.models import (
    Activation,
    BatchNorm,
    Both,
    Conv,
    Dense,
    Flatten,
    GlobalAveragePool,
    Layer,
    Linear,
    NetworkSpec,
    OctaveConv,
    Parallel,
    Pool,
    Repeat,
    Residual,
    Upsample,
    build,
    summary,
)
from cnnviz.training import TrainingSpec
from cnnviz.training.loop import Trainer
from tests.models.written import run_code
from tests.properties import examples

RELU = Activation("relu")
OCTAVES = NetworkSpec(
    (
        OctaveConv(8, pair=False),
        Both((BatchNorm(), RELU)),
        Residual((OctaveConv(8), Both((BatchNorm(), RELU)))),
        Both((Pool(2),)),
        OctaveConv(12, alpha=0.25),
        OctaveConv(6, alpha=0),
        RELU,
        GlobalAveragePool(),
        Linear(),
    ),
    "octaves",
)


def by_formula(network, images: Tensor) -> Tensor:
    """Chen et al., equation 2, and the blocks around it."""
    weights = dict(network.named_parameters())

    def conv(name: str, values: Tensor) -> Tensor:
        return functional.conv2d(values, weights[f"{name}.weight"], weights.get(f"{name}.bias"), padding=1)

    def octave(name: str, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor | None]:
        up = functional.interpolate(conv(f"{name}.low_to_high.conv1", low), scale_factor=2, mode="nearest")
        fine = conv(f"{name}.high.conv1", high) + up
        if f"{name}.low.conv1.weight" not in weights:
            return fine, None
        return fine, conv(f"{name}.low.conv1", low) + conv(
            f"{name}.high_to_low.conv1", functional.avg_pool2d(high, 2)
        )

    def normed(name: str, values: Tensor) -> Tensor:
        norm = network.get_submodule(f"{name}.norm1")
        given = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
        return functional.relu(functional.batch_norm(values, *given, eps=norm.eps))

    x = network.normalise(images)
    high, low = conv("octave1.high.conv1", x), conv("octave1.high_to_low.conv1", functional.avg_pool2d(x, 2))
    high, low = normed("both1.high", high), normed("both1.low", low)
    fine, coarse = octave("residual1.octave1", high, low)
    high, low = high + normed("residual1.both1.high", fine), low + normed("residual1.both1.low", coarse)
    high, low = functional.max_pool2d(high, 2), functional.max_pool2d(low, 2)
    high, low = octave("octave2", high, low)
    fine, _ = octave("octave3", high, low)
    return network.fc1(functional.relu(fine).mean((2, 3)))


@pytest.fixture(scope="module")
def octaves():
    network = build(OCTAVES, (1, 16, 16), 5, seed=2)
    network(torch.rand(20, 1, 16, 16))  # the batch norms get their averages
    return network.eval()


def test_the_network_is_the_papers_formula(octaves) -> None:
    images = torch.rand(3, 1, 16, 16)
    torch.testing.assert_close(octaves(images), by_formula(octaves, images), atol=1e-5, rtol=1e-4)


def test_costs_are_those_of_the_papers_table() -> None:
    """Chen et al., table 1: with alpha 0.5 an octave needs 7/16 of the multiply-adds and as many weights."""
    plain = summary(
        NetworkSpec((Conv(64, 1), Conv(64, 3, padding=1, bias=False), GlobalAveragePool(), Linear())),
        (3, 32, 32),
        2,
    )
    layers = (
        OctaveConv(64, pair=False),
        OctaveConv(64, bias=False),
        OctaveConv(64, alpha=0),
        GlobalAveragePool(),
        Linear(),
    )
    octave = summary(NetworkSpec(layers), (3, 32, 32), 2)
    whole, block = plain.layers[1], octave.tree[1]
    assert block.multiply_adds / whole.multiply_adds == 7 / 16
    assert block.parameters == whole.parameters
    assert (block.output_shape, block.low_shape) == ((32, 32, 32), (32, 16, 16))


def test_plan_graph_code_and_json_say_the_same(octaves) -> None:
    assert NetworkSpec.from_json(OCTAVES.to_json()) == OCTAVES
    runner = runner_of(octaves)
    shapes = runner.shapes((1, 16, 16))
    for place in octaves.plan:
        call = runner.graph.calls[runner.graph.find(place.name)]
        assert shapes[call.name] == place.output_shape
        assert (
            tuple("normalise" if name == "image" else runner.graph.find(name) for name in place.sources)
            == call.inputs
        )
    names = [place.name for place in octaves.plan]
    assert {"residual1.octave1.add", "residual1.octave1.add_1", "residual1.add", "residual1.add_1"} <= set(
        names
    )
    fresh = build(OCTAVES, (1, 16, 16), 5, seed=7).eval()
    torch.manual_seed(7)
    written, images = run_code(fresh).eval(), torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(written(fresh.normalise(images)), fresh(images))


@pytest.mark.parametrize(
    "middle",
    [
        Parallel(((OctaveConv(4),), (OctaveConv(8), Both((RELU,))))),
        Parallel(((OctaveConv(4),), (OctaveConv(4),)), join="add"),
        Dense((Both((RELU,)), OctaveConv(4)), 2),
        Repeat(Residual((OctaveConv(8),), after=(Both((RELU,)),)), 2),
    ],
    ids=["concat", "add", "dense", "residual"],
)
def test_every_block_carries_pairs_and_its_code_too(middle: Layer) -> None:
    spec = NetworkSpec(
        (
            OctaveConv(8, pair=False),
            middle,
            OctaveConv(4, alpha=0),
            Residual((RELU,)),
            GlobalAveragePool(),
            Linear(),
        )
    )
    network = build(spec, (1, 12, 12), 3, seed=5).eval()
    torch.manual_seed(5)
    written, images = run_code(network).eval(), torch.rand(2, 1, 12, 12)
    torch.testing.assert_close(written(network.normalise(images)), network(images))
    for name, values in feature_maps(network, images[0]).items():
        assert explain_unit(network, images[0], name, 0, values.shape[1] // 2, 0).value == pytest.approx(
            values[0, values.shape[1] // 2, 0].item(), abs=1e-5
        )


def test_units_fields_and_ablation_of_both_tensors(octaves) -> None:
    image = torch.rand(1, 16, 16)
    maps = feature_maps(octaves, image)
    for name, values in maps.items():
        channels, rows, cols = values.shape
        where = channels - 1, rows // 2, cols // 3
        assert explain_unit(octaves, image, name, *where).value == pytest.approx(
            values[where].item(), abs=1e-5
        ), name
    assert maps["octave1.high_to_low.conv1"].shape == (4, 8, 8)
    without = ablated(octaves, "octave2.add_1", (1, 16, 16), off=range(3))
    blind = ablated(octaves, "octave3.low_to_high.upsample1", (1, 16, 16), off=range(6))
    images = torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(without(images), blind(images))


def box_by_gradient(network, name: str, row: int, col: int) -> tuple[int, int, int, int]:
    for parameter in network.parameters():
        parameter.data = parameter.data.abs() + 0.1
    image = torch.rand(1, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    runner = runner_of(network.double())
    runner.outputs(image)[graph_of(network).find(name)][0, 0, row, col].backward()
    assert image.grad is not None
    rows, cols = (image.grad[0, 0].abs().amax(side).nonzero().flatten().tolist() for side in (1, 0))
    return rows[0], cols[0], rows[-1] + 1, cols[-1] + 1


@pytest.mark.parametrize("name", ["low_to_high.upsample1", "add", "add_1"])
@pytest.mark.parametrize(("row", "col"), [(0, 0), (5, 4), (7, 1)])
def test_the_field_of_an_octave_is_that_of_its_gradient(name: str, row: int, col: int) -> None:
    layers = (OctaveConv(2, pair=False), OctaveConv(2), OctaveConv(2, alpha=0), Flatten(), Linear())
    network = build(NetworkSpec(layers), (1, 16, 16), 2).eval()
    field = receptive_field(network, f"octave2.{name}", (1, 16, 16))
    assert field.box(row, col) == box_by_gradient(network, f"octave2.{name}", row, col)
    plan = {place.name: place.receptive_field for place in network.plan}
    known = plan[f"octave2.{name}"]
    assert known is not None
    assert known.stride == (2 if name == "add_1" else 1)
    first, last = known.span(5)
    if (row, col) == (5, 4):
        assert first <= field.box(5, 4)[0] <= field.box(5, 4)[2] - 1 <= last


@examples(40)
@given(
    st.integers(2, 9),
    st.sampled_from([0.25, 0.5, 0.75]),
    st.integers(1, 3),
    st.sampled_from([1, 3, 5]),
    st.integers(2, 6),
    st.booleans(),
)
def test_octaves_of_any_size(
    channels: int, alpha: float, depth: int, kernel: int, half: int, bias: bool
) -> None:
    def octave(**options: object) -> Layer:
        return OctaveConv(channels, kernel, kernel // 2, bias=bias, **options)  # type: ignore[arg-type]

    layers = (
        octave(alpha=alpha, pair=False),
        *[octave(alpha=alpha)] * depth,
        octave(alpha=0),
        Flatten(),
        Linear(),
    )
    spec = NetworkSpec(layers)
    if not 0 < round(channels * alpha) < channels:
        with pytest.raises(CnnvizError, match="cannot be shared between high and low frequencies"):
            build(spec, (2, 2 * half, 2 * half + 2), 3)
        return
    network = build(spec, (2, 2 * half, 2 * half + 2), 3).eval()
    assert network.plan.parameters == sum(weights.numel() for weights in network.parameters())
    assert network(torch.rand(1, 2, 2 * half, 2 * half + 2)).shape == (1, 3)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            (OctaveConv(4), Flatten()),
            "octave1: It needs two tensors, high and low frequencies, but gets one. Put an OctaveConv with pair=False",
        ),
        ((Both((RELU,)), Flatten()), "both1: It needs two tensors"),
        (
            (OctaveConv(4, pair=False), RELU, Flatten()),
            "relu1: It gets two tensors, high and low frequencies. Put it inside Both",
        ),
        (
            (OctaveConv(4, pair=False), OctaveConv(4, pair=False)),
            "octave2: It takes one tensor, but gets two",
        ),
        ((OctaveConv(4, pair=False),), "fc1: It gets two tensors"),
        ((OctaveConv(4, alpha=0, pair=False),), "octave1: One tensor in and one out is a plain convolution"),
        (
            (OctaveConv(4, alpha=0.01, pair=False),),
            "octave1: 4 channels cannot be shared between high and low frequencies with alpha 0.01",
        ),
        ((Parallel(((OctaveConv(4, pair=False),), (Conv(4),))),), "parallel1: One branch gives two tensors"),
        (
            (Pool(2, stride=1), OctaveConv(4, pair=False), OctaveConv(4)),
            "octave2.add: The branches give 2×7×7, 2×6×6. Octaves halve the maps and double them again: give them maps of even",
        ),
        ((Upsample(0), Flatten()), "upsample1: The factor is 0"),
    ],
)
def test_what_does_not_fit_is_named_with_a_cure(layers: tuple[Layer, ...], sentence: str) -> None:
    with pytest.raises(CnnvizError) as caught:
        build(NetworkSpec((*layers, Linear())), (2, 8, 8), 3)
    assert sentence in str(caught.value)


def test_a_network_that_ends_with_two_tensors_says_so() -> None:
    with pytest.raises(CnnvizError, match="octave1: the network ends with two tensors"):
        summary(NetworkSpec((OctaveConv(4, pair=False),)), (2, 8, 8), 3)


def test_octaves_learn() -> None:
    trainer = Trainer(TrainingSpec("digits", OCTAVES, epochs=4))
    losses = [trainer.step() for _ in range(40)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
