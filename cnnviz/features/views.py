"""One answer out of several views of the same image: crops and their mirror images (test-time augmentation)."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.features.predictions import probabilities
from cnnviz.features.shift import shifted

STEP = 2
"""Pixels by which the corner crops lie beside the centre."""
CROPS: dict[str, tuple[int, int]] = {
    "centre": (0, 0),
    "upper left": (STEP, STEP),
    "upper right": (-STEP, STEP),
    "lower left": (STEP, -STEP),
    "lower right": (-STEP, -STEP),
}
"""Crop -> by how many pixels (right, down) the image moves in it."""
BATCH = 250


@dataclass(frozen=True)
class Views:
    """Answers to each view of some images.

    Attributes:
        names: of the views.
        answers: (views, N, classes) probabilities.
        labels: (N,) int64.
    """

    names: tuple[str, ...]
    answers: Tensor
    labels: Tensor

    @property
    def averaged(self) -> Tensor:
        """(N, classes): the mean of all views."""
        return self.answers.mean(0)

    def accuracy(self, view: int | None = None) -> float:
        """Of one view alone, or of the mean."""
        answers = self.averaged if view is None else self.answers[view]
        return (answers.argmax(1) == self.labels).float().mean().item()


def views_of(images: Tensor, mirrored: bool = True) -> dict[str, Tensor]:
    """Name -> the images (…, H, W) as this view has them: five crops, and their mirror images.

    Source: Krizhevsky, Sutskever and Hinton, NeurIPS 2012, section 4.1: four corners, the centre, and the mirror images.
    """
    crops = {name: shifted(images, right, down) for name, (right, down) in CROPS.items()}
    if not mirrored:
        return crops
    return crops | {f"{name}, mirrored": one.flip(-1) for name, one in crops.items()}


def answers_by_view(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    mirrored: bool = True,
    progress: Callable[[float], None] = lambda _: None,
) -> Views:
    """Asks the network for every view of all images (N, C, H, W)."""
    found = []
    views = views_of(images, mirrored)
    for number, view in enumerate(views.values()):
        progress(number / len(views))
        found.append(torch.cat([probabilities(network, part) for part in view.split(BATCH)]))
    return Views(tuple(views), torch.stack(found), labels)
