"""A test bench: networks whose true saliency is known, because they were built and not trained."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from cnnviz.errors import CnnvizError
from cnnviz.saliency.attribution import attribute
from cnnviz.saliency.methods import METHODS
from cnnviz.saliency.question import Progress
from cnnviz.saliency.trust import rank_correlation

SIDE = 28
_CROSS = torch.tensor([[0.0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0]])
_RING = torch.tensor([[0.0, 1, 1, 1, 0], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1], [0, 1, 1, 1, 0]])


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """A question whose answer is known.

    Attributes:
        network, image, target: what to ask about.
        truth: (H, W), how much each pixel counts.
        signed: the truth tells for from against; otherwise maps are compared by the size of their values.
    """

    name: str
    title: str
    why: str
    network: nn.Module
    image: Tensor
    target: int
    truth: Tensor
    signed: bool

    def score(self, saliency: Tensor) -> float:
        """Spearman's rank correlation of a map (H, W) with the truth, −1 to 1."""
        return rank_correlation(saliency if self.signed else saliency.abs(), self.truth)


def _linear(seed: int) -> KnownAnswer:
    generator = torch.Generator().manual_seed(seed)
    smooth = nn.functional.interpolate(
        torch.randn(2, 1, 7, 7, generator=generator), (SIDE, SIDE), mode="bilinear"
    )
    layer = skip_init(nn.Linear, SIDE * SIDE, 2, bias=False)
    layer.weight.data = smooth.flatten(1)
    network = nn.Sequential(OrderedDict(flatten=nn.Flatten(), fc=layer))
    image = torch.rand(1, SIDE, SIDE, generator=generator)
    return KnownAnswer(
        name="linear",
        title="Linear model",
        why="A pixel adds its value times its weight, so that product is the truth.",
        network=network.eval(),
        image=image,
        target=0,
        truth=smooth[0, 0] * image[0],
        signed=True,
    )


def _detector(pattern: Tensor, threshold: float) -> tuple[Tensor, float]:
    """A kernel that answers above zero only where the pattern stands: its bright cells for, its dark cells
    against.
    """
    kernel = torch.where(pattern > 0, 1.0, -1.0)
    return kernel, -threshold * pattern.sum().item()


def _network(patterns: Sequence[Tensor]) -> nn.Module:
    """The class's logit is the largest answer of the first pattern's detector; the other patterns vote for
    the other class.
    """
    detectors = [_detector(pattern, 0.5) for pattern in patterns]
    conv = skip_init(nn.Conv2d, 1, len(patterns), 5, padding=2)
    fc = skip_init(nn.Linear, len(patterns), 2, bias=False)
    conv.weight.data = torch.stack([kernel for kernel, _ in detectors]).unsqueeze(1)
    conv.bias = nn.Parameter(torch.tensor([bias for _, bias in detectors]))
    fc.weight.data = torch.stack([torch.eye(len(patterns))[0], 1 - torch.eye(len(patterns))[0]])
    return nn.Sequential(
        OrderedDict(conv=conv, relu=nn.ReLU(), pool=nn.AdaptiveMaxPool2d(1), flatten=nn.Flatten(), fc=fc)
    ).eval()


def _scene(places: Sequence[tuple[Tensor, int, int]], seed: int) -> Tensor:
    image = torch.rand(1, SIDE, SIDE, generator=torch.Generator().manual_seed(seed)) * 0.15
    for pattern, top, left in places:
        part = image[0, top : top + 5, left : left + 5]
        part.copy_(torch.maximum(part, pattern))
    return image


def _mask(top: int, left: int) -> Tensor:
    mask = torch.zeros(SIDE, SIDE)
    mask[top : top + 5, left : left + 5] = 1.0
    return mask


def _planted(seed: int) -> KnownAnswer:
    return KnownAnswer(
        name="planted",
        title="Planted patch",
        why="The class is there if a cross is there, so the cross's 5×5 pixels are the truth, and nothing else.",
        network=_network([_CROSS, _RING]),
        image=_scene([(_CROSS, 5, 16)], seed),
        target=0,
        truth=_mask(5, 16),
        signed=False,
    )


def _distracted(seed: int) -> KnownAnswer:
    return KnownAnswer(
        name="distractor",
        title="Patch and distractor",
        why="A ring just as bright stands in the image, but the class depends on the cross alone.",
        network=_network([_CROSS, _RING]),
        image=_scene([(_CROSS, 5, 16), (_RING, 17, 5)], seed),
        target=0,
        truth=_mask(5, 16),
        signed=False,
    )


KNOWN_ANSWERS: dict[str, Callable[[int], KnownAnswer]] = {
    "linear": _linear,
    "planted": _planted,
    "distractor": _distracted,
}


def known_answer_table(
    methods: Sequence[str] | None = None, *, images: int = 5, progress: Progress | None = None
) -> dict[str, dict[str, float | None]]:
    """Each method's rank correlation with the truth, method -> network -> mean over images; ``None`` where
    the method cannot be used.

    The truth of a planted patch has two values, 25 ones among 784 pixels. A map that is 0 outside the patch
    and equal inside reaches 1; a map without equal values reaches 0.3 at most, even if it puts the patch
    first (``best_without_ties``).

    Args:
        methods: keys of ``METHODS``; all if not given.
        images: random images of each kind, with the seeds 0, 1, …
    """
    names = list(METHODS) if methods is None else list(methods)
    questions = {name: [make(seed) for seed in range(images)] for name, make in KNOWN_ANSWERS.items()}
    table: dict[str, dict[str, float | None]] = {}
    for index, method in enumerate(names):
        if progress:
            progress(index / len(names))
        table[method] = {}
        for name, asked in questions.items():
            try:
                found = [
                    one.score(attribute(one.network, one.image, one.target, method).map) for one in asked
                ]
            except CnnvizError:
                table[method][name] = None
            else:
                table[method][name] = sum(found) / len(found)
    return table


def best_without_ties(name: str) -> float:
    """The rank correlation of the best map whose values all differ."""
    asked = KNOWN_ANSWERS[name](0)
    return rank_correlation(
        asked.truth + torch.linspace(0, 1e-3, asked.truth.numel()).view_as(asked.truth), asked.truth
    )
