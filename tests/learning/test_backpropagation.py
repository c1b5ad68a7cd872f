"""The tape, expressions, and the example through a whole CNN: against torch.autograd and finite differences."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.learning import OPERATIONS, ChainTrace, cnn_steps, expression_steps, graph, network_steps
from cnnviz.learning.cnn import (
    CNN_ACTIVATIONS,
    CNN_POOLINGS,
    LECTURE_IMAGE,
    LECTURE_KERNEL,
    cnn_code,
)
from cnnviz.learning.small import SMALL_ACTIVATIONS, expression_code, network_code

TORCH = {
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "abs": torch.abs,
    "max": torch.maximum,
}
EXPRESSIONS = [
    "(x + y) * sin(z)",
    "x^2 - y^3 + z",
    "exp(x) / (1 + exp(x))",
    "log(x + 2) * sqrt(y + 3)",
    "max(x, y) * relu(z) + abs(x - z)",
    "tanh(x * y + z) - sigmoid(z) / cos(y)",
    "-(x - y) ** 2 + x * x * x",
    "x ** y",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_torch_s_value_and_gradient(text: str) -> None:
    numbers = {"x": 1.3, "y": 0.7, "z": -0.4}
    found = graph(text, **numbers)
    leaves = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in numbers.items()
    }
    result = eval(text.replace("^", "**"), {**TORCH, **leaves})
    result.backward()
    assert found.value == pytest.approx(result.item(), abs=1e-12)
    for name, gradient in found.gradient.items():
        assert gradient == pytest.approx(leaves[name].grad.item(), abs=1e-12)
        near = 1e-6
        up, down = ({**numbers, name: numbers[name] + sign * near} for sign in (1, -1))
        assert (graph(text, **up).value - graph(text, **down).value) / (2 * near) == pytest.approx(
            gradient, abs=1e-6
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os')", "no function"),
        ("x.real", "not possible here"),
        ("x[0]", "not possible here"),
        ("lambda: 1", "not possible here"),
        ("open('a')", "no function"),
        ("x +", "no expression"),
        ("q + 1", "has no value"),
        ("1 / (x - 1)", "has no value at"),
        ("log(x - 2)", "has no value at"),
        ("9 ** 9 ** 9 ** 9", "has no value|too large"),
        ("exp(1000)", "has no value|too large"),
        ("'a'", "not possible here"),
        ("True", "not possible here"),
        ("x if x else y", "not possible here"),
        ("(" * 60 + "x" + ")" * 60 + "+" + "-" * 60 + "x", "too many brackets"),
        ("x" * 400, "at most"),
        ("sin(x, x)", "has no value"),
        ("1j", "not possible here"),
    ],
)
def test_what_is_no_mathematics_is_a_sentence(text: str, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        graph(text, x=1.0, y=2.0)


def test_each_gradient_is_the_sum_of_its_terms() -> None:
    found = graph("x * x + x * y + sin(x)", x=2, y=3)
    node = found.tape.nodes[found.names["x"]]
    assert len(node.terms) == 4
    assert node.gradient == pytest.approx(2 * 2 + 3 + math.cos(2))
    assert node.gradient == pytest.approx(sum(term[3] for term in node.terms))
    for _, gradient, slope, product in node.terms:
        assert gradient * slope == product


def autograd(trace: ChainTrace) -> dict[str, torch.Tensor]:
    """Every number of the trace, from torch."""
    settings = trace.settings
    grids = {name: grid.values for name, grid in trace.grids.items()}
    leaf = {
        name: grids[name].clone().requires_grad_()
        for name in ("image", "kernel", "bias", "weights", "biases")
    }
    conv = torch.nn.functional.conv2d(
        leaf["image"][None, None], leaf["kernel"][None, None], leaf["bias"].flatten()
    )
    act = getattr(torch, settings["activation"])(conv)
    pool = getattr(torch.nn.functional, {"max": "max_pool2d", "average": "avg_pool2d"}[settings["pooling"]])
    pooled = pool(act, settings["pool"], settings["stride"])
    flat = pooled.flatten(1)
    logits = flat @ leaf["weights"].T + leaf["biases"].flatten()
    soft = logits.softmax(1)
    loss = -soft[0, settings["target"]].log()
    stages = {
        "convolution": conv,
        "activation": act,
        "pooling": pooled,
        "flatten": flat,
        "logits": logits,
        "softmax": soft,
        "loss": loss,
        **leaf,
    }
    for stage in stages.values():
        stage.retain_grad()
    loss.backward()
    return stages


@pytest.mark.parametrize("activation", CNN_ACTIVATIONS)
@pytest.mark.parametrize("pooling", list(CNN_POOLINGS))
def test_every_number_is_torch_s(activation: str, pooling: str) -> None:
    torch.manual_seed(3)
    trace = cnn_steps(
        torch.randn(7, 6),
        torch.randn(3, 2),
        bias=0.3,
        activation=activation,
        pooling=pooling,
        pool=2,
        stride=2,
        classes=4,
        target=2,
    )
    theirs = autograd(trace)
    for name, grid in trace.grids.items():
        torch.testing.assert_close(grid.values.flatten(), theirs[name].detach().flatten(), rtol=0, atol=1e-10)
        if name != "image":
            torch.testing.assert_close(
                grid.gradients.flatten(), theirs[name].grad.flatten(), rtol=0, atol=1e-10
            )


def test_the_lecture_s_example_step_by_step() -> None:
    trace = cnn_steps(LECTURE_IMAGE, LECTURE_KERNEL)
    conv = [step for step in trace.steps if step.name == "convolution"]
    assert [step.value for step in conv] == [4, 3, 4, 2, 4, 3, 2, 3, 4]
    assert len(conv[0].terms) == 10
    for step in trace.steps:
        if step.terms and step.name not in ("activation", "pooling", "softmax", "loss"):
            assert sum(term.product for term in step.terms) == pytest.approx(step.value, abs=1e-12), step.name
        for term in step.terms:
            if term.right is not None:
                assert term.left[3] * term.right[3] == pytest.approx(term.product, abs=1e-12), step.name
            for grid, place, part, value in filter(None, (term.left, term.right)):
                if grid:
                    found = trace.grids[grid]
                    numbers = found.values if part == "value" else found.gradients
                    assert numbers.flatten()[place].item() == pytest.approx(value)
    assert trace.new_loss < trace.loss
    assert trace.steps[-1].value == trace.new_loss


def test_finite_differences_give_the_kernel_s_gradient() -> None:
    trace = cnn_steps(bias=0.1, activation="tanh", pooling="average")
    kernel = torch.tensor(LECTURE_KERNEL, dtype=torch.float64)
    for place in range(9):
        off = torch.zeros(9, dtype=torch.float64)
        off[place] = 1e-6
        up, down = (
            cnn_steps(
                kernel=kernel + sign * off.reshape(3, 3), bias=0.1, activation="tanh", pooling="average"
            ).loss
            for sign in (1, -1)
        )
        assert (up - down) / 2e-6 == pytest.approx(
            trace.grids["kernel"].gradients.flatten()[place].item(), abs=1e-7
        )


@pytest.mark.parametrize(
    "options", [{}, {"activation": "sigmoid", "pooling": "average", "bias": 0.5, "classes": 3, "target": 1}]
)
def test_the_shown_code_gives_both_losses(options: dict) -> None:
    trace = cnn_steps(**options)
    names: dict = {}
    before = torch.get_default_dtype()
    try:
        exec(cnn_code(trace), names)
    finally:
        torch.set_default_dtype(before)
    assert names["loss"].item() == pytest.approx(trace.loss, abs=1e-12)
    assert names["new_loss"].item() == pytest.approx(trace.new_loss, abs=1e-12)
    torch.testing.assert_close(names["kernel"].grad[0, 0], trace.grids["kernel"].gradients)


@given(
    st.integers(3, 8),
    st.integers(3, 8),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(CNN_ACTIVATIONS),
    st.integers(0, 99),
)
def test_shapes_and_a_lower_loss_for_a_small_rate(
    rows: int, columns: int, kernel: int, stride: int, activation: str, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    trace = cnn_steps(
        torch.randn(rows, columns, generator=generator),
        torch.randn(kernel, kernel, generator=generator),
        activation=activation,
        pool=1,
        stride=stride,
        learning_rate=1e-4,
    )
    high, wide = rows - kernel + 1, columns - kernel + 1
    assert trace.grids["convolution"].values.shape == (high, wide)
    assert trace.grids["pooling"].values.shape == ((high - 1) // stride + 1, (wide - 1) // stride + 1)
    assert trace.new_loss < trace.loss


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kernel": torch.ones(6, 6)}, "larger than the image"),
        ({"image": [[1, 2], [3]]}, "rows of one length"),
        ({"image": [[float("nan")] * 5] * 5}, "number that is none"),
        ({"image": torch.ones(30, 30)}, "at most 12×12"),
        ({"pool": 4}, "does not fit"),
        ({"pool": 0}, "does not fit"),
        ({"activation": "swoosh"}, "no activation"),
        ({"pooling": "swoosh"}, "no pooling"),
        ({"target": 2}, "right class"),
        ({"weights": torch.ones(3, 3)}, "must be 2×4"),
        ({"learning_rate": 1e6}, "at most 100"),
        ({"biases": [1, 2, 3]}, "2 biases"),
    ],
)
def test_bad_input_is_a_sentence(options: dict, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        cnn_steps(**options)


def test_every_operation_has_the_slopes_of_torch() -> None:
    for name, entry in OPERATIONS.items():
        if name in TORCH:
            values = [
                torch.tensor(v, dtype=torch.float64, requires_grad=True)
                for v in ((0.6, 0.3) if name == "max" else (0.6,))
            ]
            TORCH[name](*values).backward()
            plain = [value.item() for value in values]
            slopes = entry.slopes(plain, entry.function(*plain))
            assert list(slopes) == pytest.approx([value.grad.item() for value in values], abs=1e-12), name


@pytest.mark.parametrize("activation", SMALL_ACTIVATIONS)
def test_a_small_network_is_torch_s(activation: str) -> None:
    trace = network_steps(activation=activation, target=0.3)
    names = run(network_code(trace))
    assert names["loss"].item() == pytest.approx(trace.loss, abs=1e-12)
    assert names["new_loss"].item() == pytest.approx(trace.new_loss, abs=1e-12)
    for name, grid in (("w1", "weights 1"), ("b1", "biases 1"), ("w2", "weights 2"), ("b2", "biases 2")):
        torch.testing.assert_close(names[name].grad, trace.grids[grid].gradients, rtol=0, atol=1e-12)
        torch.testing.assert_close(names[name].detach(), trace.grids[grid].updated, rtol=0, atol=1e-12)
    assert trace.new_loss < trace.loss
    for step in trace.steps:
        if step.phase == "backward" and step.grid != "loss":
            assert sum(term.product for term in step.terms) == pytest.approx(step.value, abs=1e-12), step.name


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_steps_and_code(text: str) -> None:
    found = graph(text, x=1.3, y=0.7, z=-0.4)
    trace = expression_steps(found)
    forward = [step for step in trace.steps if step.phase == "forward"]
    assert forward[-1].value == found.value
    for name, place in found.names.items():
        [step] = [one for one in trace.steps if one.phase == "backward" and one.grid == str(place)]
        assert step.value == found.gradient[name]
    names = run(expression_code(found))
    assert names["result"].item() == pytest.approx(found.value, abs=1e-12)
    assert names["x"].grad.item() == pytest.approx(found.gradient["x"], abs=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": [[1.0, 2.0, 3.0]]}, "must be 3×1"),
        ({"weights": [[float("inf"), 1.0]] * 2}, "number that is none"),
        ({"activation": "swoosh"}, "no activation"),
        ({"learning_rate": 0}, "above 0"),
        ({"inputs": "abc"}, "table"),
    ],
)
def test_a_small_network_that_is_none_is_a_sentence(options: dict, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        network_steps(**options)


def run(code: str) -> dict:
    names: dict = {}
    before = torch.get_default_dtype()
    try:
        exec(code, names)
    finally:
        torch.set_default_dtype(before)
    return names
