"""Masks: the class of each pixel as a colour on the grey image."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from torch import Tensor

from cnnviz.figures.colours import GREY
from cnnviz.figures.sheet import Sheet

CLASS_COLOURS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#b15928",
    "#9e9ac8",
    "#e5e5e5",
)
"""Okabe and Ito's, which colour-blind eyes can tell apart, and three more; for more classes they begin again."""
OPACITY = 0.8


def class_colour(number: int) -> str:
    """``#rrggbb`` of a class."""
    return CLASS_COLOURS[number % len(CLASS_COLOURS)]


def mask_sheet(image: Tensor, mask: Tensor, classes: Sequence[str], what: str) -> Sheet:
    """One image in grey with its mask in the colours of the classes.

    Args:
        image: (C, H, W) float in [0, 1].
        mask: (H, W): 0 for the ground, else 1 + the class.
        what: for the text alternative.
    """
    labels = mask.long().numpy()
    grey = np.repeat((image.mean(0) * 255).numpy()[..., None], 3, axis=2) * 0.6
    colours = np.array(
        [[int(class_colour(one)[i : i + 2], 16) for i in (1, 3, 5)] for one in range(len(classes))]
    )
    mixed = np.where((labels > 0)[..., None], OPACITY * colours[labels - 1] + (1 - OPACITY) * grey, grey)
    buffer = io.BytesIO()
    Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8), "RGB").save(buffer, "PNG", compress_level=1)
    there = [name for number, name in enumerate(classes, 1) if (labels == number).any()]
    alt = f"{what}: {', '.join(there) or 'nothing'}"
    height, width = labels.shape
    return Sheet(buffer.getvalue(), 1, 1, 1, height, width, 0.0, 1.0, GREY, alt)
