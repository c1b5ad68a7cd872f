"""What a channel is good for: take it away and see what the network loses."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.inspection import as_batch, runner_of
from cnnviz.ops.scores import confusion
from cnnviz.words import say

Progress = Callable[[float], None]
_BATCH = 500


class _EditChannels(nn.Module):
    """Channels in another order, each times a factor; (C,) for all images, or (B, C), one row an image."""

    def __init__(self, order: Tensor, factors: Tensor) -> None:
        super().__init__()
        self.order = None if torch.equal(order, torch.arange(len(order))) else order
        self.factors = factors

    def forward(self, values: Tensor) -> Tensor:
        factors = self.factors if self.factors.dim() == 2 else self.factors.unsqueeze(0)
        ordered = values if self.order is None else values[:, self.order]
        return ordered * factors.view(*factors.shape, *([1] * (values.dim() - 2))).to(values)


def channels_of(model: nn.Module, layer: str, input_shape: tuple[int, int, int]) -> int:
    """Maps, or units, of a layer."""
    runner = runner_of(model)
    shape = runner.shapes(tuple(input_shape))[runner.graph.find(layer)]
    if len(shape) not in (1, 3):
        raise CnnvizError(
            say(
                "'{layer}' has no channels that could be switched off. Choose a layer with maps or units.",
                layer=layer,
            )
        )
    return shape[0]


def ablated(
    model: nn.Module,
    layer: str,
    input_shape: tuple[int, int, int],
    *,
    off: Sequence[int] = (),
    scale: Mapping[int, float] | None = None,
    swap: Sequence[tuple[int, int]] = (),
) -> nn.Module:
    """The network with some channels of a layer changed, in evaluation mode; the network itself stays as it
    is.

    Args:
        layer: its output is changed before the next layer sees it.
        off: channels that are set to zero.
        scale: channel -> factor.
        swap: pairs of channels that take each other's place.

    Raises:
        CnnvizError: no such layer or channel.
    """
    count = channels_of(model, layer, input_shape)
    for channel in (*off, *(scale or {}), *(c for pair in swap for c in pair)):
        if not 0 <= channel < count:
            raise CnnvizError(
                say(
                    "'{layer}' has the channels 0 to {count}, so there is no channel {channel}.",
                    layer=layer,
                    count=count - 1,
                    channel=channel,
                )
            )
    order, factors = torch.arange(count), torch.ones(count)
    for first, second in swap:
        order[[first, second]] = order[[second, first]]
    for channel, factor in (scale or {}).items():
        factors[channel] = factor
    for channel in off:
        factors[channel] = 0.0
    return runner_of(model).with_edit(layer, _EditChannels(order, factors))


@dataclass(frozen=True, eq=False)
class ChannelCosts:
    """What the network loses when one channel is switched off.

    Attributes:
        loss, accuracy: (C,) without the channel; the mean cross-entropy, and the share of right answers.
        base_loss, base_accuracy: with all channels.
        recall: (C, classes) the share of each class's images that is right without the channel; NaN for a
            class without images.
        base_recall: (classes,) with all channels.
    """

    loss: Tensor
    accuracy: Tensor
    base_loss: float
    base_accuracy: float
    recall: Tensor
    base_recall: Tensor

    @property
    def ranking(self) -> list[int]:
        """Channels by the loss they cost, the most important first."""
        return (self.loss - self.base_loss).argsort(descending=True).tolist()


def measure(model: nn.Module, images: Tensor, labels: Tensor, batch: int = _BATCH) -> tuple[float, float]:
    """(mean cross-entropy, accuracy) on images (N, C, H, W) and labels (N,); the model should be in
    evaluation mode.
    """
    loss, counts = _judge(model, images, labels, batch)
    return loss, counts.trace().item() / len(images)


def _judge(model: nn.Module, images: Tensor, labels: Tensor, batch: int = _BATCH) -> tuple[float, Tensor]:
    """(mean cross-entropy, (classes, classes) counts of true and predicted)."""
    loss, counts = 0.0, torch.zeros(())
    with torch.inference_mode():
        for part, truth in zip(images.split(batch), labels.split(batch), strict=True):
            logits = model(part)
            loss += functional.cross_entropy(logits, truth, reduction="sum").item()
            counts = counts + confusion(logits, truth)
    return loss / len(images), counts


def _recall(counts: Tensor) -> Tensor:
    """(classes,) of counts of true and predicted."""
    return counts.diagonal() / counts.sum(1)


_MOST_VALUES = 50_000_000
"""Of a layer, for all images; 200 MB."""


def _from(model: nn.Module, layer: str, edit: nn.Module, images: Tensor) -> tuple[nn.Module, Tensor]:
    """A network with ``edit`` behind a layer, and what to give it: what stands before the edit is computed
    only once, if nothing goes past it.
    """
    runner = runner_of(model)
    rest = runner.rest(layer)
    shapes = runner.shapes((images.shape[1], images.shape[2], images.shape[3]))
    size = math.prod(shapes[runner.graph.find(layer)])
    if rest is None or size * len(images) > _MOST_VALUES:
        return runner.with_edit(layer, edit), images
    before = runner.cut(layer)
    with torch.inference_mode():
        return nn.Sequential(edit, rest), torch.cat([before(part) for part in images.split(_BATCH)])


def channel_costs(
    model: nn.Module, layer: str, images: Tensor, labels: Tensor, progress: Progress | None = None
) -> ChannelCosts:
    """Switches each channel off in turn, and measures.

    Args:
        images: (N, C, H, W), labels: (N,).

    Source: Morcos et al., "On the importance of single directions for generalization", ICLR 2018.
    """
    shape = (images.shape[1], images.shape[2], images.shape[3])
    count = channels_of(model, layer, shape)
    edit = _EditChannels(torch.arange(count), torch.ones(count))
    network, images = _from(model, layer, edit, images)
    base_loss, base = _judge(network, images, labels)
    losses, counted = [], []
    for channel in range(count):
        if progress:
            progress(channel / count)
        edit.factors = torch.ones(count)
        edit.factors[channel] = 0.0
        loss, counts = _judge(network, images, labels)
        losses.append(loss)
        counted.append(counts)
    accuracies = torch.stack([counts.trace() for counts in counted]) / len(images)
    recalls = torch.stack([_recall(counts) for counts in counted])
    base_accuracy = base.trace().item() / len(images)
    return ChannelCosts(torch.tensor(losses), accuracies, base_loss, base_accuracy, recalls, _recall(base))


def channel_effects(
    model: nn.Module, layer: str, image: Tensor, target: int, progress: Progress | None = None, batch: int = 8
) -> Tensor:
    """(C,) how much the class's logit falls for one image when a channel is switched off; negative: it rises.

    Args:
        image: (C, H, W).
    """
    images = as_batch(model, image)
    count = channels_of(model, layer, (images.shape[1], images.shape[2], images.shape[3]))
    edit = _EditChannels(torch.arange(count), torch.ones(1, count))
    network, images = _from(model, layer, edit, images)
    effects = []
    with torch.inference_mode():
        base = network(images)[0, target]
        for channels in torch.arange(count).split(batch):
            if progress:
                progress(int(channels[0]) / count)
            edit.factors = torch.ones(len(channels), count)
            edit.factors[torch.arange(len(channels)), channels] = 0.0
            effects.append(base - network(images.expand(len(channels), *images.shape[1:]))[:, target])
    return torch.cat(effects)


def ablation_code(
    network: Expression,
    image: Expression,
    shape: tuple[int, int, int],
    layer: str,
    options: dict[str, object],
) -> str:
    """The answers with and without some channels."""
    rest = "".join(f", {name}={value!r}" for name, value in options.items())
    return script(
        f"""\
network = {network}
image = fit({image}, {shape})

changed = ablated(network, "{layer}", {shape}{rest})
before, after = probabilities(network, image[None])[0], probabilities(changed, image[None])[0]
print(before.argmax().item(), before.max().item(), after.argmax().item(), after.max().item())
""",
        network,
        image,
        ablated="cnnviz.features",
        fit="cnnviz.data",
        probabilities="cnnviz.features",
    )
