"""Plotly figures about activations and comparisons: functions, depth, several runs in one picture."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cnnviz.figures.colours import SEQUENTIAL
from cnnviz.figures.curves import layout
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.depth import Stack

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c564b", "#17becf")
"""Okabe and Ito (2008), and three more; each line also has its own dash, so that colour is not all that tells them apart."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def line_style(index: int) -> dict[str, object]:
    return {"color": SERIES[index % len(SERIES)], "dash": DASHES[index % len(DASHES)], "width": 3}


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
                Scatter(x=x.tolist(), y=values.tolist(), name=entry.title, line=line_style(index), hovertemplate="x = %{x:.2f}: %{y:.4f}")
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
                x=list(range(1, len(numbers) + 1)), y=shown, name=ACTIVATIONS[name].title, mode="lines+markers", line=line_style(order.index(name)),
                hovertemplate="layer %{x}: %{y:.3g}",
            )
        )  # fmt: skip
    figure.update_xaxes(title="layer")
    figure.update_yaxes(title=title, **({"type": "log", "exponentformat": "power"} if logarithmic else {"rangemode": "tozero"}))
    return layout(figure, 300)


def depth_histogram(stack: Stack) -> "Figure":
    """Shares of the outputs by value (rows) and layer (columns)."""
    from plotly.graph_objects import Figure, Heatmap

    middles = [(a + b) / 2 for a, b in pairwise(stack.edges)]
    table = [[layer[bin_] for layer in stack.histogram] for bin_ in range(len(middles))]
    figure = Figure(
        Heatmap(
            z=table, x=list(range(1, len(stack.histogram) + 1)), y=middles, zmin=0, zmax=0.5, colorscale=SEQUENTIAL.plotly,
            colorbar={"thickness": 12, "tickformat": ".0%"}, hovertemplate="layer %{x}, values near %{y:.3g}: %{z:.1%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="layer")
    figure.update_yaxes(title=f"output of {ACTIVATIONS[stack.activation].title}")
    return layout(figure, 260)


def lines(values: Mapping[str, Sequence[float]], x: Sequence[float], x_title: str, y_title: str, percent: bool = False) -> "Figure":
    """Plain lines over a common axis."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for index, (title, numbers) in enumerate(values.items()):
        figure.add_trace(Scatter(x=list(x), y=list(numbers), name=title, mode="lines+markers" if len(x) < 60 else "lines", line=line_style(index)))
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, **({"tickformat": ".0%", "range": [0, 1.02]} if percent else {}))
    return layout(figure, 280)


def spread_of_draws(draws: Mapping[str, Tensor], classes: Sequence[str]) -> "Figure":
    """Boxes of the drawn probabilities, a group a class.

    Args:
        draws: title -> (draws, classes) probabilities.
    """
    from plotly.graph_objects import Box, Figure

    figure = Figure()
    for index, (title, table) in enumerate(draws.items()):
        names = [name for name in classes for _ in range(len(table))]
        figure.add_trace(Box(x=names, y=table.T.flatten().tolist(), name=title, marker_color=SERIES[index % len(SERIES)], boxpoints=False))
    figure.update_layout(boxmode="group")
    figure.update_yaxes(title="probability", tickformat=".0%", range=[0, 1.02])
    figure.update_xaxes(title="class", type="category")
    return layout(figure, 300)


def draws_in_words(draws: Mapping[str, Tensor], classes: Sequence[str]) -> str:
    """The text alternative of ``spread_of_draws``: the likeliest class of each, with mean and standard deviation."""
    words = []
    for title, table in draws.items():
        best = int(table.mean(0).argmax())
        words.append(f"{title}: class {classes[best]} with {table[:, best].mean():.1%} ± {table[:, best].std():.1%}")
    return "; ".join(words)


def channel_bars(values: Tensor, order: Sequence[int], title: str) -> "Figure":
    """One bar a channel, (C,) values in the given order."""
    from plotly.graph_objects import Bar, Figure

    shown = [values[channel].item() for channel in order]
    colours = [SERIES[1] if value > 0 else SERIES[0] for value in shown]
    figure = Figure(Bar(x=[str(channel) for channel in order], y=shown, marker_color=colours, hovertemplate="channel %{x}: %{y:.4f}<extra></extra>"))
    figure.update_xaxes(title="channel", type="category")
    figure.update_yaxes(title=title, zeroline=True, zerolinecolor="#888")
    return layout(figure, 280)


def two_answers(before: Tensor, after: Tensor, classes: Sequence[str]) -> "Figure":
    """Probabilities (K,) before and after a change, side by side."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for index, (title, values) in enumerate((("before", before), ("after", after))):
        figure.add_trace(
            Bar(
                x=values.tolist(), y=list(classes), name=title, orientation="h", marker_color=SERIES[index],
                marker_pattern_shape="" if index == 0 else "/", hovertemplate="%{y}: %{x:.4f}",
            )
        )  # fmt: skip
    figure.update_layout(barmode="group")
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", tickvals=[0, 0.5, 1])
    return layout(figure, 32 * len(classes) + 80)


def value_histograms(columns: Sequence[Sequence[float]], edges: Sequence[float], names: Sequence[str], x_title: str, y_title: str) -> "Figure":
    """Shares by value (rows), one histogram a column; a single one as bars."""
    from plotly.graph_objects import Bar, Figure, Heatmap

    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    if len(columns) == 1:
        figure = Figure(Bar(x=middles, y=list(columns[0]), marker_color=SERIES[0], hovertemplate="near %{x:.3g}: %{y:.1%}<extra></extra>"))
        figure.update_xaxes(title=y_title)
        figure.update_yaxes(title="share", tickformat=".0%")
        return layout(figure, 260)
    table = [[column[row] for column in columns] for row in range(len(middles))]
    figure = Figure(
        Heatmap(
            z=table, x=list(names), y=middles, zmin=0, colorscale=SEQUENTIAL.plotly, colorbar={"thickness": 12, "tickformat": ".0%"},
            hovertemplate="%{x}, values near %{y:.3g}: %{z:.1%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=x_title, type="category")
    figure.update_yaxes(title=y_title)
    return layout(figure, 280)
