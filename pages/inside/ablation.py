"""Switch channels off, scale or swap them, and see what the network loses."""

import streamlit as st
from torch import Tensor, nn

from cnnviz.data import ImageDataset
from cnnviz.features import ChannelCosts, ablated, channel_costs, channel_effects, feature_maps, measure
from cnnviz.features.ablation import ablation_code
from cnnviz.figures import channel_bars, limits, map_sheet, picture_sheet, two_answers
from cnnviz.ui.answers import answer_to
from cnnviz.ui.channels import choose_edit, show_costs
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.frame import Experiment, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.outside import plain
from cnnviz.ui.states.ablation import Ablation
from cnnviz.words import _

TESTED = 1000
CAT = Ablation(network="efficientnet_lite0", image="photo", photo="chelsea", layer="block16.project_norm")
title(
    "Ablation",
    "Switch a channel off and see the prediction change: so you learn what the network used it for.",
)


def before_and_after(layer: str, maps: Tensor, edited: Tensor, image: Tensor) -> list[WallItem]:
    unit, span = _("unit") if maps.shape[1:] == (1, 1) else _("map"), limits(maps, edited)
    items = []
    for heading, values in ((_("before"), maps), (_("after"), edited)):
        sheet = map_sheet(
            values,
            span=span,
            what=_("{unit}s of {layer}, {heading}", unit=unit, layer=layer, heading=heading),
        )
        items.append(WallItem(heading, sheet, unit=unit, title=heading, target=260))
    return [
        *items,
        WallItem("image", picture_sheet(image, _("image")), unit=_("image"), target=130, legend=False),
    ]


def measure_first(model: nn.Module, test: ImageDataset, count: int) -> tuple[float, float]:
    """(loss, accuracy) on the first images of a data set."""
    return measure(model.eval(), test.floats(slice(0, count)), test.labels[:count])


def costs_on(network: OpenNetwork, layer: str, test: ImageDataset, progress: Progress) -> ChannelCosts:
    return channel_costs(network.model, layer, test.floats(slice(0, TESTED)), test.labels[:TESTED], progress)


def effects_on(network: OpenNetwork, layer: str, image: Tensor, target: int, progress: Progress) -> Tensor:
    return channel_effects(network.model, layer, image, target, progress)


@section
def switched_off() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
        picture = choose_image(images_of(chosen), Ablation.images)
    with right, play_first():
        network = open_network(chosen, "ablation_step")
        play = st.container()
    image = picture.for_network(network.input_shape)
    with left:
        edit = choose_edit(network)
    layer = edit.layer
    changed = remember(ablated, network.model, layer, network.input_shape, **edit.options)
    before, after = remember(answer_to, network.model, image), remember(answer_to, changed, image)
    maps = remember(feature_maps, network.model, image)[layer]
    best, now = int(before.argmax()), int(after.argmax())

    with play:
        wall, answers = st.columns([1.7, 1], gap="medium")
        with wall:
            map_wall("ablation_wall", remember(before_and_after, layer, maps, edit.of_maps(maps), image))
            rest = (
                _(
                    " ({class_name} has {after:.1%} left).",
                    class_name=plain(network.classes[best]),
                    after=after[best],
                )
                if now != best
                else "."
            )
            st.markdown(
                _(
                    "Before: **{class_name}** with {before:.1%}. After: **{class_name2}** with {after:.1%}{rest}",
                    class_name=plain(network.classes[best]),
                    before=before[best],
                    class_name2=plain(network.classes[now]),
                    after=after[now],
                    rest=rest,
                )
            )
        with answers:
            shown = before.maximum(after).argsort(descending=True)[:10].sort().values
            words = _(
                "Probabilities before and after: {class_name} from {before:.3f} to {after:.3f}",
                class_name=network.classes[best],
                before=before[best],
                after=after[best],
            )
            chart(
                "two",
                words,
                two_answers,
                before[shown],
                after[shown],
                [network.classes[i] for i in shown.tolist()],
            )

    test = images_of(chosen)
    st.subheader(_("What it costs"), anchor=False)
    what = _("Switching off {count} channels of {layer}, one by one", count=edit.count, layer=layer)
    if test is not None:
        whole, without = (remember(measure_first, model, test, TESTED) for model in (network.model, changed))
        one, two = st.columns(2)
        one.metric(_("Test accuracy"), f"{without[1]:.1%}", f"{without[1] - whole[1]:+.1%}", border=True)
        two.metric(
            _("Test loss"),
            f"{without[0]:.3f}",
            f"{without[0] - whole[0]:+.3f}",
            delta_color="inverse",
            border=True,
        )
        costs = job("costs", what, costs_on, network, layer, test)
        if costs is not None:
            show_costs(costs, layer, network.classes, min(TESTED, len(test)))
    else:
        effects = job("effects", what, effects_on, network, layer, image, best)
        if effects is not None:
            order = effects.argsort(descending=True).tolist()
            st.markdown(
                _(
                    "Each channel of **{layer}** switched off alone, on this image: channel **{order}** holds up {class_name} most.",
                    layer=layer,
                    order=order[0],
                    class_name=plain(network.classes[best]),
                )
            )
            words = _(
                "Fall of the logit without each channel; the largest is {effects:.3f}", effects=effects.max()
            )
            chart("effects_bars", words, channel_bars, effects, order[:60], _("fall of the logit"))
    code(ablation_code(network.code, picture.code, network.input_shape, layer, edit.options))


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
