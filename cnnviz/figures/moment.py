"""Plotly figures of one moment of a training."""

from typing import TYPE_CHECKING

from cnnviz.features.moment import LossSurface
from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def surface_map(surface: LossSurface) -> "Figure":
    """The loss around some weights as lines of equal loss, with a cross at the weights themselves."""
    from plotly.graph_objects import Contour, Figure, Scatter

    figure = Figure(
        [
            Contour(
                z=surface.losses.tolist(),
                x=list(surface.places),
                y=list(surface.places),
                colorscale=palette().sequential.plotly,
                ncontours=16,
                colorbar={"thickness": 12, "title": _("loss")},
                hovertemplate=_("%{x:.2f}, %{y:.2f}: loss %{z:.3f}<extra></extra>"),
            ),
            Scatter(
                x=[0],
                y=[0],
                mode="markers",
                marker={"symbol": "x", "size": 12, "color": "white", "line": {"color": "black", "width": 1}},
                hovertemplate=_("these weights<extra></extra>"),
                showlegend=False,
            ),
        ]
    )
    figure.update_xaxes(title=_("first direction"))
    figure.update_yaxes(title=_("second direction"), scaleanchor="x")
    return layout(figure, 380)
