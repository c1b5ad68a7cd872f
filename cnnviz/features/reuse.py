"""Which earlier maps the layers of a dense block use, read from their weights."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.words import say


@dataclass(frozen=True)
class Reuse:
    """Mean absolute weight of each layer of a dense block for what it takes in.

    Attributes:
        sources: what came before: ``input``, ``layer1``, …
        layers: who uses it: ``layer1``, …
        weights: a row a layer, a value a source; ``None`` where the source comes later. Each row is divided by
            its largest value, as in figure 5 of the paper.
    """

    sources: tuple[str, ...]
    layers: tuple[str, ...]
    weights: tuple[tuple[float | None, ...], ...]


def dense_reuse(network: nn.Module, block: str) -> Reuse:
    """Mean |γ w| of the first convolution of each layer of a dense block, over the maps of each source (Huang
    et al., CVPR 2017, section 5); γ is the factor of a batch normalisation in front of it, or 1.

    Args:
        block: the path of the dense block, such as ``dense1``; its layers are its children, each of which
            takes all maps before it.

    Raises:
        CnnvizError: there is no such block, or its layers do not grow as those of a dense block do.
    """
    inner = dict(network.named_modules()).get(block)
    layers = [] if inner is None else list(inner.named_children())
    firsts = [
        next((one for one in layer.modules() if isinstance(one, nn.Conv2d)), None) for _, layer in layers
    ]
    convolutions = [one for one in firsts if one is not None]
    norms = [
        next((one for one in layer.modules() if isinstance(one, nn.BatchNorm2d)), None) for _, layer in layers
    ]
    if len(convolutions) < 2 or len(convolutions) != len(layers):
        raise CnnvizError(
            say(
                "“{block}” is not a dense block: each of its layers must begin with a convolution.",
                block=block,
            )
        )
    taken = [one.in_channels for one in convolutions]
    if any(after <= before for before, after in pairwise(taken)):
        raise CnnvizError(
            say("“{block}” is not a dense block: its layers do not take more and more maps.", block=block)
        )
    ends = [0, *taken]
    factors = [
        norm.weight.detach().abs() if norm is not None and norm.num_features == size else torch.ones(size)
        for norm, size in zip(norms, taken, strict=True)
    ]
    rows = []
    for number, convolution in enumerate(convolutions):
        weight = convolution.weight.detach().abs().mean((0, 2, 3)) * factors[number]
        means = [weight[begin:end].mean().item() for begin, end in pairwise(ends[: number + 2])]
        largest = max(means) or 1.0
        rows.append((*(mean / largest for mean in means), *(None,) * (len(layers) - 1 - number)))
    names = tuple(name for name, _ in layers)
    return Reuse(("input", *names[:-1]), names, tuple(rows))
