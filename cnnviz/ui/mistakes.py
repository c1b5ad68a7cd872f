"""Why a network gave this answer and not the true one: evidence for both, and the pixels that would change it."""

import streamlit as st
from torch import Tensor

from cnnviz.features import decisive_window, feature_maps
from cnnviz.features.decisive import DecisiveWindow
from cnnviz.figures import map_sheet, picture_sheet
from cnnviz.ui.attributions import How, Question, attributions, wall_of_maps
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.words import _

SHARE = 5.6
"""A window's side is this part of the image's: 5 of 28 pixels."""
HEIGHT = 168


def show_why(network: OpenNetwork, image: Tensor, answer: int, label: int) -> None:
    """An image that was read wrongly (or rightly: then one class only is asked for), with what spoke for it."""
    asked = [
        Question(_("for {name}", name=network.classes[one]), network, "integrated_gradients", one)
        for one in dict.fromkeys((answer, label))
    ]
    maps = attributions(asked, image, How({}, None))
    seen = remember(feature_maps, network.model, image)
    last = [name for name, values in seen.items() if values.shape[1] > 1][-1]
    picture = remember(picture_sheet, image, _("the image"))
    items = [WallItem("image", picture, unit=_("image"), target=HEIGHT, legend=False)]
    items += wall_of_maps(asked, maps, image, 1.0, False, 0.0, True, HEIGHT)
    items.append(
        WallItem(
            "maps",
            remember(map_sheet, seen[last], what=_("maps of {last}", last=last)),
            title=last,
            target=HEIGHT,
        )
    )
    map_wall("mistake", items)
    st.caption(
        _(
            "Integrated gradients on one scale: red pixels speak for the class named above the map, blue ones against it."
        )
    )
    if answer != label:
        logits = seen[next(reversed(seen))].flatten()
        st.markdown(
            _(
                "The network's sum for **{answer}** is {first}, for **{label}** {second}: **{more}** more.",
                answer=network.classes[answer],
                label=network.classes[label],
                first=f"{logits[answer]:.2f}",
                second=f"{logits[label]:.2f}",
                more=f"{logits[answer] - logits[label]:.2f}",
            )
        )
        _what_would_change_it(network, image, label)


def _what_would_change_it(network: OpenNetwork, image: Tensor, label: int) -> None:
    side = max(1, round(min(image.shape[-2:]) / SHARE))
    st.markdown(
        _(
            "**Which few pixels would make it {label}?** All windows of {side}×{side} pixels were tried; framed is the best one.",
            label=network.classes[label],
            side=side,
        )
    )
    items = []
    for value, colour in ((1.0, _("white")), (0.0, _("black"))):
        found: DecisiveWindow = remember(decisive_window, network.model, image, label, side, value)
        said = int(found.probabilities.argmax())
        box = (found.top, found.left, found.top + side, found.left + side)
        what = _(
            "{colour}, rows {top} to {bottom}, columns {left} to {right}",
            colour=colour,
            top=box[0],
            bottom=box[2] - 1,
            left=box[1],
            right=box[3] - 1,
        )
        answer = _(
            "{name} with {share}", name=network.classes[said], share=f"{found.probabilities[said]:.1%}"
        )
        sheet = remember(picture_sheet, found.image, what)
        items.append(
            WallItem(what, sheet, answer, _("image"), target=HEIGHT, legend=False, field=box, title=what)
        )
    map_wall("decisive", items)
