"""All filters of a layer at any step, and what each looks for."""

import streamlit as st
import torch

from cnnviz.data import PHOTOS, ImageDataset
from cnnviz.features import FilterBank, convolutions, filter_bank, weight_histogram
from cnnviz.features.filters import filters_code
from cnnviz.figures import value_histograms
from cnnviz.training import Run
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.filters import (
    bin_edges,
    fired_by,
    first_images,
    kernels_of,
    made_for,
    marks_of,
    numbered,
    photographs,
    sheet_of_bank,
    weights_by_step,
)
from cnnviz.ui.frame import Experiment, draws, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.runs import EXAMPLE
from cnnviz.ui.states.filters import Filters
from cnnviz.words import _

SEARCHED, JUDGED = 1000, 300
BESIDE = 16
"""Filters at most, for the chosen one to stand beside them."""
title(
    "Filters", "A filter is a small pattern of weights; watch it form, and see the images that it answers to."
)


def bank_of(network: OpenNetwork, layer: str, test: ImageDataset | None) -> FilterBank:
    return filter_bank(network.model, layer, None if test is None else test.floats(slice(0, JUDGED)))


@section
def filters() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
    with right, play_first():
        network = open_network(chosen, "filters_step")
        bank = section(filters_of_layer)
    test = images_of(chosen)
    if test is not None:
        images = remember(first_images, test, SEARCHED)
        names = remember(numbered, len(images))
    else:
        images = remember(photographs, network.input_shape)
        names = list(PHOTOS)
    layers = convolutions(network.model)
    if not layers:
        st.info(
            _("This network has no convolution, so it has no filters. Choose another network."),
            icon=":material/info:",
        )
        return
    with left:
        again = draws(bank)
        layer = Filters.layer.draw(titles={name: name for name in layers})
        Filters.order.draw(on_change=again)
        found = remember(bank_of, network, layer, test)
        Filters.filter.draw(high=len(found.kernels) - 1, on_change=again)
    bank(network, found, layer, None if test is None else JUDGED, images, names)
    weights(chosen, network, layer, remember(bin_edges, found.kernels))


def filters_of_layer(
    network: OpenNetwork,
    bank: FilterBank,
    layer: str,
    judged: int | None,
    images: torch.Tensor,
    names: list[str],
) -> None:
    order, number, count = Filters.order.now, Filters.filter.now, len(bank.kernels)
    wall, chosen_one = (
        st.columns([1.1, 1], gap="medium") if count <= BESIDE else (st.container(), st.container())
    )
    with wall:
        numbers, sheet = remember(sheet_of_bank, bank, order)

        def clicked(_map: str, place: int) -> None:
            Filters.filter.set(numbers[place])
            draws(filters)()

        shape = _("{count} filters of {str}", count=count, str="×".join(map(str, bank.kernels.shape[1:])))
        map_wall(
            "filter_wall",
            [
                WallItem(
                    "filters",
                    sheet,
                    shape,
                    _("filter"),
                    title=layer,
                    target=300,
                    most=1100,
                    hint=_("Click a filter."),
                )
            ],
            ("filters", numbers.index(number)),
            clicked,
        )
        st.markdown(marks_of(bank, judged))

    with chosen_one:
        one_filter = section(chosen_filter)
    one_filter(network, bank, layer, number)
    fired(network, layer, number, images, names)


def chosen_filter(network: OpenNetwork, bank: FilterBank, layer: str, number: int) -> None:
    st.markdown(
        _(
            "**Filter {number} of {layer}**: its weights, and an image made for it (activation maximisation)",
            number=number,
            layer=layer,
        )
    )
    wall, one, two = st.container(), *st.columns(2)
    smoothness, seed = Filters.smoothness.draw(one), Filters.seed.draw(two)
    with wall:
        kernels = remember(kernels_of, bank, number)
        map_wall("made_for", [kernels, *made_for(network, layer, number, smoothness, seed)])
    st.markdown(
        _(
            "Norm of its weights {norm:.3f}; most similar: filter {nearest}, cosine similarity {similarity:.2f}.",
            norm=bank.norms[number],
            nearest=int(bank.nearest[number]),
            similarity=bank.similarity[number],
        )
    )
    code(filters_code(network.code, network.input_shape, layer, number, smoothness, seed))


@part
def fired(network: OpenNetwork, layer: str, number: int, images: torch.Tensor, names: list[str]) -> None:
    st.subheader(_("What fires filter {number} of {layer}", number=number, layer=layer), anchor=False)
    st.markdown(_("The images that fire it most, cut to the unit's receptive field."))
    map_wall("looks_for", fired_by(network, layer, number, images, names))
    st.caption(
        _(
            "“Sent back”: the unit's value through the network in reverse (deconvolution, Zeiler and Fergus); red pixels raised it, blue ones lowered it."
        )
    )


@part
def weights(chosen: Run | str, network: OpenNetwork, layer: str, edges: list[float]) -> None:
    st.subheader(
        _("The weights while the network learns") if isinstance(chosen, Run) else _("The weights"),
        anchor=False,
    )
    history = (
        weights_by_step(chosen, layer, edges)
        if isinstance(chosen, Run)
        else ([0], [weight_histogram(network.model, layer, edges)])
    )
    if history is not None:
        steps, columns = history
        words = _("Histogram of the weights of {layer} at {count} steps", layer=layer, count=len(columns))
        chart(
            "histogram",
            words,
            value_histograms,
            columns,
            edges,
            [str(step) for step in steps],
            _("training step"),
            _("weight"),
        )


try_this(
    Experiment("Play from step 0: noise turns into strokes.", Filters(run=EXAMPLE, step=0, layer="conv1")),
    Experiment(
        "Sort the second layer by similarity. Are there near duplicates?",
        Filters(run=EXAMPLE, layer="conv2", order="similarity"),
    ),
    Experiment(
        "What does a filter in the middle of a large network look for?",
        Filters(network="efficientnet_lite0", layer="block5.project_conv", filter=3),
    ),
)
code = show_code()
source(
    "Zeiler and Fergus, ECCV 2014; Erhan et al., 2009; Olah, Mordvintsev and Schubert, Feature visualization, Distill 2017."
)
filters()
