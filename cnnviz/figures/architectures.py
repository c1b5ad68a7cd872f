"""Whole networks at a glance: when they came, where their weights are, and their layers as volumes in
space.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cnnviz.figures.colours import palette
from cnnviz.figures.curves import layout
from cnnviz.figures.network_drawing import kind_colour, layer_words, written
from cnnviz.models import ARCHITECTURES, Group, Plan, PlannedLayer
from cnnviz.models.architectures import Entry
from cnnviz.models.blocks import Block
from cnnviz.words import _, say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KINDS = {
    "conv": say("convolution"),
    "linear": say("fully connected"),
    "norm": say("normalisation"),
    "pool": say("pooling"),
    "block": say("block"),
    "other": say("other"),
}
"""Kind of a layer -> its name."""
_TITLES = {
    **dict.fromkeys(("alexnet", "vgg11", "vgg16", "vgg19", "googlenet"), "middle left"),
    **{"resnet18": "bottom right", "mobilenet_v2": "top center", "octresnet50": "bottom center"},
}
"""Where a title stands beside its disc in the timeline, so that neighbours leave each other room."""
Amount = Literal["parameters", "multiply_adds"]


@dataclass(frozen=True)
class Disc:
    """A network in a chart; the area is proportional to its parameters.

    Attributes:
        marked: it is the one that the page speaks of.
        side: where its title stands.
    """

    title: str
    x: float
    y: float
    parameters: int
    marked: bool = False
    side: str = "middle right"


def discs(shown: Sequence[Disc], x_title: str, y_title: str, words: str) -> "Figure":
    """Networks as discs in a plane.

    Args:
        words: of the hover, with ``%{x}`` and ``%{y}``.
    """
    from plotly.graph_objects import Figure, Scatter

    largest = max(disc.parameters for disc in shown)
    figure = Figure(
        Scatter(
            x=[disc.x for disc in shown],
            y=[disc.y for disc in shown],
            text=[_(disc.title) for disc in shown],
            mode="markers+text",
            textposition=[disc.side for disc in shown],
            marker={
                "size": [6 + 40 * math.sqrt(disc.parameters / largest) for disc in shown],
                "color": [palette().of(1 if disc.marked else 0) for disc in shown],
                "opacity": 0.55,
                "line": {"width": 1, "color": "#888"},
            },
            customdata=[[f"{disc.parameters:,}"] for disc in shown],
            hovertemplate=_("%{{text}}: {words}, %{{customdata[0]}} parameters<extra></extra>", words=words),
            cliponaxis=False,
        )
    )
    figure.update_xaxes(title=x_title)
    figure.update_yaxes(title=y_title)
    return layout(figure, 430)


def timeline(names: Sequence[str], chosen: Sequence[str] = ()) -> "Figure":
    """Year against depth of networks of ``ARCHITECTURES``."""
    shown = [
        Disc(
            _(entry.title),
            entry.year,
            entry.depth,
            entry.parameters,
            entry.name in chosen,
            _TITLES.get(entry.name, "middle right"),
        )
        for entry in (ARCHITECTURES[name] for name in names)
    ]
    figure = discs(shown, _("year"), _("layers with weights"), _("%{x}, %{y} layers with weights"))
    figure.update_xaxes(dtick=2, range=[1997, 2023.5])
    figure.update_yaxes(
        type="log", tickvals=[5, 10, 20, 50, 100, 150], range=[math.log10(4), math.log10(220)]
    )
    return figure


def accuracy_against_work(shown: Sequence[Disc], work: str, low: float, high: float) -> "Figure":
    """Accuracy in percent against the work for one image, on a logarithmic axis.

    Args:
        work: what x is, such as "billion multiply-adds".
        low, high: the range of the accuracy.
    """
    figure = discs(shown, work, _("accuracy, %"), _("%{{y:.1f}} % at %{{x:.3g}} {work}", work=work))
    xs = [disc.x for disc in shown]
    figure.update_xaxes(type="log", dtick="D2", range=[math.log10(min(xs) / 1.6), math.log10(max(xs) * 2.6)])
    figure.update_yaxes(range=[low, high])
    return figure


def error_by_year(entries: Sequence[Entry], human: float) -> "Figure":
    """Top-5 error of the ImageNet competition: a bar a result, the second places paler, and a person's error
    as a line.
    """
    from plotly.graph_objects import Bar, Figure, Scatter

    def depth(entry: Entry) -> str:
        if entry.layers is None:
            return _("many networks")
        return _("{layers} layers", layers=entry.layers) if entry.layers else _("no network")

    names = [f"{entry.year}<br>{entry.name}" for entry in entries]
    colours = [kind_colour("other") if entry.layers == 0 else palette().of(0) for entry in entries]
    figure = Figure(
        Bar(
            x=names,
            y=[entry.top5_error for entry in entries],
            marker={
                "color": colours,
                "opacity": [1.0 if entry.place == 1 or entry.layers == 0 else 0.55 for entry in entries],
            },
            customdata=[[entry.source] for entry in entries],
            hovertemplate="%{x}: %{y} %<br>%{customdata[0]}<extra></extra>",
        )
    )
    figure.add_trace(
        Scatter(
            x=names,
            # Above the line of the person, so that it crosses no number.
            y=[max(entry.top5_error, human + 0.4 if entry.top5_error < human else 0) for entry in entries],
            text=[f"<b>{entry.top5_error:g}</b><br>{depth(entry)}" for entry in entries],
            mode="text",
            textposition="top center",
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    figure.add_hline(y=human, line={"color": palette().of(1), "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=0,
        xref="paper",
        y=human,
        text=_("a person: {human:g}", human=human),
        showarrow=False,
        yshift=14,
        xanchor="left",
        bgcolor="rgba(255,255,255,0.85)",
        font_color="#8a3d00",
    )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(title=_("top-5 error, %"), range=[0, 35])
    return layout(figure, 400)


def amounts(plan: Plan, what: Amount) -> dict[str, int]:
    """Kind of layer -> its parameters, or multiply-adds, in all layers together."""
    found: defaultdict[str, int] = defaultdict(int)
    for place in plan:
        found[layer_words(place)[1]] += getattr(place, what)
    return {kind: count for kind, count in found.items() if count}


def where_they_are(plans: Mapping[str, Plan], what: Amount) -> "Figure":
    """A bar a network: how much of it lies in which kind of layer."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure()
    counted = {title: amounts(plan, what) for title, plan in plans.items()}
    for kind, title in KINDS.items():
        words = _(title)
        values = [counts.get(kind, 0) for counts in counted.values()]
        if any(values):
            shares = [
                value / sum(counts.values()) for value, counts in zip(values, counted.values(), strict=True)
            ]
            figure.add_trace(
                Bar(
                    y=list(counted),
                    x=values,
                    name=words,
                    orientation="h",
                    marker_color=kind_colour(kind),
                    customdata=shares,
                    hovertemplate="%{y}, " + words + ": %{x:,} (%{customdata:.1%})<extra></extra>",
                )
            )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title=_("parameters") if what == "parameters" else _("multiply-adds for one image"))
    figure.update_yaxes(autorange="reversed")
    return layout(figure, 130 + 50 * len(plans))


@dataclass(frozen=True)
class Volume:
    """A layer, or a block, as a box.

    Attributes:
        shape: of its output, (C, H, W) or (N,).
        kind: a key of ``KINDS``.
    """

    name: str
    title: str
    shape: tuple[int, ...]
    kind: str


def boxes_of(plan: Plan) -> list[Volume]:
    """The image, and what each convolution, pooling, fully connected layer or block gives."""
    return [
        Volume("image", "image", plan.input_shape, "other"),
        *(found for place in plan.tree for found in _boxes(place)),
    ]


def _boxes(place: PlannedLayer) -> Iterator[Volume]:
    if isinstance(place.layer, Group):
        for inner in place.inner:
            yield from _boxes(inner)
    elif isinstance(place.layer, Block):
        yield Volume(place.name, _("{kind} block", kind=place.layer.kind), place.output_shape, "block")
    else:
        title, kind = layer_words(place)
        if kind in ("conv", "linear", "pool"):
            yield Volume(place.name, title, place.output_shape, kind)


_TRIANGLES = (
    *((0, 1, 2), (0, 2, 3), (4, 6, 5), (4, 7, 6), (0, 4, 1), (1, 4, 5)),
    *((1, 5, 2), (2, 5, 6), (2, 6, 3), (3, 6, 7), (3, 7, 0), (0, 7, 4)),
)
GAP = 1.2


def box_sides(volume: Volume, largest: int) -> tuple[float, float, float]:
    """Its sides along the network, across, and up. Channels are drawn by their logarithm."""
    if len(volume.shape) == 1:
        return 0.5, 0.5, 1 + 1.1 * math.log2(volume.shape[0])
    channels, height, width = volume.shape
    return 0.5 + 0.35 * math.log2(channels), 0.3 + 14 * width / largest, 0.3 + 14 * height / largest


def network_volumes(plan: Plan) -> "Figure":
    """The network in space, to be turned: a box a layer or block; height and width are those of its maps,
    thickness grows with the logarithm of the channels.
    """
    from plotly.graph_objects import Figure, Mesh3d

    largest = max(plan.input_shape[1:])
    corners: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    faces: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    words: dict[str, list[str]] = defaultdict(list)
    x = 0.0
    for volume in boxes_of(plan):
        deep, wide, tall = box_sides(volume, largest)
        base = len(corners[volume.kind])
        corners[volume.kind] += [
            (x + deep * along, wide * (across - 0.5), tall * (up - 0.5))
            for along in (0, 1)
            for across, up in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
        faces[volume.kind] += [tuple(base + corner for corner in three) for three in _TRIANGLES]
        words[volume.kind] += [f"{volume.name}: {_(volume.title)}, {written(volume.shape)}"] * 8
        x += deep + GAP
    figure = Figure()
    for kind, points in corners.items():
        xs, ys, zs = zip(*points, strict=True)
        i, j, k = zip(*faces[kind], strict=True)
        figure.add_trace(
            Mesh3d(
                x=xs,
                y=ys,
                z=zs,
                i=i,
                j=j,
                k=k,
                color=kind_colour(kind),
                name=_("image") if kind == "other" else _(KINDS[kind]),
                showlegend=True,
                flatshading=True,
                opacity=0.9,
                hovertext=words[kind],
                hoverinfo="text",
            )
        )
    hidden = {"visible": False}
    span = max(x, 15.0)
    figure.update_scenes(
        xaxis=hidden,
        yaxis=hidden,
        zaxis=hidden,
        aspectmode="manual",
        aspectratio={"x": min(3.2, max(1.6, span / 18)), "y": 0.8, "z": 0.8},
        camera={"eye": {"x": -0.7, "y": -2.9, "z": 0.9}},
    )
    return layout(figure, 440)
