"""Where a network is wrong, and whether it knows."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from cnnviz.data import ImageDataset, loading_code
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.features.batches import images_at_once
from cnnviz.features.predictions import probabilities
from cnnviz.ops.scores import accuracy, confusion


@dataclass(frozen=True)
class Calibration:
    """Of all answers given with about the same confidence, how many are right.

    Attributes:
        edges: (bins + 1,) of the confidence.
        confidence, accuracy: mean of each bin; NaN where it is empty.
        counts: answers in each bin.
        error: the expected calibration error, Σ counts/N · |accuracy − confidence|.
    """

    edges: tuple[float, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    counts: tuple[int, ...]
    error: float


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says about a labelled set of images.

    Attributes:
        probabilities: (N, classes).
        labels: (N,).
    """

    probabilities: Tensor
    labels: Tensor

    @cached_property
    def predicted(self) -> Tensor:
        return self.probabilities.argmax(1)

    @cached_property
    def confidence(self) -> Tensor:
        """(N,) the probability of the predicted class."""
        return self.probabilities.amax(1)

    @cached_property
    def accuracy(self) -> float:
        return accuracy(self.probabilities, self.labels).item()

    @cached_property
    def confusion(self) -> Tensor:
        """(classes, classes) counts: row is the true class, column the predicted one."""
        return confusion(self.probabilities, self.labels)

    def cell(self, true: int, predicted: int) -> list[int]:
        """Numbers of the images of one cell, the most confident first."""
        chosen = ((self.labels == true) & (self.predicted == predicted)).nonzero().flatten()
        return chosen[self.confidence[chosen].argsort(descending=True, stable=True)].tolist()

    def confident_mistakes(self, count: int = 24) -> list[int]:
        """Numbers of the wrong answers that the network was surest of."""
        wrong = (self.predicted != self.labels).nonzero().flatten()
        return wrong[self.confidence[wrong].argsort(descending=True, stable=True)][:count].tolist()

    def calibration(self, bins: int = 10) -> Calibration:
        """Source: Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017."""
        edges = torch.linspace(0, 1, bins + 1)
        places = (self.confidence * bins).long().clamp(0, bins - 1)
        right = (self.predicted == self.labels).float()
        counts = torch.bincount(places, minlength=bins)
        confidence = torch.bincount(places, weights=self.confidence, minlength=bins) / counts
        accuracy = torch.bincount(places, weights=right, minlength=bins) / counts
        gaps = (accuracy - confidence).abs().nan_to_num(0) * counts
        return Calibration(
            tuple(edges.tolist()),
            tuple(confidence.tolist()),
            tuple(accuracy.tolist()),
            tuple(counts.tolist()),
            (gaps.sum() / counts.sum()).item(),
        )


def answers(model: nn.Module, dataset: ImageDataset, batch: int | None = None) -> Answers:
    """Asks a network about all images of a data set, ``batch`` at once; usually as many as is quickest for their size.

    Raises:
        CnnvizError: there are no images, or the answers are not finite.
    """
    if len(dataset) == 0:
        raise CnnvizError("There are no images to ask about. Choose another data set.")
    batch = batch or images_at_once(dataset.images, 500)
    found = [
        probabilities(model, dataset.floats(slice(start, start + batch)))
        for start in range(0, len(dataset), batch)
    ]
    together = torch.cat(found)
    if not together.isfinite().all():
        raise CnnvizError(
            "The network's answers are not finite numbers: its weights have diverged. Choose an earlier step of the training, or another run."
        )
    return Answers(together, dataset.labels)


def mistakes_code(network: Expression, dataset: ImageDataset, true: int, predicted: int) -> str:
    """Confusion matrix, one of its cells, and the calibration error."""
    return script(
        f"""\
found = answers({network}, {loading_code(dataset)})
print(found.confusion)
print(found.cell({true}, {predicted}), found.confident_mistakes(5), found.calibration().error)
""",
        network,
        first=(),
        answers="cnnviz.features",
        load="cnnviz.data",
    )
