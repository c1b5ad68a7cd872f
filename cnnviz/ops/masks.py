"""A class for each pixel: how well predicted masks agree with the true ones."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say


@dataclass(frozen=True)
class MaskScores:
    """Agreement of masks, class by class; ``nan`` for a class that neither of them has.

    Attributes:
        confusion: (true class, predicted class) counts of pixels.
        iou: (classes,) |A ∩ B| / |A ∪ B|.
        dice: (classes,) 2 |A ∩ B| / (|A| + |B|).
        accuracy: share of the pixels that are right.
    """

    confusion: Tensor
    iou: Tensor
    dice: Tensor
    accuracy: float

    @property
    def mean_iou(self) -> float:
        """Over the classes that are there; ``nan`` where none is."""
        return float(self.iou.nanmean())

    @property
    def mean_dice(self) -> float:
        return float(self.dice.nanmean())


def mask_scores(predicted: Tensor, wanted: Tensor, classes: int) -> MaskScores:
    """The scores of predicted masks, all pixels of all images counted together.

    Args:
        predicted, wanted: whole numbers from 0 to classes − 1, of one shape, such as (B, H, W).

    Raises:
        CnnvizError: the shapes differ, or a class is unknown.
    """
    if predicted.shape != wanted.shape:
        here, there = ("×".join(map(str, mask.shape)) for mask in (predicted, wanted))
        raise CnnvizError(
            say("The predicted masks are {here}, but the true ones are {there}.", here=here, there=there)
        )
    for mask in (predicted, wanted):
        if mask.numel() and not (int(mask.min()) >= 0 and int(mask.max()) < classes):
            raise CnnvizError(
                say(
                    "A mask holds classes from {mask} to {mask2}, but they must lie between 0 and {classes}.",
                    mask=int(mask.min()),
                    mask2=int(mask.max()),
                    classes=classes - 1,
                )
            )
    pairs = wanted.flatten().long() * classes + predicted.flatten().long()
    counts = torch.bincount(pairs, minlength=classes**2).view(classes, classes)
    both, true, found = counts.diagonal().double(), counts.sum(1).double(), counts.sum(0).double()
    return MaskScores(
        counts,
        both / (true + found - both),
        2 * both / (true + found),
        float(both.sum() / max(1, predicted.numel())),
    )


def mean_iou(predicted: Tensor, wanted: Tensor, classes: int | None = None) -> float:
    """Intersection over union, averaged over the classes that either of the masks has.

    Args:
        predicted, wanted: as for ``mask_scores``.
        classes: their number; ``None`` takes the largest that occurs.
    """
    if classes is None:
        classes = 1 + max((int(mask.max()) for mask in (predicted, wanted) if mask.numel()), default=0)
    return mask_scores(predicted, wanted, classes).mean_iou
