"""Plotly figures of what machines can do."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.inspection import Measurement
from cnnviz.inspection.compute import share_of_peak
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PATTERNS = ("", "/", "x", ".")
SYMBOLS = ("circle", "diamond", "square", "x")


def arithmetic_bars(found: Mapping[str, Sequence[Measurement]]) -> "Figure":
    """GFLOP/s of products and convolutions: a bar each, with the share of the measured peak.

    Args:
        found: name of a machine -> what was measured on one of its devices.
    """
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for number, (name, measured) in enumerate(found.items()):
        shown = [one for one in measured if one.kind in ("product", "convolution")]
        figure.add_trace(
            Bar(
                y=[_(one.title) for one in shown],
                x=[one.gflops for one in shown],
                name=name,
                orientation="h",
                marker_color=palette().of(number),
                marker_pattern_shape=PATTERNS[number % len(PATTERNS)],
                text=[f"{one.gflops:,.3g} · {share_of_peak(one, measured):.0%}" for one in shown],
                textposition="outside",
                cliponaxis=False,
                hovertemplate=_("%{y}: %{text} of the peak"),
            )
        )
    most = max(one.gflops for measured in found.values() for one in measured)
    figure.update_layout(barmode="group")
    figure.update_xaxes(title="GFLOP/s", range=[0, 1.9 * most])
    return _works(figure, 9, len(found))


def images_per_second(found: Mapping[str, Sequence[Measurement]]) -> "Figure":
    """Images a second of networks, on a logarithmic axis.

    Args:
        found: name of a machine -> what was measured on one of its devices.
    """
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for number, (name, measured) in enumerate(found.items()):
        shown = [one for one in measured if one.kind in ("forward", "training")]
        figure.add_trace(
            Scatter(
                y=[_(one.title) for one in shown],
                x=[one.images_per_second for one in shown],
                name=name,
                mode="markers+text",
                text=[
                    f"{one.images_per_second:,.3g}"
                    if one.images_per_second < 100
                    else f"{one.images_per_second:,.0f}"
                    for one in shown
                ],
                textposition="middle right" if number % 2 == 0 else "middle left",
                marker={
                    "size": 13,
                    "color": palette().of(number),
                    "symbol": SYMBOLS[number % len(SYMBOLS)],
                },
                cliponaxis=False,
                hovertemplate=_("%{y}: %{x:,.3g} images a second"),
            )
        )
    speeds = [one.images_per_second for measured in found.values() for one in measured if one.images]
    room = 30 if len(found) > 1 else 2
    ends = [math.log10(min(speeds) / room), math.log10(max(speeds) * 30)]
    figure.update_xaxes(title=_("images a second (logarithmic)"), type="log", dtick=1, range=ends)
    return _works(figure, 7, len(found))


def _works(figure: "Figure", rows: int, machines: int) -> "Figure":
    """One row for each piece of work, from the top down."""
    figure.update_yaxes(autorange="reversed", type="category", automargin=True)
    return layout(figure, 80 + rows * (26 + 12 * (machines - 1)))
