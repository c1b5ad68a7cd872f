"""Images that are changed so little that nobody sees it, and so that the network errs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.features.predictions import probabilities
from cnnviz.words import say

BATCH = 250


@dataclass(frozen=True)
class Attack:
    """Images before and after.

    Attributes:
        images, changed: (N, C, H, W) in [0, 1].
        direction: (N, C, H, W), −1, 0 or 1: the sign of the gradient of the loss.
        before, after: (N, classes) probabilities.
    """

    images: Tensor
    changed: Tensor
    direction: Tensor
    before: Tensor
    after: Tensor


def fgsm(network: nn.Module, images: Tensor, labels: Tensor, epsilon: float) -> Attack:
    r"""The fast gradient sign method: each pixel moves by ε in the direction in which the loss grows.

    .. math:: x' = \mathrm{clip}_{[0,1]}\left(x + \epsilon\,\mathrm{sign}\,\nabla_x L(x, y)\right)

    Args:
        images: (N, C, H, W) in [0, 1].
        labels: (N,) the true classes.
        epsilon: of the range of pixels, 0 to 1.

    Source: Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, ICLR 2015.

    Raises:
        CnnvizError: ε is not between 0 and 1.
    """
    if not 0 <= epsilon <= 1:
        raise CnnvizError(
            say("ε is {epsilon}, but pixels go from 0 to 1, so it must lie between 0 and 1.", epsilon=epsilon)
        )
    direction = _direction(network, images, labels)
    changed = (images + epsilon * direction).clamp(0, 1)
    return Attack(images, changed, direction, probabilities(network, images), probabilities(network, changed))


def _direction(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    mode = network.training
    network.eval()
    try:
        inputs = images.clone().requires_grad_()
        loss = nn.functional.cross_entropy(network(inputs), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, inputs)
    finally:
        network.train(mode)
    return gradient.sign()


def accuracy_under_attack(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    epsilons: Sequence[float],
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, list[float]]:
    """The share of right answers for each ε: of the attack, and of random signs of the same size."""
    direction = torch.cat(
        [
            _direction(network, part, some)
            for part, some in zip(images.split(BATCH), labels.split(BATCH), strict=True)
        ]
    )
    noise = torch.empty_like(images).bernoulli_(0.5, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found: dict[str, list[float]] = {"sign of the gradient": [], "random signs": []}
    for number, epsilon in enumerate(epsilons):
        progress(number / len(epsilons))
        for values, signs in zip(found.values(), (direction, noise), strict=True):
            changed = (images + epsilon * signs).clamp(0, 1)
            answers = torch.cat([probabilities(network, part) for part in changed.split(BATCH)])
            values.append((answers.argmax(1) == labels).float().mean().item())
    return found
