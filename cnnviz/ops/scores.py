"""How right answers are: accuracy and confusion, counted here for all rooms."""

import torch
from torch import Tensor


def accuracy(answers: Tensor, labels: Tensor) -> Tensor:
    """The share of images whose largest answer is that of their class, a tensor of one number.

    Args:
        answers: (N, classes) logits or probabilities.
        labels: (N,) int64.
    """
    return (answers.argmax(1) == labels).float().mean()


def confusion(answers: Tensor, labels: Tensor) -> Tensor:
    """(classes, classes) int64 counts: row is the true class, column the one of the largest answer.

    Args:
        answers: (N, classes) logits or probabilities.
        labels: (N,) int64.
    """
    classes = answers.shape[1]
    return torch.bincount(labels * classes + answers.argmax(1), minlength=classes**2).view(classes, classes)
