"""How large the numbers are that pass through a network, layer by layer."""

from copy import deepcopy

import torch
from torch import Tensor, nn


@torch.no_grad()
def spread_by_layer(network: nn.Module, images: Tensor) -> dict[str, float]:
    """Layer -> standard deviation of its outputs over all images (B, C, H, W), places and channels, in training
    mode: batch normalisation divides by the spread of this batch, as in the first step.

    Layers at the top of the network that have weights, without the last one. Where a normalisation follows, it
    is taken behind it.
    """
    copied = deepcopy(network).train()
    modules = list(copied.named_children())
    weighted = [
        place for place, (_, module) in enumerate(modules) if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    found: dict[str, float] = {}
    values = images
    for place, (_, module) in enumerate(modules):
        values = module(values)
        normalised = place - 1 if "Norm" in type(module).__name__ else place
        if normalised in weighted[:-1]:
            found[modules[normalised][0]] = values.std().item()
    return found
