"""Plotly figures: the loss of steps, one map with its numbers, probabilities, calibration."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from cnnviz.features import Calibration
from cnnviz.figures.colours import palette, scale_for
from cnnviz.training import Metric
from cnnviz.training.rates import RateSearch
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NUMBERS_UP_TO = 16
"""Maps up to this side show their numbers."""


def layout(figure: "Figure", height: int) -> "Figure":
    """The look that all figures share."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        font_size=15,
        separators=".",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def loss_curve(losses: Sequence[float]) -> "Figure":
    """The loss after 0, 1, 2, … steps, on a logarithmic axis where it falls by more than a hundred times."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure(
        Scatter(
            y=list(losses),
            mode="lines+markers",
            line={"color": palette().train, "width": 3},
            hovertemplate=_("after %{x} steps: %{y:.6g}<extra></extra>"),
        )
    )
    figure.update_xaxes(title=_("steps"))
    positive = [loss for loss in losses if loss > 0]
    wide = len(positive) == len(losses) and max(positive) > 100 * min(positive)
    figure.update_yaxes(
        title=_("loss L"), **({"type": "log", "exponentformat": "power"} if wide else {"rangemode": "tozero"})
    )
    return layout(figure, 215)


def rate_search(search: RateSearch) -> "Figure":
    """The loss of each step of the learning-rate finder against its rate, its running mean, and the suggestion."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure(
        [
            Scatter(
                x=list(search.rates),
                y=list(search.losses),
                mode="markers",
                name=_("loss of a batch"),
                marker={"color": palette().train, "size": 5, "opacity": 0.5},
                hovertemplate=_("rate %{x:.3g}: %{y:.3f}<extra></extra>"),
            ),
            Scatter(
                x=list(search.rates),
                y=list(search.means),
                mode="lines",
                name=_("running mean"),
                line={"color": palette().train, "width": 3},
                hovertemplate=_("rate %{x:.3g}: %{y:.3f}<extra></extra>"),
            ),
        ]
    )
    figure.add_vline(
        x=search.suggested,
        line={"color": palette().right, "width": 3, "dash": "dash"},
    )
    figure.add_annotation(
        x=math.log10(search.suggested),
        y=1,
        yref="paper",
        text=_("try {suggested:g}", suggested=search.suggested),
        showarrow=False,
        xanchor="left",
        xshift=6,
    )
    figure.update_xaxes(title=_("learning rate η"), type="log", exponentformat="power")
    figure.update_yaxes(title=_("loss L"), range=[0, 1.3 * max(search.means)])
    return layout(figure, 280)


def curve_in_words(metrics: Sequence[Metric], quantity: str, name: str | None = None) -> str:
    """The validation curve of a quantity (``"accuracy"`` or ``"loss"``) in words; ``name``: what it is called."""
    called = name or quantity
    values = [
        (metric.step, getattr(metric, f"val_{quantity}"))
        for metric in metrics
        if getattr(metric, f"val_{quantity}") is not None
    ]
    if not values:
        return _("Curve of the {called}, still empty", called=called)
    (first_step, first), (last_step, last) = values[0], values[-1]
    return _(
        "Validation {called} from {first:.3f} at step {first_step} to {last:.3f} at step {last_step}",
        called=called,
        first=first,
        first_step=first_step,
        last=last,
        last_step=last_step,
    )


def value_map(values: Tensor, span: tuple[float, float]) -> "Figure":
    """One (H, W) map, large, with its numbers where they fit, on the scale of its sheet."""
    from plotly.graph_objects import Figure, Heatmap

    scale, low, high = scale_for(*span)
    numbers = values.tolist()
    show = max(values.shape) <= NUMBERS_UP_TO
    figure = Figure(
        Heatmap(
            z=numbers,
            zmin=low,
            zmax=high,
            colorscale=scale.plotly,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if show else None,
            hovertemplate=_("row %{y}, column %{x}: %{z:.4f}<extra></extra>"),
            colorbar={"thickness": 12, "tickformat": ".3g"},
        )
    )
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constrain="domain", title=_("row"))
    figure.update_xaxes(constrain="domain", title=_("column"))
    return layout(figure, 480)


def probability_bars(probabilities: Tensor, classes: Sequence[str]) -> "Figure":
    """(classes,) probabilities as bars with their numbers."""
    from plotly.graph_objects import Bar, Figure

    values = probabilities.tolist()
    figure = Figure(
        Bar(
            x=values,
            y=list(classes),
            orientation="h",
            marker_color=palette().right,
            text=[f"{value:.1%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(range=[0, 1.38], tickformat=".0%", tickvals=[0, 0.5, 1])
    return layout(figure, 36 * len(values) + 40)


def calibration_curve(calibration: Calibration) -> "Figure":
    """Accuracy by confidence, with the number of answers at each point; the diagonal is a network that knows
    how sure it may be.
    """
    from plotly.graph_objects import Figure, Scatter

    bins = [i for i, count in enumerate(calibration.counts) if count]
    x, y = [calibration.confidence[i] for i in bins], [calibration.accuracy[i] for i in bins]
    counts = [calibration.counts[i] for i in bins]
    sizes = [8 + 22 * (count / max(counts)) ** 0.5 for count in counts]
    figure = Figure(
        Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name=_("perfectly calibrated"),
            line={"color": "#888", "dash": "dot"},
        )
    )
    figure.add_trace(
        Scatter(
            x=x,
            y=y,
            mode="lines+markers",
            name=_("this network"),
            line={"color": palette().train, "width": 3},
            marker={"size": sizes},
            cliponaxis=False,
            customdata=counts,
            hovertemplate=_("confidence %{x:.1%}: %{y:.1%} right, %{customdata} predictions<extra></extra>"),
        )
    )
    figure.update_xaxes(title=_("confidence"), range=[0, 1.03], tickformat=".0%")
    figure.update_yaxes(title=_("accuracy"), range=[0, 1.03], tickformat=".0%")
    layout(figure, 370)
    # A curve of a good network runs along the upper edge: the names stand above it, one below the other.
    figure.update_layout(legend={"orientation": "v", "x": 0, "y": 1.06, "yanchor": "bottom"})
    return figure
