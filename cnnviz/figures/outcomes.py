"""Plotly figures of trainings that were made with several seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cnnviz.features.reuse import Reuse
from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.figures.line_styles import DASHES
from cnnviz.training.outcomes import Outcome, Quantity
from cnnviz.words import _, say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WORDS: dict[Quantity, str] = {"accuracy": say("accuracy on the test images"), "loss": say("training loss")}
HEIGHT = 360


def styles(titles: Sequence[str]) -> list[tuple[str, str]]:
    """(colour, dash) of each. Titles of the form ``variant, size`` have a dash a variant and a colour a size;
    others a colour each.
    """
    parts = [title.partition(", ") for title in titles]
    if not all(comma for __, comma, __ in parts):
        return [(palette().of(index), DASHES[0]) for index in range(len(titles))]
    variants = list(dict.fromkeys(variant for variant, __, __ in parts))
    sizes = list(dict.fromkeys(size for __, __, size in parts))
    return [
        (
            palette().of(sizes.index(size)),
            DASHES[(len(variants) - 1 - variants.index(variant)) % len(DASHES)],
        )
        for variant, __, size in parts
    ]


def curves_with_spread(found: Sequence[Outcome], quantity: Quantity) -> "Figure":
    """The mean over the seeds as a line; from the smallest to the largest value as a band."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    percent = quantity == "accuracy"
    number = ".1%" if percent else ".3f"
    for outcome, (colour, dash) in zip(found, styles([_(one.title) for one in found]), strict=True):
        curve = outcome.curve(quantity)
        steps = [step for step, __ in curve]
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        figure.add_trace(
            Scatter(
                x=[*steps, *reversed(steps)],
                y=[*(one.high for __, one in curve), *(one.low for __, one in reversed(curve))],
                fill="toself",
                fillcolor=f"rgba({red},{green},{blue},0.16)",
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
                legendgroup=_(outcome.title),
            )
        )
        figure.add_trace(
            Scatter(
                x=steps,
                y=[one.mean for __, one in curve],
                customdata=[[one.low, one.high] for __, one in curve],
                name=outcome.title,
                legendgroup=_(outcome.title),
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=_(
                    "step %{{x}}: %{{y:{number}}}, "
                    "%{{customdata[0]:{number}}} to %{{customdata[1]:{number}}}",
                    number=number,
                ),
            )
        )
    figure.update_xaxes(title=_("step"))
    figure.update_yaxes(
        title=_(WORDS[quantity]), **({"tickformat": ".0%"} if percent else {"rangemode": "tozero"})
    )
    return layout(figure, HEIGHT)


def gradients_by_layer(found: Sequence[Outcome]) -> "Figure":
    """Norm of the gradient in the first step against the layer's number, from the image on, with a logarithmic
    axis.
    """
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for outcome, (colour, dash) in zip(found, styles([_(one.title) for one in found]), strict=True):
        norms = outcome.gradients
        figure.add_trace(
            Scatter(
                x=list(range(1, len(norms) + 1)),
                y=norms,
                text=list(outcome.weighted),
                name=outcome.title,
                mode="lines+markers" if len(norms) < 25 else "lines",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=_("layer %{x} (%{text}): %{y:.3g}"),
            )
        )
    figure.update_xaxes(title=_("layer with weights, from the image on"))
    figure.update_yaxes(title=_("norm of its gradient"), type="log", exponentformat="power")
    return layout(figure, HEIGHT)


def fitted_and_test(found: Sequence[Outcome]) -> "Figure":
    """Accuracy on the training images, by the labels they were trained with, and on the test images; means."""
    from plotly.graph_objects import Bar, Figure

    titles = [_(one.title) for one in found]
    figure = Figure()
    for number, (name, values) in enumerate(
        (
            (_("training images"), [one.measured_mean("fitted")[0] for one in found]),
            (_("test images"), [one.accuracy.mean for one in found]),
        )
    ):
        figure.add_trace(
            Bar(
                x=titles,
                y=values,
                name=name,
                marker_color=palette().of(number),
                marker_pattern_shape="" if number == 0 else "/",
                text=[f"{value:.1%}" for value in values],
                hovertemplate="%{x}: %{y:.1%}",
            )
        )
    figure.update_yaxes(title=_("accuracy"), tickformat=".0%", range=[0, 1.08])
    return layout(figure, 300)


def last_accuracy(found: Sequence[Outcome], numbers: Sequence[float], x_title: str) -> "Figure":
    """The accuracy at the end against a number, on a logarithmic axis; from the smallest to the largest seed as a
    bar.
    """
    from plotly.graph_objects import Figure, Scatter

    spreads = [one.accuracy for one in found]
    figure = Figure(
        Scatter(
            x=list(numbers),
            y=[one.mean for one in spreads],
            error_y={
                "array": [one.high - one.mean for one in spreads],
                "arrayminus": [one.mean - one.low for one in spreads],
            },
            mode="lines+markers",
            line={"color": palette().of(0), "width": 3},
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(title=x_title, type="log")
    figure.update_yaxes(title=_(WORDS["accuracy"]), tickformat=".0%")
    return layout(figure, 300)


def spread_of_signals(values: Mapping[str, Sequence[float]]) -> "Figure":
    """Standard deviation of each layer's outputs at step 0, from the image on, with a logarithmic axis."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for (title, numbers), (colour, dash) in zip(values.items(), styles(list(values)), strict=True):
        figure.add_trace(
            Scatter(
                x=list(range(1, len(numbers) + 1)),
                y=[number if number > 0 else None for number in numbers],
                name=title,
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=_("layer %{x}: %{y:.3g}"),
            )
        )
    figure.update_xaxes(title=_("layer with weights, from the image on"))
    figure.update_yaxes(title=_("standard deviation of its outputs"), type="log", exponentformat="power")
    return layout(figure, 300)


def disagreement_map(table: Tensor) -> "Figure":
    """(networks, networks) shares of images with different answers, as a heat map with its numbers."""
    from plotly.graph_objects import Figure, Heatmap

    numbers = [str(number) for number in range(1, len(table) + 1)]
    figure = Figure(
        Heatmap(
            z=table.tolist(),
            x=numbers,
            y=numbers,
            zmin=0,
            colorscale=palette().sequential.plotly,
            colorbar={"thickness": 12, "tickformat": ".0%"},
            hovertemplate=_("networks %{y} and %{x}: %{z:.1%} different<extra></extra>"),
        )
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x")
    return layout(figure, 300)


def gate_curves(x: Tensor, masked: Tensor) -> "Figure":
    """The mean of masked values (draws, N) at each x (N,), between ReLU and GELU; and single draws as dots."""
    from plotly.graph_objects import Figure, Scatter

    gelu, relu = torch.nn.functional.gelu(x), x.relu()
    figure = Figure()
    for number, (name, values) in enumerate((("GELU", gelu), ("ReLU", relu))):
        dash = {"color": palette().of(number), "dash": DASHES[number], "width": 3}
        figure.add_trace(Scatter(x=x.tolist(), y=values.tolist(), name=name, mode="lines", line=dash))
    figure.add_trace(
        Scatter(
            x=x.tolist(),
            y=masked.mean(0).tolist(),
            name=_("mean of {count} draws", count=len(masked)),
            mode="markers",
            marker={"color": palette().of(2), "size": 8},
        )
    )
    figure.add_trace(
        Scatter(
            x=x.tolist(),
            y=masked[0].tolist(),
            name=_("the first draw"),
            mode="markers",
            marker={"color": palette().of(6), "size": 6, "symbol": "x-thin-open"},
        )
    )
    figure.update_xaxes(title="x")
    figure.update_yaxes(title=_("x times its mask"))
    return layout(figure, HEIGHT)


def reuse_map(reuse: Reuse) -> "Figure":
    """Who uses what, as a heat map: a row a layer, a column a source."""
    from plotly.graph_objects import Figure, Heatmap

    figure = Figure(
        Heatmap(
            z=[list(row) for row in reuse.weights],
            x=list(reuse.sources),
            y=list(reuse.layers),
            zmin=0,
            zmax=1,
            colorscale=palette().sequential.plotly,
            texttemplate="%{z:.2f}",
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate=_("%{y} uses %{x}: %{z:.3f} of its strongest<extra></extra>"),
            colorbar={"thickness": 12, "title": {"text": "mean |w|,<br>largest = 1"}},
        )
    )
    figure.update_xaxes(title=_("maps that came before"), type="category")
    figure.update_yaxes(title=_("layer that takes them"), type="category", autorange="reversed")
    return layout(figure, HEIGHT)


def parallel_settings(rows: Sequence[Mapping[str, float | str]], last: str) -> "Figure":
    """Each training as a line through its settings to its accuracy (parallel coordinates, Inselberg 1985).

    Made of ordinary lines: Plotly's own trace of this kind compiles text while it runs, which the server's
    content security policy forbids, and needs WebGL.

    Args:
        rows: name of a setting -> its value; all have the same names. Words stand in the order of their first
            appearance; numbers are equally spaced, so that rates of 0.001, 0.01 and 0.1 are told apart.
        last: the name of what colours the lines, such as the accuracy: its axis has a true scale, from its lowest to its highest value.
    """
    from plotly.graph_objects import Figure, Scatter

    names = list(rows[0])
    axes = {name: _axis([row[name] for row in rows], scaled=name == last) for name in names}
    figure = Figure()
    coloured = [float(row[last]) for row in rows]
    low, high = min(coloured), max(coloured)
    shades = [f"rgb({red},{green},{blue})" for red, green, blue in palette().sequential.colours(101)]
    for row, value in zip(rows, coloured, strict=True):
        shade = shades[round(100 * (value - low) / (high - low))] if high > low else shades[50]
        told = "<br>".join(
            f"{_(name)}: {row[name]:.1%}" if name == last else f"{_(name)}: {_brief(row[name])}"
            for name in names
        )
        figure.add_trace(
            Scatter(
                x=list(range(len(names))),
                y=[axes[name].places[row[name]] for name in names],
                mode="lines+markers",
                line={"color": shade, "width": 3},
                marker={"size": 8},
                text=[told] * len(names),
                hovertemplate="%{text}<extra></extra>",
                showlegend=False,
            )
        )
    for column, name in enumerate(names):
        figure.add_vline(x=column, line={"color": "rgb(128,128,128)", "width": 1}, layer="below")
        for place, words in axes[name].ticks:
            # Outside of the first and the last line, where no training's line crosses the words.
            side = {0: -1, len(names) - 1: 1}.get(column, 0)
            figure.add_annotation(
                x=column,
                y=place,
                text=words,
                showarrow=False,
                xanchor="right" if side < 0 else "left",
                xshift=-10 if side < 0 else 10,
                yshift=0 if side else 13,
            )
    # A picture of a scale alone: its one point has no place.
    figure.add_trace(
        Scatter(
            x=[None],
            y=[None],
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            marker={
                "color": [low],
                "cmin": low,
                "cmax": high if high > low else low + 0.01,
                "colorscale": palette().sequential.plotly,
                "showscale": True,
                "colorbar": {"thickness": 12, "tickformat": ".0%"},
            },
        )
    )
    figure.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=[_(name) for name in names],
        range=[-0.3, len(names) - 0.6],
        side="top",
        tickfont={"size": 15},
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(visible=False, range=[-0.06, 1.14], fixedrange=True)
    layout(figure, 320)
    return figure.update_layout(hovermode="closest", margin={"l": 20, "r": 20, "t": 40, "b": 12})


@dataclass(frozen=True)
class _Axis:
    """Where the values of a setting stand on its line, from 0 (bottom) to 1, and what is written beside it."""

    places: Mapping[float | str, float]
    ticks: tuple[tuple[float, str], ...]


def _axis(values: Sequence[float | str], *, scaled: bool) -> _Axis:
    numbers = [value for value in values if not isinstance(value, str)]
    if scaled:
        low, high = min(numbers), max(numbers)
        span = high - low or 1
        ends = {low: 0.0, high: 1.0} if high > low else {low: 0.0}
        return _Axis(
            {value: (value - low) / span for value in numbers},
            tuple((place, f"{value:.1%}") for value, place in ends.items()),
        )
    known = list(dict.fromkeys(values))
    order = sorted(set(numbers)) if len(numbers) == len(values) else known
    places = {value: index / max(1, len(order) - 1) for index, value in enumerate(order)}
    return _Axis(places, tuple((place, _brief(value)) for value, place in places.items()))


def _brief(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
