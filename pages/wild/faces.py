"""Faces: edges, parts, faces; and verification, whether two images show the same person."""

from collections.abc import Sequence

import streamlit as st

from cnnviz.data import DATASETS, ImageDataset
from cnnviz.features import shapes
from cnnviz.features.verification import verification_code
from cnnviz.ui.faces import (
    CONSENT,
    choose_set,
    data_of,
    embedded,
    fits,
    judged,
    judged_images,
    show_depths,
    show_judgement,
    strangers,
    training_of,
    usual_threshold,
)
from cnnviz.ui.frame import (
    Experiment,
    draws,
    error_box,
    link,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, open_network
from cnnviz.ui.outside import plain
from cnnviz.ui.race import race
from cnnviz.ui.retrieval import last_before_answer, layers_for
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.states.faces import Faces
from cnnviz.words import _

title(
    "Faces",
    "A network turns a face into a vector; two images show the same person if their vectors are near enough. How near?",
)


@section
def verify() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        name = choose_set(chosen)
    with right, play_first():
        network = open_network(chosen, "faces_step")
        judge = section(judgement)
    trained_on, known = data_of(chosen)
    seen = trained_on == name
    data = remember(judged_images, name, seen, network.input_shape, DATASETS[name].digest)
    with left:
        layers = layers_for("image", shapes(network.model, network.input_shape))
        again = draws(judge)
        Faces.layer.draw(titles=layers, usual=last_before_answer(layers), on_change=again)
        Faces.pairs.draw(on_change=again)
        Faces.seed.draw(on_change=again)
        st.caption(strangers(name, chosen))
        link(Datasets.page, _("Bring a folder of faces"), ":material/upload:")
    judge(network, data, seen, known if seen else ())
    depths(network, data)
    train(name)


def judgement(network: OpenNetwork, data: ImageDataset, seen: bool, known: Sequence[str]) -> None:
    layer, count, seed = Faces.layer.now, Faces.pairs.now, Faces.seed.now
    threshold = Faces.threshold.now
    what = _("Showing {count:,} images to the network", count=len(data))
    with error_box():
        vectors = job("embed_faces", what, embedded, network, layer, data)
        if vectors is not None:
            found = remember(judged, vectors, data.labels, count, seed)
            threshold = Faces.threshold.draw(usual=usual_threshold(found))
            show_judgement(data, found, threshold, known)
    as_it_is = fits(data.name, network)
    code(verification_code(network.code, data, seen, as_it_is, layer, count, seed, threshold))


@section
def depths(network: OpenNetwork, data: ImageDataset) -> None:
    st.subheader(_("Edges, parts, faces: what each depth answers to"), anchor=False)
    show_depths(network, data)


@section
def train(name: str) -> None:
    st.subheader(_("Train one on these images"), anchor=False)
    for result in race(Faces.race, _("Verification"), training_of(name), label=_("Train a small network")):
        state = Faces(network="run", run=result.run.id, people=name)
        link(
            state.page,
            _("Judge with {title}", title=plain(_(result.title))),
            ":material/compare:",
            state.parameters(),
        )
    st.subheader(_("Whose faces?"), anchor=False)
    st.markdown(_(CONSENT))


try_this(
    Experiment(
        "A network that learned clothes judges digits, which are strangers to it. How much worse is it?",
        Faces(network="trained_mini_resnet_fashion", people="mnist"),
    ),
    Experiment(
        "By the pixels alone (the layer before the first convolution): whom does it fail now?",
        Faces(network="run", layer="normalise"),
    ),
    Experiment(
        "Faces and backgrounds: train a small network on them below, and judge with it. What do its late filters see?",
        Faces(network="trained_mini_vgg_fashion", people="faces-or-not"),
    ),
)
code = show_code()
source(
    "Taigman, Yang, Ranzato and Wolf, DeepFace, CVPR 2014; Schroff, Kalenichenko and Philbin, FaceNet, CVPR 2015; "
    "Buolamwini and Gebru, Gender Shades, FAT* 2018; Regulation (EU) 2016/679, articles 4 and 9."
)
verify()
