"""Switch channels off, scale or swap them, and see what the network loses."""

from collections.abc import Callable

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.features.ablation import ablation_code
from cnnviz.ui.ablation import changed_now, costs_of_tests, effects_on_image, show_change
from cnnviz.ui.channels import choose_edit
from cnnviz.ui.frame import Experiment, draws, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.states.ablation import Ablation
from cnnviz.words import _

CAT = Ablation(network="efficientnet_lite0", image="photo", photo="chelsea", layer="block16.project_norm")
title(
    "Ablation",
    "Switch a channel off and see the prediction change: so you learn what the network used it for.",
)


@section
def switched_off() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        test = images_of(chosen)
        picture, edits = section(picture_of), section(choose_edit)
    with right, play_first():
        network = open_network(chosen, "ablation_step")
        wall = section(wall_of)
    costs = section(costs_of)
    everything = draws(edits, wall, costs)
    edits(network, everything, draws(wall, costs))
    picture(network, test, wall, costs, everything)


def picture_of(
    network: OpenNetwork,
    test: ImageDataset | None,
    wall: Callable[..., None],
    costs: Callable[..., None],
    again: Callable[[], None],
) -> None:
    picture = choose_image(test, Ablation.images)
    wall(network, picture)
    costs(network, test, picture, again)


def wall_of(network: OpenNetwork, picture: ChosenImage) -> None:
    edit, changed = changed_now(network)
    show_change(network, changed, edit, picture.for_network(network.input_shape))
    code(ablation_code(network.code, picture.code, network.input_shape, edit.layer, edit.options))


def costs_of(
    network: OpenNetwork,
    test: ImageDataset | None,
    picture: ChosenImage,
    again: Callable[[], None],
) -> None:
    st.subheader(_("What it costs"), anchor=False)
    if test is None:
        effects_on_image(network, picture.for_network(network.input_shape))
    else:
        costs_of_tests(network, test, again)


try_this(
    Experiment(
        "Which map of relu1 makes a 3? Look at its column below, then switch the map off. And in relu2?",
        Ablation(layer="relu1", channels="0"),
    ),
    Experiment(
        "Switch off a whole layer: what does the network answer when it sees nothing?",
        Ablation(layer="pool2", whole=True),
    ),
    Experiment("What makes the cat a cat? Switch off a channel of the last maps.", CAT),
)
code = show_code()
source(
    "Morcos, Barrett, Rabinowitz and Botvinick, On the importance of single directions for generalization, ICLR 2018; Meyes et al., 2019."
)
switched_off()
