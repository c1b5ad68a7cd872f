"""The controls with which a page asks for a layer and some of its channels, and what to do with them."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.features import channels_of, shapes
from cnnviz.ui.fields import Choice, Choices, Number, Real, Switch, Text
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.state import State
from cnnviz.words import _

FEW = 40


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

    layer = Choice("Layer", None)
    action = Choice("Do", {"off": "switch off", "scale": "scale", "swap": "swap two"}, kind="buttons")
    whole = Switch("The whole layer")
    channels = Choices("Channels", None, ("0",))
    channel_list = Text(
        "Channels, numbers with commas",
        "0",
        needs={"network": "efficientnet_lite0", "layer": "block16.project_norm"},
    )
    factor = Real("Factor", 0.5, -3.0, 3.0, 0.1, slider=True, needs={"action": "scale"})
    swap_first = Number("First", 0, 0, 9999, needs={"action": "swap"})
    swap_second = Number("Second", 1, 0, 9999, needs={"action": "swap"})


def choose_layer(network: OpenNetwork) -> str:
    """A layer with several channels that is not the answer itself; the first activation if none is chosen."""
    known = {
        name: shape
        for name, shape in list(shapes(network.model, network.input_shape).items())[:-1]
        if len(shape) in (1, 3) and shape[0] > 1
    }
    usual = next((name for name in known if "relu" in name or "tanh" in name), next(iter(known)))
    return WithEdit.layer.draw(
        titles={name: f"{name} ({'×'.join(map(str, shape))})" for name, shape in known.items()}, usual=usual
    )


def choose_edit(network: OpenNetwork) -> ChannelEdit:
    """Shows the controls."""
    layer = choose_layer(network)
    count = channels_of(network.model, layer, network.input_shape)
    action = WithEdit.action.draw()
    if action == "swap":
        left, right = st.columns(2)
        first = WithEdit.swap_first.draw(left, high=count - 1)
        second = WithEdit.swap_second.draw(right, high=count - 1)
        return ChannelEdit(layer, count, {"swap": ((first, second),)})
    factor = WithEdit.factor.draw() if action == "scale" else 0.0
    if WithEdit.whole.draw():
        picked = list(range(count))
    elif count <= FEW:
        picked = [int(name) for name in WithEdit.channels.draw(titles={str(i): str(i) for i in range(count)})]
    else:
        words = WithEdit.channel_list.draw().replace(",", " ").split()
        picked = [int(word) for word in words if word.isdecimal() and len(word) < 7 and int(word) < count]
        if len(picked) < len(words):
            st.warning(_("Only numbers from 0 to {count} count.", count=count - 1), icon=":material/warning:")
    return ChannelEdit(
        layer,
        count,
        {"scale": dict.fromkeys(picked, factor)} if action == "scale" else {"off": tuple(picked)},
    )
