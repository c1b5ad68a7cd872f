"""Plotly figures of trainings that were made with several seeds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnviz.features.reuse import Reuse
from cnnviz.figures.colours import SEQUENTIAL
from cnnviz.figures.curves import layout
from cnnviz.figures.line_styles import DASHES, SERIES
from cnnviz.training.outcomes import Outcome, Quantity

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WORDS: dict[Quantity, str] = {"accuracy": "accuracy on the test images", "loss": "training loss"}
HEIGHT = 360


def styles(titles: Sequence[str]) -> list[tuple[str, str]]:
    """(colour, dash) of each. Titles of the form ``variant, size`` have a dash a variant and a colour a size;
    others a colour each.
    """
    parts = [title.partition(", ") for title in titles]
    if not all(comma for _, comma, _ in parts):
        return [(SERIES[index % len(SERIES)], DASHES[0]) for index in range(len(titles))]
    variants = list(dict.fromkeys(variant for variant, _, _ in parts))
    sizes = list(dict.fromkeys(size for _, _, size in parts))
    return [
        (
            SERIES[sizes.index(size) % len(SERIES)],
            DASHES[(len(variants) - 1 - variants.index(variant)) % len(DASHES)],
        )
        for variant, _, size in parts
    ]


def curves_with_spread(found: Sequence[Outcome], quantity: Quantity) -> "Figure":
    """The mean over the seeds as a line; from the smallest to the largest value as a band."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    percent = quantity == "accuracy"
    number = ".1%" if percent else ".3f"
    for outcome, (colour, dash) in zip(found, styles([one.title for one in found]), strict=True):
        curve = outcome.curve(quantity)
        steps = [step for step, _ in curve]
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        figure.add_trace(
            Scatter(
                x=[*steps, *reversed(steps)],
                y=[*(one.high for _, one in curve), *(one.low for _, one in reversed(curve))],
                fill="toself",
                fillcolor=f"rgba({red},{green},{blue},0.16)",
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
                legendgroup=outcome.title,
            )
        )
        figure.add_trace(
            Scatter(
                x=steps,
                y=[one.mean for _, one in curve],
                customdata=[[one.low, one.high] for _, one in curve],
                name=outcome.title,
                legendgroup=outcome.title,
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate=f"step %{{x}}: %{{y:{number}}}, "
                f"%{{customdata[0]:{number}}} to %{{customdata[1]:{number}}}",
            )
        )
    figure.update_xaxes(title="step")
    figure.update_yaxes(
        title=WORDS[quantity], **({"tickformat": ".0%"} if percent else {"rangemode": "tozero"})
    )
    return layout(figure, HEIGHT)


def gradients_by_layer(found: Sequence[Outcome]) -> "Figure":
    """Norm of the gradient in the first step against the layer's number, from the image on, with a logarithmic
    axis.
    """
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for outcome, (colour, dash) in zip(found, styles([one.title for one in found]), strict=True):
        norms = outcome.gradients
        figure.add_trace(
            Scatter(
                x=list(range(1, len(norms) + 1)),
                y=norms,
                text=list(outcome.weighted),
                name=outcome.title,
                mode="lines+markers" if len(norms) < 25 else "lines",
                line={"color": colour, "dash": dash, "width": 3},
                hovertemplate="layer %{x} (%{text}): %{y:.3g}",
            )
        )
    figure.update_xaxes(title="layer with weights, from the image on")
    figure.update_yaxes(title="norm of its gradient", type="log", exponentformat="power")
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
            colorscale=SEQUENTIAL.plotly,
            texttemplate="%{z:.2f}",
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} uses %{x}: %{z:.3f} of its strongest<extra></extra>",
            colorbar={"thickness": 12, "title": {"text": "mean |w|,<br>largest = 1"}},
        )
    )
    figure.update_xaxes(title="maps that came before", type="category")
    figure.update_yaxes(title="layer that takes them", type="category", autorange="reversed")
    return layout(figure, HEIGHT)
