"""Dropout seen from outside: how alike hidden units are, and how much a prediction varies when units are
dropped.
"""

import torch
from torch import Tensor, nn

from cnnviz.data import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.words import say


def unit_correlations(network: Network, dataset: ImageDataset, layer: str) -> Tensor:
    """(units, units) correlation of a layer's units over the images of a data set; units that never change
    are left out.

    Raises:
        CnnvizError: there is no such layer.
    """
    modules = dict(network.named_children())
    if layer not in modules:
        raise CnnvizError(
            say(
                "This network has no layer '{layer}'. It has: {modules}.",
                layer=layer,
                modules=", ".join(modules),
            )
        )
    mode = network.training
    network.eval()
    try:
        with torch.inference_mode():
            values = dataset.floats()
            for name, module in modules.items():
                values = module(values)
                if name == layer:
                    break
    finally:
        network.train(mode)
    units = values.flatten(1)
    return torch.corrcoef(units[:, units.std(dim=0) > 1e-6].T.clone())


def coadaptation(correlations: Tensor) -> float:
    """Mean |r| over all pairs of different units: 0 if each unit says something of its own."""
    count = len(correlations)
    if count < 2:
        return 0.0
    return ((correlations.abs().sum() - count) / (count * (count - 1))).item()


class _Drawn(nn.Module):
    """Dropout that is always on, with masks from a generator of its own."""

    def __init__(self, p: float, generator: torch.Generator) -> None:
        super().__init__()
        self.p = p
        self.generator = generator

    def forward(self, values: Tensor) -> Tensor:
        kept = torch.rand(values.shape, generator=self.generator) >= self.p
        return values * kept / (1 - self.p)


def monte_carlo_dropout(network: Network, image: Tensor, draws: int = 100, seed: int = 0) -> Tensor:
    """(draws, classes) probabilities of one image (C, H, W) with dropout left on; all other layers are in
    evaluation mode.

    The masks come from a generator of their own: the network is only read, so several may draw from it at
        once.

    Raises:
        CnnvizError: the network has no dropout, so all draws would be equal.

    Source: Gal and Ghahramani, "Dropout as a Bayesian approximation", ICML 2016.
    """
    if not any(isinstance(module, nn.Dropout) and module.p > 0 for module in network.children()):
        raise CnnvizError(
            "This network has no dropout layer, so every draw gives the same answer. Choose a network with dropout."
        )
    generator = torch.Generator().manual_seed(seed)
    mode = network.training
    network.eval()
    try:
        with torch.inference_mode():
            values = image.unsqueeze(0).expand(draws, -1, -1, -1)
            for module in network.children():
                if isinstance(module, nn.Dropout):
                    kept = torch.rand(values.shape, generator=generator) >= module.p
                    values = values * kept / (1 - module.p)
                else:
                    values = module(values)
            return values.softmax(dim=1)
    finally:
        network.train(mode)
