"""The classic architectures: drawn, counted, opened, two side by side."""

import streamlit as st

from cnnviz.data import load
from cnnviz.figures import network_volumes, timeline, where_they_are
from cnnviz.models import ARCHITECTURES, Plan
from cnnviz.models.architectures import architecture_code
from cnnviz.ui.architectures import (
    about,
    compared,
    drawing_of,
    history_in_words,
    layer_table,
    maps_of,
    open_published,
    open_small,
    plan_of,
    shape_of,
    show_layer_table,
    totals,
    weights_in_words,
    weights_of,
    where_most_are,
)
from cnnviz.ui.charts import chart
from cnnviz.ui.components import map_wall, network_view
from cnnviz.ui.frame import Experiment, draws, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.jobs import job
from cnnviz.ui.map_walls import wall_items
from cnnviz.ui.memory import remember
from cnnviz.ui.states.architectures import NONE, Architectures
from cnnviz.words import _

AMOUNTS = {"parameters": _("Parameters"), "multiply_adds": _("Multiply-adds")}
title(
    "Architectures",
    "Open the networks that made history, count them layer by layer, and set two side by side.",
)


def plans_now() -> dict[str, Plan]:
    """The network with the image's side, and the one beside it with its own."""
    name, other = Architectures.architecture.now, Architectures.beside.now
    plans = {name: remember(plan_of, name, Architectures.side.now)}
    if other not in (NONE, name):
        plans[other] = remember(plan_of, other, ARCHITECTURES[other].input_shape[1])
    return plans


def layer_now(plan: Plan) -> str:
    """The layer that is open; of another network, the first."""
    names = [place.name for place in plan]
    return Architectures.layer.now if Architectures.layer.now in names else names[0]


def pick(layer: str) -> None:
    Architectures.layer.set(layer)
    draws(networks, one_layer)()


@section
def networks() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    redraw = draws(networks, one_layer, numbers, history)
    with left:
        name = Architectures.architecture.draw(on_change=redraw)
        Architectures.beside.draw(on_change=redraw)
        view = Architectures.view.draw()
        Architectures.side.draw(usual=ARCHITECTURES[name].input_shape[1], on_change=redraw)
    plans = plans_now()
    with right, play_first():
        st.markdown(totals(plans))
        for (one, plan), place, key in zip(plans.items(), st.columns(len(plans)), "ab", strict=False):
            with place:
                if view == "volumes":
                    words = _(
                        "{title} as boxes in space, from the image to the classes",
                        title=_(ARCHITECTURES[one].title),
                    )
                    chart(f"volumes_{key}", words, network_volumes, plan)
                else:
                    picture = remember(drawing_of, one, plan.input_shape[1])
                    mark, opens = (layer_now(plan), pick) if one == name else ("", None)
                    network_view(f"drawing_{key}", picture, mark, on_pick=opens)
                about(ARCHITECTURES[one])
        if len(plans) > 1:
            st.markdown(compared(*plans.items()))


@section
def one_layer() -> None:
    st.subheader(_("What a layer makes of an image"), anchor=False)
    name, side = Architectures.architecture.now, Architectures.side.now
    entry, plan = ARCHITECTURES[name], remember(plan_of, name, side)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        layers = {place.name: place.name for place in plan}
        layer = Architectures.layer.draw(
            titles=layers, usual=next(iter(layers)), on_change=draws(networks, one_layer)
        )
        digits = load("mnist", "test") if entry.input_shape[0] == 1 else None
        picture = choose_image(digits, Architectures.images)
        weights = weights_of(entry, plan)
        if weights and not Architectures.learned.draw():
            weights = ""
        st.caption(weights_in_words(entry, plan))
    with right:
        shape = shape_of(entry, side)
        what = _("{title} looks at the image", title=_(entry.title))
        maps = job("maps", what, maps_of, name, side, picture.for_network(shape), layer, weights)
        if maps is not None:
            map_wall("layer_maps", remember(wall_items, {layer: maps}, None))
            kind = weights or _("random")
            st.caption(
                _(
                    "**{layer}** with {kind} weights, for {what}.",
                    layer=layer,
                    kind=kind,
                    what=_(picture.what),
                )
            )
        open_published(entry, layer)
        open_small(entry)
    code(architecture_code(name, shape, layer, picture.code, weights))


@section
def numbers() -> None:
    plans = plans_now()
    st.subheader(_("Where the weights and the work are"), anchor=False)
    titled = {ARCHITECTURES[name].title: plan for name, plan in plans.items()}
    for what, place in zip(AMOUNTS, st.columns(2), strict=True):
        with place:
            counts = "; ".join(f"{one}: {getattr(plan, what):,}" for one, plan in titled.items())
            chart(f"where_{what}", f"{AMOUNTS[what]}: {counts}", where_they_are, titled, what)
    for (name, plan), key in zip(titled.items(), "ab", strict=False):
        st.markdown(
            _(
                "**{name}**, layer by layer. {where_most_are}",
                name=name,
                where_most_are=where_most_are(name, plan),
            )
        )
        show_layer_table(remember(layer_table, plan), f"table_{key}")


@section
def history() -> None:
    names = tuple(plans_now())
    st.subheader(_("When they came"), anchor=False)
    shown = [name for name in ARCHITECTURES if not name.endswith(("_1998", "_2012"))]
    chart("timeline", history_in_words(shown), timeline, shown, names)
    st.caption(
        _(
            "A disc's area grows with the number of parameters. Filters get smaller, networks deeper, and large fully connected layers go."
        )
    )


try_this(
    Experiment(
        "60 million parameters against 7 million: in which layers do AlexNet's sit?",
        Architectures(architecture="alexnet", beside="googlenet"),
    ),
    Experiment(
        "Open a stage of ResNet-50: where does the skip connection pass the convolutions by?",
        Architectures(architecture="resnet50", layer="stage3.block1.add"),
    ),
    Experiment(
        "Shrink the image of VGG-16 to 32 pixels: how large are its last maps? And at 31?",
        Architectures(architecture="vgg16", side=32),
    ),
)
code = show_code()
source(
    "LeCun et al., 1998; Krizhevsky et al., 2012; Zeiler and Fergus, 2014; Simonyan and Zisserman, 2015; Szegedy et al., 2015; He et al., 2016; "
    "Huang et al., 2017; Chen et al., 2019; Sandler et al., 2018; Tan and Le, 2019."
)
networks()
one_layer()
numbers()
history()
