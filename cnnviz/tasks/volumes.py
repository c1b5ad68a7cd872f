"""Classes of volumes (D, H, W): a small network with 3D convolutions, and networks of the same size that see slices."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Generator, Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.ops.receptive_field import Window, receptive_fields
from cnnviz.random_numbers import drawing_from
from cnnviz.words import say

CHANNELS = (8, 16, 32)
KERNEL = 3
LEAST_SIDE = 4
"""Below it nothing is left after two poolings."""
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class View:
    """What a network sees of a volume.

    Attributes:
        dimensions: of its convolutions.
        given: (B, D, H, W) -> what it takes, (B, C, D, H, W) or (B, C, H, W).
    """

    name: str
    title: str
    dimensions: int
    given: Callable[[Tensor], Tensor]

    def inputs(self, shape: Shape) -> tuple[int, ...]:
        """(C, D, H, W) or (C, H, W) of what it takes of a volume."""
        return tuple(self.given(torch.empty(1, *shape)).shape[1:])


def _middle(volumes: Tensor) -> Tensor:
    return volumes[:, volumes.shape[1] // 2].unsqueeze(1)


def _whole(volumes: Tensor) -> Tensor:
    return volumes.unsqueeze(1)


def _channels(volumes: Tensor) -> Tensor:
    return volumes


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View("volume", "3D convolutions", 3, _whole),
        View("slices", "2D, slices as channels", 2, _channels),
        View("middle", "2D, the middle slice", 2, _middle),
    )
}
"""A new way to look at a volume is one entry."""


def volume_network(
    classes: int,
    channels: Sequence[int] = CHANNELS,
    *,
    inputs: int = 1,
    dimensions: int = 3,
    generator: Generator | None = None,
) -> nn.Sequential:
    """Convolution, batch norm and ReLU for each of ``channels``, max pooling between them, the mean over all places, and a
    linear layer.

    With three dimensions it takes (B, inputs, D, H, W), with two (B, inputs, H, W); it gives (B, classes) logits.

    Args:
        generator: draws the first weights; a new one with seed 0 if not given.

    Raises:
        CnnvizError: no class, no channels, or another number of dimensions than 2 and 3.
    """
    if classes < 1 or inputs < 1 or not channels or min(channels) < 1 or dimensions not in (2, 3):
        raise CnnvizError(
            "A network for volumes needs 1 class or more, 1 channel or more in each layer, and 2 or 3 dimensions."
        )
    convolution, norm, pool, mean = (
        (nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AdaptiveAvgPool3d)
        if dimensions == 3
        else (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d)
    )
    layers: dict[str, nn.Module] = {}
    before = inputs
    with drawing_from(generator or Generator().manual_seed(0)):
        for number, width in enumerate(channels, 1):
            layers[f"conv{number}"] = convolution(before, width, KERNEL, padding=KERNEL // 2, bias=False)
            layers[f"norm{number}"] = norm(width)
            layers[f"relu{number}"] = nn.ReLU()
            if number < len(channels):
                layers[f"pool{number}"] = pool(2)
            before = width
        layers["mean"] = mean(1)
        layers["flatten"] = nn.Flatten()
        layers["linear"] = nn.Linear(before, classes)
    network = nn.Sequential()
    for name, layer in layers.items():
        network.add_module(name, layer)
    # On a CPU a 3D convolution is about 1.6 times as fast in this order of its numbers.
    if dimensions == 3:
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return network


def network_for(view: str, shape: Shape, classes: int, seed: int = 0) -> nn.Sequential:
    """A network that sees a volume in one of ``VIEWS``. All have nearly as many parameters as ``volume_network(classes)``: two
    dimensions have fewer weights a kernel, and therefore get more channels.

    Args:
        shape: (D, H, W) of a volume.
        seed: of the first weights.

    Raises:
        CnnvizError: there is no such view, or the volume is too small.
    """
    chosen = view_of(view)
    if min(shape) < LEAST_SIDE:
        raise CnnvizError(
            say(
                "The volumes are {sides}, but each side must be {least} or more.",
                sides="×".join(map(str, shape)),
                least=LEAST_SIDE,
            )
        )
    inputs = chosen.inputs(shape)[0]
    generator = Generator().manual_seed(seed)
    return volume_network(
        classes,
        _channels_for(chosen.dimensions, inputs, classes),
        inputs=inputs,
        dimensions=chosen.dimensions,
        generator=generator,
    )


def view_of(name: str) -> View:
    """One of ``VIEWS``.

    Raises:
        CnnvizError: there is none of this name.
    """
    if name not in VIEWS:
        raise CnnvizError(
            say("No network sees '{name:.40}'. Choose one of: {views}.", name=name, views=", ".join(VIEWS))
        )
    return VIEWS[name]


def parameters(channels: Sequence[int], inputs: int, classes: int, dimensions: int) -> int:
    r"""Learned numbers of ``volume_network``: :math:`\sum k^n C_{in} C_{out} + 2 C_{out}`, and those of the linear layer."""
    pairs = zip((inputs, *channels), channels, strict=False)
    convolutions = sum(KERNEL**dimensions * before * width + 2 * width for before, width in pairs)
    return convolutions + (channels[-1] + 1) * classes


def _channels_for(dimensions: int, inputs: int, classes: int) -> tuple[int, ...]:
    """Each layer twice as wide as the one before, with parameters as near as can be to those of three dimensions."""
    if dimensions == 3:
        return CHANNELS
    wanted = parameters(CHANNELS, 1, classes, 3)
    choices = [(width, 2 * width, 4 * width) for width in range(1, 65)]
    return min(choices, key=lambda channels: abs(parameters(channels, inputs, classes, 2) - wanted))


@dataclass(frozen=True)
class VolumeLayer:
    """A layer with weights, by arithmetic.

    Attributes:
        output_shape: (C, D, H, W) or (C, H, W).
        products: those that one of its numbers adds up, k³ · C_in or k² · C_in.
        multiply_adds: of one volume.
        field: pixels that one of its units sees along each axis, (D, H, W) or (H, W), as far as there are any.
    """

    name: str
    output_shape: tuple[int, ...]
    products: int
    parameters: int
    multiply_adds: int
    field: tuple[int, ...]


def layers_of(network: nn.Sequential, inputs: tuple[int, ...]) -> list[VolumeLayer]:
    r"""The layers with weights of a ``volume_network``.

    .. math:: \text{multiply-adds} = k^3\, C_{in}\, C_{out}\, D\,H\,W \quad\text{beside}\quad k^2\, C_{in}\, C_{out}\, H\,W

    Args:
        inputs: (C, D, H, W) or (C, H, W) of what it takes.
    """
    return list(_layers(network, inputs))


def _layers(network: nn.Sequential, inputs: tuple[int, ...]) -> Iterator[VolumeLayer]:
    sides, windows = inputs[1:], [Window(1)]
    for name, module in network.named_children():
        if isinstance(module, nn.Conv2d | nn.Conv3d):
            windows.append(Window(module.kernel_size[0], 1, module.padding[0]))  # type: ignore[arg-type]
            size = receptive_fields(windows)[-1].size
            products = prod(module.kernel_size) * module.in_channels
            yield VolumeLayer(
                name,
                (module.out_channels, *sides),
                products,
                module.weight.numel(),
                products * module.out_channels * prod(sides),
                tuple(min(round(size), side) for side in inputs[1:]),
            )
        elif isinstance(module, nn.MaxPool2d | nn.MaxPool3d):
            windows.append(Window(2, 2))
            sides = tuple(side // 2 for side in sides)
        elif isinstance(module, nn.Linear):
            yield VolumeLayer(
                name,
                (module.out_features,),
                module.in_features,
                module.in_features * module.out_features + module.out_features,
                module.in_features * module.out_features,
                inputs[1:],
            )


def classify_volumes(network: nn.Module, view: str, volumes: Tensor, batch: int = 50) -> Tensor:
    """(N, classes) probabilities of volumes (N, D, H, W) in [0, 1]."""
    given, mode = view_of(view).given, network.training
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(given(part)).softmax(1) for part in volumes.split(batch)])
    network.train(mode)
    return found.clone()


def without_each_slice(network: nn.Module, view: str, volume: Tensor, axis: int = 0) -> Tensor:
    """The probabilities when one slice after the other is covered with the volume's median, (slices, classes).

    Args:
        volume: (D, H, W) in [0, 1].
        axis: that is cut: 0 depth, 1 rows, 2 columns.

    Source: Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV 2014 (occlusion).
    """
    count = volume.shape[axis]
    covered = volume.expand(count, *volume.shape).clone()
    ground = volume.median()
    for index in range(count):
        covered[index].select(axis, index).fill_(ground)
    return classify_volumes(network, view, covered)
