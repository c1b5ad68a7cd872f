"""Several labels for a video: small classifiers on features that another network made, and how they are measured.

Sources: Abu-El-Haija et al., YouTube-8M: a large-scale video classification benchmark, 2016 (models, Hit@1, PERR); the challenge
"Google Cloud and YouTube-8M video understanding", 2017 (GAP@20).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.data.records import AUDIO, RGB, Videos
from cnnviz.errors import CnnvizError
from cnnviz.random_numbers import drawing_from
from cnnviz.words import say

TEST_SHARE = 0.2
FEWEST = 20
"""Videos, so that some can be kept back."""
BATCH = 128
LEARNING_RATE = 0.01
TOP = 20
"""Labels of a video that count for the global average precision."""
EXPERTS = 2
"""Of each label, as in the paper."""
EPOCHS = 10


class MixtureOfExperts(nn.Module):
    r"""For each label a few logistic regressions, and a softmax that decides which of them is asked, or none.

    $$p(y \mid x) = \sum_{h=1}^{H} p(h \mid x)\,\sigma(u_h^\top x), \quad
    p(h \mid x) = \frac{e^{w_h^\top x}}{\sum_{k=0}^{H} e^{w_k^\top x}}$$

    The expert 0 always says no. Source: the paper's mixture of experts, with its state in which no label is there.

    Args:
        features: length of x.
        labels: how many.
        experts: H of each label.
    """

    def __init__(self, features: int, labels: int, experts: int = EXPERTS) -> None:
        super().__init__()
        self.labels, self.experts = labels, experts
        self.gate = nn.Linear(features, labels * (experts + 1))
        self.expert = nn.Linear(features, labels * experts)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, labels) of features (B, features): ln p − ln (1 − p), from sums of logarithms."""
        gate = self.gate(x).view(-1, self.labels, self.experts + 1).log_softmax(2)
        expert = self.expert(x).view(-1, self.labels, self.experts)
        yes = torch.logsumexp(gate[..., 1:] + functional.logsigmoid(expert), 2)
        no = torch.logsumexp(torch.cat([gate[..., :1], gate[..., 1:] + functional.logsigmoid(-expert)], 2), 2)
        return yes - no


def hit_at_1(scores: Tensor, targets: Tensor) -> float:
    """The share of videos whose label with the highest score is right.

    Args:
        scores: (N, labels) float; targets: (N, labels) bool.
    """
    return targets.gather(1, scores.argmax(1, keepdim=True)).float().mean().item()


def perr(scores: Tensor, targets: Tensor) -> float:
    """Precision at equal recall rate: of a video with n labels, the share of right ones among its n best; the mean over the videos
    that have labels.
    """
    found = []
    for row, right in zip(scores, targets, strict=True):
        count = int(right.sum())
        if count:
            found.append(right[row.topk(count).indices].float().mean())
    return torch.stack(found).mean().item() if found else 0.0


def gap(scores: Tensor, targets: Tensor, top: int = TOP) -> float:
    r"""Global average precision: the ``top`` best labels of each video, all in one list by their score, the best first:

    $$\mathrm{GAP} = \sum_i p(i)\,\Delta r(i)$$

    with precision p(i) of the first i, and Δr(i) = 1 / (all labels of all videos) where the i-th is right, else 0.
    """
    best = scores.topk(min(top, scores.shape[1]), 1)
    order = best.values.flatten().argsort(descending=True, stable=True)
    right = targets.gather(1, best.indices).flatten()[order].double()
    precision = right.cumsum(0) / torch.arange(1, len(right) + 1)
    return ((precision * right).sum() / targets.sum().clamp(min=1)).item()


@dataclass(frozen=True)
class VideoScores:
    """How well a classifier does on videos that it has not seen.

    Attributes:
        kind: ``"frequency"``, ``"logistic"`` or ``"experts"``.
        parameters: its weights.
        hit, perr, gap: see ``hit_at_1``, ``perr`` and ``gap``.
    """

    kind: str
    parameters: int
    hit: float
    perr: float
    gap: float


@dataclass(frozen=True)
class Comparison:
    """Classifiers on the same videos.

    Attributes:
        scores: one of each kind.
        train, test: how many videos.
        labels: those of the training videos, the outputs.
        unseen: labels of test videos that no training video has; they count, and nobody can find them.
    """

    scores: tuple[VideoScores, ...]
    train: int
    test: int
    labels: int
    unseen: int


def compare_classifiers(
    videos: Videos,
    *,
    experts: int = EXPERTS,
    epochs: int = EPOCHS,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Trains a logistic regression and a mixture of experts on four fifths of the videos and measures them on the rest, beside who
    always gives each label as often as it comes.

    Args:
        experts: of each label.
        epochs: how often all training videos are seen.
        seed: of the test videos, the weights and the order.
        progress: called with the share that is done.

    Raises:
        CnnvizError: there are too few videos.
    """
    if len(videos) < FEWEST:
        raise CnnvizError(
            say(
                "There are {count} videos, but {fewest} or more are needed to learn from some and test with others. Bring more files.",
                count=len(videos),
                fewest=FEWEST,
            )
        )
    order = torch.randperm(len(videos), generator=torch.Generator().manual_seed(seed)).tolist()
    count = round(TEST_SHARE * len(videos))
    test, train = order[:count], order[count:]
    known = sorted({label for row in train for label in videos.labels[row]})
    unseen = sorted({label for row in test for label in videos.labels[row]} - set(known))
    features, targets = videos.features, videos.targets([*known, *unseen])
    x, y = features[train], targets[train, : len(known)].float()
    scores = []
    kinds = ("frequency", "logistic", "experts")
    for number, kind in enumerate(kinds):
        if kind == "frequency":
            found, parameters = y.mean(0).expand(count, -1), 0
        else:
            network = classifier(kind, len(known), experts, seed)

            def tell(share: float, number: int = number) -> None:
                if progress:
                    progress((number - 1 + share) / 2)

            fit(network, x, y, epochs, seed, tell)
            with torch.inference_mode():
                found = torch.cat([network(part).sigmoid() for part in features[test].split(BATCH)])
            parameters = sum(weight.numel() for weight in network.parameters())
        found = functional.pad(found, (0, len(unseen)))
        right = targets[test]
        scores.append(
            VideoScores(kind, parameters, hit_at_1(found, right), perr(found, right), gap(found, right))
        )
    return Comparison(tuple(scores), len(train), count, len(known), len(unseen))


def classifier(kind: str, labels: int, experts: int = EXPERTS, seed: int = 0) -> nn.Module:
    """Features (B, 1152) -> logits (B, labels): ``"logistic"`` or ``"experts"``."""
    with drawing_from(torch.Generator().manual_seed(seed)):
        return (
            nn.Linear(RGB + AUDIO, labels)
            if kind == "logistic"
            else MixtureOfExperts(RGB + AUDIO, labels, experts)
        )


def fit(
    network: nn.Module,
    features: Tensor,
    targets: Tensor,
    epochs: int,
    seed: int,
    progress: Callable[[float], None],
) -> None:
    """Adam on the binary cross-entropy of all labels."""
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        batches = torch.randperm(len(features), generator=generator).split(BATCH)
        for number, rows in enumerate(batches):
            progress((epoch + number / len(batches)) / epochs)
            optimizer.zero_grad()
            functional.binary_cross_entropy_with_logits(network(features[rows]), targets[rows]).backward()
            optimizer.step()


def videos_code(files: Sequence[str], experts: int, epochs: int) -> str:
    """The same as a program."""
    return f"""\
from cnnviz.data.records import read_videos
from cnnviz.tasks.videos import compare_classifiers

videos = read_videos({list(files)})
print(len(videos), videos.label_counts()[:20], videos.unreadable)
found = compare_classifiers(videos, experts={experts}, epochs={epochs})
for one in found.scores:
    print(one.kind, one.parameters, one.hit, one.perr, one.gap)
"""
