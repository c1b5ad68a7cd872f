"""Several labels at once: a sigmoid says yes or no for each label, and each label is measured on its own.

Source: Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2.2 (sigmoid units); Wang et al., ChestX-ray8,
CVPR 2017 (a network that says 14 labels).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class LabelScores:
    """How well each label is answered, (K,) each; NaN where the images decide nothing.

    Attributes:
        count: images that have the label; ``said``: images for which it is said.
        precision: of those for which it is said, the share that has it: TP / (TP + FP).
        recall: of those that have it, the share for which it is said: TP / (TP + FN).
        f1: 2 TP / (2 TP + FP + FN).
        auc: the probability that an image with the label gets a higher output than one without it; at every threshold.
        average_precision: the area below precision over recall; at every threshold.
    """

    count: Tensor
    said: Tensor
    precision: Tensor
    recall: Tensor
    f1: Tensor
    auc: Tensor
    average_precision: Tensor


def label_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Binary cross-entropy, the mean over images and labels.

    .. math:: L = -\frac{1}{N K} \sum_{n,k} t_{n,k} \ln \sigma(z_{n,k}) + (1 - t_{n,k}) \ln (1 - \sigma(z_{n,k}))

    Args:
        outputs: (N, K) logits; ``targets``: (N, K) of 0 and 1.
    """
    return functional.binary_cross_entropy_with_logits(outputs, targets.to(outputs.dtype))


def average_precision_by_label(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Average precision of each label, (K,): precision at each image that has the label, in the mean; NaN without such an image.

    .. math:: AP = \sum_n (R_n - R_{n-1}) P_n

    over the thresholds that differ, as scikit-learn's ``average_precision_score`` has it.

    Args:
        outputs: (N, K) logits or probabilities; ``targets``: (N, K) of 0 and 1.
    """
    values, order = outputs.T.contiguous().sort(1, descending=True)
    true = targets.T.gather(1, order).double()
    # Images with one and the same output share one threshold.
    last = torch.searchsorted(-values, -values, right=True) - 1
    precision = true.cumsum(1).gather(1, last) / (last + 1)
    return ((precision * true).sum(1) / true.sum(1)).to(outputs.dtype)


def auc_by_label(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Area under the ROC curve of each label, (K,), from the ranks of the outputs (Mann and Whitney); NaN where all images have the
    label, or none.

    .. math:: AUC = \frac{\sum_{t_n = 1} r_n - P (P + 1) / 2}{P (N - P)}

    Args:
        outputs: (N, K) logits or probabilities; ``targets``: (N, K) of 0 and 1.
    """
    values = outputs.T.contiguous()
    in_order = values.sort(1).values
    # Equal outputs have the mean of their ranks.
    below, up_to = (torch.searchsorted(in_order, values, right=right) for right in (False, True))
    ranks, true = (below + up_to + 1).double() / 2, targets.T.double()
    yes = true.sum(1)
    return (((ranks * true).sum(1) - yes * (yes + 1) / 2) / (yes * (len(outputs) - yes))).to(outputs.dtype)


def mean_average_precision_of_labels(outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean of ``average_precision_by_label`` over the labels that occur, a scalar from 0 to 1; 0 where none does."""
    return average_precision_by_label(outputs, targets).nanmean().nan_to_num(0.0)


def label_scores(outputs: Tensor, targets: Tensor, threshold: float = 0.5) -> LabelScores:
    """Each label on its own; it is said where its probability is at least the threshold.

    Args:
        outputs: (N, K) logits; ``targets``: (N, K) of 0 and 1.
        threshold: from 0 to 1.
    """
    said, true = outputs.sigmoid() >= threshold, targets.bool()
    right, count, answered = ((one).sum(0).float() for one in (said & true, true, said))
    return LabelScores(
        count.long(),
        answered.long(),
        right / answered,
        right / count,
        2 * right / (answered + count),
        auc_by_label(outputs, targets),
        average_precision_by_label(outputs, targets),
    )
