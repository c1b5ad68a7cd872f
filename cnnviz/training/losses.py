"""What a training makes small: one entry each makes a menu item, a formula, the loss and its code."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Loss:
    """A loss of a classifier.

    Attributes:
        formula: in LaTeX, of one image; z are the outputs of the network, y is 1 for the true class and 0 for the others.
        of: (outputs (N, K), targets, label smoothing ε) -> the mean over the images, a scalar. Targets are labels (N,)
            int64, or shares of the classes (N, K) where images are mixed.
        code: the same as a Python expression of ``outputs`` and ``targets``, with ``{smoothing}``.
    """

    name: str
    title: str
    formula: str
    reference: str
    of: Callable[[Tensor, Tensor, float], Tensor]
    code: str


def one_hot(targets: Tensor, classes: int) -> Tensor:
    """(N, K) shares of the classes, of labels (N,) or of such shares."""
    return nn.functional.one_hot(targets, classes).float() if targets.dim() == 1 else targets


def _cross_entropy(outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    return nn.functional.cross_entropy(outputs, targets, label_smoothing=smoothing)


def _squared_error(outputs: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    classes = outputs.shape[1]
    wanted = one_hot(targets, classes) * (1 - smoothing) + smoothing / classes
    return (wanted - outputs).square().sum(dim=1).mean()


LOSSES: dict[str, Loss] = {
    entry.name: entry
    for entry in (
        Loss(
            name="cross_entropy",
            title="Cross-entropy of the softmax",
            formula=r"L = -\sum_k y_k \log p_k,\quad p = \mathrm{softmax}(z)",
            reference="Bridle, 1990",
            of=_cross_entropy,
            code="nn.functional.cross_entropy(outputs, targets, label_smoothing={smoothing})",
        ),
        Loss(
            name="squared_error",
            title="Squared error, as in the lecture",
            formula=r"L = \sum_k (y_k - z_k)^2",
            reference="Rumelhart, Hinton and Williams, Nature 1986",
            of=_squared_error,
            code="(one_hot(targets, {classes}) * (1 - {smoothing}) + {smoothing} / {classes} - outputs).square().sum(dim=1).mean()",
        ),
    )
}
