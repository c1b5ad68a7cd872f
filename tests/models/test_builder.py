import contextlib
import dataclasses
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.models import (
    PRESETS,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Linear,
    NetworkSpec,
    Pool,
    build,
    summary,
)
from cnnviz.models.layers import LAYERS
from cnnviz.ops.activations import ACTIVATIONS
from tests.models.written import run_code
from tests.properties import examples

convolutions = st.builds(
    Conv,
    channels=st.sampled_from([2, 4, 6]),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
    groups=st.sampled_from([1, 2]),
    bias=st.booleans(),
)
pools = st.builds(
    Pool,
    size=st.integers(1, 4),
    stride=st.none() | st.integers(1, 3),
    mode=st.sampled_from(["max", "average"]),
)
others = (
    st.builds(Activation, st.sampled_from(list(ACTIVATIONS)))
    | st.just(BatchNorm())
    | st.builds(Dropout, st.floats(0, 0.9))
)
chains = st.lists(convolutions | pools | others, max_size=6)


@examples(120)
@given(
    chains,
    st.sampled_from([1, 2, 3]),
    st.integers(5, 24),
    st.integers(5, 24),
    st.sampled_from(["flatten", "gap"]),
)
def test_the_plan_is_what_torch_does_or_a_sentence_names_the_layer(
    layers, channels: int, height: int, width: int, ending: str
) -> None:
    spec = NetworkSpec((*layers, Flatten() if ending == "flatten" else GlobalAveragePool(), Linear()))
    sentence = ""
    try:
        plan = summary(spec, (channels, height, width), 10)
    except CnnvizError as error:
        sentence = str(error)
    if sentence:
        assert sentence.split(":")[0].rstrip("0123456789") in {layer.stem for layer in spec.layers}
        return
    network = build(spec, (channels, height, width), 10)
    values = torch.rand(2, channels, height, width)
    modules = dict(network.named_children())
    values = modules["normalise"](values)
    for place in plan:
        values = modules[place.name](values)
        assert tuple(values.shape[1:]) == place.output_shape
        assert sum(p.numel() for p in modules[place.name].parameters()) == place.parameters
    assert values.shape == (2, 10)


@examples(50)
@given(chains)
def test_a_specification_survives_json(layers) -> None:
    spec = NetworkSpec((*layers, Flatten(), Linear()))
    assert NetworkSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_code_of_a_preset_has_its_weights(name: str) -> None:
    network = build(name, (1, 28, 28), 10, seed=5)
    torch.manual_seed(5)
    written = run_code(network)
    for ours, theirs in zip(network.parameters(), written.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_lenet5_has_the_parameters_of_the_paper_in_its_dense_form() -> None:
    plan = {place.name: place for place in summary(PRESETS["lenet5"], (1, 28, 28), 10)}
    assert plan["conv1"].parameters == 6 * (5 * 5 + 1)
    assert plan["conv1"].multiply_adds == 28 * 28 * 6 * 25
    assert plan["conv2"].parameters == 16 * (6 * 25 + 1)
    assert [plan[f"fc{i}"].parameters for i in (1, 2, 3)] == [400 * 120 + 120, 120 * 84 + 84, 84 * 10 + 10]
    assert summary(PRESETS["lenet5"], (1, 28, 28), 10).parameters == 61_706


def test_multiply_adds_are_those_torch_counts() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    for name in PRESETS:
        network = build(name, (1, 28, 28), 10).eval()
        with FlopCounterMode(display=False) as counter:
            network(torch.rand(1, 1, 28, 28))
        assert counter.get_total_flops() == 2 * network.plan.multiply_adds


def test_the_same_seed_gives_the_same_weights_and_leaves_the_random_state_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second, third = (build("tiny", (1, 28, 28), 10, seed=seed) for seed in (7, 7, 8))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.conv1.weight, second.conv1.weight)
    assert not torch.equal(first.conv1.weight, third.conv1.weight)


@pytest.mark.parametrize(
    ("layers", "shape", "sentence"),
    [
        (
            (Conv(4, 7), Flatten(), Linear()),
            (1, 5, 5),
            "conv1: A 7×7 kernel does not fit in a 5×5 image without padding. Use padding 1 or more",
        ),
        ((Conv(0), Flatten(), Linear()), (1, 8, 8), "conv1: The number of channels is 0"),
        ((Flatten(), Linear(10**9), Linear()), (1, 8, 8), "fc1: with its 65,000,000,000 parameters"),
        ((Conv(8), Linear()), (1, 8, 8), "fc1: A fully connected layer takes a vector"),
        ((Flatten(), Conv(8)), (1, 8, 8), "conv1: It needs maps"),
        (
            (Conv(8), Activation("swish"), Flatten(), Linear()),
            (1, 8, 8),
            "swish1: There is no activation 'swish'",
        ),
        ((Conv(4, stride=0), Flatten(), Linear()), (1, 8, 8), "conv1: The stride is 0"),
        (
            (Conv(4, groups=3), Flatten(), Linear()),
            (3, 8, 8),
            "conv1: 4 channels cannot be shared between 3 groups",
        ),
        ((Flatten(), Linear(12)), (1, 8, 8), "fc1: the network ends with shape 12"),
        ((), (1, 8, 8), "The network has 0 layers"),
        ((Pool(2, padding=2), Flatten(), Linear()), (1, 8, 8), "pool1: Padding 2 is more than half"),
        ((Dropout(1.0), Flatten(), Linear()), (1, 8, 8), "dropout1: The dropout probability is 1.0"),
    ],
)
def test_what_does_not_fit_is_named_with_a_cure(layers, shape, sentence: str) -> None:
    with pytest.raises(CnnvizError) as caught:
        build(NetworkSpec(layers), shape, 10)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"layers": [{"kind": "warp"}]}',
        '{"layers": [{"kind": "conv"}]}',
        '{"layers": [{"kind": "conv", "size": 3}]}',
    ],
)
def test_text_that_is_no_network_gives_a_sentence(text: str) -> None:
    with pytest.raises(CnnvizError):
        NetworkSpec.from_json(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"layers": [{"kind": "conv", "channels": 2, "bias": "no"}]}',
            "The bias is 'no', but it must be true or false.",
        ),
        ('{"layers": [{"kind": "fc", "bias": 0}]}', "The bias is 0, but it must be true or false."),
        ('{"layers": ["conv"]}', "A layer is written as 'conv', but must be written as"),
        ('{"layers": "conv"}', "A network is written as"),
        ('{"layers": {"kind": "conv"}}', "A network is written as"),
        ('{"layers": [], "name": 3}', "A network is written as"),
        ('{"layers": [{"kind": ["conv"]}]}', "There is no layer '['conv']'"),
        ('{"layers": [{"kind": "activation", "function": ["relu"]}]}', "There is no activation"),
        ('{"layers": [{"kind": "pool", "mode": []}]}', "There is no pooling"),
        ('{"layers": [{"kind": "dropout", "p": true}]}', "The dropout probability is True"),
        (
            '{"layers": [{"kind": "conv", "channels": 2, "kernel": 1, "fixed": [[["a"]]]}]}',
            "The fixed kernels are not tables of numbers",
        ),
        ('{"layers": [{"kind": "conv", "channels": 2, "kernel": 1, "fixed": [[[NaN]]]}]}', "not finite"),
        ('{"layers": [{"kind": "conv", "kernel": 3}]}', "A conv layer needs the option 'channels'"),
        ('{"layers": [{"kind": "conv", "channels": 2.0}]}', "The number of channels is 2.0"),
        ("[" * 100_000, "nested too deeply"),
        ('{"layers": ' + "1" * 10_000 + "}", "too many digits"),
    ],
)
def test_a_wrong_type_is_named(text: str, sentence: str) -> None:
    with pytest.raises(CnnvizError) as caught:
        NetworkSpec.from_json(text)
    assert sentence in str(caught.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.integers(-1, 6) | st.floats() | st.text(max_size=4)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
USUAL = st.integers(1, 4) | st.sampled_from(["relu", "maxout", "max", "average", True, False, 0.5])
LAYER_LIKE = st.sampled_from(sorted(LAYERS)).flatmap(
    lambda kind: st.fixed_dictionaries(
        {"kind": st.just(kind)},
        optional={field.name: USUAL | USUAL | ANYTHING for field in dataclasses.fields(LAYERS[kind])},
    )
)
NETWORK_LIKE = ANYTHING | st.fixed_dictionaries(
    {"layers": st.lists(LAYER_LIKE | LAYER_LIKE | LAYER_LIKE | ANYTHING, max_size=5) | ANYTHING},
    optional={"name": st.text(max_size=4) | ANYTHING},
)


@examples(400)
@given(NETWORK_LIKE)
def test_any_json_is_a_network_or_a_sentence(data) -> None:
    try:
        spec = NetworkSpec.from_json(json.dumps(data))
        plan = summary(spec, (2, 12, 12), 10)
    except CnnvizError:
        return
    assert NetworkSpec.from_json(spec.to_json()) == spec
    if plan.parameters < 10**6 and plan.activation_bytes < 10**7:
        assert build(spec, (2, 12, 12), 10).eval()(torch.rand(2, 2, 12, 12)).shape == (2, 10)


@examples(100)
@given(st.text())
def test_any_text_is_a_network_or_a_sentence(text: str) -> None:
    with contextlib.suppress(CnnvizError):
        NetworkSpec.from_json(text)


def test_json_is_plain() -> None:
    assert json.loads(PRESETS["tiny"].to_json())["layers"][0]["kind"] == "conv"
