"""A unit of a network under the microscope: what it sees, the sum that made it, and the way back to the
image.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.features import LayerField, UnitExplanation, UnitTrace, explain_unit, receptive_field, unit_trace
from cnnviz.figures import channel_bars, limits, map_sheet, picture_sheet
from cnnviz.inspection import graph_of, runner_of
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.fields import Open, Text
from cnnviz.ui.frame import unfolding
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.outside import plain
from cnnviz.ui.state import State
from cnnviz.ui.stepping import StepperNames, stepper
from cnnviz.words import _

IMAGE = "image"


@dataclass(frozen=True)
class Unit:
    """A place in the network."""

    layer: str
    channel: int
    row: int = 0
    col: int = 0


class WithUnit(State):
    """Part of the state of a page with a unit under the microscope."""

    layer = Text("Layer", help="The layer that is under the microscope. It is set by a click on a map.")
    map = Open(
        "Map",
        0,
        9999,
        whole=True,
        help="The channel under the microscope, counted from 0. It is set by a click on a map.",
    )
    row = Open(
        "Row",
        0,
        9999,
        whole=True,
        help="The row of the unit, counted from 0 at the top. It is set by a click on a map.",
    )
    col = Open(
        "Column",
        0,
        9999,
        whole=True,
        help="The column of the unit, counted from 0 at the left. It is set by a click on a map.",
    )


def open_unit(unit: Unit) -> None:
    """From now on the page shows this unit."""
    WithUnit.layer.set(unit.layer)
    for field, value in ((WithUnit.map, unit.channel), (WithUnit.row, unit.row), (WithUnit.col, unit.col)):
        field.set(value)


def open_map(maps: Mapping[str, Tensor], layer: str, channel: int | None = None) -> None:
    """From now on the page shows the largest value of this map; without one, of the layer."""
    values = maps[layer]
    open_unit(
        _largest(
            values,
            layer,
            int(values.flatten(1).amax(1).argmax()) if channel is None else min(channel, len(values) - 1),
        )
    )


def _largest(values: Tensor, layer: str, channel: int) -> Unit:
    return Unit(layer, channel, *divmod(int(values[channel].abs().argmax()), values.shape[2]))


def chosen_unit(maps: Mapping[str, Tensor]) -> Unit | None:
    """The unit that was clicked last or that a link names; where it names no place, the largest value of the
    map.
    """
    layer = WithUnit.layer.now
    unit = None
    if layer in maps:
        values = maps[layer]
        channel, row, col = (
            None if field.now is None else int(field.now)
            for field in (WithUnit.map, WithUnit.row, WithUnit.col)
        )
        channel = min(channel or 0, len(values) - 1)
        unit = _largest(values, layer, channel)
        if row is not None and col is not None:
            unit = Unit(layer, channel, min(row, values.shape[1] - 1), min(col, values.shape[2] - 1))
    WithUnit.layer.says(None if unit is None else unit.layer)
    WithUnit.map.says(None if unit is None else str(unit.channel))
    WithUnit.row.says(None if unit is None else str(unit.row))
    WithUnit.col.says(None if unit is None else str(unit.col))
    return unit


def unit_panel(
    network: OpenNetwork,
    image: Tensor,
    maps: Mapping[str, Tensor],
    unit: Unit,
    cell: str,
    span: tuple[float, float] | None,
) -> None:
    """The map enlarged, the receptive field on the image, the sum step by step, and the ways on and back."""
    values = maps[unit.layer]
    st.subheader(_("{layer}, map {channel}", layer=unit.layer, channel=unit.channel), anchor=False)
    whole = values[unit.channel]
    st.markdown(
        _(
            "{shape}×{shape2} values from **{whole:.3f}** to **{whole2:.3f}**, mean {whole3:.3f}. "
            "Row {row}, column {col}: **{whole4:.4f}**.",
            shape=whole.shape[0],
            shape2=whole.shape[1],
            whole=whole.min(),
            whole2=whole.max(),
            whole3=whole.mean(),
            row=unit.row,
            col=unit.col,
            whole4=whole[unit.row, unit.col],
        )
    )
    try:
        field = receptive_field(network.model, unit.layer, network.input_shape)
        box = field.box(unit.row, unit.col)
        what = _("the unit sees {size} pixels", size=_size(field, box))
    except CnnvizError as error:
        what, box = _(error), None
    sheet = map_sheet(
        whole.unsqueeze(0),
        span=span or limits(whole),
        what=_("map {channel} of {layer}", channel=unit.channel, layer=unit.layer),
    )
    items = [
        WallItem(
            IMAGE,
            remember(picture_sheet, image, _("image; {what}", what=what)),
            what,
            target=300,
            legend=False,
            field=box,
        ),
        WallItem(
            "map",
            sheet,
            f"{whole.shape[0]}×{whole.shape[1]}",
            title=_("{layer}, map {channel}", layer=unit.layer, channel=unit.channel),
            target=300,
            cells=True,
            hint=_("Click a value."),
        ),
    ]

    def open_cell(__: str, number: int) -> None:
        open_unit(Unit(unit.layer, unit.channel, *divmod(number, whole.shape[1])))

    map_wall(cell, items, ("map", unit.row * whole.shape[1] + unit.col), open_cell)
    try:
        found: UnitExplanation = remember(
            explain_unit, network.model, image, unit.layer, unit.channel, unit.row, unit.col
        )
    except CnnvizError as error:
        st.info(plain(error), icon=":material/info:")
        return
    st.markdown(_sentence(found) + _what_follows(network, maps, found))
    traced: UnitTrace | None = remember(
        unit_trace, network.model, image, unit.layer, unit.channel, unit.row, unit.col
    )
    if traced is not None and found.products.numel() > 1:
        if len(traced.channels) < len(found.window):
            st.caption(
                _(
                    "Shown: the {count} of {window} input channels that matter most here, {str}. "
                    "The others add {rest:.4f}, counted with the bias.",
                    count=len(traced.channels),
                    window=len(found.window),
                    str=", ".join(map(str, traced.channels)),
                    rest=traced.rest,
                )
            )
        names = StepperNames(
            input=" + ".join(found.inputs),
            weights="weights",
            output=unit.layer,
            channels=tuple(_("channel {c}", c=c) for c in traced.channels),
        )
        stepper("unit_stepper", traced.trace, names, start=traced.start)
    if found.weights is not None and len(found.window) > 1:
        sums = found.by_channel.float()
        order = sums.abs().argsort(descending=True)[:40].sort().values.tolist()
        words = _(
            "Sum of the products of each of {count} input channels; together with the bias {bias:.4f} they make {value:.4f}",
            count=len(sums),
            bias=found.bias,
            value=found.value,
        )
        sums_box = unfolding(
            _("Sum of the products by input channel"), "sums_by_channel", ":material/bar_chart:"
        )
        if sums_box.open:
            with sums_box:
                chart("by_channel", words, channel_bars, sums, order, _("sum of its products"))
    _ways(network, found)


def _what_follows(network: OpenNetwork, maps: Mapping[str, Tensor], found: UnitExplanation) -> str:
    """The unit's value behind the batch norm and the activation that follow, if they do."""
    graph = graph_of(network.model)
    words, name = "", found.layer
    while True:
        followers = [call for call in graph.calls.values() if name in call.inputs]
        name = followers[0].name if followers else ""
        shown = _shown(network, name)
        if (
            len(followers) != 1
            or shown not in maps
            or graph.calls[name].inputs == ()
            or len(followers[0].inputs) != 1
        ):
            return words
        values, here = maps[shown], maps.get(_shown(network, found.layer))
        if here is None or values.shape != here.shape or found.products.numel() == 1:
            return words
        words += _(
            " Then **{shown}** makes {value:.4f} of it.",
            shown=shown,
            value=values[found.channel, found.row, found.col],
        )
        if not followers[0].kind.startswith("BatchNorm"):
            return words


def _size(field: LayerField, box: tuple[int, int, int, int]) -> str:
    """Of the receptive field, with its part in the padding; of this unit's own, where units differ."""
    size = field.size if field.uniform else (box[2] - box[0], box[3] - box[1])
    height, width = (size, size) if isinstance(size, int) else size
    return f"{height}×{width}"


def _sentence(found: UnitExplanation) -> str:
    if found.weights is None:
        return _(
            "{kind} of **{window:.4f}** is **{value:.4f}**.",
            kind=found.kind,
            window=found.window.item(),
            value=found.value,
        )
    count = found.products.numel()
    products = found.products.sum().item()
    if found.words:
        return f"{found.words.format(count=count)} **{found.value:.4f}**."
    if count == 1:
        term = found.terms[0]
        return (
            f"{found.kind}: **{term.input:.4f}** × {term.weight:.4f}"
            + (f" + {found.bias:.4f}" if found.bias else "")
            + f" = **{found.value:.4f}**."
        )
    return _(
        "{kind}: the sum of **{count}** products, {products:.4f}, and the bias {bias:.4f} is **{value:.4f}**.",
        kind=found.kind,
        count=count,
        products=products,
        bias=found.bias,
        value=found.value,
    )


def _ways(network: OpenNetwork, found: UnitExplanation) -> None:
    """Buttons: back to the inputs that matter most, on to the layers that take this unit."""
    back, on = st.columns(2)
    with back:
        st.markdown(_("**Back: the inputs that matter most**"))
        for index, term in enumerate(found.strongest(5)):
            assert term.place is not None
            layer, channel, row, col = term.place
            label = (
                f"{layer} {channel} [{row}, {col}]: {term.input:.3f} × {term.weight:.3f} = {term.product:.3f}"
            )
            if layer == IMAGE:
                st.markdown(_("{label} · a pixel of the image", label=label))
            else:
                st.button(
                    label,
                    key=f"back_{index}",
                    icon=":material/arrow_back:",
                    on_click=open_unit,
                    args=(Unit(_shown(network, layer), channel, row, col),),
                )
    with on:
        graph = graph_of(network.model)
        shapes = runner_of(network.model).shapes(network.input_shape)
        followers = [name for name, call in graph.calls.items() if found.layer in call.inputs]
        if followers:
            st.markdown(_("**On: where this value goes**"))
        for name in followers[:4]:
            shape = shapes[name]
            here = shapes[found.layer]
            same = shape == here
            target = Unit(
                _shown(network, name),
                found.channel if same else 0,
                found.row if same else 0,
                found.col if same else 0,
            )
            st.button(
                f"{name} ({graph.calls[name].kind})",
                key=f"on_{name}",
                icon=":material/arrow_forward:",
                on_click=open_unit,
                args=(target,),
            )


def _shown(network: OpenNetwork, name: str) -> str:
    """The layer as ``feature_maps`` lists it."""
    return next((shown for shown, call in graph_of(network.model).shown.items() if call == name), name)
