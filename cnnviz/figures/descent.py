"""Plotly figures of gradient descent."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnnviz.figures.curves import layout
from cnnviz.figures.line_styles import line_style
from cnnviz.learning import RULES
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def steps_by_rate(found: Mapping[str, Sequence[float]], rates: Sequence[float]) -> "Figure":
    """Updates until the goal against the learning rate, a line a rule; where a line ends, the goal is not reached."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    order = list(RULES)
    for name, numbers in found.items():
        figure.add_trace(
            Scatter(
                x=list(rates),
                y=[None if number != number else number for number in numbers],
                name=RULES[name].title,
                mode="lines+markers",
                line=line_style(order.index(name)),
                hovertemplate=_("η = %{x:.3g}: %{y} updates"),
            )
        )
    figure.update_xaxes(title=_("learning rate η"), type="log", exponentformat="power")
    figure.update_yaxes(title=_("updates of all data (epochs)"), type="log")
    return layout(figure, 330)
