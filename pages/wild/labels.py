"""Many labels, and grades: sigmoids in place of a softmax, trained live."""

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.training import warm_up
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
from cnnviz.ui.labels import (
    EXAMPLES,
    grades_said,
    labels_code,
    labels_said,
    same_training,
    show_bars,
    show_costs,
    show_grades,
    show_questions,
    show_scores,
    softmax_beside,
    training_of,
)
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.runs import current_step
from cnnviz.ui.states.labels import Labels
from cnnviz.ui.task_runs import (
    begun,
    files_of,
    network_now,
    run_looked_at,
    run_of_task,
    start_button,
    watch_run,
)
from cnnviz.words import _

title(
    "Many labels, and grades",
    "Softmax says one of K, sigmoids say yes or no for each label; and for grades being off by one must cost less than being off by three.",
)
warm_up()


@section
def labels() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    run = run_of_task("labels", Labels.labeller, EXAMPLES["labels"])
    with left:
        first = Labels.scene.draw(on_change=draws(labels, training))
        threshold = Labels.threshold.draw(on_change=draws(labels, all_labels, training))
        st.caption(_("✓ said and there, ✗ said but not there, – there but not said"))
    with right, play_first(), error_box():
        if not begun(run):
            return
        network = network_now(run, current_step(run, Labels.at))
        images = run.spec.load("test")
        first = min(first, len(images) - 1)
        labels_said("labels_said", network, images, first, threshold)
        show_bars(network, images, first, threshold, softmax_beside("labels", run.spec))
        code(labels_code(network.code, images, first, threshold))


@section
def all_labels() -> None:
    run = run_looked_at("labels", Labels.labeller, EXAMPLES["labels"])
    if run is None:
        return
    network, images = network_now(run, current_step(run, Labels.at)), run.spec.load("test")
    st.subheader(_("On all {count} test images", count=len(images)), anchor=False)
    show_scores(network, images, Labels.threshold.now)


@section
def grades() -> None:
    st.subheader(_("Grades: classes with an order"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    run = run_of_task("ordinal", Labels.grader, EXAMPLES["ordinal"])
    with left:
        first = Labels.picture.draw(on_change=draws(grades, training))
    with right, error_box():
        if not begun(run):
            return
        network = network_now(run, current_step(run, Labels.grade_at))
        images, names = run.spec.load("test"), run.spec.entry.grades
        first = min(first, len(images) - 1)
        grades_said("grades_said", network, images, first, names)
        show_questions(network, images, first, names)
        show_costs(names)


@section
def all_grades() -> None:
    run = run_looked_at("ordinal", Labels.grader, EXAMPLES["ordinal"])
    if run is None:
        return
    network, images = network_now(run, current_step(run, Labels.grade_at)), run.spec.load("test")
    st.subheader(_("On all {count} test images", count=len(images)), anchor=False)
    beside = softmax_beside("ordinal", run.spec)
    show_grades(network, images, run.spec.entry.grades, beside)
    if beside is not None:
        same_training(run.spec)


@section
def training() -> None:
    st.subheader(_("Train it yourself"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        task = Labels.learn.draw()
        of_labels = task == "labels"
        data = (Labels.data if of_labels else Labels.graded).draw()
        epochs, most = Labels.epochs.draw(), Labels.most.draw()
        field, step = (Labels.labeller, Labels.at) if of_labels else (Labels.grader, Labels.grade_at)
        start_button(lambda: training_of(task, data, epochs, most), field, step, _("Train the network"))
    with right, error_box():
        run = run_of_task(task, field, EXAMPLES[task])
        beside = labels_beside if of_labels else grades_beside
        above = (labels, all_labels) if of_labels else (grades, all_grades)
        drawn = draws(*above, training)
        watch_run(f"{task}_curves", run, step, EXAMPLES[task], beside, drawn)
        files_of(run, current_step(run, step))


def labels_beside(network: OpenNetwork, images: ImageDataset) -> None:
    """The same images again, by the weights of this moment."""
    first = min(Labels.scene.now, len(images) - 1)
    labels_said("labels_learned", network, images, first, Labels.threshold.now, target=120)


def grades_beside(network: OpenNetwork, images: ImageDataset) -> None:
    """The same images again, by the weights of this moment; their grades are those of the run."""
    run = run_of_task("ordinal", Labels.grader, EXAMPLES["ordinal"])
    first = min(Labels.picture.now, len(images) - 1)
    grades_said("grades_learned", network, images, first, run.spec.entry.grades, target=120)


try_this(
    Experiment(
        "Lower the threshold to 0.1: recall rises. What happens to precision, and for which digit most?",
        Labels(threshold=0.1),
    ),
    Experiment(
        "A scene with four digits: how can a softmax, whose answers add up to 1, be sure of all of them?",
        Labels(scene=142),
    ),
    Experiment(
        "The network of grades after a few steps: is it off by one or by three?",
        Labels(learn="ordinal", grade_at=15),
    ),
)
code = show_code()
source(
    "Wang et al., ChestX-ray8, CVPR 2017 (many labels); Niu et al., Ordinal regression with multiple output CNN, CVPR 2016; "
    "Cao, Mirjalili and Raschka, Rank consistent ordinal regression (CORAL), 2020; Cohen, Weighted kappa, 1968."
)
labels()
all_labels()
grades()
all_grades()
training()
