"""Segmentation: the class of each pixel, by a small U-Net that is trained live."""

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.training import segmentation_training, warm_up
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
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.race import race
from cnnviz.ui.runs import current_step
from cnnviz.ui.segmentation import (
    CAM_IMAGES,
    EXAMPLE,
    SHOWN,
    activation_masks,
    mean_overlap,
    scores_of,
    segmentation_code,
    show_activation,
    show_class,
    show_errors,
    show_masks,
    show_ups,
    variant,
    without_skips,
)
from cnnviz.ui.states.segmentation import VARIANTS, Segmentation
from cnnviz.ui.tables import table_in_words
from cnnviz.ui.task_runs import (
    begun,
    files_of,
    network_now,
    percent_table,
    run_of_task,
    start_button,
    watch_run,
)
from cnnviz.words import _

title(
    "Segmentation",
    "A network answers for each pixel: on the way down it finds what is there, on the way up where; skips keep the borders sharp.",
)
warm_up()


@section
def looking() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    run = run_of_task("segmentation", Segmentation.segmenter, EXAMPLE)
    with left:
        look = Segmentation.look.draw()
        scene = Segmentation.scene.draw(on_change=draws(looking, training))
    with right, play_first(), error_box():
        if not begun(run):
            return
        network = network_now(run, current_step(run, Segmentation.at))
        scenes = run.spec.load("test")
        numbers = range(scene, scene + SHOWN)
        if look in ("class", "errors"):
            with left:
                category = Segmentation.category.draw(titles={name: name for name in scenes.classes})
            (show_class if look == "class" else show_errors)(network, scenes, numbers, category)
        elif look == "ups":
            with left:
                up = Segmentation.up.draw()
            show_ups(network, scenes, scene, up)
        else:
            with left:
                beside = Segmentation.beside.draw()
            networks = {f"{_(network.title)}": network}
            if beside == "no_skips" and scenes.name == "mnist_scenes":
                networks[_("without skips")] = without_skips()
            show_masks("masks", scenes, numbers, networks)
        how_good(network, scenes)
        code(segmentation_code(network.code, scenes, scene))


def how_good(network: OpenNetwork, scenes: ImageDataset) -> None:
    st.subheader(_("On all {count} test scenes", count=len(scenes)), anchor=False)
    ours, names = remember(scores_of, network, scenes), (_("ground"), *scenes.classes)
    columns = {"IoU": ours.iou.tolist(), _("Dice"): ours.dice.tolist()}
    st.markdown(
        _(
            "Mean IoU **{mean_iou:.1%}**, mean Dice **{mean_dice:.1%}**, pixels right **{accuracy:.1%}**.",
            mean_iou=ours.mean_iou,
            mean_dice=ours.mean_dice,
            accuracy=ours.accuracy,
        )
    )
    if scenes.name == "mnist_scenes":
        theirs = remember(scores_of, without_skips(), scenes)
        columns[_("IoU without skips")] = theirs.iou.tolist()
        st.markdown(
            _(
                "The bundled network without skips, after the same training: mean IoU **{mean_iou:.1%}**.",
                mean_iou=theirs.mean_iou,
            )
        )
    st.markdown(table_in_words(percent_table(names, **columns)))


@section
def training() -> None:
    st.subheader(_("Train it yourself"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        scenes, epochs = Segmentation.scenes.draw(), Segmentation.epochs.draw()
        start_button(
            lambda: segmentation_training(scenes, epochs=epochs),
            Segmentation.segmenter,
            Segmentation.at,
            _("Train a U-Net"),
        )
    with right:
        run = run_of_task("segmentation", Segmentation.segmenter, EXAMPLE)
        watch_run("segmenter_curves", run, Segmentation.at, EXAMPLE, beside, draws(looking, training))
        files_of(run, current_step(run, Segmentation.at))
    st.markdown(
        _("**What the skips and the enlarging layers do:** several networks, same scenes, seed and batches")
    )
    chosen = Segmentation.variants.draw()
    race(
        Segmentation.race,
        _("Segmentation: skips and enlarging layers"),
        {VARIANTS[name]: variant(name, scenes, epochs) for name in chosen},
        label=_("Train {count} networks", count=len(chosen)),
        score_name=_("mean IoU"),
    )


def beside(network: OpenNetwork, scenes: ImageDataset) -> None:
    """The same scenes again, by the weights of this moment."""
    first = Segmentation.scene.now
    show_masks("learning", scenes, range(first, first + SHOWN), {network.title: network}, target=120)


@section
def activation() -> None:
    st.subheader(_("A mask without masks in training: class activation"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        objects, number = Segmentation.objects.draw(), Segmentation.image.draw()
        share = Segmentation.share.draw()
    with right:
        show_activation(objects, number, share)
        what = _("Grad-CAM of {cam_images} images", cam_images=CAM_IMAGES)
        found = job("activation_iou", what, activation_masks, objects)
        if found is not None:
            st.markdown(
                _(
                    "A classifier has never seen a mask; where its activation for its answer is at least {share:.0%} of the largest, it takes the "
                    "pixel for the object. Mean IoU over {cam_images} test images: **{mean:.2f}**.",
                    share=share,
                    cam_images=CAM_IMAGES,
                    mean=remember(mean_overlap, *found, share),
                )
            )


try_this(
    Experiment(
        "With skips and without: at which pixels do the two masks differ?", Segmentation(beside="no_skips")
    ),
    Experiment(
        "The same network after 15 steps: what does it find first, the digits or their classes?",
        Segmentation(at=15),
    ),
    Experiment(
        "A transposed convolution whose windows overlap unevenly: where is the checkerboard?",
        Segmentation(look="ups", up="overlapping"),
    ),
)
code = show_code()
source(
    "Ronneberger, Fischer and Brox, U-Net, MICCAI 2015; Long, Shelhamer and Darrell, Fully convolutional networks, CVPR 2015; "
    "Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, Distill 2016; Zhou et al., CAM, CVPR 2016."
)
looking()
training()
activation()
