"""Every unit adds up, and receptive fields are what gradients say."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from cnnviz.data import fit, load, photo
from cnnviz.errors import CnnvizError
from cnnviz.features import explain_unit, feature_maps, receptive_field, unit_trace
from cnnviz.inspection import accelerated, runner_of
from cnnviz.models import PRESETS, build, pretrained
from cnnviz.ops.activations import ACTIVATIONS, Maxout
from cnnviz.training import open_run
from cnnviz.vision import torchvision
from tests.properties import examples


class Branches(nn.Module):
    """A bit of everything: groups, dilation, stride, an odd kernel, sums, joins, gates, in-place and
    functional layers, a module used twice.
    """

    def __init__(self, seed: int, kernel: int, stride: int, dilation: int, groups: int, mode: str) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem = nn.Conv2d(
                3, 4, kernel, stride, padding=kernel // 2 + dilation - 1, dilation=dilation, padding_mode=mode
            )
            self.norm = nn.BatchNorm2d(4)
            self.norm.running_mean, self.norm.running_var = torch.randn(4), torch.rand(4) + 0.5
            nn.init.normal_(self.norm.weight)
            self.relu = nn.ReLU(inplace=True)
            self.wide = nn.Conv2d(4, 4, (1, 3), padding=(0, 1), groups=groups)
            self.deep = nn.Conv2d(4, 4, 3, padding="same", groups=groups, bias=False)
            self.squeeze = nn.Conv2d(8, 8, 1)
            self.average = nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)
            self.largest = nn.MaxPool2d(2, 2, padding=1, ceil_mode=True)
            self.fc = nn.Linear(16, 5)

    def forward(self, images: Tensor) -> Tensor:
        stem = self.relu(self.norm(self.stem(images)))
        added = self.relu(self.deep(self.wide(stem)) + stem)
        joined = torch.cat([added, nn.functional.relu6(self.wide(stem) * 0.5)], 1)
        gate = torch.sigmoid(self.squeeze(nn.functional.adaptive_avg_pool2d(joined, 1)))
        gated = joined * gate
        pooled = torch.cat([self.average(gated), self.largest(gated)], 1)
        return self.fc(pooled.mean((2, 3)).flatten(1))


def adds_up(model: nn.Module, image: Tensor, tries: int = 3) -> None:
    maps = feature_maps(model, image)
    generator = torch.Generator().manual_seed(0)
    for layer, values in maps.items():
        for _ in range(tries):
            channel, row, col = (int(torch.randint(n, (), generator=generator)) for n in values.shape)
            unit = explain_unit(model, image, layer, channel, row, col)
            assert unit.value == pytest.approx(values[channel, row, col].item(), abs=1e-5)
            assert unit.products.sum().item() + unit.bias == pytest.approx(unit.value, abs=1e-4, rel=1e-4), (
                layer,
                unit,
            )
            for term in unit.strongest(2):
                assert term.place is not None
                source, c, r, x = term.place
                given_values = image if source == "image" else feature_maps(model, image)[source]
                assert given_values[c, r, x].item() == pytest.approx(term.input, abs=1e-5)


@examples(12)
@given(
    st.integers(0, 99),
    st.sampled_from([1, 3, 5]),
    st.integers(1, 2),
    st.integers(1, 2),
    st.sampled_from([1, 2, 4]),
    st.sampled_from(["zeros", "reflect", "circular", "replicate"]),
)
def test_units_of_random_networks_with_branches_add_up(
    seed: int, kernel: int, stride: int, dilation: int, groups: int, mode: str
) -> None:
    model = Branches(seed, kernel, stride, dilation, groups, mode).eval()
    adds_up(model, torch.rand(3, 13, 11, generator=torch.Generator().manual_seed(seed)), tries=2)


@pytest.mark.parametrize("name", list(PRESETS))
def test_units_of_every_preset_add_up(name: str) -> None:
    adds_up(build(name, (1, 28, 28), 10).train(), load("mnist", "test", 1).floats()[0], tries=1)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_units_of_every_activation_add_up(name: str) -> None:
    adds_up(
        nn.Sequential(
            nn.Conv2d(1, 4, 3),
            ACTIVATIONS[name].module(),
            nn.Flatten(),
            nn.Linear(36 // (2 if name == "maxout" else 1) * 4, 2),
        ),
        torch.randn(1, 8, 8),
    )
    assert isinstance(ACTIVATIONS["maxout"].module(), Maxout)


def test_units_of_a_trained_run_and_of_the_bundled_imagenet_network_add_up() -> None:
    adds_up(open_run("example").network(624), load("mnist", "test", 1).floats()[0], tries=2)
    network = pretrained()
    image = fit(photo("coffee"), (3, 224, 224))
    for layer, place in [
        ("stem_conv", (3, 50, 60)),
        ("block3.add", (5, 20, 20)),
        ("block14.depthwise_conv", (7, 3, 3)),
        ("pool", (9, 0, 0)),
        ("fc", (967, 0, 0)),
    ]:
        unit = explain_unit(network, image, layer, *place)
        assert unit.products.sum().item() + unit.bias == pytest.approx(unit.value, abs=1e-4)


class Formula(nn.Module):
    """A convolution, and a formula of its maps x and the image's first channel y."""

    def __init__(self, formula: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.factor = nn.Parameter(torch.tensor(1.7))
        self.formula = formula

    def forward(self, images: Tensor) -> Tensor:
        return self.formula(self.conv(images), images)


@pytest.mark.parametrize(
    ("formula", "inputs"),
    [
        (lambda x, _: x + x, ("conv", "conv")),
        (lambda x, _: x * x, ("conv", "conv")),
        (lambda x, _: x - x, ("conv", "conv")),
        (lambda x, _: x / (x + x), ("conv", "add")),
        (lambda x, _: torch.cat([x, x], 1), ("conv", "conv")),
        (lambda x, y: torch.cat([x, y, x], 1), ("conv", "image", "conv")),
        (lambda x, _: torch.add(x, x, alpha=3), ("conv", "conv")),
        (lambda x, y: torch.sub(x, y, alpha=3), ("conv", "image")),
        (lambda x, y: x - y, ("conv", "image")),
        (lambda x, y: x * y, ("conv", "image")),
        (lambda x, _: x - 0.5, ("conv",)),
        (lambda x, _: 0.5 - x, ("conv",)),
        (lambda x, _: x / 4, ("conv",)),
        (lambda x, _: 3 * x, ("conv",)),
        (lambda x, _: 1 / x, ("conv",)),
        (lambda x, _: -x, ("conv",)),
        (lambda x, _: x**2, ("conv",)),
        (lambda x, _: x.clamp(-0.1, 0.1), ("conv",)),
        (lambda x, _: x.reshape(-1, 1, 14, 5), ("conv",)),
    ],
)
def test_units_of_sums_and_products_add_up_also_where_a_layer_is_taken_twice(
    formula, inputs: tuple[str, ...]
) -> None:
    torch.manual_seed(3)
    model, image = Formula(formula).eval(), torch.rand(1, 5, 7)
    adds_up(model, image)
    last = list(feature_maps(model, image))[-1]
    for channel in range(feature_maps(model, image)[last].shape[0]):
        unit = explain_unit(model, image, last, channel, 0, 3)
        assert unit.inputs == inputs
        assert unit.products.sum().item() + unit.bias == pytest.approx(unit.value, abs=1e-5)


def test_what_is_no_sum_of_its_layers_is_a_sentence_and_never_a_wrong_sum() -> None:
    for layer in ("flip", "transpose", "cumsum"):
        model = Formula(lambda x, _, layer=layer: getattr(x, layer)(*{"transpose": (2, 3)}.get(layer, (3,))))
        with pytest.raises(CnnvizError, match="cannot be taken apart"):
            explain_unit(model.eval(), torch.rand(1, 6, 6), layer, 0, 2, 3)
    model = Formula(lambda x, _: x)
    model.formula = lambda x, _: x * model.factor
    with pytest.raises(CnnvizError, match="no sum of what feeds it"):
        explain_unit(model.eval(), torch.rand(1, 6, 6), "mul", 0, 2, 3)


def test_a_unit_is_walked_back_to_the_image() -> None:
    network, image = open_run("example").network(624), load("mnist", "test", 8).floats()[7]
    place = ("fc1", int(network.eval()(image[None]).argmax()), 0, 0)
    walked = []
    while place[0] != "image":
        walked.append(place[0])
        found = explain_unit(network, image, *place).strongest(1)[0].place
        assert found is not None
        place = found
    assert walked[-2:] == ["conv1", "normalise"]
    assert image[place[1], place[2], place[3]] >= 0


def test_what_is_no_unit_is_a_sentence() -> None:
    network, image = build("tiny", (1, 28, 28), 10), torch.rand(1, 28, 28)
    with pytest.raises(CnnvizError, match="has the shape 4×14×14, so it has no unit"):
        explain_unit(network, image, "pool1", 8, 0, 0)
    with pytest.raises(CnnvizError, match="no layer 'conv9' on the way"):
        explain_unit(network, image, "conv9", 0, 0, 0)
    unused = Branches(0, 3, 1, 1, 1, "zeros")
    unused.spare = nn.Conv2d(3, 3, 3)
    with pytest.raises(CnnvizError, match="no layer 'spare' on the way"):
        explain_unit(unused, torch.rand(3, 9, 9), "spare", 0, 0, 0)


class Undecided(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images: Tensor) -> Tensor:
        values = self.conv(images)
        return values.mean((2, 3)) if values.sum() > 0 else values.amax((2, 3))


def test_maps_of_a_network_that_decides_while_it_runs_are_read_and_its_graph_is_a_sentence() -> None:
    model = Undecided().train()
    image = torch.rand(1, 6, 6)
    torch.testing.assert_close(feature_maps(model, image)["conv"], model.conv(image[None])[0].detach())
    assert model.training
    with pytest.raises(CnnvizError, match="decides while it runs"):
        explain_unit(model, image, "conv", 0, 0, 0)


def test_a_graph_shares_weights_but_neither_hooks_nor_mode() -> None:
    model = Branches(1, 3, 1, 1, 2, "zeros").train()
    heard = []
    model.stem.register_forward_hook(lambda *_: heard.append(1))
    image = torch.rand(3, 9, 9)
    before = feature_maps(model, image)["stem"]
    assert not heard
    assert model.training
    assert model.norm.training
    with torch.no_grad():
        model.stem.weight.mul_(2)
        model.stem.bias.mul_(2)
    torch.testing.assert_close(feature_maps(model, image)["stem"], before * 2)


def test_folding_batch_norm_changes_nothing_and_follows_new_weights() -> None:
    model = Branches(2, 3, 1, 1, 2, "zeros").eval()
    images = torch.rand(4, 3, 9, 9)
    for large in (False, True):
        torch.testing.assert_close(
            accelerated(runner_of(model)).folded(large).network(images), model(images), atol=1e-5, rtol=1e-4
        )
    with torch.no_grad():
        model.norm.bias.add_(1)
    for large in (False, True):
        torch.testing.assert_close(
            accelerated(runner_of(model)).folded(large).network(images), model(images), atol=1e-5, rtol=1e-4
        )
        folded = accelerated(runner_of(model)).folded(large)
        head, tail = folded.head, folded.tail
        torch.testing.assert_close(tail(head(images)), model(images), atol=1e-5, rtol=1e-4)
        between = head(0.3 * images + 0.7 * images.flip(0))
        torch.testing.assert_close(
            between, 0.3 * head(images) + 0.7 * head(images.flip(0)), atol=1e-5, rtol=1e-4
        )


def field_by_gradient(
    model: nn.Module, layer: str, shape: tuple[int, int, int], row: int, col: int
) -> tuple[int, int, int, int]:
    """The box of all pixels with a gradient, with every weight made positive and nothing switched off."""
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            tensor.data = tensor.data.abs() * 0.01 + 0.01
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.zero_()  # type: ignore[union-attr]
    image = torch.rand(1, *shape, dtype=torch.float64) + 0.1
    runner = runner_of(model.double())
    image.requires_grad_()
    output = runner.outputs(image)[runner.graph.find(layer)]
    (gradient,) = torch.autograd.grad(output[0, 0, row, col], image)
    rows, cols = (
        gradient[0].abs().amax((0, 2)).nonzero().flatten(),
        gradient[0].abs().amax((0, 1)).nonzero().flatten(),
    )
    return int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1


@pytest.mark.parametrize("layer", ["stem", "wide", "deep", "add", "relu_1", "cat"])
def test_fields_of_branches_are_those_of_gradients(layer: str) -> None:
    model = Branches(3, 5, 2, 2, 1, "zeros").eval()
    field = receptive_field(model, layer, (3, 64, 64))
    row = col = 8
    assert field.box(row, col) == field_by_gradient(model, layer, (3, 64, 64), row, col)


def boxes_by_gradients(
    model: nn.Module, shape: tuple[int, int, int]
) -> dict[tuple[int, int], tuple[int, int, int, int] | None]:
    """Unit (row, column) of channel 0 -> the box of all pixels with a gradient; ``None`` where there are
    none. Weights must be positive.
    """
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    output = model.double()(image)[0, 0]
    found: dict[tuple[int, int], tuple[int, int, int, int] | None] = {}
    for row in range(output.shape[0]):
        for col in range(output.shape[1]):
            (gradient,) = torch.autograd.grad(output[row, col], image, retain_graph=True)
            touched = gradient[0].sum(0) > 0
            rows, cols = (
                touched.any(1).nonzero().flatten().tolist(),
                touched.any(0).nonzero().flatten().tolist(),
            )
            found[row, col] = (rows[0], cols[0], rows[-1] + 1, cols[-1] + 1) if rows else None
    return found


def positive(layer: nn.Module) -> nn.Module:
    for weight in layer.parameters():
        nn.init.constant_(weight, 1.0)
    return layer


sides = st.integers(1, 3)
convolutions = st.builds(
    lambda kernel, stride, padding, dilation, mode: positive(
        nn.Conv2d(
            1,
            1,
            kernel,
            stride,
            padding,
            dilation,
            bias=False,
            padding_mode=mode if max(padding) < 2 else "zeros",
        )
    ),
    st.tuples(sides, sides),
    st.tuples(sides, sides),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.integers(1, 2),
    st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]),
)
poolings = st.builds(
    lambda size, stride, padded, ceil: nn.AvgPool2d(
        size, stride, padding=min(padded, size // 2), ceil_mode=ceil
    ),
    sides,
    sides,
    st.integers(0, 1),
    st.booleans(),
)
adaptive = st.builds(
    lambda rows, cols: nn.AdaptiveAvgPool2d((rows, cols)), st.integers(1, 7), st.integers(1, 7)
)
transposed = st.builds(
    lambda kernel, stride, padding: positive(
        nn.ConvTranspose2d(1, 1, kernel, stride, min(padding, kernel - 1), bias=False)
    ),
    sides,
    sides,
    sides,
)


@examples(150)
@given(
    st.lists(convolutions | poolings | adaptive | transposed, min_size=1, max_size=4),
    st.integers(5, 14),
    st.integers(5, 14),
)
def test_the_box_of_every_unit_is_that_of_its_gradient(
    layers: list[nn.Module], height: int, width: int
) -> None:
    model = nn.Sequential(*layers)
    try:
        expected = boxes_by_gradients(model, (1, height, width))
    except (RuntimeError, ValueError):
        return  # layers that do not fit on each other
    field = receptive_field(model, str(len(layers) - 1), (1, height, width))
    for (row, col), box in expected.items():
        top, left, bottom, right = field.box(row, col)
        if box is None:
            assert top >= bottom or left >= right
        else:
            assert (top, left, bottom, right) == box
            if field.uniform and all(getattr(layer, "padding_mode", "zeros") == "zeros" for layer in layers):
                assert field.rows.span(row)[0] <= top
                assert field.cols.span(col)[1] >= right - 1


def test_windows_of_adaptive_pooling_are_those_of_torch() -> None:
    field = receptive_field(nn.Sequential(nn.AdaptiveAvgPool2d(4)), "0", (1, 10, 12))
    assert [field.row_spans[i] for i in range(4)] == [(0, 2), (2, 4), (5, 7), (7, 9)]
    assert [field.col_spans[i] for i in range(4)] == [(0, 2), (3, 5), (6, 8), (9, 11)]
    assert not field.uniform


def test_branches_meet_in_the_box_around_both() -> None:
    class Meeting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = positive(nn.Conv2d(1, 1, 3, 2, 1)), nn.AdaptiveAvgPool2d((5, 4))

        def forward(self, images: Tensor) -> Tensor:
            return self.one(images) + self.two(images)

    model = Meeting()
    expected = boxes_by_gradients(model, (1, 9, 8))
    field = receptive_field(model, "add", (1, 9, 8))
    assert {place: field.box(*place) for place in expected} == expected


def test_a_unit_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="has 3×3 units, so there is none in row 3, column 0"):
        receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3)), "0", (1, 5, 5)).box(3, 0)


def test_a_gate_sees_the_whole_image() -> None:
    field = receptive_field(Branches(3, 3, 1, 1, 1, "zeros"), "mul_1", (3, 12, 12))
    top, left, bottom, right = field.box(5, 5)
    assert top <= 0
    assert left <= 0
    assert bottom >= 12
    assert right >= 12


@pytest.mark.parametrize(
    ("name", "layer", "size", "stride"),
    [
        ("alexnet", "features.10", 163, 16),  # conv5
        ("alexnet", "features.12", 195, 32),  # pool5
        ("vgg16", "features.28", 196, 16),  # conv5_3
        ("vgg16", "features.30", 212, 32),  # pool5
        ("resnet18", "layer4", 435, 32),
        ("mobilenet_v2", "features", 491, 32),
    ],
)
def test_fields_are_the_published_ones(name: str, layer: str, size: int, stride: int) -> None:
    """Araujo, Norris and Sim, Distill 2019, table of networks; AlexNet's as in CS231n."""
    model = getattr(torchvision().models, name)(weights=None)
    field = receptive_field(model, layer, (3, 224, 224))
    assert (field.size, field.stride) == (size, stride)


def test_the_answer_sees_everything() -> None:
    field = receptive_field(open_run("example").network(0), "fc1", (1, 28, 28))
    assert field.box(0, 0)[0] <= 0
    assert field.box(0, 0)[2] >= 27


def test_one_sided_fields_are_pairs() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, (1, 7), padding=(0, 3)), nn.Conv2d(1, 1, (3, 1)))
    assert receptive_field(model, "1", (1, 20, 20)).size == (3, 7)


@examples(12)
@given(st.integers(0, 99), st.integers(1, 2), st.integers(1, 2), st.sampled_from([1, 2, 4]))
def test_a_units_trace_shows_the_unit_and_its_neighbours(
    seed: int, stride: int, dilation: int, groups: int
) -> None:
    model, image = (
        Branches(seed, 3, stride, dilation, groups, "zeros").eval(),
        torch.rand(3, 13, 11, generator=torch.Generator().manual_seed(seed)),
    )
    maps = feature_maps(model, image)
    for layer in ("stem", "wide", "norm", "largest", "fc", "squeeze", "add"):
        for row in (0, maps[layer].shape[1] - 1):
            found = unit_trace(model, image, layer, 1, row, 0)
            assert found is not None
            step = found.trace.steps[found.start]
            assert step.value == pytest.approx(maps[layer][1, row, 0].item(), abs=1e-4)
    stem = unit_trace(model, image, "stem", 2, 3, 3)
    assert stem is not None
    torch.testing.assert_close(stem.trace.output.flatten()[:5], maps["stem"][2, 1, 1:6], atol=1e-5, rtol=1e-4)
    assert unit_trace(model, image, "sigmoid", 0, 0, 0) is None


def test_of_many_channels_the_strongest_are_traced_and_the_rest_is_added() -> None:
    network, image = pretrained(), fit(photo("coffee"), (3, 224, 224))
    found = unit_trace(network, image, "block4.project_conv", 3, 10, 10)
    assert found is not None
    assert len(found.channels) == 8
    assert found.trace.output.item() == pytest.approx(
        feature_maps(network, image)["block4.project_conv"][3, 10, 10].item(), abs=1e-3
    )
