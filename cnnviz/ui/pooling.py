"""Pooling on real maps, as pictures."""

from collections.abc import Mapping, Sequence

import streamlit as st
from torch import Tensor

from cnnviz.data import ImageDataset
from cnnviz.features import ShiftTest, shift_accuracy
from cnnviz.figures import lines, map_sheet
from cnnviz.ops import pooling
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _


def pooled_items(maps: Tensor, size: int, stride: int) -> list[WallItem]:
    """Maps before pooling, and after each function."""
    titles = {name: _(entry.title) for name, entry in pooling.POOLINGS.items()}
    items = [
        WallItem(
            "relu1",
            map_sheet(maps, columns=4, what=_("maps before pooling")),
            "×".join(map(str, maps.shape)),
            target=110,
        )
    ]
    for name, label in titles.items():
        pooled = pooling.trace(maps, size, stride, name).output
        items.append(
            WallItem(
                label,
                map_sheet(pooled, columns=4, what=_("maps after pooling: {label}", label=label)),
                "×".join(map(str, pooled.shape)),
                target=110,
            )
        )
    return items


def show_shift(tests: Mapping[str, ShiftTest], reach: int, true: int) -> None:
    """How the answer and the maps change while the image moves up to ``reach`` pixels to each side."""
    shifts = range(-reach, reach + 1)
    one, two = st.columns(2)
    one.markdown(_("**Probability of class {true}**", true=true))
    chances = {name: found.probability for name, found in tests.items()}
    lowest = "; ".join(
        _("{name}: lowest {values:.2f}", name=name, values=min(values)) for name, values in chances.items()
    )
    with one:
        chart(
            "shift_p",
            lowest,
            lines,
            chances,
            list(shifts),
            _("shift in pixels"),
            _("probability"),
            percent=True,
        )
    two.markdown(_("**Change of the maps** (1 − cosine similarity), before and after each pooling"))
    changes = {
        _(
            "{layer}, {part} pooling",
            layer=layer,
            part=_("after") if layer.startswith("pool") else _("before"),
        ): next(iter(tests.values())).change[layer]
        for layer in ("relu1", "pool1", "relu2", "pool2")
    }
    after_one = "; ".join(
        _("{name}: after one pixel {value:.2f}", name=name, value=values[reach + 1])
        for name, values in changes.items()
    )
    with two:
        chart("shift_m", after_one, lines, changes, list(shifts), _("shift in pixels"), _("change"))


MOVED = 500
"""Test images that move."""


def show_moved(networks: Mapping[str, OpenNetwork], test: ImageDataset, reach: int) -> None:
    """How many of many images are still right when they all move."""
    shifts = [shift for shift in (0, 1, 2, 3, 4, 6, 8) if shift <= reach]
    shares = {
        name: remember(accuracy_when_moved, network, test, shifts) for name, network in networks.items()
    }
    st.markdown(
        _(
            "**Not one digit, but {count} test images**, all moved to the right: how many are still right?",
            count=MOVED,
        )
    )
    rows = [
        {_("moved by … pixels"): str(shift)} | {name: f"{found[at]:.1%}" for name, found in shares.items()}
        for at, shift in enumerate(shifts)
    ]
    st.markdown(table_in_words(rows))


def accuracy_when_moved(network: OpenNetwork, test: ImageDataset, shifts: Sequence[int]) -> list[float]:
    """The share of the first test images that are right, for each shift."""
    return shift_accuracy(network.model, test.floats(slice(0, MOVED)), test.labels[:MOVED], shifts)
