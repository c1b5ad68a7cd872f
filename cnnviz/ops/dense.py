"""Flattening, fully connected layers, softmax and cross-entropy, with every term."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.words import say


def flat_index(channel: int, row: int, col: int, shape: tuple[int, int, int]) -> int:
    r"""Place of a cell in the flattened vector, as ``torch.flatten`` orders it: :math:`i = c\,H W + r\,W +
    s`.

    Args:
        shape: (C, H, W).
    """
    channels, height, width = shape
    if not (0 <= channel < channels and 0 <= row < height and 0 <= col < width):
        raise CnnvizError(
            say(
                "There is no cell (channel {channel}, row {row}, column {col}) in {channels}×{height}×{width}.",
                channel=channel,
                row=row,
                col=col,
                channels=channels,
                height=height,
                width=width,
            )
        )
    return (channel * height + row) * width + col


def unflat_index(index: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """(channel, row, column) of a place in the flattened vector."""
    channels, height, width = shape
    if not 0 <= index < channels * height * width:
        raise CnnvizError(
            say(
                "There is no place {index} in a vector of {channels:,}.",
                index=index,
                channels=channels * height * width,
            )
        )
    channel, rest = divmod(index, height * width)
    return channel, *divmod(rest, width)


@dataclass(frozen=True)
class SoftmaxTerms:
    """softmax of logits z at temperature T, term by term.

    Attributes:
        exponentials: exp(z_k / T).
        total: their sum.
        probabilities: p_k; they add up to 1.
        loss: −ln p of the true class, in nats, or ``None`` without a true class.
        gradient: ∂loss/∂z_k = (p_k − [k is true]) / T, or ``None``.
    """

    logits: tuple[float, ...]
    temperature: float
    exponentials: tuple[float, ...]
    total: float
    probabilities: tuple[float, ...]
    true: int | None
    loss: float | None
    gradient: tuple[float, ...] | None


def softmax_terms(
    logits: Sequence[float] | Tensor, temperature: float = 1.0, true: int | None = None
) -> SoftmaxTerms:
    r"""Softmax and cross-entropy with all that is added up.

    .. math:: p_k = \frac{e^{z_k/T}}{\sum_j e^{z_j/T}}, \qquad L = -\ln p_{true}, \qquad
        \frac{\partial L}{\partial z_k} = \frac{p_k - [k = true]}{T}

    Raises:
        CnnvizError: no logits, one that is not finite, a temperature that is not above 0, or a class that
            does not exist.

    Source: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 6.2.2.3; Hinton, Vinyals and
        Dean, 2015 (temperature).
    """
    values = torch.as_tensor(logits, dtype=torch.float64)
    if values.dim() != 1 or values.numel() == 0 or not bool(values.isfinite().all()):
        raise CnnvizError("The logits must be a list of finite numbers, one a class.")
    if not temperature > 0 or not math.isfinite(temperature):
        raise CnnvizError(
            say(
                "The temperature is {temperature}, but it must be above 0. Use 1 for the plain softmax.",
                temperature=temperature,
            )
        )
    if true is not None and not 0 <= true < len(values):
        raise CnnvizError(
            say("There is no class {true}. Choose 0 to {count}.", true=true, count=len(values) - 1)
        )
    scaled = values / temperature
    if scaled.max().item() > 700:
        raise CnnvizError(
            "e to the power of these logits is larger than a computer's numbers. Use smaller logits or a larger temperature."
        )
    exponentials, probabilities = scaled.exp(), scaled.softmax(0)
    loss = gradient = None
    if true is not None:
        loss = -scaled.log_softmax(0)[true].item()
        wanted = torch.zeros_like(probabilities)
        wanted[true] = 1
        gradient = tuple(((probabilities - wanted) / temperature).tolist())
    return SoftmaxTerms(
        tuple(values.tolist()),
        temperature,
        tuple(exponentials.tolist()),
        exponentials.sum().item(),
        tuple(probabilities.tolist()),
        true,
        loss,
        gradient,
    )


def softmax_code(image: Expression, number: int, moved: float, temperature: float, true: int) -> str:
    """Logits of the linear network, one of them moved; probabilities and loss."""
    return script(
        f"""\
run = open_run("example_linear")
network = run.network(run.steps[-1])
image = {image}
with torch.no_grad():
    logits = network(image[None] / 255)[0]
logits[{number}] += {moved:g}

probabilities = functional.softmax(logits / {temperature:g}, dim=0)
loss = functional.cross_entropy(logits[None] / {temperature:g}, torch.tensor([{true}]))
print(probabilities, loss)
""",
        image,
        first=("import torch", "from torch.nn import functional"),
        open_run="cnnviz.training",
    )
