"""What the page "Ablation" shows of a network some of whose channels were changed."""

from collections.abc import Callable

import streamlit as st
from torch import Tensor, nn

from cnnviz.data import ImageDataset
from cnnviz.features import ChannelCosts, ablated, channel_costs, channel_effects, feature_maps, measure
from cnnviz.figures import channel_bars, limits, map_sheet, picture_sheet, two_answers
from cnnviz.ui.answers import answer_to
from cnnviz.ui.channels import ChannelEdit, edit_now, show_costs
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.outside import plain
from cnnviz.words import _

TESTED = 1000
"""Test images."""


def changed_now(network: OpenNetwork) -> tuple[ChannelEdit, nn.Module]:
    """What is done to the network, and the network after it."""
    edit = edit_now(network)
    return edit, remember(ablated, network.model, edit.layer, network.input_shape, **edit.options)


def show_change(network: OpenNetwork, changed: nn.Module, edit: ChannelEdit, image: Tensor) -> None:
    """Maps and answers before and after."""
    layer, classes = edit.layer, network.classes
    before, after = remember(answer_to, network.model, image), remember(answer_to, changed, image)
    maps = remember(feature_maps, network.model, image)[layer]
    best, now = int(before.argmax()), int(after.argmax())
    wall, answers = st.columns([1.7, 1], gap="medium")
    with wall:
        map_wall("ablation_wall", remember(before_and_after, layer, maps, edit.of_maps(maps), image))
        rest = (
            _(" ({class_name} has {after:.1%} left).", class_name=plain(classes[best]), after=after[best])
            if now != best
            else "."
        )
        st.markdown(
            _(
                "Before: **{class_name}** with {before:.1%}. After: **{class_name2}** with {after:.1%}{rest}",
                class_name=plain(classes[best]),
                before=before[best],
                class_name2=plain(classes[now]),
                after=after[now],
                rest=rest,
            )
        )
    with answers:
        shown = before.maximum(after).argsort(descending=True)[:10].sort().values
        words = _(
            "Probabilities before and after: {class_name} from {before:.3f} to {after:.3f}",
            class_name=classes[best],
            before=before[best],
            after=after[best],
        )
        chart("two", words, two_answers, before[shown], after[shown], [classes[i] for i in shown.tolist()])


def costs_of_tests(network: OpenNetwork, test: ImageDataset, again: Callable[[], None]) -> None:
    """What the change costs on the test images, and what each channel of the layer would.

    Args:
        again: called where a channel was switched off with a click.
    """
    edit, changed = changed_now(network)
    whole, without = (remember(measure_first, model, test, TESTED) for model in (network.model, changed))
    with st.container(horizontal=True):
        st.metric(_("Test accuracy"), f"{without[1]:.1%}", f"{without[1] - whole[1]:+.1%}", border=True)
        st.metric(
            _("Test loss"),
            f"{without[0]:.3f}",
            f"{without[0] - whole[0]:+.3f}",
            delta_color="inverse",
            border=True,
        )
    found = job("costs", one_by_one(edit), costs_on, network, edit.layer, test)
    if found is not None:
        show_costs(found, edit.layer, network.classes, min(TESTED, len(test)), again)


def effects_on_image(network: OpenNetwork, image: Tensor) -> None:
    """What each channel of the layer does for the answer to one image."""
    edit = edit_now(network)
    best = int(remember(answer_to, network.model, image).argmax())
    effects = job("effects", one_by_one(edit), effects_on, network, edit.layer, image, best)
    if effects is None:
        return
    order = effects.argsort(descending=True).tolist()
    st.markdown(
        _(
            "Each channel of **{layer}** switched off alone, on this image: channel **{order}** holds up {class_name} most.",
            layer=edit.layer,
            order=order[0],
            class_name=plain(network.classes[best]),
        )
    )
    words = _("Fall of the logit without each channel; the largest is {effects:.3f}", effects=effects.max())
    chart("effects_bars", words, channel_bars, effects, order[:60], _("fall of the logit"))


def one_by_one(edit: ChannelEdit) -> str:
    return _("Switching off {count} channels of {layer}, one by one", count=edit.count, layer=edit.layer)


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
