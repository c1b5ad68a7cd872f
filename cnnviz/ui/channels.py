"""The controls with which a page asks for a layer and some of its channels, and what to do with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.features import ChannelCosts, channels_of, shapes
from cnnviz.figures import channel_bars
from cnnviz.ui.charts import chart
from cnnviz.ui.components import matrix
from cnnviz.ui.fields import Choice, Choices, Number, Real, Switch, Text
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.state import State
from cnnviz.words import _

FEW = 40
MOST_CLASSES = 20


@dataclass(frozen=True)
class ChannelEdit:
    """What to do to a layer.

    Attributes:
        options: arguments for ``features.ablated``.
    """

    layer: str
    count: int
    options: dict[str, Any]

    def of_maps(self, maps: Tensor) -> Tensor:
        """The layer's maps (C, H, W) as they are afterwards."""
        result = maps.clone()
        for first, second in self.options.get("swap", ()):
            result[[first, second]] = maps[[second, first]]
        for channel, factor in self.options.get("scale", {}).items():
            result[channel] *= factor
        for channel in self.options.get("off", ()):
            result[channel] = 0
        return result


class WithEdit(State):
    """Part of the state of a page that changes channels."""

    layer = Choice(
        "Layer",
        None,
        help="The layer whose channels are changed. The rest of the network then computes with the changed maps.",
    )
    action = Choice(
        "Do",
        {"off": "switch off", "scale": "scale", "swap": "swap two"},
        kind="buttons",
        help="Switch off: the map becomes 0. Scale: it is multiplied by a factor. Swap: two maps change places.",
    )
    whole = Switch("The whole layer", help="Changes all channels of the layer at once.")
    channels = Choices(
        "Channels",
        None,
        ("0",),
        help="The channels that are changed, counted from 0. Each is the map of one filter.",
    )
    channel_list = Text(
        "Channels, numbers with commas",
        "0",
        needs={"network": "efficientnet_lite0", "layer": "block16.project_norm"},
        help="The channels that are changed, counted from 0, with commas between them; the layer has too many for buttons.",
    )
    factor = Real(
        "Factor",
        0.5,
        -3.0,
        3.0,
        0.1,
        slider=True,
        needs={"action": "scale"},
        help="The number by which each value of the maps is multiplied. 1: nothing changes; 0: switched off.",
    )
    swap_first = Number(
        "First",
        0,
        0,
        9999,
        needs={"action": "swap"},
        help="The first of the two channels that change places, counted from 0.",
    )
    swap_second = Number(
        "Second",
        1,
        0,
        9999,
        needs={"action": "swap"},
        help="The second of the two channels that change places, counted from 0.",
    )


def choose_layer(network: OpenNetwork, on_change: Callable[[], None]) -> str:
    """A layer with several channels that is not the answer itself; the first activation if none is chosen."""
    known = {
        name: shape
        for name, shape in list(shapes(network.model, network.input_shape).items())[:-1]
        if len(shape) in (1, 3) and shape[0] > 1
    }
    usual = next((name for name in known if "relu" in name or "tanh" in name), next(iter(known)))
    return WithEdit.layer.draw(
        titles={name: f"{name} ({'×'.join(map(str, shape))})" for name, shape in known.items()},
        usual=usual,
        on_change=on_change,
    )


def choose_edit(network: OpenNetwork, again: Callable[[], None], on_change: Callable[[], None]) -> None:
    """Shows the controls.

    Args:
        again: called where other controls follow.
        on_change: called where only the channels were changed.
    """
    layer = choose_layer(network, again)
    count = channels_of(network.model, layer, network.input_shape)
    action = WithEdit.action.draw(on_change=again)
    if action == "swap":
        left, right = st.columns(2)
        WithEdit.swap_first.draw(left, high=count - 1, on_change=on_change)
        WithEdit.swap_second.draw(right, high=count - 1, on_change=on_change)
        return
    if action == "scale":
        WithEdit.factor.draw(on_change=on_change)
    if WithEdit.whole.draw(on_change=again):
        return
    if count <= FEW:
        WithEdit.channels.draw(titles={str(i): str(i) for i in range(count)}, on_change=on_change)
    elif _listed(WithEdit.channel_list.draw(on_change=again), count)[1]:
        st.warning(_("Only numbers from 0 to {count} count.", count=count - 1), icon=":material/warning:")


def edit_now(network: OpenNetwork) -> ChannelEdit:
    """What the controls say."""
    layer, action = WithEdit.layer.now, WithEdit.action.now
    count = channels_of(network.model, layer, network.input_shape)
    if action == "swap":
        return ChannelEdit(layer, count, {"swap": ((WithEdit.swap_first.now, WithEdit.swap_second.now),)})
    if WithEdit.whole.now:
        picked = list(range(count))
    elif count <= FEW:
        picked = [int(name) for name in WithEdit.channels.now]
    else:
        picked = _listed(WithEdit.channel_list.now, count)[0]
    scaled = {"scale": dict.fromkeys(picked, WithEdit.factor.now)}
    return ChannelEdit(layer, count, scaled if action == "scale" else {"off": tuple(picked)})


def _listed(text: str, count: int) -> tuple[list[int], bool]:
    """The channels of a list, and whether something in it is none."""
    words = text.replace(",", " ").split()
    picked = [int(word) for word in words if word.isdecimal() and len(word) < 7 and int(word) < count]
    return picked, len(picked) < len(words)


def show_costs(
    costs: ChannelCosts, layer: str, classes: Sequence[str], tested: int, on_change: Callable[[], None]
) -> None:
    """What each channel of a layer costs when it is switched off alone: the network, and each class.

    Args:
        on_change: called where one was switched off with a click.
    """
    order = costs.ranking
    st.markdown(
        _(
            "Each channel of **{layer}** switched off alone, on {tested} test images: channel **{order}** costs most, **{order2}** least.",
            layer=layer,
            tested=tested,
            order=order[0],
            order2=order[-1],
        )
    )
    words = _(
        "Loss that each channel costs; the most is {loss:.3f} for channel {order}",
        loss=costs.loss.max() - costs.base_loss,
        order=order[0],
    )
    chart("costs_bars", words, channel_bars, costs.loss - costs.base_loss, order[:60], _("loss it costs"))
    if len(order) <= FEW and len(classes) <= MOST_CLASSES:
        _costs_of_classes(costs, classes, on_change)


def _costs_of_classes(costs: ChannelCosts, classes: Sequence[str], on_change: Callable[[], None]) -> None:
    st.markdown(_("**Which channel makes which class?** Click a cell to switch its channel off above."))
    lost = (costs.base_recall - costs.recall).nan_to_num()
    channels = [str(channel) for channel in range(len(lost))]

    def switch_off(channel: int, _class: int) -> None:
        WithEdit.action.set("off")
        WithEdit.whole.set(False)
        WithEdit.channels.set((str(channel),))
        on_change()

    matrix(
        "costs_by_class",
        (100 * lost).round().int().tolist(),
        channels,
        classes,
        (_("without channel"), _("lost of class")),
        None,
        _(
            "Rows: the channel that is off. Columns: how many of 100 images of this class are no longer right."
        ),
        switch_off,
        shares=lost.clamp(min=0).tolist(),
        ends=("0", _("100 of 100 images")),
    )
    channel, place = divmod(int(lost.argmax()), len(classes))
    st.caption(
        _(
            "The largest: without channel {channel}, {after} of the images of class {name} are right; with all channels, {before}.",
            channel=channel,
            name=classes[place],
            after=f"{costs.recall[channel, place]:.0%}",
            before=f"{costs.base_recall[place]:.0%}",
        )
    )
