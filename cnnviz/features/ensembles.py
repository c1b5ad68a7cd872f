"""Several networks asked together: how good they are, and how often they disagree."""

from itertools import combinations

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.words import say

MOST_GROUPS = 120
"""Groups of one size whose accuracies are averaged."""


def accuracy_by_size(answers: Tensor, labels: Tensor) -> list[float]:
    """The accuracy of the mean answer of 1, 2, … networks: averaged over all groups of this size, or over the first
    so many in an order drawn at random.

    Args:
        answers: (networks, N, classes) probabilities.
        labels: (N,) int64.

    Source: Hansen and Salamon, Neural network ensembles, 1990.
    """
    count = len(answers)
    if count < 1 or answers.shape[1] != len(labels):
        raise CnnvizError(
            say(
                "The answers are {shape} for {count} labels, but must be (networks, {count}, classes).",
                shape=tuple(answers.shape),
                count=len(labels),
            )
        )
    found = []
    generator = torch.Generator().manual_seed(0)
    for size in range(1, count + 1):
        groups = list(combinations(range(count), size))
        order = torch.randperm(len(groups), generator=generator)[:MOST_GROUPS].tolist()
        shares = [
            (answers[list(groups[place])].mean(0).argmax(1) == labels).float().mean().item()
            for place in order
        ]
        found.append(sum(shares) / len(shares))
    return found


def disagreement(answers: Tensor) -> Tensor:
    """(networks, networks): the share of images to which two networks give different answers."""
    chosen = answers.argmax(2)
    return (chosen.unsqueeze(0) != chosen.unsqueeze(1)).float().mean(2)
