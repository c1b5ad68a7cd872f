"""Dropout seen from outside: how alike hidden units are, and how much a prediction varies when units are dropped."""

import torch
from torch import Tensor, nn

from cnnviz.data import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.models import Network


def unit_correlations(network: Network, dataset: ImageDataset, layer: str) -> Tensor:
    """(units, units) correlation of a layer's units over the images of a data set; units that never change are left out.

    Raises:
        CnnvizError: there is no such layer.
    """
    modules = dict(network.named_children())
    if layer not in modules:
        raise CnnvizError(f"This network has no layer '{layer}'. It has: {', '.join(modules)}.")
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


def monte_carlo_dropout(network: nn.Module, image: Tensor, draws: int = 100, seed: int = 0) -> Tensor:
    """(draws, classes) probabilities of one image (C, H, W) with dropout left on; all other layers are in evaluation mode.

    The network's modes and the global random state are put back.

    Raises:
        CnnvizError: the network has no dropout, so all draws would be equal.

    Source: Gal and Ghahramani, "Dropout as a Bayesian approximation", ICML 2016.
    """
    droppers = [module for module in network.modules() if isinstance(module, nn.Dropout) and module.p > 0]
    if not droppers:
        raise CnnvizError("This network has no dropout layer, so every draw gives the same answer. Choose a network with dropout.")
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        for module in droppers:
            module.train()
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(seed)
            logits: Tensor = network(image.unsqueeze(0).expand(draws, -1, -1, -1))
            return logits.softmax(dim=1)
    finally:
        for part, mode in modes.items():
            part.training = mode
