"""Train a small network in another process and watch it learn."""

import streamlit as st

from cnnviz.data import DATASETS
from cnnviz.figures.network_drawing import drawing_of_preset
from cnnviz.training import ACTIVE, OPTIMIZERS, Run, open_run, start, warm_up
from cnnviz.training.export import run_code
from cnnviz.ui.address import draw_again
from cnnviz.ui.components import browser_key, map_wall, network_view
from cnnviz.ui.frame import (
    Experiment,
    clicked,
    draws,
    error_box,
    link,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.live import live_curves, watch
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import (
    EXAMPLE,
    choose_step,
    commands,
    current_run,
    current_step,
    describe,
    notices,
    show_run,
)
from cnnviz.ui.state import page_address
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.ui.take_away import bring_weights, take_away
from cnnviz.ui.training_settings import more_settings, show_recipes, show_search, spec_now, usual_rate
from cnnviz.ui.training_view import confusion, kernels_and_predictions
from cnnviz.words import _

title(
    "Training lab",
    "A network starts with random kernels; each step changes them a little so that the loss falls, and strokes and edges appear.",
)
warm_up()

left, right = st.columns([1, 3.2], gap="medium")
with left:

    @section
    def settings() -> None:
        both = draws(settings, drawing, search)
        dataset = TrainingLab.dataset.draw(on_change=both)
        TrainingLab.network.draw(on_change=both)
        optimizer = TrainingLab.optimizer.draw(on_change=both)
        st.latex(OPTIMIZERS[optimizer].formula)
        rate, epochs = st.columns(2)
        TrainingLab.learning_rate.draw(rate, placeholder=usual_rate())
        TrainingLab.epochs.draw(epochs)
        go = st.container()
        show_recipes(dataset)
        TrainingLab.find.draw(on_change=both)
        spec = spec_now(more_settings(dataset))
        with error_box():
            plan = spec.plan
            st.caption(
                _(
                    "{count} layers, **{parameters:,}** parameters, {multiply_adds:.2f} million multiply-adds an image",
                    count=len(plan),
                    parameters=plan.parameters,
                    multiply_adds=plan.multiply_adds / 1000000.0,
                )
            )
        TrainingLab.draw_network.draw(on_change=both)
        key = browser_key()
        settings.tell(key or "")
        pressed = go.button(
            _("Train"),
            key="train",
            type="primary",
            icon=":material/play_circle:",
            width="stretch",
            disabled=key is None,
        )
        with go, clicked(pressed, "train", spec):
            if pressed:
                show_run(start(spec, key).id)
                draw_again()


with right:

    @section
    def drawing() -> None:
        if TrainingLab.draw_network.now:
            entry, name = DATASETS[TrainingLab.dataset.now], TrainingLab.network.now
            network_view("network_view", remember(drawing_of_preset, name, entry.shape, len(entry.classes)))

    @section
    def search() -> None:
        if TrainingLab.find.now:
            show_search(spec_now())


settings()
drawing()
search()
key = settings.told

run = current_run() or open_run(EXAMPLE)


def view(run: Run) -> None:
    metrics, steps, state = run.metrics(), run.steps, run.state
    if run.id != EXAMPLE:
        commands(run, key)
    step_now = current_step(run)
    live_curves("curves", {run.spec.network_name: run}, weights=True, step=step_now)
    notices(run, metrics)
    if not steps:
        st.info(
            _("The first weights appear as soon as the run has started."), icon=":material/hourglass_empty:"
        )
        return
    choose_step("lab_step", run, live=state in ACTIVE)
    step = steps[-1] if step_now not in steps else step_now
    map_wall("lab_wall", remember(kernels_and_predictions, network_of_run(run, step), run.spec))
    measured = [metric for metric in metrics if metric.confusion and metric.step <= step]
    if measured:
        confusion(run, measured[-1])


with right:
    st.markdown(
        f"**{plain(describe(run))}**"
        + (_(" · the bundled example: press Train to start your own") if run.id == EXAMPLE else "")
    )
    watch("curves", [run], lambda: view(run))
    link("pages/inside/feature_maps.py", _("Look inside this network"), ":material/search:", {"run": run.id})
    st.caption(_("The link to this run; whoever has it may look:"))
    st.code(page_address(TrainingLab(run=run.id)), language=None)

    @section
    def files() -> None:
        out, into = st.columns(2, gap="medium")
        with out:
            if run.steps:
                take_away(run, current_step(run) or run.steps[-1])
        with into:
            bring_weights(spec_now(), key)


files()

try_this(
    Experiment(
        "Train LeNet-5 as in 1998 and compare its time to 97 % with the fast network.",
        TrainingLab(network="lenet5", epochs=5),
    ),
    Experiment(
        "Make the learning rate far too large: the loss diverges.",
        TrainingLab(network="tiny", learning_rate=50, schedule="constant"),
    ),
    Experiment(
        "Train on only 100 images: training accuracy reaches 100 %, validation does not.",
        TrainingLab(limit=100, epochs=40, batch_size=32, knobs="data"),
    ),
)
show_code()(run_code(run))
source(
    "LeCun, Bottou, Bengio and Haffner, 1998; Smith and Topin, Super-convergence, 2018 (one cycle); Szegedy et al., 2016 (label smoothing)."
)
