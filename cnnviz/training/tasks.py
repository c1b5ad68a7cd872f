"""What a training is for: what the network is asked, what is made small, what is measured. A new task is one
entry in ``TASKS``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from cnnviz.data import DatasetEntry, ImageDataset
from cnnviz.ops.scores import accuracy, confusion


@dataclass(frozen=True)
class Evaluation:
    """The mean loss without smoothing, the score (of classes: the share of right answers), and
    confusion[true][predicted] counts of a set of images, where the task has any."""

    loss: float
    accuracy: float
    confusion: list[list[int]] | None


@dataclass(frozen=True)
class Task:
    """A kind of question to a network.

    Attributes:
        outputs: how many numbers the head must give for an image of the data set.
        targets: what is wanted of each image, (N, …).
        loss: (outputs, targets, label smoothing ε) -> what training makes small, a scalar; its formula stands
            beside it.
        score: (outputs, targets) -> what is drawn beside the loss, a scalar from 0 to 1, and ``score_name``
            on the screen.
        evaluate: (outputs, data set) -> what is measured now and then on the test images.
    """

    name: str
    title: str
    formula: str
    score_name: str
    outputs: Callable[[DatasetEntry], int]
    targets: Callable[[ImageDataset], Tensor]
    loss: Callable[[Tensor, Tensor, float], Tensor]
    score: Callable[[Tensor, Tensor], Tensor]
    evaluate: Callable[[Tensor, ImageDataset], Evaluation]


def _cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def _evaluate_classes(logits: Tensor, dataset: ImageDataset) -> Evaluation:
    counts = confusion(logits, dataset.labels)
    loss = _cross_entropy(logits, dataset.labels).item()
    return Evaluation(loss, int(counts.trace()) / len(dataset), counts.tolist())


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="classification",
            title="Classification: which class is it?",
            formula=r"L = -\sum_k y_k \log p_k",
            score_name="accuracy",
            outputs=lambda entry: len(entry.classes),
            targets=lambda dataset: dataset.labels,
            loss=_cross_entropy,
            score=accuracy,
            evaluate=_evaluate_classes,
        ),
    )
}
