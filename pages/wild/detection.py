"""Detection: what stands where, by a small single-shot detector that is trained live."""

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.tasks.detection import suppressed
from cnnviz.training import detection_training, warm_up
from cnnviz.ui.charts import chart
from cnnviz.ui.detection import (
    ALL,
    EXAMPLE,
    candidates_of,
    curve,
    curve_figure,
    curve_words,
    detection_code,
    pooling_of_a_box,
    quality,
    show_anchors,
    show_found,
    show_suppression,
)
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
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.published_detector import show_published
from cnnviz.ui.runs import current_step
from cnnviz.ui.states.detection import Detection
from cnnviz.ui.tables import table_in_words
from cnnviz.ui.task_runs import (
    begun,
    files_of,
    network_now,
    percent_table,
    run_looked_at,
    run_of_task,
    start_button,
    watch_run,
)
from cnnviz.words import _

title(
    "Detection",
    "A detector answers at many places at once: what is here, and where are its borders? Then it throws away what it said twice.",
)
warm_up()


@section
def looking() -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    run = run_of_task("detection", Detection.detector, EXAMPLE)
    with left:
        look, scene = Detection.look.draw(), Detection.scene.draw(on_change=draws(looking, training))
        threshold = Detection.threshold.draw(on_change=draws(looking, how_good, training))
        iou = Detection.iou.draw(on_change=draws(looking, how_good, training, published))
    with right, play_first(), error_box():
        if not begun(run):
            return
        network = network_now(run, current_step(run, Detection.at))
        scenes = run.spec.load("test")
        found = candidates_of(network, scenes, scene, threshold)
        if look == "nms":
            show_suppression(scenes, scene, found, iou)
        elif look == "anchors":
            with left:
                row, column = Detection.row.draw(), Detection.col.draw()
            st.markdown(show_anchors(scenes, scene, row, column))
        elif look == "roi":
            pooling_of_a_box(network, scenes, scene, iou)
        else:
            show_found(scenes, scene, suppressed(found, iou))
            st.caption(
                _(
                    "Yellow: the objects. Blue: right boxes, IoU with the object 0.5 or more and its class. Orange: wrong ones."
                )
            )
        code(detection_code(network.code, scenes, scene, threshold, iou))


@section
def how_good() -> None:
    run = run_looked_at("detection", Detection.detector, EXAMPLE)
    if run is None:
        return
    network, scenes = network_now(run, current_step(run, Detection.at)), run.spec.load("test")
    iou, threshold = Detection.iou.now, Detection.threshold.now
    st.subheader(_("On all {count} test scenes", count=len(scenes)), anchor=False)
    values = remember(quality, network, scenes, iou)
    charted, listed = st.columns([1.6, 1], gap="medium")
    with charted:
        titles = {ALL: _("all classes"), **{name: name for name in scenes.classes}}
        category = Detection.category.draw(titles=titles)
        found = remember(curve, network, scenes, iou, category)
        words = curve_words(found, threshold)
        chart(
            "precision_recall",
            _("Precision and recall. {words}", words=words.replace("*", "")),
            curve_figure,
            network,
            scenes,
            iou,
            category,
            threshold,
        )
        st.markdown(words)
    with listed:
        known = [value for value in values if value == value]
        st.markdown(_("Mean over the classes, mAP: **{known:.1%}**", known=sum(known) / max(1, len(known))))
        st.markdown(table_in_words(percent_table(scenes.classes, AP=values)))


@section
def training() -> None:
    st.subheader(_("Train it yourself"), anchor=False)
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        scenes, epochs = Detection.scenes.draw(), Detection.epochs.draw()
        start_button(
            lambda: detection_training(scenes, epochs=epochs),
            Detection.detector,
            Detection.at,
            _("Train a detector"),
        )
    with right:
        run = run_of_task("detection", Detection.detector, EXAMPLE)
        watch_run("detector_curves", run, Detection.at, EXAMPLE, beside, draws(looking, how_good, training))
        files_of(run, current_step(run, Detection.at))


def beside(network: OpenNetwork, scenes: ImageDataset) -> None:
    """The same scene again, by the weights of this moment."""
    found = candidates_of(network, scenes, Detection.scene.now, Detection.threshold.now)
    show_found(scenes, Detection.scene.now, suppressed(found, Detection.iou.now), key="learning", target=260)


@section
def published() -> None:
    st.subheader(_("A published detector on photographs"), anchor=False)
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        name, sure = Detection.photograph.draw(), Detection.sure.draw()
    with right, error_box():
        show_published(name, sure, Detection.iou.now)


try_this(
    Experiment(
        "Many boxes for one digit: step through the suppression. Which IoU decides?",
        Detection(look="nms", threshold=0.1),
    ),
    Experiment(
        "Lower the threshold: more digits are found, but how many boxes are wrong now?",
        Detection(threshold=0.05),
    ),
    Experiment(
        "The same detector after 15 steps of training: what does it already know?",
        Detection(at=15, threshold=0.1),
    ),
)
code = show_code()
source(
    "Liu et al., SSD, ECCV 2016; Girshick, Fast R-CNN, ICCV 2015; Ren et al., Faster R-CNN, 2015; Everingham et al., PASCAL VOC, 2010 (AP)."
)
looking()
how_good()
training()
published()
