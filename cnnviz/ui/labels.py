"""The page of many labels and of grades: what sigmoids and a softmax say of one image, and how right they are on all."""

from collections.abc import Mapping, Sequence

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data import ImageDataset, load, loading_code
from cnnviz.expressions import Expression, script
from cnnviz.figures import (
    grade_confusion,
    image_sheet,
    label_bars,
    palette,
    precision_and_recall,
    probability_bars,
)
from cnnviz.tasks.labels import LabelScores, label_scores
from cnnviz.tasks.ordinal import GradeScores, costs, grade_scores, grades_of
from cnnviz.training import TrainingSpec, labels_training, open_run, ordinal_training
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.ui.outside import plain
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

EXAMPLES = {"labels": "example_labels", "ordinal": "example_grades"}
"""The bundled run of each task, and the same network after the same training with a softmax."""
WITH_SOFTMAX = {"labels": "example_labels_softmax", "ordinal": "example_grades_softmax"}
SHOWN = 4
"""Images beside each other."""
LARGE = 170
SURE = 0.95
"""How sure the answers are whose costs are shown."""


def softmax_beside(task: str, spec: TrainingSpec) -> OpenNetwork | None:
    """The bundled network with a softmax, where it has learned from the same images."""
    run = open_run(WITH_SOFTMAX[task])
    same = (run.spec.dataset, run.spec.limit) == (spec.dataset, spec.limit)
    return network_of_run(run, run.steps[-1]) if same else None


def outputs_of(network: OpenNetwork, images: ImageDataset) -> Tensor:
    """(N, outputs) logits of all images."""
    with torch.inference_mode():
        parts = [
            network.model(images.floats(slice(start, start + 100))) for start in range(0, len(images), 100)
        ]
    return torch.cat(parts).clone()


# --- labels ---


def scores_of(network: OpenNetwork, images: ImageDataset, threshold: float) -> LabelScores:
    return label_scores(remember(outputs_of, network, images), images.targets["labels"], threshold)


def labels_said(
    key: str,
    network: OpenNetwork,
    images: ImageDataset,
    first: int,
    threshold: float,
    target: int = LARGE,
) -> None:
    """Some images with the labels that are said of them."""
    map_wall(key, remember(label_rows, network, images, first, threshold, target))


def label_rows(
    network: OpenNetwork, images: ImageDataset, first: int, threshold: float, target: int
) -> list[WallItem]:
    """The row of ``labels_said``: what is said, then what is missed."""
    numbers = _from(first, images)
    said = remember(outputs_of, network, images)[numbers].sigmoid() >= threshold
    labels = []
    for answer, true in zip(said, images.targets["labels"][numbers].bool(), strict=True):
        parts = {"✓": answer & true, "✗": answer & ~true, "–": true & ~answer}
        lines = [f"{mark} {_names(images, which)}" for mark, which in parts.items() if which.any()]
        right = torch.equal(answer, true)
        labels.append(("\n".join(lines) or _("none"), palette().right if right else palette().wrong))
    return [_row(images, numbers, labels, target)]


def _from(first: int, images: ImageDataset) -> list[int]:
    first = min(first, max(0, len(images) - SHOWN))
    return list(range(first, min(first + SHOWN, len(images))))


def _names(images: ImageDataset, which: Tensor) -> str:
    return ", ".join(images.classes[label] for label in which.nonzero().flatten().tolist())


def _row(
    images: ImageDataset, numbers: Sequence[int], labels: Sequence[tuple[str, str]], target: int
) -> WallItem:
    return WallItem(
        "images",
        image_sheet(images.floats(list(numbers)), columns=len(numbers), what=_("test images")),
        title=_("test images {first} to {last}", first=numbers[0], last=numbers[-1]),
        unit=_("image"),
        labels=tuple(labels),
        target=target,
        legend=False,
        hint="",
    )


def show_bars(
    network: OpenNetwork, images: ImageDataset, number: int, threshold: float, beside: OpenNetwork | None
) -> None:
    """Of one image the probability of each label, and what a softmax ``beside`` it says."""
    yes = remember(outputs_of, network, images)[number].sigmoid()
    softmax = remember(outputs_of, beside, images)[number].softmax(0) if beside else None
    true = images.targets["labels"][number]
    there = _names(images, true.bool()) or _("none")
    words = _(
        "Image {number} has: {there}. The sigmoids say {sum:.2f} labels in all",
        number=number,
        there=plain(there),
        sum=yes.sum(),
    )
    if softmax is not None:
        words += _(
            ", the softmax shares out exactly 1: to **{name}** {share:.0%}, to all others together only the rest",
            name=plain(images.classes[int(softmax.argmax())]),
            share=softmax.max(),
        )
    chart("label_bars", words.replace("*", ""), label_bars, yes, softmax, true, images.classes, threshold)
    st.markdown(f"{words}.")


def show_scores(network: OpenNetwork, images: ImageDataset, threshold: float) -> None:
    """Each label on its own, at this threshold."""
    found = remember(scores_of, network, images, threshold)
    classes = images.classes
    st.markdown(
        _(
            "At the threshold {threshold:.2f}: mean precision **{precision:.1%}**, mean recall **{recall:.1%}**, mean F1 **{f1:.1%}**. "
            "Whatever the threshold: mean average precision **{ap:.1%}**, mean AUC **{auc:.3f}**.",
            threshold=threshold,
            precision=found.precision.nanmean(),
            recall=found.recall.nanmean(),
            f1=found.f1.nanmean(),
            ap=found.average_precision.nanmean(),
            auc=found.auc.nanmean(),
        )
    )
    words = "; ".join(
        f"{name} {_percent(precision)}, {_percent(recall)}"
        for name, precision, recall in zip(
            classes, found.precision.tolist(), found.recall.tolist(), strict=True
        )
    )
    alt = _("Precision and recall of each label: {words}", words=words)
    chart("label_scores", alt, precision_and_recall, found, classes)
    st.markdown(table_in_words(score_rows(found, classes)))


def score_rows(found: LabelScores, classes: Sequence[str]) -> list[dict[str, str]]:
    """The table of ``show_scores``."""
    columns: Mapping[str, Tensor] = {
        _("precision TP / (TP + FP)"): found.precision,
        _("recall TP / (TP + FN)"): found.recall,
        "F1": found.f1,
        "AUC": found.auc,
        _("average precision"): found.average_precision,
    }
    return [
        {
            _("label"): plain(name),
            _("images"): f"{int(found.count[number]):,}",
            _("said"): f"{int(found.said[number]):,}",
            **{title: _percent(float(values[number])) for title, values in columns.items()},
        }
        for number, name in enumerate(classes)
    ]


def _percent(value: float) -> str:
    return "—" if value != value else f"{value:.1%}"


# --- grades ---


def said_by(network: OpenNetwork, images: ImageDataset, softmax: bool) -> Tensor:
    """The grade of each image, (N,), by K − 1 sigmoids or by a softmax."""
    outputs = remember(outputs_of, network, images)
    return outputs.argmax(1) if softmax else grades_of(outputs)


def grade_scores_of(network: OpenNetwork, images: ImageDataset, softmax: bool, count: int) -> GradeScores:
    return grade_scores(said_by(network, images, softmax), images.targets["grade"], count)


def grades_said(
    key: str,
    network: OpenNetwork,
    images: ImageDataset,
    first: int,
    grades: Sequence[str],
    target: int = LARGE,
) -> None:
    """Some images with their grade and the one that is said."""
    map_wall(key, remember(grade_rows, network, images, first, tuple(grades), target))


def grade_rows(
    network: OpenNetwork, images: ImageDataset, first: int, grades: tuple[str, ...], target: int
) -> list[WallItem]:
    """The row of ``grades_said``."""
    numbers = _from(first, images)
    labels = []
    for number in numbers:
        said = int(said_by(network, images, False)[number])
        true = int(images.targets["grade"][number])
        words = _("{said}, true: {true}", said=grades[said], true=grades[true])
        labels.append((f"{'✓' if said == true else '✗'} {words}", palette().right if said == true else palette().wrong))  # fmt: skip
    return [_row(images, numbers, labels, target)]


def show_questions(network: OpenNetwork, images: ImageDataset, number: int, grades: Sequence[str]) -> None:
    """The answers to "is the grade above k?" of one image."""
    chances = remember(outputs_of, network, images)[number].sigmoid()
    names = [_("above {grade}", grade=grade) for grade in grades[:-1]]
    said = int((chances > 0.5).sum())
    words = _(
        "Image {number}: {count} of {questions} questions are answered with yes, so the grade is **{grade}**; the true one is {true}",
        number=number,
        count=said,
        questions=len(names),
        grade=plain(grades[said]),
        true=plain(grades[int(images.targets["grade"][number])]),
    )
    chart("grade_questions", words.replace("*", ""), probability_bars, chances, names)
    st.markdown(f"{words}.")


def show_costs(grades: Sequence[str]) -> None:
    """What a sure answer costs where the lowest grade is the true one: the loss of the questions, and that of a softmax."""
    questions, classes = costs(0, len(grades), SURE)
    st.markdown(
        _(
            "**What an answer costs** that is {sure:.0%} sure, where {grade} is true: the loss of a softmax is the same for all "
            "wrong grades; that of the questions grows with each grade.",
            sure=SURE,
            grade=plain(grades[0]),
        )
    )
    st.markdown(
        table_in_words(
            [
                {
                    _("said"): plain(name),
                    _("loss of K − 1 questions"): f"{float(questions[number]):.2f}",
                    _("loss of a softmax"): f"{float(classes[number]):.2f}",
                }
                for number, name in enumerate(grades)
            ]
        )
    )


def show_grades(
    network: OpenNetwork, images: ImageDataset, grades: Sequence[str], beside: OpenNetwork | None
) -> None:
    """Confusion, mean error and kappa on all images, and those of plain classes after the same training."""
    found = {_("K − 1 questions"): remember(grade_scores_of, network, images, False, len(grades))}
    if beside is not None:
        found[_("Softmax: plain classes")] = remember(grade_scores_of, beside, images, True, len(grades))
    places = st.columns(2, gap="medium")
    for number, (place, (title, scores)) in enumerate(zip(places, found.items(), strict=False)):
        with place:
            st.markdown(f"**{title}**")
            rows = "; ".join(
                _("true {grade}: {counts}", grade=grade, counts=", ".join(map(str, row)))
                for grade, row in zip(grades, scores.confusion.tolist(), strict=True)
            )
            alt = _("How often each grade was said. {rows}", rows=rows)
            chart(f"grade_confusion_{number}", alt, grade_confusion, scores.confusion, tuple(grades))
    st.markdown(
        table_in_words(
            [
                {
                    _("network"): title,
                    _("mean absolute error"): f"{scores.mean_error:.3f}",
                    _("off by two or more"): f"{_far(scores):,}",
                    _("quadratic weighted kappa"): f"{scores.kappa:.3f}",
                    _("accuracy"): f"{scores.accuracy:.1%}",
                }
                for title, scores in found.items()
            ]
        )
    )


def same_training(spec: TrainingSpec) -> None:
    """Where two networks stand beside each other: from what both learned."""
    st.caption(
        _(
            "Both learned from the same {count:,} images, with the same layers, seed and steps. The fewer there are, the more it counts "
            "that grades have an order.",
            count=len(spec.load("train")),
        )
    )


def _far(scores: GradeScores) -> int:
    """Images whose grade is off by two or more."""
    table = scores.confusion
    return int(table.triu(2).sum() + table.tril(-2).sum())


# --- both ---


def training_of(task: str, dataset: str, epochs: int, most: int) -> TrainingSpec:
    """What the button trains, on at most so many images."""
    make = labels_training if task == "labels" else ordinal_training
    return make(dataset, epochs=epochs, limit=most if most < len(load(dataset)) else None)


def labels_code(network: Expression, images: ImageDataset, number: int, threshold: float) -> str:
    """The labels of an image, and the scores of each label."""
    return script(
        f"""\
network = {network}
test = {loading_code(images)}
with torch.inference_mode():
    outputs = torch.cat([network(part) for part in test.floats().split(100)])

yes = outputs[{number}].sigmoid()
print([(name, f"{{share:.0%}}") for name, share in zip(test.classes, yes.tolist()) if share >= {threshold:g}])
found = label_scores(outputs, test.targets["labels"], {threshold:g})
for name, precision, recall, auc in zip(test.classes, found.precision, found.recall, found.auc):
    print(f"{{name}}: precision {{precision:.1%}}, recall {{recall:.1%}}, AUC {{auc:.3f}}")
average = found.average_precision.nanmean()
""",
        network,
        load="cnnviz.data",
        label_scores="cnnviz.tasks",
    )
