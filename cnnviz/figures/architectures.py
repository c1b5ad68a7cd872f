"""Whole networks at a glance: when they came, where their weights are, and their layers as volumes in
space.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cnnviz.figures.curves import layout
from cnnviz.figures.network_drawing import layer_words, written
from cnnviz.models import ARCHITECTURES, Group, Plan, PlannedLayer
from cnnviz.models.blocks import Block

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KINDS = {
    "conv": ("convolution", "#0072b2"),
    "linear": ("fully connected", "#cc79a7"),
    "norm": ("normalisation", "#56b4e9"),
    "pool": ("pooling", "#009e73"),
    "block": ("block", "#e69f00"),
    "other": ("other", "#7f7f7f"),
}
"""Kind of a layer -> its name and colour, the same as in the drawing."""
_TITLES = {
    **dict.fromkeys(("alexnet", "vgg11", "vgg16", "vgg19", "googlenet"), "middle left"),
    **{"resnet18": "bottom right", "mobilenet_v2": "top center", "octresnet50": "bottom center"},
}
"""Where a title stands beside its disc in the timeline, so that neighbours leave each other room."""
Amount = Literal["parameters", "multiply_adds"]


def timeline(names: Sequence[str], chosen: Sequence[str] = ()) -> "Figure":
    """Year against depth of networks of ``ARCHITECTURES``; the area of a disc is proportional to the number
    of parameters.
    """
    from plotly.graph_objects import Figure, Scatter

    entries = [ARCHITECTURES[name] for name in names]
    largest = max(entry.parameters for entry in entries)
    figure = Figure(
        Scatter(
            x=[entry.year for entry in entries],
            y=[entry.depth for entry in entries],
            text=[entry.title for entry in entries],
            mode="markers+text",
            textposition=[_TITLES.get(entry.name, "middle right") for entry in entries],
            marker={
                "size": [6 + 40 * math.sqrt(entry.parameters / largest) for entry in entries],
                "color": ["#d55e00" if entry.name in chosen else "#0072b2" for entry in entries],
                "opacity": 0.55,
                "line": {"width": 1, "color": "#888"},
            },
            customdata=[[f"{entry.parameters:,}"] for entry in entries],
            hovertemplate="%{text}, %{x}: %{y} layers with weights, %{customdata[0]} parameters<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.update_xaxes(title="year", dtick=2, range=[1997, 2023.5])
    figure.update_yaxes(
        title="layers with weights",
        type="log",
        tickvals=[5, 10, 20, 50, 100, 150],
        range=[math.log10(4), math.log10(220)],
    )
    return layout(figure, 430)


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
    for kind, (words, colour) in KINDS.items():
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
                    marker_color=colour,
                    customdata=shares,
                    hovertemplate="%{y}, " + words + ": %{x:,} (%{customdata:.1%})<extra></extra>",
                )
            )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title="parameters" if what == "parameters" else "multiply-adds for one image")
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
        yield Volume(place.name, f"{place.layer.kind} block", place.output_shape, "block")
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
        words[volume.kind] += [f"{volume.name}: {volume.title}, {written(volume.shape)}"] * 8
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
                color=KINDS[kind][1],
                name="image" if kind == "other" else KINDS[kind][0],
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
