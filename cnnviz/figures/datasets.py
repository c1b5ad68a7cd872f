"""Plotly figures of a data set: how many images a class has, and how its pixels are spread."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.training.outcomes import Spread
from cnnviz.words import _, say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

GREY_COLOUR = ("#7f7f7f",)
CHANNEL_COLOURS = ("#d0454b", "#2e9b5f", "#3a86d0")
"""What a channel is called, is its colour in every palette; the dashes tell them apart as well."""
CHANNEL_DASHES = ("solid", "dash", "dot")
CHANNEL_NAMES = (say("red"), say("green"), say("blue"))


def class_balance(counts: Tensor, classes: Sequence[str], chosen: Sequence[str] = ()) -> "Figure":
    """Bars: the images of each class; those that are not chosen are pale."""
    from plotly.graph_objects import Bar, Figure

    colour = palette().of(2)
    figure = Figure(
        Bar(
            y=list(classes),
            x=counts.tolist(),
            orientation="h",
            marker={
                "color": colour,
                "opacity": [1.0 if not chosen or name in chosen else 0.35 for name in classes],
            },
            hovertemplate=_("%{y}: %{x:,} images<extra></extra>"),
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(title=_("images"), rangemode="tozero")
    return layout(figure, max(220, 60 + 26 * len(classes)))


def pixel_histogram(histogram: Tensor) -> "Figure":
    """Of each channel the share of the pixels with each of the 256 values; the axis is logarithmic."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    colours = GREY_COLOUR if len(histogram) == 1 else CHANNEL_COLOURS
    for number, counts in enumerate(histogram):
        figure.add_trace(
            Scatter(
                x=list(range(256)),
                y=(counts / counts.sum()).tolist(),
                mode="lines",
                line={"color": colours[number], "dash": CHANNEL_DASHES[number], "width": 2},
                name=_("grey") if len(histogram) == 1 else _(CHANNEL_NAMES[number]),
                hovertemplate=_("value %{x}: %{y:.2%}<extra></extra>"),
            )
        )
    figure.update_xaxes(title=_("value of a pixel"))
    figure.update_yaxes(title=_("share of the pixels"), type="log", tickformat=".3~%", nticks=5)
    return layout(figure, 260)


def recall_by_class(classes: Sequence[str], found: Mapping[str, Sequence[Spread]]) -> "Figure":
    """Bars, a group a class: the mean recall; the whisker goes from the smallest to the largest seed.

    Args:
        found: title -> recall of each class.
    """
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    for index, (title, values) in enumerate(found.items()):
        figure.add_trace(
            Bar(
                x=list(classes),
                y=[one.mean for one in values],
                name=_(title),
                marker={
                    "color": palette().of(1 - index if index < 2 else index),
                    "pattern": {"shape": "/" if index == 0 else ""},
                },
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [one.high - one.mean for one in values],
                    "arrayminus": [one.mean - one.low for one in values],
                    "thickness": 1.2,
                    "width": 3,
                },
                hovertemplate=f"%{{x}}, {_(title)}: %{{y:.1%}}<extra></extra>",
            )
        )
    figure.update_layout(barmode="group")
    figure.update_xaxes(type="category")
    figure.update_yaxes(title=_("recall"), tickformat=".0%", range=[0, 1.05])
    return layout(figure, 320)
