"""Plotly figures of activation functions: their curves, and what they do to signals in depth."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch

from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.figures.line_styles import line_style
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.depth import Stack
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def activation_curves(names: Sequence[str], derivative: bool = False, reach: float = 5.0) -> "Figure":
    """φ(x), or its derivative, of each name for x from −reach to reach."""
    from plotly.graph_objects import Figure, Scatter

    x = torch.linspace(-reach, reach, 401)
    figure = Figure()
    for index, name in enumerate(ACTIVATIONS):
        if name in names:
            entry = ACTIVATIONS[name]
            values = (entry.derivative if derivative else entry.function)(x)
            figure.add_trace(
                Scatter(
                    x=x.tolist(),
                    y=values.tolist(),
                    name=entry.title,
                    line=line_style(index),
                    hovertemplate="x = %{x:.2f}: %{y:.4f}",
                )
            )
    figure.update_xaxes(title="x", zeroline=True, zerolinecolor="#888")
    figure.update_yaxes(title="φ′(x)" if derivative else "φ(x)", zeroline=True, zerolinecolor="#888")
    return layout(figure, 330)


def by_depth(values: Mapping[str, Sequence[float]], title: str, logarithmic: bool) -> "Figure":
    """One line a function: a quantity of each layer of a stack, the first layer at the left."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    order = list(ACTIVATIONS)
    for name, numbers in values.items():
        shown = [number if not logarithmic or number > 0 else None for number in numbers]
        figure.add_trace(
            Scatter(
                x=list(range(1, len(numbers) + 1)),
                y=shown,
                name=ACTIVATIONS[name].title,
                mode="lines+markers",
                line=line_style(order.index(name)),
                hovertemplate=_("layer %{x}: %{y:.3g}"),
            )
        )
    figure.update_xaxes(title=_("layer"))
    figure.update_yaxes(
        title=title,
        **({"type": "log", "exponentformat": "power"} if logarithmic else {"rangemode": "tozero"}),
    )
    return layout(figure, 300)


def depth_histogram(stack: Stack) -> "Figure":
    """Shares of the outputs by value (rows) and layer (columns)."""
    from plotly.graph_objects import Figure, Heatmap

    middles = [(a + b) / 2 for a, b in pairwise(stack.edges)]
    table = [[layer[bin_] for layer in stack.histogram] for bin_ in range(len(middles))]
    figure = Figure(
        Heatmap(
            z=table,
            x=list(range(1, len(stack.histogram) + 1)),
            y=middles,
            zmin=0,
            zmax=0.5,
            colorscale=palette().sequential.plotly,
            colorbar={"thickness": 12, "tickformat": ".0%"},
            hovertemplate=_("layer %{x}, values near %{y:.3g}: %{z:.1%}<extra></extra>"),
        )
    )
    figure.update_xaxes(title=_("layer"))
    figure.update_yaxes(title=_("output of {title}", title=_(ACTIVATIONS[stack.activation].title)))
    return layout(figure, 260)
