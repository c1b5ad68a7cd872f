"""Repeated composition along depth: from pixels over edges and textures to parts and things."""

import streamlit as st

from cnnviz.training import Run
from cnnviz.ui.components import map_wall
from cnnviz.ui.composition import (
    composition_code,
    look_at,
    made_images,
    photo_with_fields,
    rows_of,
    searched_images,
    stage_items,
    stages_of,
    usual_peaks,
)
from cnnviz.ui.frame import Experiment, link, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import choose_network, images_of, open_network
from cnnviz.ui.runs import EXAMPLE
from cnnviz.ui.states.composition import Composition
from cnnviz.ui.states.feature_maps import FeatureMaps
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

LARGE = "efficientnet_lite0"
title(
    "Composition",
    "Each stage puts together what the stage before has found: pixels become edges, edges textures, textures parts, and parts things.",
)


@section
def composition() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network(LARGE)
        test = images_of(chosen)
        picture = choose_image(test, Composition.images)
        count = Composition.filters.draw()
    with right, play_first():
        network = open_network(chosen, "composition_step")
        play = st.container()
    found = remember(stages_of, network)
    usual = usual_peaks(network, found, test)
    image = picture.for_network(network.input_shape)
    dataset = None if test is None else test.name
    code(composition_code(network.code, picture.code, network.input_shape, dataset, count))
    if usual is None:
        return
    images = searched_images(test, network.input_shape)
    look = look_at(network, found, image, images, usual, count)
    with play:
        drawn, words = st.columns([1, 1.7], gap="medium")
        photograph, alt = remember(photo_with_fields, look)
        drawn.image(photograph, width="stretch", alt=alt)
        words.markdown(table_in_words(rows_of(look, chosen if isinstance(chosen, str) else "")))
        words.caption(
            _(
                "The boxes: what one unit of each stage sees of the image, there where the stage's strongest filter fires most."
            )
        )
    made = made_images(look)
    for number, stage in enumerate(found):
        st.subheader(_("Stage {number}: {layer}", number=number + 1, layer=stage.layer), anchor=False)
        here = made[number * len(look.channels[number]) :][: len(look.channels[number])]
        map_wall(f"stage_{number}", remember(stage_items, look, number, here))
        state = FeatureMaps(
            network=chosen if isinstance(chosen, str) else "run",
            run=chosen.id if isinstance(chosen, Run) else EXAMPLE,
            layer=stage.layer,
            map=look.channels[number][0],
        )
        link(state.page, _("Its strongest filter in the microscope"), ":material/search:", state.parameters())
    st.caption(
        _(
            "Strongest: those whose largest value in this image is farthest above their mean over the other images. "
            "“Made for them”: noise, changed by gradient ascent until the filter fires."
        )
    )


try_this(
    Experiment(
        "The espresso: in which stage do filters first see the whole cup?",
        Composition(network=LARGE, image="photo", photo="coffee"),
    ),
    Experiment(
        "A small network on digits: what do its last filters see that the first do not?",
        Composition(run=EXAMPLE, network="run", image="test", number=3),
    ),
    Experiment(
        "Clothes in the small VGG: 3×3 filters only, but how far does stage 3 see?",
        Composition(network="trained_mini_vgg_fashion", image="test", number=9),
    ),
)
code = show_code()
source(
    "Zeiler and Fergus, ECCV 2014, figure 2; Olah, Mordvintsev and Schubert, Feature visualization, Distill 2017; LeCun, Bengio and Hinton, Nature 2015."
)
composition()
