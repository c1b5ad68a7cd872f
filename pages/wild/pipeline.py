"""Put together: one number on its way from a pixel to a probability."""

import streamlit as st

from cnnviz.ui.answers import answer_of
from cnnviz.ui.frame import Experiment, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import choose_network, images_of, open_network
from cnnviz.ui.outside import plain
from cnnviz.ui.pipeline import cards_of, pipeline_code, show_cards
from cnnviz.ui.runs import EXAMPLE
from cnnviz.ui.states.pipeline import Pipeline
from cnnviz.words import _

title(
    "Put together",
    "One number goes from a pixel to a probability: each card is a layer, and each layer has its own page in this lecture.",
)


@section
def pipeline() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        picture = choose_image(images_of(chosen), Pipeline.images)
    with right, play_first():
        network = open_network(chosen, "pipeline_step")
        play = st.container()
    image = picture.for_network(network.input_shape)
    answer, order = answer_of(network, image)
    with left:
        named = {
            "predicted": _("the predicted one: {class_name}", class_name=network.classes[order[0]]),
            **{str(i): f"{i}: {name}" for i, name in enumerate(network.classes)},
        }
        wanted = Pipeline.target.draw(titles=named)
        target = order[0] if wanted == "predicted" else int(wanted)
        st.caption(
            _(
                "From the class's logit back: in each layer to the input whose product is the largest. "
                "It is one of very many ways, chosen to show how the numbers of a layer become those of the next."
            )
        )
    cards, layers = remember(cards_of, network, image, picture.what, target)
    with play:
        st.markdown(f"**{plain(network.classes[target])}**: {answer[target]:.1%}")
        show_cards(cards)
        if len(cards) - 2 < layers:
            st.caption(
                _(
                    "{count} of {layers} layers: those that the lecture has a page for.",
                    count=len(cards) - 2,
                    layers=layers,
                )
            )
    code(pipeline_code(network.code, picture.code, network.input_shape, target))


try_this(
    Experiment(
        "Follow the numbers: the result of each card is an input of the next.",
        Pipeline(run=EXAMPLE, network="run", image="test", number=3),
    ),
    Experiment(
        "What did the same network do with this digit before it was trained?",
        Pipeline(run=EXAMPLE, network="run", step=0, image="test", number=3),
    ),
    Experiment(
        "A network with skip connections: where does the way leave the convolutions out?",
        Pipeline(network="trained_mini_resnet_fashion", image="test", number=5),
    ),
)
code = show_code()
source("LeCun, Bottou, Bengio and Haffner, 1998; the whole lecture up to here.")
pipeline()
