"""What a training is for: what the network is asked, what is made small, what is measured. A new task is one
entry in ``TASKS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cnnviz.data import DatasetEntry, ImageDataset
from cnnviz.ops.masks import mask_scores
from cnnviz.ops.scores import accuracy, confusion
from cnnviz.tasks.detection import (
    FOUND,
    anchors_for,
    anchors_right,
    candidates,
    detection_loss,
    detector_outputs,
    match,
    mean_average_precision,
    suppressed,
)
from cnnviz.tasks.labels import label_loss, mean_average_precision_of_labels
from cnnviz.tasks.ordinal import closeness, grade_loss
from cnnviz.tasks.segmentation import overlap_loss
from cnnviz.training.losses import LOSSES, Loss


@dataclass(frozen=True)
class Evaluation:
    """The mean loss without smoothing, the score (of classes: the share of right answers), and
    confusion[true][predicted] counts of a set of images, where the task has any."""

    loss: float
    accuracy: float
    confusion: list[list[int]] | None


@dataclass(frozen=True)
class TaskCode:
    """How a task is written in a script that trains.

    Attributes:
        targets: of ``train``; ``loss``: of ``outputs`` and ``targets``, empty for one of ``LOSSES``.
        score: lines that make the ``value`` of ``outputs`` and ``test``.
        value: the name that they give it.
        names: what they need of ``cnnviz.tasks``.
    """

    targets: str = "train.labels"
    loss: str = ""
    score: tuple[str, ...] = ("accuracy = (outputs.argmax(dim=1) == test.labels).sum().item() / len(test)",)
    value: str = "accuracy"
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A kind of question to a network.

    Attributes:
        outputs: how many numbers the network must give for an image of the data set, or of which shape.
        targets: what is wanted of each image, (N, …).
        loss: (outputs, targets, label smoothing ε) -> what training makes small, a scalar; its formula stands
            beside it.
        score: (outputs, targets) -> what is drawn of the training beside the loss, a scalar from 0 to 1.
        score_name: what ``evaluate`` measures beside the loss, on the screen.
        evaluate: (outputs, data set) -> what is measured now and then on the test images.
        training_score: what ``score`` is, where it is something else.
        losses: name -> what may be chosen in place of ``loss``; none where there is nothing to choose.
        wants: of ``ImageDataset.targets``; without it the task cannot be asked of a data set.
        code: the same in a script.
        labels: the targets are classes of whole images, which may be mixed, smoothed and drawn anew at random.
    """

    name: str
    title: str
    formula: str
    score_name: str
    outputs: Callable[[DatasetEntry], int | tuple[int, ...]]
    targets: Callable[[ImageDataset], Tensor]
    loss: Callable[[Tensor, Tensor, float], Tensor]
    score: Callable[[Tensor, Tensor], Tensor]
    evaluate: Callable[[Tensor, ImageDataset], Evaluation]
    losses: Mapping[str, Loss] = field(default_factory=dict)
    training_score: str = ""
    wants: str = ""
    code: TaskCode = TaskCode()
    labels: bool = False

    def loss_named(self, name: str) -> Callable[[Tensor, Tensor, float], Tensor]:
        """(outputs, targets, label smoothing ε) -> what training makes small."""
        return self.losses[name].of if name in self.losses else self.loss


CROSS_ENTROPY = LOSSES["cross_entropy"]


def _share_right(outputs: Tensor, targets: Tensor) -> Tensor:
    """Of mixed images the class with the larger share is the right one."""
    return accuracy(outputs, targets if targets.dim() == 1 else targets.argmax(1))


def _evaluate_classes(logits: Tensor, dataset: ImageDataset) -> Evaluation:
    counts = confusion(logits, dataset.labels)
    loss = CROSS_ENTROPY.of(logits, dataset.labels, 0.0).item()
    return Evaluation(loss, int(counts.trace()) / len(dataset), counts.tolist())


NMS_IOU = 0.45


def _evaluate_boxes(outputs: Tensor, dataset: ImageDataset) -> Evaluation:
    boxes, side = dataset.targets["boxes"], dataset.shape[1]
    loss = detection_loss(outputs, match(anchors_for(side), boxes)).item()
    found = [suppressed(one, NMS_IOU) for one in candidates(outputs, side, FOUND)]
    return Evaluation(loss, mean_average_precision(found, boxes, len(dataset.classes)), None)


def _share_of_union(outputs: Tensor, targets: Tensor) -> Tensor:
    return torch.tensor(mask_scores(outputs.argmax(1), targets, outputs.shape[1]).mean_iou)


def _evaluate_masks(outputs: Tensor, dataset: ImageDataset) -> Evaluation:
    masks = dataset.targets["masks"]
    found = mask_scores(outputs.argmax(1), masks, outputs.shape[1])
    return Evaluation(overlap_loss(outputs, masks).item(), found.mean_iou, None)


def _evaluate_labels(outputs: Tensor, dataset: ImageDataset) -> Evaluation:
    wanted = dataset.targets["labels"].float()
    score = mean_average_precision_of_labels(outputs, wanted).item()
    return Evaluation(label_loss(outputs, wanted).item(), score, None)


def _evaluate_grades(outputs: Tensor, dataset: ImageDataset) -> Evaluation:
    grades = dataset.targets["grade"]
    return Evaluation(grade_loss(outputs, grades).item(), closeness(outputs, grades).item(), None)


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="classification",
            title="Classification: which class is it?",
            formula=CROSS_ENTROPY.formula,
            score_name="accuracy",
            outputs=lambda entry: len(entry.classes),
            targets=lambda dataset: dataset.labels,
            loss=CROSS_ENTROPY.of,
            score=_share_right,
            evaluate=_evaluate_classes,
            losses=LOSSES,
            labels=True,
        ),
        Task(
            name="detection",
            title="Detection: what stands where?",
            formula=r"L = \frac{1}{N} \Big( \sum_{a \in A^+ \cup A^-} -\ln p_a(\text{class}) + "
            r"\sum_{a \in A^+} \sum_{i=1}^{4} \operatorname{smooth}_{L1}(t_{a,i} - \hat t_{a,i}) \Big)",
            score_name="average precision",
            outputs=lambda entry: detector_outputs(entry.shape, len(entry.classes)),
            targets=lambda dataset: match(anchors_for(dataset.shape[1]), dataset.targets["boxes"]),
            loss=lambda outputs, targets, _: detection_loss(outputs, targets),
            score=anchors_right,
            training_score="the share of the anchors with an object that say its class",
            evaluate=_evaluate_boxes,
            wants="boxes",
            code=TaskCode(
                targets='match(anchors_for(train.shape[1]), train.targets["boxes"])',
                loss="detection_loss(outputs, targets)",
                score=(
                    f"found = [suppressed(one, {NMS_IOU}) for one in candidates(outputs, test.shape[1], {FOUND})]",
                    'score = mean_average_precision(found, test.targets["boxes"], len(test.classes))',
                ),
                value="score",
                names=(
                    "anchors_for",
                    "candidates",
                    "detection_loss",
                    "match",
                    "mean_average_precision",
                    "suppressed",
                ),
            ),
        ),
        Task(
            name="segmentation",
            title="Segmentation: which class is each pixel?",
            formula=r"L = -\frac{1}{N H W} \sum_{n,y,x} \ln p_{n,y,x}(\text{class}) + 1 - \frac{1}{K} \sum_c "
            r"\frac{2 \sum p_c t_c}{\sum p_c + \sum t_c}",
            score_name="mean IoU",
            outputs=lambda entry: (len(entry.classes) + 1, *entry.shape[1:]),
            targets=lambda dataset: dataset.targets["masks"],
            loss=lambda outputs, targets, _: overlap_loss(outputs, targets),
            score=_share_of_union,
            evaluate=_evaluate_masks,
            wants="masks",
            code=TaskCode(
                targets='train.targets["masks"]',
                loss="overlap_loss(outputs, targets)",
                score=('score = mean_iou(outputs.argmax(1), test.targets["masks"])',),
                value="score",
                names=("mean_iou", "overlap_loss"),
            ),
        ),
        Task(
            name="labels",
            title="Many labels: which of them are there?",
            formula=r"L = -\frac{1}{N K} \sum_{n,k} t_{n,k} \ln \sigma(z_{n,k}) + (1 - t_{n,k}) \ln (1 - \sigma(z_{n,k}))",
            score_name="mean average precision",
            outputs=lambda entry: len(entry.classes),
            targets=lambda dataset: dataset.targets["labels"].float(),
            loss=lambda outputs, targets, _: label_loss(outputs, targets),
            score=mean_average_precision_of_labels,
            evaluate=_evaluate_labels,
            wants="labels",
            code=TaskCode(
                targets='train.targets["labels"].float()',
                loss="label_loss(outputs, targets)",
                score=('score = mean_average_precision_of_labels(outputs, test.targets["labels"]).item()',),
                value="score",
                names=("label_loss", "mean_average_precision_of_labels"),
            ),
        ),
        Task(
            name="ordinal",
            title="Grades: how high?",
            formula=r"L = -\frac{1}{N (K-1)} \sum_{n,k} [g_n > k] \ln \sigma(z_{n,k}) + [g_n \le k] \ln (1 - \sigma(z_{n,k}))",
            score_name="closeness",
            outputs=lambda entry: max(1, len(entry.grades) - 1),
            targets=lambda dataset: dataset.targets["grade"],
            loss=lambda outputs, targets, _: grade_loss(outputs, targets),
            score=closeness,
            evaluate=_evaluate_grades,
            wants="grade",
            code=TaskCode(
                targets='train.targets["grade"]',
                loss="grade_loss(outputs, targets)",
                score=('score = closeness(outputs, test.targets["grade"]).item()',),
                value="score",
                names=("closeness", "grade_loss"),
            ),
        ),
    )
}
