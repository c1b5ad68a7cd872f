"""The microscope: all layers' answers to one image, down to the products of a single unit."""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.expressions import Expression
from cnnviz.features import feature_maps, probabilities
from cnnviz.figures import (
    limits,
    network_drawing,
    picture_sheet,
    pixel_sheets,
    with_edits,
)
from cnnviz.inspection.units import unit_code
from cnnviz.training import Run
from cnnviz.training.code import feature_maps_code
from cnnviz.ui.components import WallItem, map_wall, network_view
from cnnviz.ui.edits import editor, pixel_edits
from cnnviz.ui.frame import Experiment, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.map_walls import pair_items, show_answer, wall_items
from cnnviz.ui.memory import remember
from cnnviz.ui.microscope import chosen_unit, open_map, unit_panel
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import EXAMPLE, WithRun
from cnnviz.ui.states.feature_maps import FeatureMaps
from cnnviz.ui.viewers import pixel_view
from cnnviz.words import _

FEW = 24
EDITABLE = 32
title(
    "Feature maps",
    "Every layer turns the image into a stack of maps; click a map, then a value, and read the sum that made it.",
)


def look(network: OpenNetwork, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    return feature_maps(network.model, image), probabilities(network.model, image.unsqueeze(0))[0]


def seen(network: OpenNetwork, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """All layers' maps and the answer, computed once for all sections and sessions."""
    return remember(look, network, image)


@section
def maps_of_all_layers() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        picture = choose_image(images_of(chosen), FeatureMaps.images)
        one_scale = FeatureMaps.one_scale.draw()
        draw = FeatureMaps.draw_network.draw()
        two = FeatureMaps.two.draw()
        if two:
            other_picture = choose_image(images_of(chosen), FeatureMaps.second_images)
    with right, play_first():
        network = open_network(chosen, "maps_step")
        play = st.container()
    image = picture.for_network(network.input_shape)
    with left:
        edits = {}
        if max(network.input_shape[1:]) <= EDITABLE and FeatureMaps.edit.draw():
            pixels = (image * 255).round().to(torch.uint8)
            edits = pixel_edits(
                FeatureMaps.edits, ChosenImage(pixels, f"{_(picture.what)}, {network.input_shape}")
            )
            image = with_edits(pixels, edits).float() / 255 if edits else image
    maps, answer = seen(network, image)
    shown, unit = maps, chosen_unit(maps)
    if len(maps) > FEW:
        with left:
            names = {name: f"{name} ({'×'.join(map(str, values.shape))})" for name, values in maps.items()}
            usual = (
                unit.layer
                if unit
                else next(reversed([name for name, values in maps.items() if values.shape[1] > 1]))
            )
            wanted = FeatureMaps.shown.draw(titles=names, usual=usual)
            shown = {wanted: maps[wanted]}

    with play:

        def open_layer(layer: str, number: int | None = None) -> None:
            if layer in maps:
                open_map(maps, layer, number)

        if draw:
            picture_of = remember(network_drawing, network.model, network.title, network.input_shape)
            network_view("network_view", picture_of, unit.layer if unit else "", on_pick=open_layer)
        span = limits(*shown.values()) if one_scale else None
        wall, prediction = st.columns([2.6, 1], gap="medium")
        with wall:
            first = WallItem(
                "image",
                remember(picture_sheet, image, _("image, as the network sees it")),
                "×".join(map(str, image.shape)),
                _("image"),
                hint="",
            )
            if two:
                other = other_picture.for_network(network.input_shape)
                theirs, other_answer = seen(network, other)
                second = WallItem(
                    "second",
                    remember(picture_sheet, other, _("second image")),
                    "×".join(map(str, other.shape)),
                    _("image"),
                )
                map_wall(
                    "pair_wall",
                    [first, second, *remember(pair_items, {name: maps[name] for name in shown}, theirs)],
                )
            else:
                items = [first, *remember(wall_items, shown, span)]
                map_wall("wall", items, (unit.layer, unit.channel) if unit else None, open_layer)
        with prediction:
            show_answer(network, answer)
            if two:
                st.markdown(
                    _(
                        "Second image: **{class_name}** with {other_answer:.1%}.",
                        class_name=plain(network.classes[int(other_answer.argmax())]),
                        other_answer=other_answer.max(),
                    )
                )

    if edits or (max(network.input_shape[1:]) <= EDITABLE and FeatureMaps.edit.now):
        st.subheader(_("Its pixels"), anchor=False)
        pixels = (image * 255).round().to(torch.uint8)
        sheets = pixel_sheets(pixels, (0, 0, *pixels.shape[1:]), "bytes", len(pixels) == 3, edits)
        hint = _("Click a number to change it; all layers follow.")
        pixel_view("pixels", sheets, (0, 0), None, _("values 0–255"), (0, 255), hint, editor(edits))
    code_of_image = picture.edited(edits, network.input_shape)
    unit_of_a_map(chosen, network, image, code_of_image, span)


@section
def unit_of_a_map(
    chosen: Run | str,
    network: OpenNetwork,
    image: Tensor,
    image_code: Expression,
    span: tuple[float, float] | None,
) -> None:
    maps, __ = seen(network, image)
    unit = chosen_unit(maps)
    if unit is not None:
        unit_panel(network, image, maps, unit, "unit_map", span)
    else:
        st.caption(_("Click a map: it opens with its receptive field, its weights and its sum."))
    if unit is not None or not isinstance(chosen, Run):
        place = None if unit is None else (unit.layer, unit.channel, unit.row, unit.col)
        code(unit_code(network.code, image_code, network.input_shape, place))
    else:
        code(feature_maps_code(chosen.spec, chosen.id, network.step or 0, image_code))
    unit_of_a_map.tell((unit.layer, unit.channel) if unit is not None else "none")


try_this(
    Experiment(
        "Go back to step 0: the kernels are noise, and all maps look alike.",
        FeatureMaps(run=EXAMPLE, step=0, image="test"),
    ),
    Experiment(
        "Draw a 7 with the mouse. Which maps of conv1 follow the strokes?",
        FeatureMaps(run=WithRun.run.now or EXAMPLE, image="draw"),
    ),
    Experiment(
        "Walk from the answer back to one pixel, one click at a time.",
        FeatureMaps(run=EXAMPLE, image="test", layer="fc1", map=3),
    ),
)
code = show_code()
source(
    "LeCun, Bottou, Bengio and Haffner, 1998; Zeiler and Fergus, 2014; Araujo, Norris and Sim, Computing receptive fields, Distill 2019."
)
maps_of_all_layers()
