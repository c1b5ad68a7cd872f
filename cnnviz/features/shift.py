"""What happens to features and predictions when the image moves by some pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features.maps import feature_maps
from cnnviz.models import Network


def shifted(image: Tensor, right: int, down: int = 0) -> Tensor:
    """(C, H, W) moved by whole pixels; what comes in from the edge is 0, what goes out is lost."""
    height, width = image.shape[-2:]
    if abs(right) >= width or abs(down) >= height:
        raise CnnvizError(f"A shift by {right}, {down} moves the {height}×{width} image out of sight. Use less.")
    padded = functional.pad(image, (max(right, 0), max(-right, 0), max(down, 0), max(-down, 0)))
    return padded[..., max(-down, 0) : max(-down, 0) + height, max(-right, 0) : max(-right, 0) + width]


@dataclass(frozen=True)
class ShiftTest:
    """For each shift: similarity of the last maps to those of the image where it was, and probability of the true class.

    Attributes:
        similarity: cosine between the last maps' values, 1 where nothing changed.
        moved: mean absolute change of the first layer's maps (after its pooling, if any), divided by their mean.
    """

    shifts: list[int]
    similarity: list[float]
    probability: list[float]
    moved: list[float]


def shift_test(network: Network, image: Tensor, label: int, shifts: Sequence[int]) -> ShiftTest:
    """Moves an image (C, H, W) sideways through a network.

    Source: Zhang, "Making convolutional networks shift-invariant again", ICML 2019.
    """
    names = [name for name, _ in network.named_children()]
    last = next(names[i] for i in range(len(names) - 1, -1, -1) if len(network.plan.layers[i - 1].output_shape) == 3)
    first = next((name for name in names if name == "pool1"), "relu1" if "relu1" in names else names[1])
    base = feature_maps(network, image)
    similarity, probability, moved = [], [], []
    for right in shifts:
        maps = feature_maps(network, shifted(image, right))
        similarity.append(functional.cosine_similarity(maps[last].flatten(), base[last].flatten(), dim=0).item())
        probability.append(torch.softmax(maps[names[-1]].flatten(), 0)[label].item())
        moved.append(((maps[first] - base[first]).abs().mean() / base[first].abs().mean().clamp(min=1e-9)).item())
    return ShiftTest(list(shifts), similarity, probability, moved)
