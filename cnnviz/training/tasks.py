"""What a training is for: what the network is asked, what is made small, what is measured. A new task is one
entry in ``TASKS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from cnnviz.data import DatasetEntry, ImageDataset
from cnnviz.ops.scores import accuracy, confusion
from cnnviz.training.losses import LOSSES, Loss


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
        losses: name -> what may be chosen in place of ``loss``; none where there is nothing to choose.
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
    losses: Mapping[str, Loss] = field(default_factory=dict)

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
        ),
    )
}
