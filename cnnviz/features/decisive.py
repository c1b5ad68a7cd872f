"""Which few pixels would have changed an answer: windows of an image made black or white."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection import as_batch
from cnnviz.words import say

_BATCH = 256
_PLACES = 28
"""A side has at most about this many places."""


@dataclass(frozen=True, eq=False)
class DecisiveWindow:
    """The window that speaks most for another class when all its pixels are made black, or white.

    Attributes:
        top, left, side: in pixels.
        value: what its pixels were made, 0 or 1.
        image: (C, H, W) with the window changed.
        probabilities: (classes,) the network's answer to it.
    """

    top: int
    left: int
    side: int
    value: float
    image: Tensor
    probabilities: Tensor


def decisive_window(model: nn.Module, image: Tensor, wanted: int, side: int, value: float) -> DecisiveWindow:
    """Tries all places of a window, and keeps the one that gives the wanted class the highest probability.

    Args:
        image: (C, H, W) in [0, 1]; the model should be in evaluation mode.
        wanted: the class.
        side: of the window, in pixels.
        value: what its pixels are made, 0 (black) to 1 (white).

    Raises:
        CnnvizError: the window does not fit.

    Source: occlusion as in Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014.
    """
    height, width = image.shape[-2:]
    if not 1 <= side <= min(height, width):
        raise CnnvizError(
            say(
                "A window of {side} pixels does not fit in an image of {height}×{width}. Choose 1 to {most}.",
                side=side,
                height=height,
                width=width,
                most=min(height, width),
            )
        )
    stride = max(1, max(height, width) // _PLACES)
    places = [
        (top, left)
        for top in range(0, height - side + 1, stride)
        for left in range(0, width - side + 1, stride)
    ]
    base = as_batch(model, image)
    found: list[Tensor] = []
    with torch.inference_mode():
        for start in range(0, len(places), _BATCH):
            some = places[start : start + _BATCH]
            changed = base.repeat(len(some), 1, 1, 1)
            for one, (top, left) in zip(changed, some, strict=True):
                one[:, top : top + side, left : left + side] = value
            found.append(model(changed).softmax(1))
    answers = torch.cat(found)
    best = int(answers[:, wanted].argmax())
    top, left = places[best]
    edited = image.clone()
    edited[:, top : top + side, left : left + side] = value
    return DecisiveWindow(top, left, side, value, edited, answers[best].clone())
