"""GELU as the meeting of dropout and ReLU: a mask that is drawn, and its expectation."""

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say


def random_gate(x: Tensor, draws: int, seed: int = 0) -> Tensor:
    r"""(draws, …): each value times a random mask m, which is 1 with the probability Φ(x) and 0 otherwise.

    Φ is the distribution function of the normal distribution, so the larger x is, the surer it passes. ReLU decides
    by the sign of x, dropout by a coin that does not look at x; here the coin looks at x. The expectation is GELU:

    .. math:: E[x\,m] = x\,\Phi(x)

    Args:
        x: any shape.
        draws: how many masks.

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016, section 2.
    """
    if draws < 1:
        raise CnnvizError(say("The number of draws is {draws}, but it must be 1 or more.", draws=draws))
    generator = torch.Generator().manual_seed(seed)
    chance = passing_probability(x).expand(draws, *x.shape)
    return x * torch.bernoulli(chance, generator=generator)


def passing_probability(x: Tensor) -> Tensor:
    """Φ(x): the probability that a normally distributed number is smaller than x."""
    return torch.special.ndtr(x)
