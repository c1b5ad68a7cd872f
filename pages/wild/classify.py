"""What does a network say of your photo, and why?"""

import streamlit as st

from cnnviz.figures import bars
from cnnviz.ui.charts import chart
from cnnviz.ui.classify import (
    by_block,
    classify_code,
    cropped,
    given,
    given_in_words,
    in_words,
    show_top,
    times_of,
    where_it_looked,
)
from cnnviz.ui.components import map_wall
from cnnviz.ui.frame import Experiment, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.states.classify import NONE, Classify
from cnnviz.words import _

LARGE = "efficientnet_lite0"
title(
    "Classify", "Give a network your own photo: what does it say, what was it given, and where did it look?"
)


@section
def answers() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network(LARGE)
        other = Classify.beside.draw()
        picture = choose_image(images_of(chosen), Classify.images)
    with right, play_first():
        networks = [open_network(chosen, "classify_step")]
        if other not in (NONE, chosen):
            networks.append(open_network(other, None))
        photo, *places = st.columns([1, *(1.4 for __ in networks)], gap="medium")
        first = networks[0]
        photo.image(
            remember(cropped, picture.pixels, first.input_shape),
            width="stretch",
            alt=_("{what}; the frame shows what the network is given", what=_(picture.what)),
        )
        for network, place, key in zip(networks, places, "ab", strict=False):
            with place:
                image = picture.for_network(network.input_shape)
                st.markdown(in_words(network, image))
                show_top(f"top_{key}", network, image)
    inside(networks, picture)
    times(networks)
    code(classify_code(first.code, picture.code, first.input_shape))


@part
def inside(networks: list[OpenNetwork], picture: ChosenImage) -> None:
    for network, key in zip(networks, "ab", strict=False):
        image = picture.for_network(network.input_shape)
        st.subheader(_("What {title} was given", title=_(network.title)), anchor=False)
        st.markdown(given_in_words(picture.pixels, network.input_shape))
        map_wall(f"given_{key}", remember(given, network, image))
        looked = remember(where_it_looked, network, image)
        if looked:
            st.subheader(_("Where it looked, and what its stages made of it"), anchor=False)
            map_wall(f"looked_{key}", looked)


@part
def times(networks: list[OpenNetwork]) -> None:
    st.subheader(_("How long each layer takes on this machine"), anchor=False)
    for network, place, key in zip(networks, st.columns(len(networks)), "ab", strict=False):
        with place:
            took = job(
                f"times_{key}", _("Running {title} some times", title=_(network.title)), times_of, network
            )
            if took is not None:
                shown = by_block(took)
                words = "; ".join(f"{layer} {time:.2g} ms" for layer, time in shown.items())
                chart(
                    f"times_{key}",
                    _("Time of each layer: {words}", words=words),
                    bars,
                    shown,
                    _("ms for one image"),
                )
                what = _("block") if len(shown) < len(took) else _("layer")
                st.caption(
                    _(
                        "**{values:.1f} ms** in all, one bar a {what}: median of nine images, one after the other.",
                        values=sum(took.values()),
                        what=what,
                    )
                )


try_this(
    Experiment(
        "An espresso: how sure is it, and does it look at the cup or at the coffee?",
        Classify(network=LARGE, image="photo", photo="coffee"),
    ),
    Experiment(
        "A brick wall is no class of a network that knows clothes. What does it say, and how sure is it?",
        Classify(network="trained_mini_resnet_fashion", image="photo", photo="brick"),
    ),
    Experiment(
        "One digit, two networks: LeNet-5 beside the small VGG. Which is surer, which is faster?",
        Classify(network="trained_lenet5_mnist", beside="trained_mini_vgg_mnist", image="test", number=8),
    ),
)
code = show_code()
source(
    "Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015; Tan and Le, ICML 2019; Selvaraju et al., Grad-CAM, ICCV 2017."
)
answers()
