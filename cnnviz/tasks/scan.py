"""A classifier as a detector: its answer for each window of a larger picture, one by one, or as one convolution.

Source: Sermanet et al., OverFeat: Integrated recognition, localization and detection using convolutional networks, ICLR 2014;
Long, Shelhamer and Darrell, Fully convolutional networks for semantic segmentation, CVPR 2015.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.models import Network
from cnnviz.models.layers import AdaptivePool, Flatten, GlobalAveragePool, Linear, Shape
from cnnviz.words import say

BATCH = 128


@dataclass(frozen=True)
class Scan:
    """Answers at places of a picture.

    Attributes:
        probabilities: (classes, rows, columns).
        size: (height, width) of a window in pixels.
        stride: pixels from one window to the next.
    """

    probabilities: Tensor
    size: tuple[int, int]
    stride: int

    def boxes(self) -> Tensor:
        """(rows · columns, 4): the windows as x1, y1, x2, y2, row by row."""
        _, rows, columns = self.probabilities.shape
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        corner = torch.stack([x, y], -1).view(-1, 2) * self.stride
        return torch.cat([corner, corner + torch.tensor([self.size[1], self.size[0]])], 1).float()


def scan(
    network: nn.Module,
    picture: Tensor,
    size: tuple[int, int],
    stride: int,
    progress: Callable[[float], None] | None = None,
) -> Scan:
    """The network on each window of a picture: sliding windows.

    Args:
        network: images of ``size`` in, logits out.
        picture: (C, H, W) in [0, 1].
        size: (height, width) of a window.
        stride: pixels from one window to the next.
        progress: told the share of the windows that are done.

    Raises:
        CnnvizError: the picture is smaller than a window, or the stride is below 1.
    """
    _, height, width = picture.shape
    if height < size[0] or width < size[1]:
        raise CnnvizError(
            say(
                "The picture has {height}×{width} pixels, but a window {size}×{size2}. Take a larger picture.",
                height=height,
                width=width,
                size=size[0],
                size2=size[1],
            )
        )
    if stride < 1:
        raise CnnvizError(say("The stride is {stride}, but it must be 1 or more.", stride=stride))
    cut = picture.unfold(1, size[0], stride).unfold(2, size[1], stride)
    rows, columns = cut.shape[1:3]
    windows = cut.permute(1, 2, 0, 3, 4).flatten(0, 1)
    mode, found = network.training, []
    network.eval()
    with torch.inference_mode():
        for start in range(0, len(windows), BATCH):
            found.append(network(windows[start : start + BATCH].contiguous()).softmax(1))
            if progress is not None:
                progress(min(1.0, (start + BATCH) / len(windows)))
    network.train(mode)
    answers = torch.cat(found).clone()
    return Scan(answers.T.reshape(-1, rows, columns), size, stride)


def fully_convolutional(network: Network) -> nn.Sequential:
    """The same network for pictures of any size: (B, C, H, W) -> logits (B, classes, rows, columns), with the same weights.

    The fully connected layer behind the flattening becomes a convolution whose kernel is as large as the maps were, the ones
    behind it 1×1 convolutions, and the global average one over windows of that size. For a picture of the network's own size it
    gives the network's answer. In a larger one a padded convolution sees its neighbours where the network alone saw zeros, so
    there the answers differ a little.

    Raises:
        CnnvizError: the network ends in something else.
    """
    modules: list[nn.Module] = [network.get_submodule("normalise")]
    maps: Shape | None = None
    for place in network.plan.tree:
        module, layer = network.get_submodule(place.name), place.layer
        if isinstance(layer, Flatten):
            maps = place.input_shape
        elif isinstance(layer, Linear):
            modules.append(_as_convolution(module, maps or (place.input_shape[0], 1, 1)))
            maps = None
        elif isinstance(layer, GlobalAveragePool):
            modules.append(nn.AvgPool2d((place.input_shape[1], place.input_shape[2]), stride=1))
        elif isinstance(layer, AdaptivePool):
            if layer.size != 1:
                raise CnnvizError(
                    say(
                        "{name}: an average of {size}×{size} parts has no fixed window, so this network takes one size only.",
                        name=place.name,
                        size=layer.size,
                    )
                )
            modules.append(nn.AvgPool2d((place.input_shape[1], place.input_shape[2]), stride=1))
        elif isinstance(module, nn.BatchNorm1d):
            wide = nn.BatchNorm2d(module.num_features, module.eps)
            wide.load_state_dict(module.state_dict())
            modules.append(wide)
        else:
            modules.append(module)
    return nn.Sequential(*modules).eval()


def _as_convolution(linear: nn.Module, maps: Shape) -> nn.Conv2d:
    """A fully connected layer on flattened maps (C, H, W) as a convolution with that kernel, on the same numbers."""
    assert isinstance(linear, nn.Linear)
    convolution = nn.Conv2d(maps[0], linear.out_features, maps[1:], bias=linear.bias is not None)  # type: ignore[arg-type]
    convolution.weight = nn.Parameter(linear.weight.detach().view(linear.out_features, *maps))
    if linear.bias is not None:
        convolution.bias = nn.Parameter(linear.bias.detach())
    return convolution


def stride_of(network: Network) -> int:
    """Pixels from one answer of ``fully_convolutional`` to the next: how often the network halves, multiplied.

    Raises:
        CnnvizError: it is not known, because a layer looks at all of the image.
    """
    fields = [place.receptive_field for place in network.plan.layers if len(place.output_shape) == 3]
    known = [field for field in fields if field is not None]
    if len(known) < len(fields):
        raise CnnvizError("A layer of this network looks at all of the image, so it has no stride.")
    return int(known[-1].stride) if known else 1


def scan_at_once(network: Network, picture: Tensor) -> Scan:
    """The whole picture through ``fully_convolutional``: the windows share what they have in common.

    Args:
        picture: (C, H, W) in [0, 1].
    """
    _, height, width = network.input_shape
    with torch.inference_mode():
        answers = fully_convolutional(network)(picture[None]).softmax(1)[0].clone()
    return Scan(answers, (height, width), stride_of(network))
