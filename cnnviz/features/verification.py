"""Verification: are two images of the same person? Yes, if the embeddings are near enough."""

import math
import random
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.data import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.words import say

TRIES = 60
"""So many draws for each pair of different classes that is wanted; then there are hardly any more."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of images.

    Attributes:
        first, second: (P,) int64, numbers of the images.
        same: (P,) bool, whether both have one class.
    """

    first: Tensor
    second: Tensor
    same: Tensor

    def __len__(self) -> int:
        return len(self.same)


@dataclass(frozen=True)
class Judgement:
    """What comes of one threshold.

    Attributes:
        threshold: pairs up to this distance are accepted as the same.
        false_accept: share of the pairs of different classes that are accepted.
        false_reject: share of the pairs of one class that are rejected.
        accuracy: share of all pairs that are judged rightly.
    """

    threshold: float
    false_accept: float
    false_reject: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Verification:
    """How well distances tell pairs of one class from pairs of two.

    Attributes:
        pairs: that were judged.
        distances: (P,) cosine distance of each.
        thresholds: (T,) all that make a difference, rising; the first one, −∞, accepts nothing.
        false_accept: (T,) share of the pairs of different classes that are accepted.
        false_reject: (T,) share of the pairs of one class that are rejected.
        equal_error_rate: where the two curves cross; between two thresholds they are taken as straight.
        equal_error_threshold: there.
    """

    pairs: Pairs
    distances: Tensor
    thresholds: Tensor
    false_accept: Tensor
    false_reject: Tensor
    equal_error_rate: float
    equal_error_threshold: float

    def at(self, threshold: float) -> Judgement:
        """The rates at a threshold."""
        accepted = self.accepted(threshold)
        same = self.pairs.same
        return Judgement(
            threshold,
            accepted[~same].double().mean().item(),
            (~accepted[same]).double().mean().item(),
            (accepted == same).double().mean().item(),
        )

    def accepted(self, threshold: float) -> Tensor:
        """(P,) bool: the distance is at most the threshold."""
        return self.distances <= threshold

    def at_false_accept(self, most: float) -> Judgement:
        """The largest threshold that accepts at most this share of the pairs of different classes."""
        return self.at(self.thresholds[(self.false_accept <= most).nonzero()[-1, 0]].item())

    def best(self) -> Judgement:
        """The threshold with the highest accuracy."""
        same = self.pairs.same.double().mean()
        right = same * (1 - self.false_reject) + (1 - same) * (1 - self.false_accept)
        return self.at(self.thresholds[right.argmax()].item())

    def just_wrong(self, threshold: float, same: bool, count: int) -> Tensor:
        """(≤ count,) numbers of the pairs of this kind that are judged wrongly, those nearest to the threshold first."""
        wrong = ((self.pairs.same == same) & (self.accepted(threshold) != same)).nonzero()[:, 0]
        order = (self.distances[wrong] - threshold).abs().argsort(stable=True)
        return wrong[order][:count]


@dataclass(frozen=True)
class ClassErrors:
    """What goes wrong for one class, or person.

    Attributes:
        label: of the class.
        same, rejected: its pairs with itself, and how many of them are rejected.
        different, accepted: its pairs with others, and how many of them are accepted.
    """

    label: int
    same: int
    rejected: int
    different: int
    accepted: int

    @property
    def false_reject(self) -> float:
        return self.rejected / max(1, self.same)

    @property
    def false_accept(self) -> float:
        return self.accepted / max(1, self.different)


def draw_pairs(labels: Tensor, count: int, seed: int = 0) -> Pairs:
    """``count`` pairs of one class and as many of two, none of them twice; fewer where there are no more. Every class gets
    the same share of the pairs, as far as it has images.

    Args:
        labels: (N,) int64.
        count: of each kind.
        seed: the same one draws the same pairs.

    Raises:
        CnnvizError: no class has two images, there is one class only, or ``count`` is below 1.
    """
    if count < 1:
        raise CnnvizError(say("{count} pairs are none. Draw 1 or more of each kind.", count=count))
    generator = random.Random(seed)
    members = [(labels == label).nonzero()[:, 0].tolist() for label in labels.unique().tolist()]
    if len(members) < 2:
        raise CnnvizError(
            "All images have one class, so that no two are different. Choose a set with two or more."
        )
    together = _together(members, count, generator)
    if not together:
        raise CnnvizError(
            "No class has two images, so that no two images are the same person. Bring two or more of each."
        )
    apart = _apart(members, count, generator)
    first, second = (torch.tensor(numbers) for numbers in zip(*together, *apart, strict=True))
    return Pairs(first, second, torch.arange(len(first)) < len(together))


def _together(members: list[list[int]], count: int, generator: random.Random) -> list[tuple[int, int]]:
    """Pairs of one class, in turns: the classes with the fewest first, so that the others make up for them."""
    found: list[tuple[int, int]] = []
    order = sorted(members, key=len)
    for done, numbers in enumerate(order):
        possible = math.comb(len(numbers), 2)
        share = math.ceil((count - len(found)) / (len(order) - done))
        found += [_pair(numbers, one) for one in generator.sample(range(possible), min(share, possible))]
    return found[:count]


def _pair(numbers: list[int], index: int) -> tuple[int, int]:
    """The pair with this number of all unordered pairs: (0, 1), (0, 2), (1, 2), (0, 3), …"""
    second = (1 + math.isqrt(1 + 8 * index)) // 2
    return numbers[index - second * (second - 1) // 2], numbers[second]


def _apart(members: list[list[int]], count: int, generator: random.Random) -> list[tuple[int, int]]:
    """Pairs of two classes."""
    found: dict[tuple[int, int], None] = {}
    for _ in range(TRIES * count):
        one, other = generator.sample(members, 2)
        first, second = sorted((generator.choice(one), generator.choice(other)))
        found[first, second] = None
        if len(found) == count:
            break
    return list(found)


def verification(embeddings: Tensor, pairs: Pairs) -> Verification:
    r"""Judges pairs by the cosine distance of their embeddings at every threshold.

    $d(a, b) = 1 - \frac{a \cdot b}{|a||b|}$; a pair is accepted if $d \le t$.
    False-accept rate: accepted pairs of different classes over all of these. False-reject rate: rejected pairs of one class
    over all of these. The equal error rate is where both are the same.

    Args:
        embeddings: (N, D) float, one row an image.
        pairs: of row numbers, with pairs of both kinds.

    Raises:
        CnnvizError: values that are not finite, or pairs of one kind only.

    Source: Taigman, Yang, Ranzato and Wolf, "DeepFace", CVPR 2014; Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015.
    """
    if not embeddings.isfinite().all():
        raise CnnvizError(
            "This layer gives values that are not finite. Choose an earlier step of the training, or another layer."
        )
    if pairs.same.all() or not pairs.same.any():
        raise CnnvizError("The pairs are all of one kind. Draw some of one class, and some of two.")
    unit = functional.normalize(embeddings.double())
    distances = 1 - (unit[pairs.first] * unit[pairs.second]).sum(1)
    # Sums that differ in the last digit are one distance.
    distances = distances.mul(1e9).round().div(1e9).clamp(min=0)
    steps = distances.unique()
    thresholds = torch.cat([steps.new_tensor([-math.inf]), steps])
    false_accept = _share_up_to(distances[~pairs.same], thresholds)
    false_reject = 1 - _share_up_to(distances[pairs.same], thresholds)
    rate, threshold = _crossing(thresholds, false_accept, false_reject)
    return Verification(pairs, distances, thresholds, false_accept, false_reject, rate, threshold)


def _share_up_to(distances: Tensor, thresholds: Tensor) -> Tensor:
    ordered = distances.sort().values
    return torch.searchsorted(ordered, thresholds, right=True).double() / len(ordered)


def _crossing(thresholds: Tensor, rising: Tensor, falling: Tensor) -> tuple[float, float]:
    """The value and the place where two curves cross, straight between two steps."""
    difference = rising - falling
    after = int((difference >= 0).nonzero()[0, 0])
    before = after - 1
    share = (-difference[before] / (difference[after] - difference[before])).item()
    rate = torch.lerp(rising[before], rising[after], share).item()
    low, high = thresholds[before].item(), thresholds[after].item()
    return rate, high if math.isinf(low) else low + share * (high - low)


def by_class(found: Verification, labels: Tensor, threshold: float) -> list[ClassErrors]:
    """What goes wrong at a threshold for each class that has pairs with itself, the highest false-reject rate first.

    Args:
        labels: (N,) of the images that the pairs number.
    """
    accepted, pairs = found.accepted(threshold), found.pairs
    rows = []
    for label in labels.unique().tolist():
        one, other = labels[pairs.first] == label, labels[pairs.second] == label
        own, foreign = one & other, one ^ other
        if own.any():
            rows.append(
                ClassErrors(
                    label,
                    int(own.sum()),
                    int((own & ~accepted).sum()),
                    int(foreign.sum()),
                    int((foreign & accepted).sum()),
                )
            )
    return sorted(rows, key=lambda row: -row.false_reject)


def verification_code(
    network: Expression,
    dataset: ImageDataset,
    seen: bool,
    fits: bool,
    layer: str,
    count: int,
    seed: int,
    threshold: float,
) -> str:
    """The rates of the page, in PyTorch.

    Args:
        dataset: as the network takes it, of ``images_to_verify(…, seen, len(dataset))``.
        fits: its images had the network's input shape before.
    """
    images = (
        "data.floats()" if fits else f"torch.stack([fit(image, {dataset.shape}) for image in data.images])"
    )
    return script(
        f"""\
network = {network}
data = images_to_verify("{dataset.name}", {seen}, {len(dataset)})
images = {images}
embeddings = functional.normalize(layer_features(network, "{layer}", images).double())
pairs = draw_pairs(data.labels, {count}, seed={seed})
distances = 1 - (embeddings[pairs.first] * embeddings[pairs.second]).sum(1)

accepted = distances <= {threshold:.7g}
false_accept = accepted[~pairs.same].double().mean()
false_reject = (~accepted[pairs.same]).double().mean()
accuracy = (accepted == pairs.same).double().mean()
print(false_accept, false_reject, accuracy)

found = verification(embeddings, pairs)
print(found.equal_error_rate, found.equal_error_threshold)
for row in by_class(found, data.labels, {threshold:.7g})[:3]:
    print(data.classes[row.label], row.rejected, "of", row.same)
""",
        network,
        first=("from torch.nn import functional",)
        if fits
        else ("import torch", "from torch.nn import functional"),
        images_to_verify="cnnviz.data.faces",
        layer_features="cnnviz.features",
        draw_pairs="cnnviz.features.verification",
        verification="cnnviz.features.verification",
        by_class="cnnviz.features.verification",
        **({} if fits else {"fit": "cnnviz.data"}),
    )
