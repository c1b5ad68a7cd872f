"""Masks: the class of each pixel as a colour on the grey image."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from cnnviz.figures.colours import palette
from cnnviz.figures.sheet import Sheet, image_sheet
from cnnviz.words import _

OPACITY, DARKER = 0.8, 0.6


def class_colour(number: int) -> str:
    """``#rrggbb`` of a class; for more classes than colours they begin again."""
    fills = palette().fills
    return fills[number % len(fills)]


def mask_sheet(
    images: Tensor, masks: Tensor, classes: Sequence[str], what: str, columns: int | None = None
) -> Sheet:
    """Images in grey with their masks in the colours of the classes.

    Args:
        images: (N, C, H, W) float in [0, 1].
        masks: (N, H, W): 0 for the ground, else 1 + the class.
        what: for the text alternative.
        columns: of the grid; one row if not given.
    """
    labels = masks.long()
    grey = images.float().mean(1, keepdim=True) * DARKER
    fills = torch.tensor(
        [[int(class_colour(one)[i : i + 2], 16) / 255 for i in (1, 3, 5)] for one in range(len(classes))]
    )
    colours = fills[(labels - 1).clamp(min=0)].permute(0, 3, 1, 2)
    mixed = torch.where((labels > 0)[:, None], OPACITY * colours + (1 - OPACITY) * grey, grey)
    there = [name for number, name in enumerate(classes, 1) if (labels == number).any()]
    sheet = image_sheet(mixed.expand(-1, 3, -1, -1), columns, what)
    return replace(
        sheet, alt=_("{alt}, with the classes: {there}", alt=sheet.alt, there=", ".join(there) or _("none"))
    )
