"""Plotly figures that compare: quantities over an axis, draws, channels, answers before and after."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor

from cnnviz.features.verification import Verification
from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.figures.line_styles import line_style
from cnnviz.ops.boxes import PrecisionRecall
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def lines(
    values: Mapping[str, Sequence[float]],
    x: Sequence[float],
    x_title: str,
    y_title: str,
    percent: bool = False,
) -> "Figure":
    """Plain lines over a common axis."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for index, (title, numbers) in enumerate(values.items()):
        figure.add_trace(
            Scatter(
                x=list(x),
                y=list(numbers),
                name=title,
                mode="lines+markers" if len(x) < 60 else "lines",
                line=line_style(index),
            )
        )
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title, **({"tickformat": ".0%", "range": [0, 1.02]} if percent else {}))
    return layout(figure, 280)


def precision_recall_curve(found: PrecisionRecall, threshold: float) -> "Figure":
    """Precision against recall, and the point of a threshold."""
    from plotly.graph_objects import Figure, Scatter

    recall, precision = found.recall.tolist(), found.precision.tolist()
    figure = Figure(
        Scatter(x=recall, y=precision, name=_("all thresholds"), mode="lines", line=line_style(0))
    )
    count = int((found.scores >= threshold).sum())
    if count:
        figure.add_trace(
            Scatter(
                x=recall[count - 1 : count],
                y=precision[count - 1 : count],
                name=_("threshold {threshold:.2f}", threshold=threshold),
                mode="markers",
                marker={"size": 14, "color": palette().of(1)},
            )
        )
    figure.update_xaxes(title=_("recall"), tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(title=_("precision"), tickformat=".0%", range=[0, 1.04])
    return layout(figure, 300)


def verification_curves(found: Verification, threshold: float) -> "Figure":
    """Both error rates by threshold, the threshold that is chosen, and where the curves cross."""
    from plotly.graph_objects import Scatter

    figure = lines(
        {
            _("false accepts"): found.false_accept[1:].tolist(),
            _("false rejects"): found.false_reject[1:].tolist(),
        },
        found.thresholds[1:].tolist(),
        _("threshold: cosine distance"),
        _("share of the pairs"),
        percent=True,
    )
    figure.add_trace(
        Scatter(
            x=[found.equal_error_threshold],
            y=[found.equal_error_rate],
            name=_("equal error rate {equal_error_rate:.1%}", equal_error_rate=found.equal_error_rate),
            mode="markers",
            marker={"size": 12, "color": palette().of(2)},
            hovertemplate=_("equal error rate %{y:.2%} at %{x:.3f}<extra></extra>"),
        )
    )
    figure.add_vline(x=threshold, line={"color": "#888", "width": 3, "dash": "dot"})
    return figure


def spread_of_draws(draws: Mapping[str, Tensor], classes: Sequence[str]) -> "Figure":
    """Boxes of the drawn probabilities, a group a class.

    Args:
        draws: title -> (draws, classes) probabilities.
    """
    from plotly.graph_objects import Box, Figure

    figure = Figure()
    for index, (title, table) in enumerate(draws.items()):
        names = [name for name in classes for __ in range(len(table))]
        figure.add_trace(
            Box(
                x=names,
                y=table.T.flatten().tolist(),
                name=title,
                marker_color=palette().of(index),
                boxpoints=False,
            )
        )
    figure.update_layout(boxmode="group")
    figure.update_yaxes(title=_("probability"), tickformat=".0%", range=[0, 1.02])
    figure.update_xaxes(title=_("class"), type="category")
    return layout(figure, 300)


def draws_in_words(draws: Mapping[str, Tensor], classes: Sequence[str]) -> str:
    """The text alternative of ``spread_of_draws``: the likeliest class of each, with mean and standard
    deviation.
    """
    words = []
    for title, table in draws.items():
        best = int(table.mean(0).argmax())
        words.append(
            _(
                "{title}: class {class_name} with {table:.1%} ± {std:.1%}",
                title=title,
                class_name=classes[best],
                table=table[:, best].mean(),
                std=table[:, best].std(),
            )
        )
    return "; ".join(words)


def channel_bars(values: Tensor, order: Sequence[int], title: str) -> "Figure":
    """One bar a channel, (C,) values in the given order."""
    from plotly.graph_objects import Bar, Figure

    shown = [values[channel].item() for channel in order]
    colours = [palette().of(1) if value > 0 else palette().of(0) for value in shown]
    figure = Figure(
        Bar(
            x=[str(channel) for channel in order],
            y=shown,
            marker_color=colours,
            hovertemplate=_("channel %{x}: %{y:.4f}<extra></extra>"),
        )
    )
    figure.update_xaxes(title=_("channel"), type="category")
    figure.update_yaxes(title=title, zeroline=True, zerolinecolor="#888")
    return layout(figure, 280)


def bars(values: Mapping[str, float], x_title: str) -> "Figure":
    """One bar a name, from the top down, with its number."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure(
        Bar(
            x=list(values.values()),
            y=list(values),
            orientation="h",
            marker_color=palette().of(0),
            text=[f"{value:.2g}" for value in values.values()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.4g}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title=x_title, range=[0, 1.15 * max(values.values(), default=1.0)])
    return layout(figure, 24 * len(values) + 70)


def two_answers(before: Tensor, after: Tensor, classes: Sequence[str]) -> "Figure":
    """Probabilities (K,) before and after a change, side by side."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for index, (title, values) in enumerate(((_("before"), before), (_("after"), after))):
        figure.add_trace(
            Bar(
                x=values.tolist(),
                y=list(classes),
                name=title,
                orientation="h",
                marker_color=palette().of(index),
                marker_pattern_shape="" if index == 0 else "/",
                hovertemplate="%{y}: %{x:.4f}",
            )
        )
    figure.update_layout(barmode="group")
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", tickvals=[0, 0.5, 1])
    return layout(figure, 32 * len(classes) + 80)


def _of_values(figure: "Figure", title: str) -> "Figure":
    """Share by value."""
    figure.update_xaxes(title=title, exponentformat="power")
    figure.update_yaxes(title=_("share"), tickformat=".0%", rangemode="tozero")
    return layout(figure, 260)


def value_histograms(
    columns: Sequence[Sequence[float]],
    edges: Sequence[float],
    names: Sequence[str],
    x_title: str,
    y_title: str,
) -> "Figure":
    """Shares by value (rows), one histogram a column; a single one as bars, two as steps over each other."""
    from plotly.graph_objects import Bar, Figure, Heatmap, Scatter

    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    if len(columns) == 1:
        figure = Figure(
            Bar(
                x=middles,
                y=list(columns[0]),
                marker_color=palette().of(0),
                hovertemplate=_("near %{x:.3g}: %{y:.1%}<extra></extra>"),
            )
        )
        return _of_values(figure, y_title)
    if len(columns) == 2:
        figure = Figure(
            [
                Scatter(
                    x=middles,
                    y=list(column),
                    name=name,
                    mode="lines",
                    line={"shape": "hvh", "color": colour, "width": 2, "dash": dash},
                    hovertemplate=_("{name}, near %{{x:.3g}}: %{{y:.1%}}<extra></extra>", name=name),
                )
                for column, name, colour, dash in zip(
                    columns, names, palette().series, ("solid", "dash"), strict=False
                )
            ]
        )
        return _of_values(figure, y_title)
    table = [[column[row] for column in columns] for row in range(len(middles))]
    figure = Figure(
        Heatmap(
            z=table,
            x=list(names),
            y=middles,
            zmin=0,
            colorscale=palette().sequential.plotly,
            colorbar={"thickness": 12, "tickformat": ".0%"},
            hovertemplate=_("%{x}, values near %{y:.3g}: %{z:.1%}<extra></extra>"),
        )
    )
    figure.update_xaxes(title=x_title, type="category")
    figure.update_yaxes(title=y_title)
    return layout(figure, 280)
