"""Dropout: masks, inverted scaling, and why the expected value stays."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.expressions import script
from cnnviz.words import say


def check_probability(p: float) -> None:
    if not 0 <= p < 1:
        raise CnnvizError(say("The dropout probability is {p}, but it must be at least 0 and below 1.", p=p))


def mask(shape: tuple[int, ...], p: float, seed: int) -> Tensor:
    """1 for each unit that stays (with probability 1 − p), 0 for each that is dropped.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 2014.
    """
    check_probability(p)
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) >= p).float()


def apply(values: Tensor, kept: Tensor, p: float) -> Tensor:
    r"""Inverted dropout while training: :math:`\tilde h = m \odot h / (1 - p)`, so that :math:`E[\tilde h] =
    h`.
    """
    check_probability(p)
    return values * kept / (1 - p)


@dataclass(frozen=True)
class Pass:
    """One pass through the small network of the page: values of each layer's units, and which units
    stayed.
    """

    values: tuple[Tensor, ...]
    masks: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class SmallNetwork:
    """Fully connected layers with ReLU between them, for drawing; ``weights[l]`` is (units of l, units of l +
    1).
    """

    weights: tuple[Tensor, ...]

    @classmethod
    def make(cls, units: tuple[int, ...] = (4, 6, 6, 3), seed: int = 0) -> "SmallNetwork":
        generator = torch.Generator().manual_seed(seed)
        return cls(tuple(torch.randn(a, b, generator=generator) * (2 / a) ** 0.5 for a, b in pairwise(units)))

    @property
    def units(self) -> tuple[int, ...]:
        return (self.weights[0].shape[0], *(weight.shape[1] for weight in self.weights))

    def run(self, image: Tensor, p: float, seed: int | None) -> Pass:
        """With a seed: training, hidden units dropped. Without: evaluation, all units stay and nothing is
        scaled.
        """
        values, masks = [image], [torch.ones_like(image)]
        for index, weight in enumerate(self.weights):
            sums = values[-1] @ weight
            hidden = index < len(self.weights) - 1
            units = torch.relu(sums) if hidden else sums
            kept = (
                mask(tuple(units.shape), p, seed * 100 + index)
                if hidden and seed is not None
                else torch.ones_like(units)
            )
            values.append(apply(units, kept, p) if hidden and seed is not None else units)
            masks.append(kept)
        return Pass(tuple(values), tuple(masks))


def running_means(value: float, p: float, draws: int, seed: int = 0) -> Tensor:
    """(draws,): mean of the first 1, 2, … draws of m·h/(1−p) for a unit with value h; it goes to h."""
    kept = mask((draws,), p, seed)
    return apply(torch.full((draws,), value), kept, p).cumsum(0) / torch.arange(1, draws + 1)


def dropout_code(p: float, number: int, draws: int) -> str:
    """One training step's hidden values, and the mean of many draws."""
    return script(
        f"""\
network = SmallNetwork.make()
x = torch.tensor([1.0, -0.5, 2.0, 0.8])
h1 = torch.relu(x @ network.weights[0])
h1 = h1 * mask((6,), {p:g}, {number * 100}) / (1 - {p:g})      # training, step {number}
h2 = torch.relu(h1 @ network.weights[1])
h2 = h2 * mask((6,), {p:g}, {number * 100 + 1}) / (1 - {p:g})
output = h2 @ network.weights[2]
print(h1, h2, output)

draws = 2.0 * mask(({draws},), {p:g}, {number}) / (1 - {p:g})
print(draws.mean())
""",
        SmallNetwork=__name__,
        mask=__name__,
    )
