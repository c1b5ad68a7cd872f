"""Volumes: kernels that look along the depth as well, and networks that learn with them."""

import streamlit as st

from cnnviz.data.volumes import SOLIDS, is_here
from cnnviz.training.volumes import VolumeTraining
from cnnviz.ui.frame import (
    Experiment,
    draws,
    link,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.states.volumes import Volumes
from cnnviz.ui.tables import table_in_words
from cnnviz.ui.volume_training import networks_now, show_accuracy, volumes_of
from cnnviz.ui.volumes import (
    class_rows,
    looked_at,
    show_all_slices,
    show_slice,
    show_sum,
    show_why,
    side_along,
    volumes_code,
    words_of,
)
from cnnviz.words import _

title(
    "Volumes",
    "A 3D kernel looks along the depth as well: it costs k times as much a number, and it sees what no single slice shows.",
)


def start() -> None:
    Volumes.live.set(True)
    draws(learning, why, lines)()


def stop() -> None:
    Volumes.live.set(False)
    draws(learning, why, lines)()


def choose_set() -> None:
    Volumes.live.set(False)
    draws(looking, sums, learning, why, lines)()


@section
def looking() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    redraw = draws(looking, sums, why, lines)
    redraw_maps = draws(looking, sums, lines)
    with left:
        dataset = Volumes.dataset.draw(on_change=choose_set)
        test = volumes_of(dataset)
        number = Volumes.number.draw(high=len(test) - 1, on_change=redraw)
        axis = Volumes.axis.draw(on_change=redraw)
        side = side_along(test, axis)
        Volumes.cut.draw(usual=side // 2, high=side - 1, on_change=redraw_maps)
        kernel = Volumes.kernel.draw(on_change=redraw_maps)
        link("pages/wild/datasets.py", _("Download measured volumes"), ":material/download:")
    with right, play_first():
        look = looked_at()
        show_slice(look, kernel)
        show_all_slices(look, kernel, pick)
        st.caption(words_of(test, number))


def pick(number: int) -> None:
    Volumes.cut.set(number)
    draws(looking, sums, lines)()


@section
def sums() -> None:
    if not is_here(Volumes.dataset.now):
        return
    st.subheader(_("One value, product by product"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        deep = Volumes.deep.draw()
        st.caption(
            _(
                "A kernel of depth 1 is the 2D convolution on each slice; one of depth 3 adds up three of them."
            )
        )
    with right:
        show_sum(looked_at(), Volumes.kernel.now, int(deep))


@section
def learning() -> None:
    if not is_here(Volumes.dataset.now):
        return
    st.subheader(_("Three networks of the same size"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        epochs, seed = Volumes.epochs.draw(on_change=stop), Volumes.seed.draw(on_change=stop)
        st.button(
            _("Train three networks"),
            key="train_volumes",
            type="primary",
            icon=":material/play_arrow:",
            on_click=start,
        )
        live = Volumes.live.kept()
    with right:
        show_accuracy(Volumes.dataset.now, live, epochs, seed)


@section
def why() -> None:
    if not is_here(Volumes.dataset.now):
        return
    st.subheader(_("Why was this volume called so?"), anchor=False)
    dataset, live, look = Volumes.dataset.now, Volumes.live.now, looked_at()
    test, epochs, seed = volumes_of(dataset), Volumes.epochs.now, Volumes.seed.now
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        view = Volumes.network.draw(on_change=draws(why, lines))
    there = networks_now(dataset, live, epochs, seed)
    with right:
        if view not in there:
            st.info(_("No network was trained on these volumes yet: press the button above."))
        else:
            show_why(there[view], view, test, look)
            st.markdown(table_in_words(class_rows(test, look.number, there)))


@section
def lines() -> None:
    if not is_here(Volumes.dataset.now):
        return
    dataset, view, look = Volumes.dataset.now, Volumes.network.now, looked_at()
    made_here = Volumes.live.now or dataset != SOLIDS
    training = VolumeTraining(view, Volumes.epochs.now, Volumes.seed.now) if made_here else None
    code(volumes_code(dataset, look.number, look.axis, look.cut, Volumes.kernel.now, view, training))


try_this(
    Experiment(
        "Cut an hourglass along its rows: what do you see at once, that its middle slice along the depth cannot tell?",
        Volumes(number=5, axis="rows"),
    ),
    Experiment(
        "Sobel along the depth with a kernel of one slice: what is left of it?",
        Volumes(deep="1"),
    ),
    Experiment(
        "The network of the middle slice: which slices may be covered without changing its answer?",
        Volumes(network="middle"),
    ),
)
code = show_code()
source(
    "Ji, Xu, Yang and Yu, 3D convolutional neural networks for human action recognition, ICML 2010; Tran et al., Learning spatiotemporal "
    "features with 3D convolutional networks, ICCV 2015; Yang et al., MedMNIST v2, Scientific Data 2023."
)
looking()
sums()
learning()
why()
lines()
