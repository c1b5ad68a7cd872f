"""What happens to features and predictions when the image moves by some pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.inspection.maps import batch_outputs
from cnnviz.models import Network
from cnnviz.words import say


def shifted(image: Tensor, right: int, down: int = 0) -> Tensor:
    """(C, H, W) moved by whole pixels; what comes in from the edge is 0, what goes out is lost."""
    height, width = image.shape[-2:]
    if abs(right) >= width or abs(down) >= height:
        raise CnnvizError(
            say(
                "A shift by {right}, {down} moves the {height}×{width} image out of sight. Use less.",
                right=right,
                down=down,
                height=height,
                width=width,
            )
        )
    padded = functional.pad(image, (max(right, 0), max(-right, 0), max(down, 0), max(-down, 0)))
    return padded[..., max(-down, 0) : max(-down, 0) + height, max(-right, 0) : max(-right, 0) + width]


@dataclass(frozen=True)
class ShiftTest:
    """For each shift: how much each layer's maps change, and the probability of the true class.

    Attributes:
        change: layer -> 1 − cosine between its values and those of the image where it was: 0 where nothing
            changed.
    """

    shifts: list[int]
    change: dict[str, list[float]]
    probability: list[float]


def shift_accuracy(network: nn.Module, images: Tensor, labels: Tensor, shifts: Sequence[int]) -> list[float]:
    """For each shift: the share of images (N, C, H, W) that are still right when all move sideways by it."""
    found = []
    with torch.inference_mode():
        for right in shifts:
            moved = shifted(images.flatten(0, 1), right).view_as(images)
            found.append((network(moved).argmax(1) == labels).float().mean().item())
    return found


def shift_test(network: Network, image: Tensor, label: int, shifts: Sequence[int]) -> ShiftTest:
    """Moves an image (C, H, W) sideways through a network.

    Source: Zhang, "Making convolutional networks shift-invariant again", ICML 2019.
    """
    moved = torch.stack([image, *(shifted(image, right) for right in shifts)])
    with torch.inference_mode():
        outputs = {name: values.flatten(1) for name, values in batch_outputs(network, moved).items()}
        change = {
            name: (1 - functional.cosine_similarity(values[1:], values[:1])).tolist()
            for name, values in outputs.items()
        }
        logits = outputs[next(reversed(outputs))][1:]
        return ShiftTest(list(shifts), change, torch.softmax(logits, 1)[:, label].tolist())
