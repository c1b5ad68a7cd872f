"""Backpropagation on its page: what is stepped through, its numbers to edit, and the finite differences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data import load
from cnnviz.figures import palette
from cnnviz.learning import ChainTrace, cnn_steps, expression_steps, graph, network_steps
from cnnviz.learning.chain import ChainStep, ChainTerm
from cnnviz.learning.cnn import LECTURE_IMAGE, LECTURE_KERNEL, cnn_code, default_weights
from cnnviz.learning.small import INPUTS, OUT_WEIGHTS, WEIGHTS, expression_code, network_code
from cnnviz.ui.chain_layout import expression_layout, network_layout
from cnnviz.ui.components import component
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import ChainLayout, ChainMessage, ChainNumber, ChainPart, ChainStop, ChainTable, Scale
from cnnviz.ui.states.backpropagation import Backpropagation
from cnnviz.ui.stepping import number_grid, table_now
from cnnviz.words import _

NO_SUM = ("activation", "pooling", "softmax", "loss", "hidden neurons", "flatten")
CLASSES = {"lecture": 2, "digit": 10}
NEAR = 1e-5


@dataclass(frozen=True)
class Walk:
    """A computation, and its steps as they are shown."""

    trace: ChainTrace
    stops: list[ChainStop]

    @classmethod
    def of(cls, trace: ChainTrace) -> "Walk":
        return cls(trace, [_stop(step) for step in trace.steps])


def _stop(step: ChainStep) -> ChainStop:
    return ChainStop(
        step.phase,
        _(step.name),
        step.grid,
        step.place,
        step.part,
        _(step.rule),
        [_part(term) for term in step.terms],
        step.value,
        step.name not in NO_SUM and _adds_up(step.terms, step.value),
    )


def _part(term: ChainTerm) -> ChainPart:
    left = _number(term.left)
    assert left is not None
    return ChainPart(left, _number(term.right), term.product)


def _number(given: tuple[str, int, str, float] | None) -> ChainNumber | None:
    return None if given is None else ChainNumber(given[0], given[1], given[3])


def _adds_up(terms: tuple[ChainTerm, ...], value: float) -> bool:
    return bool(terms) and abs(sum(term.product for term in terms) - value) < 1e-9 * max(1, abs(value))


def chain(key: str, walk: Walk, start: int = 0, layout: ChainLayout | None = None) -> None:
    """Shows a computation step by step; with a layout as a graph, else its grids side by side."""
    trace, stops = walk.trace, walk.stops
    most = max(float(grid.values.abs().max()) for grid in trace.grids.values()) or 1.0
    grids = [
        ChainTable(
            grid.name,
            _(grid.title),
            grid.values.shape[0],
            grid.values.shape[1],
            grid.values.flatten().tolist(),
            grid.gradients.flatten().tolist(),
            None if grid.updated is None else grid.updated.flatten().tolist(),
        )
        for grid in trace.grids.values()
    ]
    component(
        "chain",
        key,
        data=ChainMessage(
            grids, stops, Scale.of(palette().diverging, -most, most), min(start, len(stops) - 1), layout
        ),
    )


def usual_image() -> tuple[Tensor, Tensor]:
    """Image and kernel of the chosen example."""
    kernel = torch.tensor(LECTURE_KERNEL, dtype=torch.float64)
    if Backpropagation.preset.now == "lecture":
        return torch.tensor(LECTURE_IMAGE, dtype=torch.float64), kernel
    test = load("digits", "test")
    first = int((test.labels == 0).nonzero()[0])  # a zero, the class that is right at first
    digit = test.floats(slice(first, first + 1))[0, 0].double()
    return (digit * 16).round() / 16, torch.tensor([[1, 0, -1]] * 3, dtype=torch.float64)


def sizes() -> tuple[int, int]:
    """Classes, and numbers after flatten."""
    now = Backpropagation
    images = usual_image()
    image, kernel = (
        table_now(field, usual) for field, usual in zip((now.image, now.kernel), images, strict=True)
    )
    window, stride = now.pool.now, now.stride.now
    rows, columns = (
        max(0, (side - small + 1 - window) // stride + 1)
        for side, small in zip(image.shape, kernel.shape, strict=True)
    )
    return CLASSES[now.preset.now], max(1, rows * columns)


def cnn_of_page() -> Walk:
    now = Backpropagation
    image, kernel = usual_image()
    classes, inputs = sizes()
    weights = (
        default_weights(classes, inputs)
        if now.preset.now == "lecture"
        else default_weights(classes, inputs) / 10
    )
    return remember(
        _cnn,
        table_now(now.image, image),
        table_now(now.kernel, kernel),
        table_now(now.weights, weights, (classes, inputs)),
        table_now(now.biases, torch.zeros(classes, 1), (classes, 1)),
        now.bias.now,
        now.activation.now,
        now.pooling.now,
        now.pool.now,
        now.stride.now,
        now.target.now,
        now.rate.now,
    )


def _cnn(image: Tensor, kernel: Tensor, weights: Tensor, biases: Tensor, bias: float, *rest: Any) -> Walk:
    activation, pooling, pool, stride, target, rate = rest
    return Walk.of(
        cnn_steps(
            image,
            kernel,
            bias=bias,
            activation=activation,
            pooling=pooling,
            pool=pool,
            stride=stride,
            weights=weights,
            biases=biases.flatten(),
            classes=len(weights),
            target=target,
            learning_rate=rate,
        )
    )


def edit_cnn(on_change: Callable[[], None]) -> None:
    """The numbers of the CNN, to type into."""
    now = Backpropagation
    image, kernel = usual_image()
    classes, inputs = sizes()
    left, middle, right = st.columns([1.2, 1, 1.6])
    with left:
        number_grid(now.image, image, cell=2.4, on_change=on_change)
    with middle:
        number_grid(now.kernel, kernel, cell=2.6, signed=True, on_change=on_change)
        now.bias.draw(on_change=on_change)
    with right:
        weights = default_weights(classes, inputs)
        number_grid(
            now.weights,
            weights if now.preset.now == "lecture" else weights / 10,
            (classes, inputs),
            cell=2.6,
            signed=True,
            on_change=on_change,
        )
        number_grid(
            now.biases, torch.zeros(classes, 1), (classes, 1), cell=2.6, signed=True, on_change=on_change
        )


_FIRST = (
    (Backpropagation.inputs, torch.tensor(INPUTS, dtype=torch.float64)),
    (Backpropagation.first_weights, torch.tensor(WEIGHTS, dtype=torch.float64)),
    (Backpropagation.first_biases, torch.tensor([[0.1], [0.0]], dtype=torch.float64)),
    (Backpropagation.last_weights, torch.tensor(OUT_WEIGHTS, dtype=torch.float64)),
    (Backpropagation.last_bias, torch.zeros(1, 1, dtype=torch.float64)),
)


def network_of_page() -> Walk:
    now = Backpropagation
    return remember(
        _network,
        *(table_now(field, usual) for field, usual in _FIRST),
        target=now.wanted.now,
        activation=now.function.now,
        learning_rate=now.rate.now,
    )


def _network(*numbers: Tensor, **settings: Any) -> Walk:
    return Walk.of(network_steps(*numbers, **settings))


def edit_network(on_change: Callable[[], None]) -> None:
    """The numbers of the small network, to type into."""
    places = st.columns(len(_FIRST))
    for place, (field, usual) in zip(places, _FIRST, strict=True):
        with place:
            number_grid(field, usual, cell=2.8, signed=True, on_change=on_change)


def expression_of_page() -> tuple[Walk, str, ChainLayout]:
    now = Backpropagation
    found = graph(now.text.now, x=now.x.now, y=now.y.now, z=now.z.now, w=now.w.now)
    trace = expression_steps(found)
    return Walk.of(trace), expression_code(found), expression_layout(trace, found)


def walk_of_page() -> tuple[Walk, str, ChainLayout | None]:
    """What the page steps through, its code, and where its numbers stand if it is drawn as a graph."""
    view = Backpropagation.view.now
    if view == "expression":
        return expression_of_page()
    if view == "network":
        walk = network_of_page()
        return walk, network_code(walk.trace), network_layout(walk.trace)
    walk = cnn_of_page()
    return walk, cnn_code(walk.trace), None


def differences(trace: ChainTrace) -> list[dict[str, str]]:
    """Finite differences of the kernel, or of the first weights, beside the gradients."""
    rows = []
    name = "kernel" if "kernel" in trace.grids else "weights 1"
    grid = trace.grids[name]
    for place in range(grid.values.numel()):
        losses = [_moved(trace, name, place, sign * NEAR) for sign in (1, -1)]
        slope = (losses[0] - losses[1]) / (2 * NEAR)
        gradient = float(grid.gradients.flatten()[place])
        row, column = divmod(place, grid.values.shape[1])
        rows.append(
            {
                _("number"): _(
                    "{title}, row {row}, column {column}", title=_(grid.title), row=row + 1, column=column + 1
                ),
                "(E(w + ε) − E(w − ε)) / 2ε": f"{slope:.6f}",
                _("backpropagation"): f"{gradient:.6f}",
                _("apart"): f"{abs(slope - gradient):.1e}",
            }
        )
    return rows


def _moved(trace: ChainTrace, name: str, place: int, by: float) -> float:
    numbers = {key: grid.values.clone() for key, grid in trace.grids.items()}
    numbers[name].view(-1)[place] += by
    settings = trace.settings
    if name == "kernel":
        keep = {key: settings[key] for key in ("bias", "activation", "pooling", "pool", "stride", "target")}
        return cnn_steps(
            numbers["image"],
            numbers["kernel"],
            weights=numbers["weights"],
            biases=numbers["biases"].flatten(),
            classes=len(numbers["weights"]),
            **keep,
        ).loss
    return network_steps(
        numbers["inputs"],
        numbers["weights 1"],
        numbers["biases 1"],
        numbers["weights 2"],
        numbers["biases 2"],
        target=settings["target"],
        activation=settings["activation"],
    ).loss
