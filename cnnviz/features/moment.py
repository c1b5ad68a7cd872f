"""One moment of a training: what the network is just learning from, and what that does to each of its layers."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.words import say

BATCH = 250


@dataclass(frozen=True)
class LayerMoment:
    """One layer with weights, at one step.

    Attributes:
        weights, gradients: of its weight, same shape; the gradient is that of the mean loss of the batch.
        outputs: (B, …) of the batch; output_gradients: of the mean loss for them, same shape.
        dead: share of its units (channels, or single units of a vector) whose outputs are at most 0 for every image and
            place of the batch, so that a ReLU behind it gives nothing; 0 where no ReLU follows.
    """

    weights: Tensor
    gradients: Tensor
    outputs: Tensor
    output_gradients: Tensor
    dead: float

    @property
    def gradient_norm(self) -> float:
        return self.gradients.norm().item()

    @property
    def weight_norm(self) -> float:
        return self.weights.norm().item()

    def update_ratio(self, learning_rate: float) -> float:
        """|η g| / |w|: how far one plain step moves the weights, in parts of their size. About 0.001 is usual."""
        return learning_rate * self.gradient_norm / max(self.weight_norm, 1e-12)


@dataclass(frozen=True)
class Moment:
    """A network at one step of its training, with one batch.

    Attributes:
        losses: (B,) of each image; probabilities: (B, classes).
        layers: name -> what happens in it, in the order of computation.
    """

    losses: Tensor
    probabilities: Tensor
    layers: Mapping[str, LayerMoment]

    @property
    def loss(self) -> float:
        return self.losses.mean().item()


def moment(network: nn.Module, images: Tensor, labels: Tensor) -> Moment:
    """Sends a batch (B, C, H, W) forward and its mean cross-entropy back, without changing the network.

    The network is in training mode, as in the step itself, but without its dropout; what batch normalisation would
    remember is thrown away.
    """
    if len(images) == 0 or len(images) != len(labels):
        raise CnnvizError(
            say(
                "There are {count} images and {labels} labels, but a batch has as many of both.",
                count=len(images),
                labels=len(labels),
            )
        )
    copied = deepcopy(network).train()
    for module in copied.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    found: dict[str, Tensor] = {}
    weighted = {
        name: module for name, module in copied.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)
    }
    order: list[nn.Module] = []

    def hook(name: str) -> Callable[..., None]:
        def note(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            output.retain_grad()
            found[name] = output

        return note

    def follow(module: nn.Module, _inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        order.append(module)

    for name, module in weighted.items():
        module.register_forward_hook(hook(name))
    for module in copied.modules():
        if not list(module.children()):
            module.register_forward_hook(follow)
            if isinstance(module, nn.ReLU):
                module.inplace = False
    outputs = copied(images)
    losses = nn.functional.cross_entropy(outputs, labels, reduction="none")
    losses.mean().backward()
    layers = {}
    for name, output in found.items():
        module = weighted[name]
        gradient = module.weight.grad
        layers[name] = LayerMoment(
            module.weight.detach(),
            torch.zeros_like(module.weight) if gradient is None else gradient,
            output.detach(),
            torch.zeros_like(output) if output.grad is None else output.grad,
            _dead(module, output.detach(), order),
        )
    return Moment(losses.detach(), outputs.detach().softmax(1), layers)


def _dead(module: nn.Module, output: Tensor, order: list[nn.Module]) -> float:
    """Of a layer with a ReLU directly behind it."""
    place = next((place for place, one in enumerate(order) if one is module), len(order))
    if place + 1 >= len(order) or not isinstance(order[place + 1], nn.ReLU):
        return 0.0
    most = output.amax(dim=(0, *range(2, output.dim())))
    return (most <= 0).float().mean().item()


@dataclass(frozen=True)
class LossSurface:
    """The loss around some weights, in a plane of two random directions.

    Attributes:
        places: along both directions, in parts of the size of each filter; 0 in the middle.
        losses: (P, P); row: second direction, column: first direction.
    """

    places: tuple[float, ...]
    losses: Tensor


def loss_surface(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    reach: float = 1.0,
    points: int = 11,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> LossSurface:
    """The mean cross-entropy of some images at weights w + a d₁ + b d₂, for a and b from −reach to reach.

    The directions are drawn from the normal distribution, and each filter of them has the norm of that filter of the
    weights, so that layers of any size move alike; biases and normalisation stay.

    Source: Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS 2018.
    """
    if points < 3 or points % 2 == 0:
        raise CnnvizError(
            say(
                "The number of points is {points}, but it must be odd and 3 or more, so that the middle is one.",
                points=points,
            )
        )
    copied = deepcopy(network).eval()
    weights = [weight for weight in copied.parameters() if weight.dim() > 1]
    generator = torch.Generator().manual_seed(seed)
    begin = [weight.detach().clone() for weight in weights]
    first, second = ([_direction(weight, generator) for weight in begin] for _ in range(2))
    places = torch.linspace(-reach, reach, points)
    losses = torch.zeros(points, points)
    with torch.no_grad():
        for row, b in enumerate(places):
            progress(row / points)
            for column, a in enumerate(places):
                for weight, at, one, two in zip(weights, begin, first, second, strict=True):
                    weight.copy_(at + a * one + b * two)
                losses[row, column] = _mean_loss(copied, images, labels)
    return LossSurface(tuple(places.tolist()), losses)


def _direction(weight: Tensor, generator: torch.Generator) -> Tensor:
    drawn = torch.randn(weight.shape, generator=generator)
    sizes = weight.flatten(1).norm(dim=1) / drawn.flatten(1).norm(dim=1).clamp_min(1e-12)
    return drawn * sizes.view(-1, *[1] * (weight.dim() - 1))


def _mean_loss(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    total = sum(
        nn.functional.cross_entropy(network(part), some, reduction="sum").item()
        for part, some in zip(images.split(BATCH), labels.split(BATCH), strict=True)
    )
    return total / len(labels)
