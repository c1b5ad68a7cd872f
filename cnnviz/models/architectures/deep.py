"""The revolution of depth: VGG, GoogLeNet, ResNet, DenseNet, and ResNet with octave convolution."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cnnviz.models.architectures.registry import (
    ARCHITECTURES,
    Architecture,
    Figure,
    Layers,
    Widen,
    architecture,
    convolution,
)
from cnnviz.models.blocks import Dense, Group, Parallel, Residual
from cnnviz.models.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Linear,
    Pool,
    Shape,
)
from cnnviz.models.octaves import Both, OctaveConv

RELU = Activation("relu")
_TORCHVISION = "torchvision's table of weights"


def _vgg(counts: tuple[int, ...], widen: Widen, _shape: Shape, _classes: int) -> Layers:
    stages = tuple(
        Group((*(count * convolution(widen(channels), 3, padding=1)), Pool(2)), f"stage{number}")
        for number, (count, channels) in enumerate(zip(counts, (64, 128, 256, 512, 512), strict=True), 1)
    )
    hidden = Linear(widen(4096)), RELU, Dropout(0.5)
    return *stages, AdaptivePool(7), Flatten(), *hidden, *hidden, Linear()


def _normed(channels: int, kernel: int, stride: int = 1, eps: float = 1e-5) -> Layers:
    return (
        Conv(channels, kernel, stride, padding=kernel // 2, bias=False),
        BatchNorm(eps),
        RELU,
    )


_INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""GoogLeNet's table 1: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection."""


def _googlenet(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    conv = partial(_normed, eps=1e-3)

    def inception(name: str) -> Parallel:
        one, reduce3, three, reduce5, five, pooled = map(widen, _INCEPTIONS[name])
        return Parallel(
            (
                conv(one, 1),
                (*conv(reduce3, 1), *conv(three, 3)),
                (*conv(reduce5, 1), *conv(five, 3)),
                (Pool(3, 1, padding=1, ceil=True), *conv(pooled, 1)),
            ),
            name=f"inception{name}",
        )

    third, fourth, fifth = (tuple(inception(name) for name in _INCEPTIONS if name[0] == row) for row in "345")
    return (
        *(*conv(widen(64), 7, 2), Pool(3, 2, ceil=True)),
        *(*conv(widen(64), 1), *conv(widen(192), 3), Pool(3, 2, ceil=True)),
        *(*third, Pool(3, 2, ceil=True), *fourth, Pool(2, 2, ceil=True), *fifth),
        *(GlobalAveragePool(), Dropout(0.2), Linear()),
    )


def basic_block(channels: int, stride: int, project: bool, name: str) -> Residual:
    """Two 3×3 convolutions beside a skip connection; where the shape changes, a 1×1 convolution takes the
    skip along.
    """
    shortcut = (Conv(channels, 1, stride, bias=False), BatchNorm()) if project else None
    return Residual((*_normed(channels, 3, stride), *_normed(channels, 3)[:2]), shortcut, (RELU,), name)


def bottleneck(channels: int, stride: int, project: bool, name: str) -> Residual:
    """1×1 to fewer channels, 3×3, 1×1 back to four times as many, beside a skip connection."""
    out = 4 * channels
    body = (*_normed(channels, 1), *_normed(channels, 3, stride), *_normed(out, 1)[:2])
    shortcut = (Conv(out, 1, stride, bias=False), BatchNorm()) if project else None
    return Residual(body, shortcut, (RELU,), name)


def _resnet(
    block: Callable[[int, int, bool, str], Residual],
    counts: tuple[int, ...],
    widen: Widen,
    _shape: Shape,
    _classes: int,
) -> Layers:
    stages = []
    for stage, count in enumerate(counts):
        channels = widen(64 << stage)

        def one(number: int, stage: int = stage, channels: int = channels) -> Residual:
            first = number == 1
            # The maps of stage 2 come from a pooling with as many channels as a basic block gives.
            project = first and (stage > 0 or block is bottleneck)
            return block(channels, 2 if first and stage else 1, project, f"block{number}")

        stages.append(Group(tuple(one(number) for number in range(1, count + 1)), f"stage{stage + 2}"))
    return (
        *(*_normed(widen(64), 7, 2), Pool(3, 2, padding=1)),
        *stages,
        *(GlobalAveragePool(), Linear()),
    )


def _densenet121(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    growth, channels = widen(32), widen(64)
    inner = (
        *(BatchNorm(), RELU, Conv(4 * growth, 1, bias=False)),
        *(BatchNorm(), RELU, Conv(growth, 3, padding=1, bias=False)),
    )
    layers: list[Layer] = [*_normed(channels, 7, 2), Pool(3, 2, padding=1)]
    for number, count in enumerate((6, 12, 24, 16), 1):
        layers.append(Dense(inner, count, f"dense{number}"))
        channels += count * growth
        if number < 4:
            channels //= 2
            transition = (
                BatchNorm(),
                RELU,
                Conv(channels, 1, bias=False),
                Pool(2, mode="average"),
            )
            layers.append(Group(transition, f"transition{number}"))
    return *layers, BatchNorm(), RELU, GlobalAveragePool(), Linear()


def octave_bottleneck(
    channels: int, stride: int, project: bool, name: str, alpha: float, first: bool = False
) -> Residual:
    """A bottleneck of octave convolutions.

    Args:
        first: takes one tensor and gives two.
    """
    norm, active = (Both((BatchNorm(),)),), (Both((BatchNorm(), RELU)),)
    octave = partial(OctaveConv, alpha=alpha, bias=False)
    body = (
        *(octave(channels, 1, 0, pair=not first), *active),
        *(octave(channels, 3, 1, stride=stride), *active),
        *(octave(4 * channels, 1, 0), *norm),
    )
    shortcut = (octave(4 * channels, 1, 0, pair=not first, stride=stride), *norm) if project else None
    return Residual(body, shortcut, (Both((RELU,)),), name)


def last_octave_bottleneck(channels: int, name: str, alpha: float) -> Residual:
    """Takes two tensors and gives one of half the size: its 3×3 convolution brings both together."""
    octave = partial(OctaveConv, bias=False)
    body = (
        *(octave(channels, 1, 0, alpha), Both((BatchNorm(), RELU))),
        *(octave(channels, 3, 1, 0.0, stride=2), BatchNorm(), RELU),
        *_normed(4 * channels, 1)[:2],
    )
    return Residual(body, (octave(4 * channels, 1, 0, 0.0, stride=2), BatchNorm()), (RELU,), name)


def _octave_resnet50(alpha: float, widen: Widen, _shape: Shape, _classes: int) -> Layers:
    stages = []
    for stage, count in enumerate((3, 4, 6)):
        stages.append(
            tuple(
                octave_bottleneck(
                    *(widen(64 << stage), 2 if number == 1 and stage else 1, number == 1, f"block{number}"),
                    alpha,
                    first=number == 1 and stage == 0,
                )
                for number in range(1, count + 1)
            )
        )
    channels = widen(512)
    plain = (bottleneck(channels, 1, False, f"block{number}") for number in (2, 3))
    stages.append((last_octave_bottleneck(channels, "block1", alpha), *plain))
    return (
        *(*_normed(widen(64), 7, 2), Pool(3, 2, padding=1)),
        *(Group(blocks, f"stage{number}") for number, blocks in enumerate(stages, 2)),
        *(GlobalAveragePool(), Linear()),
    )


def octave_resnet50(alpha: float) -> Architecture:
    """ResNet-50 with a share ``alpha`` of the channels of stages 2 to 4 at half the size; 0: ResNet-50
    itself.
    """
    if alpha == 0:
        return ARCHITECTURES["resnet50"]
    return replace(ARCHITECTURES["octresnet50"], layers=partial(_octave_resnet50, alpha))


_VGG = "Very deep convolutional networks for large-scale image recognition, ICLR 2015"
_VGG_FIGURES = (
    Figure(
        "top-5 error, ILSVRC 2014 test, as submitted", 7.3, "%", f"Simonyan and Zisserman, {_VGG}, table 7"
    ),
    Figure(
        "top-5 error, ILSVRC 2014 test, two networks", 6.8, "%", f"Simonyan and Zisserman, {_VGG}, table 7"
    ),
)
for _depth, _counts, _parameters, _multiply_adds in (
    (11, (1, 1, 2, 2, 2), 132_863_336, 7.609e9),
    (16, (2, 2, 3, 3, 3), 138_357_544, 15.47e9),
    (19, (2, 2, 4, 4, 4), 143_667_240, 19.632e9),
):
    architecture(
        Architecture(
            name=f"vgg{_depth}",
            title=f"VGG-{_depth}",
            year=2014,
            authors="Simonyan, Zisserman",
            paper=_VGG,
            idea="Only 3×3 filters, many of them behind each other: two see as far as one 5×5, with fewer weights.",
            layers=partial(_vgg, _counts),
            small="mini_vgg",
            depth=_depth,
            parameters=_parameters,
            multiply_adds=_multiply_adds,
            counted_by=_TORCHVISION,
            figures=_VGG_FIGURES,
            weights=f"vgg{_depth}",
        )
    )

_GOOGLENET = "Going deeper with convolutions, CVPR 2015"
architecture(
    Architecture(
        name="googlenet",
        title="GoogLeNet",
        year=2014,
        authors="Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich",
        paper=_GOOGLENET,
        idea="Several filter sizes side by side, made cheap by 1×1 convolutions, and no large fully connected layers.",
        layers=_googlenet,
        small="mini_googlenet",
        depth=22,
        parameters=6_624_904,
        multiply_adds=1.498e9,
        counted_by=_TORCHVISION,
        figures=(
            Figure("top-5 error, ILSVRC 2014 test", 6.67, "%", f"Szegedy et al., {_GOOGLENET}, table 2"),
        ),
        weights="googlenet",
        note="torchvision's form: batch normalisation, 3×3 in place of 5×5 filters, and without the two side classifiers that only training uses.",
    )
)

_RESNET = "Deep residual learning for image recognition, CVPR 2016"
_RESNET_FIGURES = (
    Figure("top-5 error, ILSVRC 2015 test, six networks", 3.57, "%", f"He et al., {_RESNET}, table 5"),
)
for _depth, _block, _stages, _parameters, _multiply_adds in (
    (18, basic_block, (2, 2, 2, 2), 11_689_512, 1.814e9),
    (34, basic_block, (3, 4, 6, 3), 21_797_672, 3.664e9),
    (50, bottleneck, (3, 4, 6, 3), 25_557_032, 4.089e9),
    (101, bottleneck, (3, 4, 23, 3), 44_549_160, 7.801e9),
    (152, bottleneck, (3, 8, 36, 3), 60_192_808, 11.514e9),
):
    architecture(
        Architecture(
            name=f"resnet{_depth}",
            title=f"ResNet-{_depth}",
            year=2015,
            authors="He, Zhang, Ren, Sun",
            paper=_RESNET,
            idea="Each block adds a correction to what it gets: y = F(x) + x, so that gradients reach the first layers.",
            layers=partial(_resnet, _block, _stages),
            small="mini_resnet" if _block is basic_block else "mini_bottleneck",
            depth=_depth,
            parameters=_parameters,
            multiply_adds=_multiply_adds,
            counted_by=_TORCHVISION,
            figures=_RESNET_FIGURES,
            weights=f"resnet{_depth}",
            note="torchvision's form: the stride is in the 3×3 convolution of a bottleneck."
            if _depth >= 50
            else "",
        )
    )

architecture(
    Architecture(
        name="densenet121",
        title="DenseNet-121",
        year=2016,
        authors="Huang, Liu, van der Maaten, Weinberger",
        paper="Densely connected convolutional networks, CVPR 2017",
        idea="Each layer takes the maps of all layers before it in its block, so that none is computed twice.",
        layers=_densenet121,
        small="mini_densenet",
        depth=121,
        parameters=7_978_856,
        multiply_adds=2.834e9,
        counted_by=_TORCHVISION,
        figures=(
            Figure("top-5 error, ImageNet validation, single crop", 7.71, "%", "Huang et al., 2017, table 3"),
        ),
        weights="densenet121",
    )
)
_OCTAVE = "Chen et al., Drop an octave, ICCV 2019"
architecture(
    Architecture(
        name="octresnet50",
        title="OctConv-ResNet-50",
        year=2019,
        authors="Chen, Fan, Xu, Yan, Kalantidis, Rohrbach, Yan, Feng",
        paper="Drop an octave: reducing spatial redundancy with octave convolution, ICCV 2019",
        idea="Half of the maps hold slow changes and are kept at half the size: less work, and a wider view.",
        layers=partial(_octave_resnet50, 0.5),
        small="mini_octresnet",
        depth=50,
        parameters=25_557_032,
        multiply_adds=2.353e9,
        counted_by=f"{_OCTAVE}, table 3 (25.6 million, as ResNet-50, whose exact count it keeps)",
        figures=(Figure("top-1 accuracy, ImageNet validation, α = 0.5", 77.4, "%", f"{_OCTAVE}, table 3"),),
        note="α = 0.5; where the maps get smaller, they are averaged before the convolution, as the paper advises.",
    )
)
