"""Sliding window: one's own classifier looks everywhere in a larger picture."""

import streamlit as st
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.tasks import Scan
from cnnviz.ui.frame import (
    Experiment,
    draws,
    error_box,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, choose_network, images_of, open_network
from cnnviz.ui.sliding_window import (
    at_once,
    picture_for,
    same_places,
    scan_code,
    scanned,
    show_heat,
    show_windows,
    usual_class,
    usual_stride,
)
from cnnviz.ui.states.sliding_window import SlidingWindow
from cnnviz.words import _

title(
    "Sliding window",
    "A classifier that knows only small images becomes a detector: it looks at each part of a picture, or at all of them in one go.",
)


@section
def look() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        chosen = choose_network()
    with right, play_first():
        network = open_network(chosen, "window_step")
        play = st.container()
    with play:
        answers = section(answer)
    with left:
        way, number = SlidingWindow.way.draw(), SlidingWindow.picture.draw()
        usual = usual_stride(network)
        stride = SlidingWindow.stride.draw(usual=usual) if way == "windows" else usual
        again = draws(answers)
        SlidingWindow.threshold.draw(on_change=again)
        SlidingWindow.iou.draw(on_change=again)
    picture, what, picture_code = picture_for(network, images_of(chosen), number)
    with play, error_box():
        if way == "once" and not isinstance(network.model, Network):
            raise CnnvizError(
                "This network is not made of our layers, so it is shown window by window only. Choose another one."
            )
        once = remember(at_once, network, picture) if way == "once" else None
        stride = once[0].stride if once else stride
        windows = job("windows", _("Looking at each window"), scanned, network, picture, stride)
        found = once or windows
        if found is None:
            return
        answers(network, picture, what, found)
        if once and windows:
            compare(once, windows)
        code(scan_code(network, picture_code, way, stride))


def answer(network: OpenNetwork, picture: Tensor, what: str, found: tuple[Scan, float]) -> None:
    """The windows that are left, and the heat map of a class."""
    threshold, iou = SlidingWindow.threshold.now, SlidingWindow.iou.now
    shown, seconds = found
    pictured, heated = st.columns([1.3, 1], gap="medium")
    with pictured:
        kept = show_windows(network, picture, what, shown, threshold, iou)
    with heated:
        names = {str(label): name for label, name in enumerate(network.classes)}
        label = SlidingWindow.category.draw(titles=names, usual=str(usual_class(shown)))
        show_heat(shown, int(label), names[label])
    __, rows, columns = shown.probabilities.shape
    st.markdown(
        _(
            "**{rows:,} windows** of {size}×{size2} pixels, {stride} apart, in **{seconds:,.0f} ms**; "
            "**{kept}** are left. A classifier must name each window, also an empty one: it has no class for “nothing”.",
            rows=rows * columns,
            size=shown.size[0],
            size2=shown.size[1],
            stride=shown.stride,
            seconds=seconds * 1000,
            kept=kept,
        )
    )


def compare(once: tuple[Scan, float], windows: tuple[Scan, float]) -> None:
    difference = same_places(windows[0], once[0])
    st.markdown(
        _(
            "Window by window the same took **{window:,.0f} ms**, {window2:.0f} times as long, because neighbours share most "
            "of their convolutions.",
            window=windows[1] * 1000,
            window2=windows[1] / once[1],
        )
        + (
            ""
            if difference is None
            else _(
                " The probabilities differ by at most {difference:.2g}: a padded convolution sees zeros around a window that stands alone.",
                difference=difference,
            )
        )
    )


try_this(
    Experiment(
        "All windows in one go: how many times as fast, and why do the numbers differ a little?",
        SlidingWindow(way="once"),
    ),
    Experiment(
        "Every pixel: how many windows are sure, and how many digits are there?",
        SlidingWindow(stride=1, iou=1.0),
    ),
    Experiment(
        "A photograph and a network that knows a thousand classes: where is the cat?",
        SlidingWindow(network="published_efficientnet_lite0", way="once", picture=3, threshold=0.3),
    ),
)
code = show_code()
source(
    "Sermanet et al., OverFeat, ICLR 2014; Long, Shelhamer and Darrell, Fully convolutional networks, CVPR 2015; the lecture's slides on detection."
)
look()
