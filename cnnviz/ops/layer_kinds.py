"""Kinds of convolutional layers, filters made by hand for them, and their maps."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.ops.kernels import KERNELS
from cnnviz.words import say


@dataclass(frozen=True)
class LayerKind:
    """A kind of convolution with the numbers it begins with; the input has three channels."""

    name: str
    title: str
    filters: int = 6
    kernel: int = 5
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    transposed: bool = False


KINDS: dict[str, LayerKind] = {
    kind.name: kind
    for kind in (
        LayerKind("plain", "Convolution 5×5"),
        LayerKind("same", "With padding: the size stays", padding=2),
        LayerKind("strided", "With stride 2: half the size", stride=2, padding=2),
        LayerKind("one_by_one", "1×1: mixes channels", kernel=1),
        LayerKind("dilated", "Dilated: sees further", kernel=3, dilation=2, padding=2),
        LayerKind("grouped", "Grouped: three groups", groups=3, padding=2),
        LayerKind("depthwise", "Depthwise: one filter a channel", filters=3, groups=3, padding=2),
        LayerKind("transposed", "Transposed: twice the size", kernel=4, stride=2, padding=1, transposed=True),
    )
}

FILTER_NAMES = ("Sobel x", "Sobel y", "Laplacian", "Gaussian blur", "Gabor 45°", "Sharpen")
_MADE = (
    ("sobel_x", 0.0),
    ("sobel_y", 0.0),
    ("laplacian", 0.0),
    ("gaussian", 0.0),
    ("gabor", 45.0),
    ("sharpen", 0.0),
)


@lru_cache(maxsize=64)
def hand_filters(count: int, channels: int, side: int) -> Tensor:
    """(N, C, K, K): kernels made by hand, the same on each channel, divided by C and by the sum of their
    sizes; a 1×1 filter mixes colours.

    Nobody may change the result: it is made once.

    Kernels of even side are cut from the next odd one.
    """
    if side == 1:
        mixtures = torch.tensor(
            [
                [0.299, 0.587, 0.114],
                [1.0, -1.0, 0.0],
                [-0.5, -0.5, 1.0],
                [1.0, 0.0, 0.0],
                [0.0, 1.0, 0.0],
                [0.0, 0.0, 1.0],
            ]
        )
        return mixtures[torch.arange(count) % 6, :channels].view(count, channels, 1, 1)
    odd = max(3, side + (side + 1) % 2)
    made = []
    for index in range(count):
        name, angle = _MADE[index % len(_MADE)]
        kernel = KERNELS[name].make(odd, angle, 4.0, 0)[:side, :side]
        made.append((kernel / kernel.abs().sum() / channels).expand(channels, side, side))
    return torch.stack(made)


def layer_maps(
    image: Tensor,
    weights: Tensor,
    stride: int,
    padding: int,
    dilation: int,
    groups: int,
    *,
    transposed: bool = False,
) -> Tensor:
    """The maps (N, H', W') of a layer on an image (C, H, W), without biases.

    Raises:
        CnnvizError: the filters do not fit on the image.
    """
    try:
        if transposed:
            turned = for_transposed(weights, groups)
            return functional.conv_transpose2d(
                image.unsqueeze(0), turned, stride=stride, padding=padding, dilation=dilation, groups=groups
            )[0]
        return functional.conv2d(
            image.unsqueeze(0), weights, stride=stride, padding=padding, dilation=dilation, groups=groups
        )[0]
    except RuntimeError as error:
        raise CnnvizError(
            say(
                "These filters do not fit on a {shape}×{shape2} image. Use a smaller kernel or a larger image.",
                shape=image.shape[1],
                shape2=image.shape[2],
            )
        ) from error


def one_filter(
    image: Tensor,
    weights: Tensor,
    number: int,
    stride: int,
    padding: int,
    dilation: int,
    groups: int,
    *,
    transposed: bool = False,
) -> tuple[Tensor, Tensor, int, int]:
    """One filter of a grouped or transposed layer as a plain convolution, to be stepped through.

    A group sees only its own channels. A transposed convolution with stride s is a plain one with stride 1 on
    the image with s − 1 zeros between its pixels, with the kernel turned by 180° and padding d (k − 1) − p
    (Dumoulin and Visin, 2016, section 4).

    Args:
        image: (C, H, W).
        weights: (N, C/g, K, K).
        padding: of a transposed layer at most dilation · (K − 1).

    Returns:
        (C/g, H, W) image, (1, C/g, K, K) filter, stride, padding.
    """
    channels = image.shape[0] // groups
    group = number * groups // len(weights)
    part, kernel = image[group * channels : (group + 1) * channels], weights[number : number + 1]
    if not transposed:
        return part, kernel, stride, padding
    border = dilation * (kernel.shape[-1] - 1) - padding
    if border < 0:
        raise CnnvizError(
            say(
                "Padding {padding} cuts off more than a {shape}×{shape} kernel adds. Use less padding.",
                padding=padding,
                shape=kernel.shape[-1],
            )
        )
    spread = part.new_zeros(channels, (part.shape[1] - 1) * stride + 1, (part.shape[2] - 1) * stride + 1)
    spread[:, ::stride, ::stride] = part
    return spread, kernel.flip(-1, -2), 1, border


def for_transposed(weights: Tensor, groups: int) -> Tensor:
    """(N, C/g, K, K) in the order of torch's transposed convolution, (C, N/g, K, K)."""
    parts = weights.chunk(groups, dim=0)
    return torch.cat([part.transpose(0, 1) for part in parts], dim=0).contiguous()


def layer_code(
    image: Expression,
    filters: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    groups: int,
    transposed: bool,
) -> str:
    """A convolutional layer with the page's filters: its shape, parameters and maps."""
    name = "ConvTranspose2d" if transposed else "Conv2d"
    weights = f"hand_filters({filters}, {3 // groups}, {kernel})"
    placed = f"for_transposed({weights}, {groups})" if transposed else weights
    names = {"hand_filters": __name__} | ({"for_transposed": __name__} if transposed else {})
    return script(
        f"""\
layer = nn.{name}(3, {filters}, {kernel}, stride={stride}, padding={padding}, dilation={dilation}, groups={groups})
layer.weight.data, layer.bias.data = {placed}, torch.zeros({filters})
print(sum(p.numel() for p in layer.parameters()), "parameters")

image = {image}
with torch.inference_mode():
    maps = layer(fit(image, (3, 32, 32))[None])[0]
print(maps.shape)
""",
        image,
        first=("import torch", "from torch import nn"),
        fit="cnnviz.data",
        **names,
    )
