"""The same ideas for images of 28 to 64 pixels: presets that train in seconds on two cores."""

from functools import partial

from cnnviz.models.architectures.deep import basic_block, bottleneck
from cnnviz.models.architectures.efficient import inverted_residual
from cnnviz.models.architectures.registry import Layers, convolution
from cnnviz.models.blocks import Block, Dense, Group, Parallel, Residual
from cnnviz.models.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Linear,
    LocalResponseNorm,
    Pool,
)
from cnnviz.models.octaves import Both, OctaveConv
from cnnviz.models.presets import preset
from cnnviz.models.spec import NetworkSpec

RELU = Activation("relu")
_HEAD = (GlobalAveragePool(), Linear())


def normed(channels: int, kernel: int, stride: int = 1) -> Layers:
    return Conv(channels, kernel, stride, kernel // 2, bias=False), BatchNorm(), RELU


def inception(
    one: int, reduce3: int, three: int, reduce5: int, five: int, pooled: int, name: str
) -> Parallel:
    """1×1, 3×3 and 5×5 filters and a pooling side by side, the larger ones behind a 1×1 convolution."""
    return Parallel(
        (
            normed(one, 1),
            (*normed(reduce3, 1), *normed(three, 3)),
            (*normed(reduce5, 1), *normed(five, 5)),
            (Pool(3, 1, padding=1), *normed(pooled, 1)),
        ),
        name=name,
    )


def _fire(squeezed: int, expanded: int, name: str) -> Group:
    """SqueezeNet's module, with batch normalisation: without it so short a training gets nowhere."""
    branches = normed(expanded, 1), normed(expanded, 3)
    return Group((*normed(squeezed, 1), Parallel(branches, name="expand")), name)


def dense_block(growth: int, layers: int, name: str) -> Dense:
    inner = (
        *(BatchNorm(), RELU, Conv(4 * growth, 1, bias=False)),
        *(BatchNorm(), RELU, Conv(growth, 3, padding=1, bias=False)),
    )
    return Dense(inner, layers, name)


def octave_basic_block(
    channels: int, name: str, *, first: bool = False, last: bool = False, alpha: float = 0.5
) -> Residual:
    """Two octave convolutions beside a skip connection.

    Args:
        first: takes one tensor and gives two, at half the size.
        last: takes two tensors and gives one, at half the size.
    """
    octave = partial(OctaveConv, bias=False)
    inner: Layers = (Both((BatchNorm(), RELU)),)
    end: Layers = (BatchNorm(),) if last else (Both((BatchNorm(),)),)
    stride, share = (2, 0.0) if last else (1, alpha)
    body = (
        *(octave(channels, 3, 1, alpha, pair=not first), *inner),
        *(octave(channels, 3, 1, share, stride=stride), *end),
    )
    shortcut = (octave(channels, 1, 0, share, pair=not first, stride=stride), *end) if first or last else None
    return Residual(body, shortcut, (RELU,) if last else (Both((RELU,)),), name)


def _inverted(kernels: tuple[int, ...], widening: int) -> tuple[Block, ...]:
    sizes, before, blocks = ((16, 1), (24, 2), (24, 1), (40, 2), (40, 1)), 16, []
    for number, ((out, stride), kernel) in enumerate(zip(sizes, kernels, strict=True), 1):
        blocks.append(inverted_residual(before, widening, kernel, stride, out, f"block{number}", 1e-5))
        before = out
    return tuple(blocks)


def _add(title: str, name: str, *layers: Layers) -> None:
    preset(title, NetworkSpec(tuple(layer for group in layers for layer in group), name))


_add(
    "Small AlexNet: large filters, dropout",
    "mini_alexnet",
    (*convolution(24, 7, 2, 3), LocalResponseNorm(), Pool(3, 2)),
    (*convolution(48, 5, padding=2, groups=2), LocalResponseNorm(), Pool(3, 2)),
    (*convolution(64, 3, padding=1), *convolution(48, 3, padding=1, groups=2)),
    (Flatten(), Dropout(0.5), Linear(128), RELU, Dropout(0.5), Linear()),
)
_add(
    "Small ZF Net: smaller first filters",
    "mini_zfnet",
    (*convolution(24, 5, padding=2), Pool(3, 2, padding=1), LocalResponseNorm()),
    (*convolution(48, 5, 2, 2), Pool(3, 2, padding=1), LocalResponseNorm()),
    (*convolution(64, 3, padding=1), *convolution(48, 3, padding=1)),
    (Flatten(), Dropout(0.5), Linear(128), RELU, Dropout(0.5), Linear()),
)
_add(
    "Small VGG: 3×3 filters only",
    "mini_vgg",
    tuple(
        Group((*(2 * convolution(channels, 3, padding=1)), Pool(2)), f"stage{number}")
        for number, channels in enumerate((16, 32, 64), 1)
    ),
    (Flatten(), Linear(128), RELU, Dropout(0.5), Linear()),
)
_add(
    "Small GoogLeNet: 3 inception blocks",
    "mini_googlenet",
    (*normed(16, 3), Pool(2)),
    (inception(8, 8, 16, 4, 8, 8, "inception1"), Pool(2), inception(16, 12, 24, 6, 12, 12, "inception2")),
    (inception(24, 16, 32, 8, 16, 16, "inception3"), *_HEAD),
)
_add(
    "Small ResNet: 3 stages of two basic blocks",
    "mini_resnet",
    normed(16, 3, 2),
    tuple(
        Group(
            (
                basic_block(channels, 2 if stage > 1 else 1, stage > 1, "block1"),
                basic_block(channels, 1, False, "block2"),
            ),
            f"stage{stage}",
        )
        for stage, channels in enumerate((16, 32, 64), 1)
    ),
    _HEAD,
)
_add(
    "Small bottleneck ResNet: 3 stages of two",
    "mini_bottleneck",
    normed(16, 3, 2),
    tuple(
        Group(
            (
                bottleneck(channels, 2 if stage > 1 else 1, True, "block1"),
                bottleneck(channels, 1, False, "block2"),
            ),
            f"stage{stage}",
        )
        for stage, channels in enumerate((8, 16, 32), 1)
    ),
    _HEAD,
)
_add(
    "Small DenseNet: 2 dense blocks",
    "mini_densenet",
    normed(16, 3, 2),
    (dense_block(8, 5, "dense1"), Group((*normed(28, 1), Pool(2, mode="average")), "transition1")),
    (dense_block(8, 5, "dense2"), BatchNorm(), RELU, *_HEAD),
)
_add(
    "Small OctConv-ResNet: two frequencies",
    "mini_octresnet",
    (*normed(16, 3), Pool(2)),
    (octave_basic_block(32, "block1", first=True), octave_basic_block(32, "block2")),
    (octave_basic_block(64, "block3", last=True), *_HEAD),
)
_add(
    "Small SqueezeNet: 4 fire modules",
    "mini_squeezenet",
    (*normed(24, 3, 2), _fire(8, 16, "fire1"), _fire(8, 16, "fire2"), Pool(2)),
    (_fire(12, 24, "fire3"), _fire(16, 32, "fire4"), *_HEAD),
)
_add(
    "Small MobileNetV2: one filter a channel",
    "mini_mobilenet",
    (*normed(16, 3, 2), *_inverted((3, 3, 3, 3, 3), 4), *normed(96, 1), *_HEAD),
)
_add(
    "Small EfficientNet: 3×3 and 5×5 filters",
    "mini_efficientnet",
    (
        *normed(16, 3, 2),
        *_inverted((3, 5, 5, 3, 5), 6),
        *normed(128, 1),
        Dropout(0.2),
        GlobalAveragePool(),
        Linear(),
    ),
)
