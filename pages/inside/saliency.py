"""Which pixels mattered, by many methods, and how far to trust each."""

import streamlit as st
from torch import Tensor

from cnnviz.figures import picture_sheet, probability_bars
from cnnviz.saliency import METHODS
from cnnviz.saliency.trust import saliency_code
from cnnviz.training import Run
from cnnviz.ui.answers import answer_of
from cnnviz.ui.attributions import (
    Found,
    How,
    Question,
    ask,
    attributions,
    choose,
    wall_of_maps,
)
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.frame import Experiment, draws, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.outside import plain
from cnnviz.ui.states.saliency import COMPARED, Saliency
from cnnviz.ui.trust_views import show_bench, show_measures, show_sanity
from cnnviz.words import _

CAT = Saliency(
    network="efficientnet_lite0",
    image="photo",
    photo="chelsea",
    methods="grad_cam,guided_backprop",
    sanity=True,
)
title(
    "Saliency",
    "Which pixels spoke for this prediction? Many methods answer, not all of them faithfully: here each is measured.",
)


@section
def maps() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        picture = choose_image(images_of(chosen), Saliency.images)
    with right, play_first():
        network = open_network(chosen, "saliency_step")
        play = st.container()
    with play:
        wall = section(wall_of)
    image = picture.for_network(network.input_shape)
    answer, order = answer_of(network, image)

    with left:
        named = {
            "predicted": _("the predicted one: {class_name}", class_name=network.classes[order[0]]),
            **{str(i): f"{i}: {name}" for i, name in enumerate(network.classes)},
        }
        wanted = Saliency.target.draw(titles=named)
        target = order[0] if wanted == "predicted" else int(wanted)
        kinds = {
            name: words for name, words in COMPARED.items() if name != "steps" or isinstance(chosen, Run)
        }
        compare = Saliency.compare.draw(titles=kinds)
        methods, how = choose(network, several=compare == "methods")
        again = draws(wall)
        (Saliency.opacity if isinstance(chosen, Run) else Saliency.photo_opacity).draw(on_change=again)
        Saliency.absolute.draw(on_change=draws(wall, shuffled))
        Saliency.smooth.draw(on_change=again)

    questions = ask(compare, methods, target, network, answer)
    with play:
        found = attributions(questions, image, how) if questions else []
        if not questions:
            st.info(_("Choose a method."), icon=":material/info:")
        else:
            wall(questions, found, image, compare == "classes", network.classes[target], answer[target])
    made = [one for one in found if one is not None]
    complete = made if len(made) == len(questions) else []
    measures(questions, complete, image, how)
    shuffled(questions, complete, image, how)
    about(methods, network, image)
    shown = methods[0] if methods else "grad_cam"
    layer = how.layer if METHODS[shown].needs_layer else None
    code(
        saliency_code(
            network.code, picture.code, network.input_shape, shown, target, layer, how.options.get(shown, {})
        )
    )


def wall_of(
    questions: list[Question],
    found: list[Found | None],
    image: Tensor,
    one_scale: bool,
    class_name: str,
    probability: Tensor,
) -> None:
    """The maps, and how they are read."""
    run = questions[0].network.run
    opacity = (Saliency.opacity if run is not None else Saliency.photo_opacity).now
    absolute = Saliency.absolute.now
    seen = remember(picture_sheet, image, what=_("image, as the network sees it"))
    items = wall_of_maps(questions, found, image, opacity, absolute, Saliency.smooth.now, one_scale, 224)
    map_wall("saliency_wall", [WallItem("image", seen, unit=_("image"), target=224, legend=False), *items])
    st.markdown(
        _(
            "**How to read it.** Class **{class_name}** has {answer:.1%}. ",
            class_name=plain(class_name),
            answer=probability,
        )
        + (
            _("Yellow: the pixel mattered much; dark: it did not.")
            if absolute
            else _(
                ":red[Red] pixels speak for the class, :blue[blue] ones against it, white ones make no difference to this method."
            )
        )
        + (
            _(" All maps have one scale.")
            if one_scale
            else _(
                " Each map has its own scale (its last colour: the largest 0.5 % of its pixels), because methods have different units."
            )
        )
    )


@section
def measures(questions: list[Question], found: list[Found], image: Tensor, how: How) -> None:
    if found and Saliency.trust.draw():
        show_measures(questions, found, image, how)


@section
def shuffled(questions: list[Question], found: list[Found], image: Tensor, how: How) -> None:
    if found and Saliency.sanity.draw():
        show_sanity(questions, found, image, how, Saliency.absolute.now)


@section
def known_answers() -> None:
    if Saliency.bench.draw():
        show_bench()


@part
def about(methods: list[str], network: OpenNetwork, image: Tensor) -> None:
    st.subheader(_("What each method does, and does not see"), anchor=False)
    told = [METHODS[name] for name in dict.fromkeys(methods)]
    st.markdown(
        "\n\n".join(
            _(
                "**{title}** ({paper}; {cost}). Blind: {blind}\n\n$${formula}$$",
                title=_(method.title),
                paper=method.paper,
                cost=_(method.cost),
                blind=_(method.blind),
                formula=method.formula,
            )
            for method in told
        )
    )
    answer, order = answer_of(network, image)
    chart(
        "bars",
        _("Probabilities"),
        probability_bars,
        answer[order[:8]],
        [network.classes[i] for i in order[:8]],
    )


try_this(
    Experiment("Where is the cat? And is the map about the cat, or about edges?", CAT),
    Experiment(
        "A 3 that could be an 8: what speaks for each class?",
        Saliency(number=7, compare="classes", method="integrated_gradients"),
    ),
    Experiment(
        "Watch the explanation appear while the network learns.",
        Saliency(number=7, compare="steps", method="grad_cam"),
    ),
)
code = show_code()
source(
    "Simonyan et al., 2014; Adebayo et al., NeurIPS 2018; Petsiuk et al., 2018; Yeh et al., 2019; Kokhlikyan et al., Captum, 2020."
)
maps()
known_answers()
