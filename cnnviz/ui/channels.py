"""The controls with which a page asks for a layer and some of its channels, and what to do with them."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.features import channels_of, shapes
from cnnviz.ui.links import choice, choices
from cnnviz.ui.networks import OpenNetwork

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


def choose_layer(network: OpenNetwork, key: str = "layer") -> str:
    """A layer with several channels that is not the answer itself; the first activation if none is chosen."""
    known = {name: shape for name, shape in list(shapes(network.model, network.input_shape).items())[:-1] if len(shape) in (1, 3) and shape[0] > 1}
    usual = next((name for name in known if "relu" in name or "tanh" in name), next(iter(known)))
    return choice("Layer", {name: f"{name} ({'×'.join(map(str, shape))})" for name, shape in known.items()}, key, default=usual)


def choose_edit(network: OpenNetwork) -> ChannelEdit:
    """In the address: ``layer``, ``action``, ``whole``, ``channels`` or ``channel_list``, ``factor``, ``swap_first``, ``swap_second``."""
    layer = choose_layer(network)
    count = channels_of(network.model, layer, network.input_shape)
    action = choice("Do", {"off": "switch off", "scale": "scale", "swap": "swap two"}, "action", kind="buttons")
    if action == "swap":
        left, right = st.columns(2)
        first = int(left.number_input("First", 0, count - 1, 0, key="swap_first", bind="query-params"))
        second = int(right.number_input("Second", 0, count - 1, 1, key="swap_second", bind="query-params"))
        return ChannelEdit(layer, count, {"swap": ((first, second),)})
    factor = st.slider("Factor", -3.0, 3.0, 0.5, 0.1, key="factor", bind="query-params") if action == "scale" else 0.0
    if st.toggle("The whole layer", key="whole", bind="query-params"):
        picked = list(range(count))
    elif count <= FEW:
        picked = [int(name) for name in choices("Channels", {str(i): str(i) for i in range(count)}, "channels", default=("0",))]
    else:
        words = st.text_input("Channels, numbers with commas", "0", key="channel_list", bind="query-params").replace(",", " ").split()
        picked = [int(word) for word in words if word.isdecimal() and len(word) < 7 and int(word) < count]
        if len(picked) < len(words):
            st.warning(f"Only numbers from 0 to {count - 1} count.", icon=":material/warning:")
    return ChannelEdit(layer, count, {"scale": dict.fromkeys(picked, factor)} if action == "scale" else {"off": tuple(picked)})
