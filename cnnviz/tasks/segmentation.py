"""A class for each pixel: a small encoder and decoder with skips (U-Net).

Source: Ronneberger, Fischer and Brox, U-Net: Convolutional networks for biomedical image segmentation, MICCAI 2015.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.models import (
    Activation,
    BatchNorm,
    Conv,
    Group,
    Layer,
    NetworkSpec,
    Parallel,
    Pool,
    TransposedConv,
    Upsample,
)
from cnnviz.words import say

UPS: dict[str, str] = {
    "transposed": "Transposed convolution 2×2",
    "overlapping": "Transposed convolution 3×3",
    "upsample": "Upsampling, convolution 3×3",
}
"""How the decoder makes maps twice as large: name -> title."""


def unet(classes: int, *, width: int = 8, skips: bool = True, up: str = "transposed") -> NetworkSpec:
    """Three halvings down and three doublings up; with ``skips`` the maps of the way down are laid beside those of the way up.

    It gives (classes + 1, H, W) logits, of which the first is the ground, for images whose sides 8 divides.

    Args:
        width: channels at full size; at half the size there are twice as many, and so on.
        up: a key of ``UPS``.

    Raises:
        CnnvizError: there is no such way to make maps larger.
    """
    layers = _block(8 * width) * 2
    for factor, before, after in ((4, 2, 0), (2, 1, 0), (1, 1, 1)):
        inside = (Pool(2), *layers, *_larger(factor * width, up))
        name = f"level{factor}"
        beside: Layer = Parallel(((), inside), name=name) if skips else Group(inside, name)
        layers = (*_block(factor * width) * before, beside, *_block(factor * width) * after)
    return NetworkSpec((*layers, Conv(classes + 1, 1)), "unet" if skips else "encoder_decoder")


def _block(channels: int) -> tuple[Layer, ...]:
    return (Conv(channels, 3, padding=1, bias=False), BatchNorm(), Activation("relu"))


def _larger(channels: int, kind: str) -> tuple[Layer, ...]:
    if kind == "transposed":
        return (TransposedConv(channels, 2, 2),)
    if kind == "overlapping":
        return (TransposedConv(channels, 3, 2, 1, 1),)
    if kind == "upsample":
        return (Upsample(2), Conv(channels, 3, padding=1))
    raise CnnvizError(
        say(
            "There is no way '{kind}' to make maps larger. Choose one of: {ups}.",
            kind=kind,
            ups=", ".join(UPS),
        )
    )


def overlap_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Cross-entropy of all pixels in the mean, and 1 − Dice, of the classes that occur in the mean, with probabilities in place
    of decisions: so small objects count as much as the ground.

    .. math:: 1 - \frac{2 \sum p_c t_c}{\sum p_c + \sum t_c}

    Args:
        outputs: (B, K, H, W) logits; ``targets``: (B, H, W) from 0 to K − 1.

    Source: Milletari, Navab and Ahmadi, V-Net, 2016; Isensee et al., nnU-Net, 2021.
    """
    shares = outputs.softmax(1)
    wanted = functional.one_hot(targets.long(), outputs.shape[1]).permute(0, 3, 1, 2).to(shares.dtype)
    both = (shares * wanted).sum((0, 2, 3))
    true = wanted.sum((0, 2, 3))
    dice = 2 * both / (shares.sum((0, 2, 3)) + true)
    return functional.cross_entropy(outputs, targets.long()) + 1 - dice[true > 0].mean()


def segment(network: nn.Module, images: Tensor, batch: int = 50) -> Tensor:
    """The class of each pixel, (N, H, W) int64: 0 for the ground, else 1 + the class.

    Args:
        images: (N, C, H, W) in [0, 1].
    """
    mode = network.training
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(part).argmax(1) for part in images.split(batch)])
    network.train(mode)
    return found.clone()


def overlaps_of(up: str, side: int = 8) -> Tensor:
    """How many products each output of an enlarging layer adds up, (2 · side, 2 · side): its answer if all inputs and weights are 1.

    Where the numbers differ, the output has a pattern like a checkerboard, whatever the weights are.

    Args:
        up: a key of ``UPS``.
        side: of the input.

    Source: Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, Distill 2016.
    """
    values = torch.ones(1, 1, side, side)
    shape: tuple[int, ...] = (1, side, side)
    for layer in _larger(1, up):
        module = layer.module(shape)
        with torch.no_grad():
            for name, weights in module.named_parameters():
                weights.fill_(float(name == "weight"))
            values = module(values)
        shape = layer.output_shape(shape)
    return values[0, 0]


def enlarging_layers(network: nn.Module) -> list[str]:
    """The layers that make maps larger, by their names, in order."""
    return [
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.ConvTranspose2d | nn.Upsample)
    ]
