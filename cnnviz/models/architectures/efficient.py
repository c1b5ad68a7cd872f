"""Accuracy with little work: SqueezeNet, MobileNetV2, EfficientNet-Lite0."""

from cnnviz.models.architectures.registry import (
    Architecture,
    Figure,
    Layers,
    Widen,
    architecture,
    convolution,
)
from cnnviz.models.blocks import Block, Group, Parallel, Residual
from cnnviz.models.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    GlobalAveragePool,
    Layer,
    Linear,
    Pad,
    Pool,
    Shape,
)

RELU6 = Activation("relu6")
_TORCHVISION = "torchvision's table of weights"


def fire(squeezed: int, expanded: int, name: str) -> Group:
    """1×1 to few channels, then 1×1 and 3×3 filters side by side."""
    branches = convolution(expanded, 1), convolution(expanded, 3, padding=1)
    return Group((*convolution(squeezed, 1), Parallel(branches, name="expand")), name)


def _squeezenet(widen: Widen, _shape: Shape, classes: int) -> Layers:
    pool = Pool(3, 2, ceil=True)
    sizes = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
    fires = [fire(widen(a), widen(b), f"fire{number}") for number, (a, b) in enumerate(sizes, 2)]
    return (
        *(*convolution(widen(96), 7, 2), pool, *fires[:3], pool, *fires[3:7], pool, fires[7]),
        *(Dropout(0.5), Conv(classes, 1), Activation("relu"), GlobalAveragePool()),
    )


def _normed(channels: int, kernel: int, stride: int, eps: float, groups: int = 1) -> Layers:
    """Maps keep their size, or are halved."""
    return (
        Conv(channels, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        BatchNorm(eps),
        RELU6,
    )


def _lite_normed(channels: int, kernel: int, stride: int, eps: float, groups: int = 1) -> Layers:
    """The same with the padding of TensorFlow: where the maps are halved, less on the left and above."""
    if stride == 1:
        return _normed(channels, kernel, stride, eps, groups)
    return (
        Pad((kernel - 2) // 2, (kernel - 1) // 2),
        Conv(channels, kernel, stride, groups=groups, bias=False),
        BatchNorm(eps),
        RELU6,
    )


def inverted_residual(
    before: int, widening: int, kernel: int, stride: int, out: int, name: str, eps: float, lite: bool = False
) -> Block:
    """1×1 to more channels, one filter a channel, 1×1 to few; added to the input where the shapes agree."""
    inner, around = before * widening, _lite_normed if lite else _normed
    body: Layers = (
        *(_normed(inner, 1, 1, eps) if widening > 1 else ()),
        *around(inner, kernel, stride, eps, inner),
        *(Conv(out, 1, bias=False), BatchNorm(eps)),
    )
    return Residual(body, name=name) if stride == 1 and before == out else Group(body, name)


def _inverted(
    rows: tuple[tuple[int, int, int, int, int], ...], before: int, widen: Widen, eps: float, lite: bool
) -> list[Layer]:
    """All blocks of (blocks, kernel, stride of the first, widening, channels)."""
    found: list[Layer] = []
    for count, kernel, stride, widening, channels in rows:
        for index in range(count):
            out, name = widen(channels), f"block{len(found) + 1}"
            step = stride if index == 0 else 1
            found.append(inverted_residual(before, widening, kernel, step, out, name, eps, lite))
            before = out
    return found


def _mobilenet_v2(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    rows = (
        *((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (3, 3, 2, 6, 32), (4, 3, 2, 6, 64)),
        *((3, 3, 1, 6, 96), (3, 3, 2, 6, 160), (1, 3, 1, 6, 320)),
    )
    return (
        *_normed(widen(32), 3, 2, 1e-5),
        *_inverted(rows, widen(32), widen, 1e-5, False),
        *_normed(widen(1280), 1, 1, 1e-5),
        *(GlobalAveragePool(), Dropout(0.2), Linear()),
    )


def _efficientnet_lite0(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    rows = (
        *((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80)),
        *((3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)),
    )
    return (
        *_lite_normed(widen(32), 3, 2, 1e-3),
        *_inverted(rows, widen(32), widen, 1e-3, True),
        *_normed(widen(1280), 1, 1, 1e-3),
        *(GlobalAveragePool(), Dropout(0.2), Linear()),
    )


architecture(
    Architecture(
        name="squeezenet1_0",
        title="SqueezeNet 1.0",
        year=2016,
        authors="Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer",
        paper="SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, arXiv 1602.07360, 2016",
        idea="Squeeze to few channels with 1×1 filters before each 3×3 one: as accurate as AlexNet, fifty times smaller.",
        layers=_squeezenet,
        small="mini_squeezenet",
        depth=18,
        parameters=1_248_424,
        multiply_adds=0.819e9,
        counted_by=_TORCHVISION,
        figures=(Figure("top-5 error, ImageNet validation", 19.7, "%", "Iandola et al., 2016, table 2"),),
        weights="squeezenet1_0",
    )
)
architecture(
    Architecture(
        name="mobilenet_v2",
        title="MobileNetV2",
        year=2018,
        authors="Sandler, Howard, Zhu, Zhmoginov, Chen",
        paper="MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018",
        idea="One filter a channel instead of one over all of them, between narrow ends that skip connections join.",
        layers=_mobilenet_v2,
        small="mini_mobilenet",
        depth=53,
        parameters=3_504_872,
        multiply_adds=0.301e9,
        counted_by=_TORCHVISION,
        figures=(Figure("top-1 accuracy, ImageNet validation", 72.0, "%", "Sandler et al., 2018, table 4"),),
        weights="mobilenet_v2",
    )
)
architecture(
    Architecture(
        name="efficientnet_lite0",
        title="EfficientNet-Lite0",
        year=2020,
        authors="Tan, Le (2019); Liu, Google (Lite, 2020)",
        paper="EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019",
        idea="Depth, width and image size grow together, from blocks that a search found; Lite leaves out what phones do slowly.",
        layers=_efficientnet_lite0,
        small="mini_efficientnet",
        depth=49,
        parameters=4_652_008,
        multiply_adds=385_187_552,
        counted_by="the bundled weights, counted layer by layer",
        figures=(
            Figure(
                "multiply-adds in Google's table, counted in another way",
                407e6,
                "",
                "Google, EfficientNet-Lite, 2020",
            ),
            Figure("top-1 accuracy, ImageNet validation", 75.1, "%", "Google, EfficientNet-Lite, 2020"),
        ),
        weights="efficientnet_lite0",
    )
)
