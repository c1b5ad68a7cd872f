"""Ordered grades: of K grades a network answers K − 1 questions, "is the grade above k?".

Source: Niu, Zhou, Wang, Gao and Hua, Ordinal regression with multiple output CNN for age estimation, CVPR 2016. (Cao, Mirjalili
and Raschka, 2020, let all questions share their weights, CORAL, so that the answers never contradict each other.)
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class GradeScores:
    """How far the grades are from the true ones.

    Attributes:
        mean_error: mean absolute error, in grades.
        kappa: quadratic weighted kappa: 1 where all are right, 0 where chance is as good, below 0 where it is better; NaN where
            all images have one grade and get that one.
        accuracy: the share that is right.
        confusion: (K, K) int64 counts: row is the true grade, column the one that was said.
    """

    mean_error: float
    kappa: float
    accuracy: float
    confusion: Tensor


def above(grades: Tensor, count: int) -> Tensor:
    """The right answers to "is the grade above k?", (N, count − 1) float32 of 0 and 1.

    Args:
        grades: (N,) int64 from 0 to ``count`` − 1.
    """
    return (grades[:, None] > torch.arange(count - 1, device=grades.device)).float()


def grade_loss(outputs: Tensor, grades: Tensor) -> Tensor:
    r"""Binary cross-entropy of the K − 1 questions, in the mean: a grade that is off by three gets three answers wrong.

    .. math:: L = -\frac{1}{N (K-1)} \sum_{n,k} [g_n > k] \ln \sigma(z_{n,k}) + [g_n \le k] \ln (1 - \sigma(z_{n,k}))

    Args:
        outputs: (N, K − 1) logits; ``grades``: (N,) int64 from 0 to K − 1.
    """
    return functional.binary_cross_entropy_with_logits(outputs, above(grades, outputs.shape[1] + 1))


def costs(true: int, count: int, sure: float) -> tuple[Tensor, Tensor]:
    """What it costs to say each grade with probability ``sure`` in every answer: by the questions, and by a softmax, (count,) each.

    Args:
        true: the right grade, from 0 to ``count`` − 1.
        sure: between 0.5 and 1.
    """
    grades = torch.arange(count)
    wanted = torch.tensor([true])
    logit = torch.tensor(sure).logit()
    questions = [grade_loss((above(said, count) * 2 - 1) * logit, wanted) for said in grades.split(1)]
    shares = torch.full((count, count), (1 - sure) / (count - 1)).fill_diagonal_(sure)
    return torch.stack(questions), functional.nll_loss(shares.log(), wanted.expand(count), reduction="none")


def grades_of(outputs: Tensor) -> Tensor:
    """The grade of each image, (N,) int64: how many of the K − 1 answers are yes, with a probability above 0.5.

    Args:
        outputs: (N, K − 1) logits.
    """
    return (outputs > 0).sum(1)


def closeness(outputs: Tensor, grades: Tensor) -> Tensor:
    """1 − mean absolute error / (K − 1), a scalar: 1 where all grades are right, 0 where all are as wrong as can be.

    Args:
        outputs: (N, K − 1) logits; ``grades``: (N,) int64.
    """
    return 1 - (grades_of(outputs) - grades).abs().float().mean() / outputs.shape[1]


def grade_scores(said: Tensor, grades: Tensor, count: int) -> GradeScores:
    r"""Grades against the true ones, however they were found.

    .. math:: \kappa = 1 - \frac{\sum_{ij} (i - j)^2 O_{ij}}{\sum_{ij} (i - j)^2 E_{ij}}

    with the counts O, and E as they would be if the two had nothing to do with each other (Cohen, 1968).

    Args:
        said, grades: (N,) int64 from 0 to ``count`` − 1.
    """
    table = torch.bincount(grades * count + said, minlength=count**2).view(count, count)
    number = torch.arange(count, dtype=torch.float64)
    cost = (number[:, None] - number[None, :]) ** 2
    observed = table.double()
    expected = observed.sum(1, keepdim=True) * observed.sum(0, keepdim=True) / len(grades)
    apart = (said - grades).abs().double()
    return GradeScores(
        float(apart.mean()),
        float(1 - (cost * observed).sum() / (cost * expected).sum()),
        float((apart == 0).double().mean()),
        table,
    )
