"""A unit of a network under the microscope: what it sees, the sum that made it, and the way back to the image."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.features import LayerField, UnitExplanation, UnitTrace, explain_unit, receptive_field, unit_trace
from cnnviz.figures import channel_bars, image_sheet, limits, map_sheet
from cnnviz.inspection import graph_of, runner_of
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.links import changed_by_itself, write
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.stepping import StepperNames, stepper

IMAGE = "image"


@dataclass(frozen=True)
class Unit:
    """A place in the network."""

    layer: str
    channel: int
    row: int = 0
    col: int = 0


def _open(unit: Unit | None) -> None:
    st.session_state["unit"] = unit
    for name, value in (("layer", unit and unit.layer), ("map", unit and unit.channel), ("row", unit and unit.row), ("col", unit and unit.col)):
        write(name, None if value is None else str(value))


def _linked(maps: Mapping[str, Tensor]) -> Unit | None:
    """The unit of the address; without a place, the largest one of the map."""
    layer, numbers = st.query_params.get("layer", ""), [st.query_params.get(name, "") for name in ("map", "row", "col")]
    if layer not in maps:
        return None
    channel, row, col = (int(text) if text.isdecimal() and len(text) < 7 else None for text in numbers)
    values = maps[layer]
    channel = min(channel or 0, len(values) - 1)
    if row is None or col is None:
        return _largest(values, layer, channel)
    return Unit(layer, channel, min(row, values.shape[1] - 1), min(col, values.shape[2] - 1))


def _largest(values: Tensor, layer: str, channel: int) -> Unit:
    return Unit(layer, channel, *divmod(int(values[channel].abs().argmax()), values.shape[2]))


def chosen_unit(maps: Mapping[str, Tensor], wall: tuple[str, int] | None, cell: str, drawn: str | None = None) -> Unit | None:
    """The unit that was clicked last: on the wall (its largest value), on the enlarged map (key ``cell``), in the drawing of the network
    (the largest value of the layer ``drawn``), with a button, or in a link.

    In the address: ``layer``, ``map``, ``row``, ``col``.
    """
    unit: Unit | None = st.session_state.get("unit")
    clicked = (st.session_state.get(cell) or {}).get("picked")
    if wall is not None and wall != st.session_state.get("unit_wall") and wall[0] in maps:
        unit = _largest(maps[wall[0]], wall[0], min(wall[1], len(maps[wall[0]]) - 1))
    elif drawn is not None and drawn != st.session_state.get("unit_drawn") and drawn in maps:
        unit = _largest(maps[drawn], drawn, int(maps[drawn].flatten(1).amax(1).argmax()))
    elif clicked is not None and clicked != st.session_state.get("unit_cell") and unit is not None and unit.layer in maps:
        row, col = divmod(int(clicked["map"]), maps[unit.layer].shape[2])
        unit = Unit(unit.layer, unit.channel, min(row, maps[unit.layer].shape[1] - 1), col)
    elif any(changed_by_itself(name) for name in ("layer", "map", "row", "col")):
        unit = _linked(maps)
    st.session_state["unit_wall"], st.session_state["unit_cell"], st.session_state["unit_drawn"] = wall, clicked, drawn
    if unit is not None and (unit.layer not in maps or unit.channel >= len(maps[unit.layer])):
        unit = None
    if unit is not None:
        values = maps[unit.layer]
        unit = Unit(unit.layer, unit.channel, min(unit.row, values.shape[1] - 1), min(unit.col, values.shape[2] - 1))
    _open(unit)
    return unit


def unit_panel(network: OpenNetwork, image: Tensor, maps: Mapping[str, Tensor], unit: Unit, cell: str, span: tuple[float, float] | None) -> None:
    """The map enlarged, the receptive field on the image, the sum step by step, and the ways on and back."""
    values = maps[unit.layer]
    st.subheader(f"{unit.layer}, map {unit.channel}", anchor=False)
    whole = values[unit.channel]
    st.markdown(
        f"{whole.shape[0]}×{whole.shape[1]} values from **{whole.min():.3f}** to **{whole.max():.3f}**, mean {whole.mean():.3f}. "
        f"Row {unit.row}, column {unit.col}: **{whole[unit.row, unit.col]:.4f}**."
    )
    try:
        field = receptive_field(network.model, unit.layer, network.input_shape)
        box = field.box(unit.row, unit.col)
        what = f"the unit sees {_size(field, box)} pixels"
    except CnnvizError as error:
        what, box = str(error), None
    sheet = map_sheet(whole.unsqueeze(0), span=span or limits(whole), what=f"map {unit.channel} of {unit.layer}")
    items = [
        WallItem(IMAGE, image_sheet(image.unsqueeze(0), what=f"image; {what}"), what, target=300, legend=False, field=box),
        WallItem(
            "map",
            sheet,
            f"{whole.shape[0]}×{whole.shape[1]}",
            title=f"{unit.layer}, map {unit.channel}",
            target=300,
            cells=True,
            hint="Click a value.",
        ),
    ]
    map_wall(cell, items, ("map", unit.row * whole.shape[1] + unit.col), pickable=True, follow=True)
    try:
        found: UnitExplanation = remember(explain_unit, network.model, image, unit.layer, unit.channel, unit.row, unit.col)
    except CnnvizError as error:
        st.info(str(error), icon=":material/info:")
        return
    st.markdown(_sentence(found) + _what_follows(network, maps, found))
    traced: UnitTrace | None = remember(unit_trace, network.model, image, unit.layer, unit.channel, unit.row, unit.col)
    if traced is not None and found.products.numel() > 1:
        if len(traced.channels) < len(found.window):
            st.caption(
                f"Shown: the {len(traced.channels)} of {len(found.window)} input channels that matter most here, {', '.join(map(str, traced.channels))}. "
                f"The others add {traced.rest:.4f}, counted with the bias."
            )
        names = StepperNames(
            input=" + ".join(found.inputs), weights="weights", output=unit.layer, channels=tuple(f"channel {c}" for c in traced.channels)
        )
        stepper("unit_stepper", traced.trace, names, start=traced.start)
    if found.weights is not None and len(found.window) > 1:
        sums = found.by_channel.float()
        order = sums.abs().argsort(descending=True)[:40].sort().values.tolist()
        words = f"Sum of the products of each of {len(sums)} input channels; together with the bias {found.bias:.4f} they make {found.value:.4f}"
        with st.expander("Sum of the products by input channel", icon=":material/bar_chart:"):
            chart("by_channel", words, channel_bars, sums, order, "sum of its products")
    _ways(network, found)


def _what_follows(network: OpenNetwork, maps: Mapping[str, Tensor], found: UnitExplanation) -> str:
    """The unit's value behind the batch norm and the activation that follow, if they do."""
    graph = graph_of(network.model)
    words, name = "", found.layer
    while True:
        followers = [call for call in graph.calls.values() if name in call.inputs]
        name = followers[0].name if followers else ""
        shown = _shown(network, name)
        if len(followers) != 1 or shown not in maps or graph.calls[name].inputs == () or len(followers[0].inputs) != 1:
            return words
        values, here = maps[shown], maps.get(_shown(network, found.layer))
        if here is None or values.shape != here.shape or found.products.numel() == 1:
            return words
        words += f" Then **{shown}** makes {values[found.channel, found.row, found.col]:.4f} of it."
        if not followers[0].kind.startswith("BatchNorm"):
            return words


def _size(field: LayerField, box: tuple[int, int, int, int]) -> str:
    """Of the receptive field, with its part in the padding; of this unit's own, where units differ."""
    size = field.size if field.uniform else (box[2] - box[0], box[3] - box[1])
    height, width = (size, size) if isinstance(size, int) else size
    return f"{height}×{width}"


def _sentence(found: UnitExplanation) -> str:
    if found.weights is None:
        return f"{found.kind} of **{found.window.item():.4f}** is **{found.value:.4f}**."
    count = found.products.numel()
    products = found.products.sum().item()
    if found.words:
        return f"{found.words.format(count=count)} **{found.value:.4f}**."
    if count == 1:
        term = found.terms[0]
        return (
            f"{found.kind}: **{term.input:.4f}** × {term.weight:.4f}" + (f" + {found.bias:.4f}" if found.bias else "") + f" = **{found.value:.4f}**."
        )
    return f"{found.kind}: the sum of **{count}** products, {products:.4f}, and the bias {found.bias:.4f} is **{found.value:.4f}**."


def _ways(network: OpenNetwork, found: UnitExplanation) -> None:
    """Buttons: back to the inputs that matter most, on to the layers that take this unit."""
    back, on = st.columns(2)
    with back:
        st.markdown("**Back: the inputs that matter most**")
        for index, term in enumerate(found.strongest(5)):
            assert term.place is not None
            layer, channel, row, col = term.place
            label = f"{layer} {channel} [{row}, {col}]: {term.input:.3f} × {term.weight:.3f} = {term.product:.3f}"
            if layer == IMAGE:
                st.markdown(f"{label} · a pixel of the image")
            else:
                st.button(
                    label, key=f"back_{index}", icon=":material/arrow_back:", on_click=_open, args=(Unit(_shown(network, layer), channel, row, col),)
                )
    with on:
        graph = graph_of(network.model)
        shapes = runner_of(network.model).shapes(network.input_shape)
        followers = [name for name, call in graph.calls.items() if found.layer in call.inputs]
        if followers:
            st.markdown("**On: where this value goes**")
        for name in followers[:4]:
            shape = shapes[name]
            here = shapes[found.layer]
            same = shape == here
            target = Unit(_shown(network, name), found.channel if same else 0, found.row if same else 0, found.col if same else 0)
            st.button(f"{name} ({graph.calls[name].kind})", key=f"on_{name}", icon=":material/arrow_forward:", on_click=_open, args=(target,))


def _shown(network: OpenNetwork, name: str) -> str:
    """The layer as ``feature_maps`` lists it."""
    return next((shown for shown, call in graph_of(network.model).shown.items() if call == name), name)
