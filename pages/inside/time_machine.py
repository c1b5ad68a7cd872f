"""One slider for the whole training: every picture of a run, at any of its steps."""

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.features.moment import Moment
from cnnviz.training import Run
from cnnviz.training.export import rate_at
from cnnviz.training.loop import batch_at
from cnnviz.ui.components import map_wall
from cnnviz.ui.frame import (
    Experiment,
    draws,
    link,
    part,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.live import live_curves
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.ui.runs import EXAMPLE, choose_run, choose_step
from cnnviz.ui.state import page_address
from cnnviz.ui.states.time_machine import TimeMachine
from cnnviz.ui.time_machine import (
    answers_at,
    map_items,
    moment_code,
    moment_of,
    show_batch,
    show_classes,
    show_histograms,
    show_layers,
    show_surface,
)
from cnnviz.words import _

PAGES = {
    "pages/inside/feature_maps.py": _("Feature maps"),
    "pages/inside/filters.py": _("Filters"),
    "pages/inside/embedding.py": _("Embedding"),
    "pages/inside/mistakes.py": _("Mistakes"),
    "pages/inside/saliency.py": _("Saliency"),
}

title(
    "Time machine",
    "Go back to any step of a training: the batch it learned from, the gradients it got, and what became of each layer.",
)


@section
def machine() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        run = choose_run()
    steps = run.steps
    if not steps:
        raise CnnvizError("This run has not kept any weights yet. Wait a moment, or choose another run.")
    with right, play_first():
        wanted = choose_step("time_step", run)
        step = wanted if wanted in steps else steps[-1]
        live_curves("time_curves", {run.spec.network_name: run}, step=step)
    opened = network_of_run(run, step)
    batch = batch_at(run.spec, step)
    found = moment_of(opened, batch)
    with left:
        layers = {name: name for name in found.layers}
        again = draws(by_layer)
        TimeMachine.layer.draw(titles=layers, on_change=again)
        TimeMachine.number.draw(high=min(23, len(batch) - 1), on_change=again)
        TimeMachine.other.draw(on_change=again)
        surface = TimeMachine.surface.draw()
        if surface:
            TimeMachine.reach.draw()
    with right:
        show_batch(found, batch)
    st.subheader(_("Layer by layer"), anchor=False)
    show_layers(opened, found, rate_at(run, step))
    by_layer(run, step, found, batch)
    classes(opened)
    if surface:
        around(opened)
    links(run.id, step)


@section
def by_layer(run: Run, step: int, found: Moment, batch: ImageDataset) -> None:
    layer = TimeMachine.layer.now or next(iter(found.layers))
    number = min(TimeMachine.number.now, 23, len(batch) - 1)
    other = nearest(run.steps, TimeMachine.other.now)
    moments = {_("step {step}", step=step): found}
    if other is not None and other != step:
        moments[_("step {step}", step=other)] = moment_of(network_of_run(run, other), batch)
    st.subheader(_("{layer} at {moments}", layer=layer, moments=_(" and ").join(moments)), anchor=False)
    show_histograms(moments, layer)
    items = [item for name, one in moments.items() for item in map_items(one, layer, number, name)]
    map_wall("maps", items)
    code(moment_code(run.id, step, layer))


def nearest(steps: list[int], wanted: float | None) -> int | None:
    return None if wanted is None else min(steps, key=lambda step: abs(step - wanted))


@part
def classes(opened: OpenNetwork) -> None:
    assert opened.run is not None
    test = opened.run.spec.load("test")
    st.subheader(_("On the test images"), anchor=False)
    show_classes(answers_at(opened, test), test)


@part
def around(opened: OpenNetwork) -> None:
    st.subheader(_("The loss around these weights"), anchor=False)
    show_surface(opened, TimeMachine.reach.now or 1.0)


@part
def links(run_id: str, step: int) -> None:
    st.subheader(_("The same step elsewhere"), anchor=False)
    with st.container(horizontal=True):
        for file, name in PAGES.items():
            link(file, name, ":material/schedule:", {"run": run_id, "step": str(step)})
    st.caption(_("The link to this step:"))
    st.code(page_address(TimeMachine(run=run_id, step=step)), language=None)


try_this(
    Experiment(
        "Step 0 and the last step beside each other: how have the gradients changed?",
        TimeMachine(run=EXAMPLE, step=0, other=624),
    ),
    Experiment(
        "Which images are hard at the end? Look at the highest losses.",
        TimeMachine(run=EXAMPLE, step=624),
    ),
    Experiment(
        "The loss around the first weights, and around the last ones.",
        TimeMachine(run=EXAMPLE, step=0, surface=True),
    ),
)
code = show_code()
source(
    "Li et al., Visualizing the loss landscape of neural nets, NeurIPS 2018; Glorot and Bengio, AISTATS 2010 (gradients by layer)."
)
machine()
