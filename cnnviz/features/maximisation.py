"""What a filter looks for: an image made for it, and the images of a data set that fire it most."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features.ablation import channels_of
from cnnviz.features.batches import images_at_once
from cnnviz.inspection import receptive_field, runner_of
from cnnviz.inspection.acceleration import frozen
from cnnviz.words import say

Progress = Callable[[float], None]

_COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
"""From three independent channels to red, green and blue, as they vary together on ImageNet (Olah,
Mordvintsev and Schubert, 2017).
"""


@dataclass(frozen=True, eq=False)
class Maximised:
    """An image made to fire one channel.

    Attributes:
        image: (C, H, W) float in [0, 1].
        history: the value that is raised, without jitter, before the first and after each tenth step.
        layer: whose value was raised; before a ReLU, so that a silent unit has a gradient too.
    """

    image: Tensor
    history: tuple[float, ...]
    layer: str
    channel: int


def maximise(
    model: nn.Module,
    layer: str,
    channel: int,
    input_shape: tuple[int, int, int],
    *,
    steps: int = 160,
    rate: float = 0.05,
    jitter: int | None = None,
    smoothness: float = 0.02,
    whole: bool | None = None,
    decorrelated: bool | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Maximised:
    r"""Climbs from noise to an image that fires a channel: gradient descent (Adam) on ``maximisation_loss``
    of the image, moved at random.

    The image is written in waves (Fourier coefficients over 1/frequency), so that fine and coarse parts learn
    equally fast, and pressed into [0, 1] by a sigmoid. It is moved by some pixels at each step, so that
    nothing can be hung on single pixels.

    Args:
        jitter: pixels of the movement; a sixteenth of the side if not given.
        smoothness: λ of ``maximisation_loss``.
        whole: raise the mean of the whole map, which makes textures; otherwise its middle unit, which makes
            the one pattern that a unit of a small network looks for. Usual for images above 64 pixels.
        decorrelated: colours as independent as in photographs; usual for colour images.

    Raises:
        CnnvizError: no such layer or channel.

    Source: Erhan et al., 2009; Olah, Mordvintsev and Schubert, "Feature visualization", Distill 2017.
    """
    [found] = maximise_all(
        model,
        layer,
        [channel],
        input_shape,
        steps=steps,
        rate=rate,
        jitter=jitter,
        smoothness=smoothness,
        whole=whole,
        decorrelated=decorrelated,
        seed=seed,
        progress=progress,
    )
    return found


def maximise_all(
    model: nn.Module,
    layer: str,
    channels: Sequence[int],
    input_shape: tuple[int, int, int],
    *,
    steps: int = 160,
    rate: float = 0.05,
    jitter: int | None = None,
    smoothness: float = 0.02,
    whole: bool | None = None,
    decorrelated: bool | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Maximised]:
    """``maximise`` for several channels of a layer at one time: the same images, sooner."""
    count = channels_of(model, layer, input_shape)
    for channel in channels:
        if not 0 <= channel < count:
            raise CnnvizError(
                say(
                    "'{layer}' has the channels 0 to {count}, so there is no channel {channel}.",
                    layer=layer,
                    count=count - 1,
                    channel=channel,
                )
            )
    runner = runner_of(model)
    graph = runner.graph
    name = graph.find(layer)
    if isinstance(graph.calls[name].module, nn.ReLU):
        name = graph.calls[name].inputs[0]
    if name not in graph.calls:
        raise CnnvizError(say("'{layer}' only takes the image. Choose a layer after it.", layer=layer))
    network = frozen(runner.cut(name))
    planes, height, width = input_shape
    colours = planes == 3 and decorrelated is not False
    whole = max(height, width) > 64 if whole is None else whole
    most = max(1, min(height, width) // 16) if jitter is None else jitter
    generator = torch.Generator().manual_seed(seed)
    frequencies = (
        torch.fft.fftfreq(height)[:, None].square() + torch.fft.rfftfreq(width)[None].square()
    ).sqrt()
    scale = math.sqrt(height * width) / frequencies.clamp_min(1 / max(height, width)) / 4
    noise = torch.randn(planes, height, width // 2 + 1, 2, generator=generator) * 0.01
    waves = noise.repeat(len(channels), 1, 1, 1, 1).requires_grad_()
    each, their = range(len(channels)), list(channels)

    def image_of(numbers: Tensor) -> Tensor:
        flat = torch.fft.irfft2(torch.view_as_complex(numbers) * scale, s=(height, width))
        if colours:
            flat = torch.einsum("kc,nchw->nkhw", _COLOURS / _COLOURS.norm(dim=0).max(), flat)
        return torch.sigmoid(flat)

    def value(images: Tensor) -> Tensor:
        maps = network(images)[each, their]
        if whole or maps.dim() == 1:
            return maps.flatten(1).mean(1) if maps.dim() > 1 else maps
        return maps[:, maps.shape[1] // 2, maps.shape[2] // 2]

    optimizer = torch.optim.Adam([waves], rate)
    with torch.no_grad():
        history = [value(image_of(waves)).tolist()]
    for step in range(steps):
        if progress:
            progress(step / steps)
        down, right = (
            (torch.randint(-most, most + 1, (2,), generator=generator) if most else torch.zeros(2))
            .int()
            .tolist()
        )
        with torch.enable_grad():
            image = image_of(waves)
            fired = value(torch.roll(image, (down, right), (2, 3)))
            (waves.grad,) = torch.autograd.grad(maximisation_loss(fired, image, smoothness).sum(), waves)
        optimizer.step()
        if step % 10 == 9:
            with torch.no_grad():
                history.append(value(image_of(waves)).tolist())
    return [
        Maximised(image, values, name, channel)
        for image, values, channel in zip(
            image_of(waves).detach(), zip(*history, strict=True), channels, strict=True
        )
    ]


def maximisation_loss(fired: Tensor, image: Tensor, smoothness: float) -> Tensor:
    r"""What ``maximise`` makes small: the channel shall fire, the image be smooth.

    .. math:: L(x) = -a_k(x) + 10\,\lambda\,(1 + |a_k(x)|)\;TV(x), \qquad
        TV(x) = \overline{|x_{i+1,j} - x_{i,j}|} + \overline{|x_{i,j+1} - x_{i,j}|}

    The bars are means over all pixels and channels. The factor :math:`1 + |a_k|` is a constant for the
    gradient; with it one λ suits channels that fire weakly and strongly.

    Args:
        fired: a_k, (N,), the value of the channel: of its middle unit, or the mean of its map.
        image: x, (N, C, H, W).
        smoothness: λ.

    Returns:
        (N,), of each image.
    """
    variation = image.diff(dim=2).abs().mean((1, 2, 3)) + image.diff(dim=3).abs().mean((1, 2, 3))
    return -fired + smoothness * (1 + fired.detach().abs()) * variation * 10


@dataclass(frozen=True)
class TopImage:
    """An image that fires a channel: its number, the largest value and where, and the part of the image that
    the unit sees.
    """

    number: int
    value: float
    row: int
    col: int
    box: tuple[int, int, int, int]


def top_images(
    model: nn.Module,
    layer: str,
    channel: int,
    images: Tensor,
    count: int = 9,
    batch: int | None = None,
    progress: Progress | None = None,
) -> list[TopImage]:
    """The images that fire a channel most, the strongest first.

    Args:
        images: (N, C, H, W).
        batch: so many at once; usually as many as is quickest for their size.

    Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.
    """
    shape = (images.shape[1], images.shape[2], images.shape[3])
    total = channels_of(model, layer, shape)
    if not 0 <= channel < total:
        raise CnnvizError(
            say(
                "'{layer}' has the channels 0 to {total}, so there is no channel {channel}.",
                layer=layer,
                total=total - 1,
                channel=channel,
            )
        )
    network = runner_of(model).cut(layer)
    field = receptive_field(model, layer, shape)
    values, places = [], []
    batch = batch or images_at_once(images, 250)
    with torch.inference_mode():
        for start in range(0, len(images), batch):
            if progress:
                progress(start / len(images))
            maps = network(images[start : start + batch])[:, channel]
            largest = maps.reshape(len(maps), -1).max(1)
            values.append(largest.values)
            places.append(largest.indices)
            width = maps.shape[-1] if maps.dim() == 3 else 1
    strongest = torch.cat(values).argsort(descending=True, stable=True)[:count]
    found = []
    for number in strongest.tolist():
        row, col = divmod(int(torch.cat(places)[number]), width)
        found.append(TopImage(number, torch.cat(values)[number].item(), row, col, field.box(row, col)))
    return found


def deconvolved(
    model: nn.Module, image: Tensor, layer: str, channel: int, row: int = 0, col: int = 0
) -> Tensor:
    """(C, H, W) what of the image fired a unit: its value sent back through the network, through each ReLU
    only what is positive.

    Source: Zeiler and Fergus, ECCV 2014, through Captum.
    """
    from captum.attr import Deconvolution

    network = runner_of(model).cut(layer)
    output = network(image.unsqueeze(0))
    target = (channel, row, col) if output.dim() == 4 else channel
    return (
        Deconvolution(network)
        .attribute(image.unsqueeze(0).clone().requires_grad_(), target=target)[0]
        .detach()
    )


def tiles(images: Tensor, tops: list[TopImage], side: int) -> Tensor:
    """(N, C, side, side): the boxes cut out and enlarged to one size."""
    parts = []
    for one in tops:
        top, left, bottom, right = one.box
        part = images[one.number : one.number + 1, :, top : max(bottom, top + 1), left : max(right, left + 1)]
        parts.append(functional.interpolate(part, (side, side), mode="nearest")[0])
    return torch.stack(parts)
