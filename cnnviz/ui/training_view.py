"""What the training lab shows of a run beside its curves: kernels, predictions, and the confusion matrix."""

import streamlit as st

from cnnviz.features import filters, probabilities
from cnnviz.figures import image_sheet, judged_labels, map_sheet
from cnnviz.training import Metric, Run, TrainingSpec
from cnnviz.ui.components import WallItem, matrix
from cnnviz.ui.frame import link
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.words import _

STRIP = 12
"""Test images that are shown."""


def kernels_and_predictions(opened: OpenNetwork, spec: TrainingSpec) -> list[WallItem]:
    trained, step = opened.model, opened.step
    test = spec.load("test", STRIP)
    layer, kernels = filters(trained)
    labels = judged_labels(probabilities(trained, test.floats()), test.labels, test.classes)
    strip = image_sheet(test.floats(), STRIP, _("test images"))
    sheet = map_sheet(kernels, columns=8, what=_("kernels of {layer}", layer=layer), signed=True)
    return [
        WallItem(
            _("Kernels of {layer}", layer=layer),
            sheet,
            _("step {step}", step=step),
            _("kernel"),
            target=190,
            most=420,
        ),
        WallItem(
            "Test images",
            strip,
            _("with the network's answer at step {step}", step=step),
            _("image"),
            labels,
            56,
            720,
            legend=False,
        ),
    ]


def mark_cell(true: int, predicted: int) -> None:
    TrainingLab.true.set(true)
    TrainingLab.predicted.set(predicted)


def confusion(run: Run, metric: Metric) -> None:
    st.markdown(
        _(
            "**Confusion matrix at step {step}** · validation accuracy **{val_accuracy:.2%}**, loss {val_loss:.3f}",
            step=metric.step,
            val_accuracy=metric.val_accuracy,
            val_loss=metric.val_loss,
        )
    )
    classes = run.spec.entry.classes
    counts = metric.confusion or []
    true, predicted = (
        None if entry.now is None else int(entry.now) for entry in (TrainingLab.true, TrainingLab.predicted)
    )
    cell = (
        None
        if true is None or predicted is None or max(true, predicted) >= len(classes)
        else (true, predicted)
    )
    caption = _("Rows: true class, columns: predicted class.")
    matrix("lab_confusion", counts, classes, classes, ("true", "predicted"), cell, caption, mark_cell)
    if cell:
        true, predicted = cell
        name = _(
            "The images of class {class_name} that are predicted as {class_name2}",
            class_name=classes[true],
            class_name2=classes[predicted],
        )
        state = {
            "run": run.id,
            "step": str(metric.step),
            "view": "cell",
            "true": str(true),
            "predicted": str(predicted),
        }
        link("pages/inside/mistakes.py", name, ":material/search:", state)
