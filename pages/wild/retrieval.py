"""Retrieval: the nearest images to an image, by what a layer of a network makes of them."""

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.features import shapes
from cnnviz.features.nearest import METRICS, retrieval_code
from cnnviz.ui.components import map_wall
from cnnviz.ui.frame import Experiment, error_box, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, network_of_run, open_network
from cnnviz.ui.retrieval import (
    PHOTOS,
    Way,
    by_photographs,
    first_images,
    found_by,
    found_by_pixels,
    last_before_answer,
    layers_for,
    own_number,
    places_of,
    precision_of,
    precision_of_pixels,
    searched,
    vector_of,
    vectors_of,
    wall_of_asked,
    wall_of_found,
    wall_of_places,
)
from cnnviz.ui.states.retrieval import FIRST, PHOTOGRAPHS, Retrieval
from cnnviz.words import _

title(
    "Retrieval",
    "Ask with an image, and get the images that a layer finds most alike: what it learned decides what is near.",
)


@section
def search() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        picture = choose_image(images_of(chosen), Retrieval.images)
    with right, play_first():
        network = open_network(chosen, "retrieval_step")
        play = st.container()
    dataset = searched(chosen, network.input_shape)
    known = shapes(network.model, network.input_shape)
    with left:
        ask = Retrieval.ask.draw()
        layers = layers_for(ask, known)
        layer = Retrieval.layer.draw(titles=layers, usual=last_before_answer(layers))
        count = Retrieval.count.draw()
        with play, error_box():
            if ask == "cell":
                like_a_place(network, dataset, picture, layer, known[layer])
            else:
                like_the_image(network, dataset, picture, layer)
    code(retrieval_code(network.code, dataset, layer, picture.code, count, Retrieval.metric.now))


def like_the_image(network: OpenNetwork, dataset: ImageDataset, picture: ChosenImage, layer: str) -> None:
    """The nearest images by the layer, and beside them by the pixels or by the untrained layer."""
    asked, left, right = st.columns([1, 2, 3])
    image, count = picture.for_network(network.input_shape), Retrieval.count.now
    with asked:
        map_wall("asked_image", remember(wall_of_asked, image))
    with left:
        metric = Retrieval.metric.draw()
    with right:
        titles = dict((Retrieval.beside.titles or {}).items())
        if network.run is None:
            titles.pop(FIRST)
        if dataset.shape[0] == 3:  # it is that network, or one like it
            titles.pop(PHOTOGRAPHS)
        beside = Retrieval.beside.draw(titles=titles)
    without = own_number(picture)
    if beside == PHOTOGRAPHS and len(dataset) > PHOTOS:
        dataset = remember(first_images, dataset, PHOTOS)
        without = without if without is not None and without < PHOTOS else None
    ways = [Way(layer, dataset, image, network, layer)]
    if beside == FIRST and network.run is not None:
        first = network_of_run(network.run, network.run.steps[0])
        ways.append(Way(_("{layer} before training", layer=layer), dataset, image, first, layer))
    elif beside == PHOTOGRAPHS:
        ways.append(by_photographs(dataset, picture))
    else:
        ways.append(Way(_("the pixels"), dataset, image))
    told = []
    for slot, way in enumerate(ways):
        what = _("Showing {count:,} images to the network", count=len(dataset))
        if way.network is None:
            found = remember(found_by_pixels, way.asked, dataset, count, metric, without)
            precision = remember(precision_of_pixels, dataset, count, metric)
        else:
            vectors = job(f"vectors{slot}", what, vectors_of, way.network, way.layer, way.images)
            if vectors is None:
                continue
            query = remember(vector_of, way.network, way.layer, way.asked)
            found = remember(found_by, query, vectors, count, metric, without)
            precision = remember(precision_of, vectors, dataset.labels, count, metric)
        st.markdown(
            _(
                "**By {words}**, {partition} below each image:",
                words=_(way.words),
                partition=_(METRICS[metric]).partition(",")[0].lower(),
            )
        )
        labelled = picture.label if Retrieval.images.image.now == "test" else None
        map_wall(f"found{slot}", remember(wall_of_found, dataset, found, labelled))
        told.append(
            _(
                "**{remember:.1%}** by {words}",
                remember=precision,
                words=_(way.words),
            )
        )
    if told:
        st.markdown(
            _(
                "Precision at {count}: of the {count} nearest, {told} have the class of the image that asks "
                "(mean over all {dataset:,} images).",
                count=count,
                told=_(" and ").join(told),
                dataset=len(dataset),
            )
        )


def like_a_place(
    network: OpenNetwork, dataset: ImageDataset, picture: ChosenImage, layer: str, shape: tuple[int, ...]
) -> None:
    """Where other images look as one place of the image does."""
    left, right = st.columns(2)
    row = Retrieval.row.draw(left, high=shape[1] - 1)
    column = Retrieval.col.draw(right, high=shape[2] - 1)
    image, cell = picture.for_network(network.input_shape), (row, column)
    what, count = _("Searching {count:,} images", count=len(dataset)), Retrieval.count.now
    without = own_number(picture)
    found = job("places", what, places_of, network, layer, image, cell, dataset, count, without)
    if found is not None:
        st.markdown(
            _(
                "To **{layer}**, these places look most like cell ({row}, {column}) of {what}. "
                "The frame is what the cell sees, the cosine is that of the channels.",
                layer=layer,
                row=row,
                column=column,
                what=_(picture.what),
            )
        )
        map_wall("places", remember(wall_of_places, network, layer, image, cell, dataset, found))


try_this(
    Experiment(
        "Before training and after: how many of the twelve nearest have the same class?",
        Retrieval(beside=FIRST),
    ),
    Experiment(
        "Digits for a network that never saw one, only photographs: how much worse is it than yours?",
        Retrieval(beside=PHOTOGRAPHS),
    ),
    Experiment(
        "Ask with one place: the ear of the cat. What else looks so to a network that knows photographs?",
        Retrieval(
            network="efficientnet_lite0",
            image="photo",
            photo="chelsea",
            ask="cell",
            layer="block3.project_conv",
            row=8,
            col=8,
        ),
    ),
)
code = show_code()
source("Babenko, Slesarev, Chigorin and Lempitsky, Neural codes for image retrieval, ECCV 2014.")
search()
