"""The ideas behind the classic architectures, each as an experiment with one switch: networks that differ in
it and in nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cnnviz.models.architectures.deep import bottleneck
from cnnviz.models.architectures.registry import Layers
from cnnviz.models.architectures.small import dense_block, inception, normed, octave_basic_block
from cnnviz.models.blocks import Residual
from cnnviz.models.layers import (
    Activation,
    BatchNorm,
    Conv,
    Flatten,
    GlobalAveragePool,
    Linear,
    Pool,
)
from cnnviz.models.spec import NetworkSpec
from cnnviz.words import say

RELU = Activation("relu")
HEAD: Layers = (GlobalAveragePool(), Linear())
Look = Literal["gradients", "reuse", "frequencies"]


@dataclass(frozen=True)
class Idea:
    """One idea as an experiment.

    Attributes:
        name: its key in ``IDEAS``.
        question: what is compared, in a sentence.
        expect: what to expect and why; shown before the result.
        networks: title -> network; they differ in the idea alone.
        architecture: the network of ``ARCHITECTURES`` that brought it.
        source: the paper.
        note: what came out that one would not expect, and why; shown after the bundled result.
        look: what else is looked at: the gradient of each layer in the first step, which earlier maps a dense
            block uses, or the maps of both frequencies; ``None``: the curves say all.
    """

    name: str
    title: str
    question: str
    expect: str
    networks: Mapping[str, NetworkSpec]
    architecture: str
    source: str
    look: Look | None = None
    note: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Titles of two small networks that differ in the idea; of ``variant, size`` the smallest of each
        variant.
        """
        variants: dict[str, str] = {}
        for title in self.networks:
            variants.setdefault(title.partition(", ")[0], title)
        first, second, *_ = variants.values()
        return first, second


IDEAS: dict[str, Idea] = {}
"""By name, in the order of the menu; filled by ``idea``."""


def idea(entry: Idea) -> Idea:
    """Adds an experiment to the page, its bundled results and its tests."""
    IDEAS[entry.name] = entry
    return entry


def _spec(name: str, *groups: Layers) -> NetworkSpec:
    return NetworkSpec(tuple(layer for group in groups for layer in group), name)


def _two_convolutions(channels: int, stride: int, norm: bool = True) -> Layers:
    """As in a basic block."""
    first = Conv(channels, 3, stride, 1, bias=not norm)
    second = Conv(channels, 3, padding=1, bias=not norm)
    between: Layers = (BatchNorm(),) if norm else ()
    return (first, *between, RELU, second, *between)


def deep_network(depth: int, skip: bool, norm: bool = True) -> NetworkSpec:
    """``depth`` layers with weights in three stages, as He et al. built them for CIFAR-10: with skip
    connections, or the same layers without.

    Args:
        depth: 6n + 2.
    """
    blocks: list[Layers] = []
    for stage, channels in enumerate((8, 16, 32)):
        for number in range((depth - 2) // 6):
            stride = 2 if stage and not number else 1
            body = _two_convolutions(channels, stride, norm)
            end: Layers = (BatchNorm(),) if norm else ()
            shortcut: Layers | None = (
                (Conv(channels, 1, stride, bias=not norm), *end) if stride == 2 else None
            )
            blocks.append((Residual(body, shortcut, (RELU,)),) if skip else (*body, RELU))
    stem: Layers = (Conv(8, 3, 2, 1, bias=not norm), *((BatchNorm(),) if norm else ()), RELU)
    return _spec(
        f"{'residual' if skip else 'plain'}{'' if norm else '_without_norm_'}{depth}", stem, *blocks, HEAD
    )


_STEM = normed(16, 3, 2)


def _wide_blocks(narrow: bool) -> tuple[Layers, ...]:
    """Three residual blocks of 64 channels: of two 3×3 convolutions, or of a bottleneck."""
    if narrow:
        return tuple((bottleneck(16, 1, number == 1, f"block{number}"),) for number in (1, 2, 3))
    first: Layers = (Conv(64, 1, bias=False), BatchNorm())
    return tuple(
        (Residual(_two_convolutions(64, 1), first if number == 1 else None, (RELU,), f"block{number}"),)
        for number in (1, 2, 3)
    )


DEPTHS = (8, 20, 32, 56)
_HE = "He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016"
idea(
    Idea(
        name="residual",
        title="Skip connections",
        question="The same layers with and without skip connections, 8 to 56 layers deep.",
        expect="More layers can do all that fewer can, so a deeper network should fit the training images at least as well. "
        "Without skip connections it does not: it has the higher training error. The gradient passes all layers one after the other, and on the way it grows or shrinks.",
        networks={
            say("{part}, {depth} layers", part="residual" if skip else "plain", depth=depth): deep_network(
                depth, skip
            )
            for skip in (False, True)
            for depth in DEPTHS
        },
        architecture="resnet50",
        source=say("{he}, figure 6", he=_HE),
        look="gradients",
    )
)
idea(
    Idea(
        name="norm",
        title="Batch normalisation",
        question="8 and 20 plain layers, with and without batch normalisation.",
        expect="Without it, and with PyTorch's usual initial weights, the gradient shrinks from layer to layer on its way back; "
        "the first layers are told nothing, and the network does not begin to learn.",
        networks={
            "with batch norm, 8 layers": deep_network(8, False),
            "with batch norm, 20 layers": deep_network(20, False),
            "without, 8 layers": deep_network(8, False, norm=False),
            "without, 20 layers": deep_network(20, False, norm=False),
        },
        architecture="googlenet",
        source="Ioffe and Szegedy, Batch normalization, ICML 2015",
        look="gradients",
    )
)
idea(
    Idea(
        name="small_filters",
        title="Three 3×3 against one 7×7",
        question="One layer of 7×7 filters, or three layers of 3×3 filters that see as far.",
        expect="Both see 7×7 cells. The three have 27 in place of 49 weights for each pair of channels, and two more ReLUs.",
        networks={
            "one 7×7": _spec("one7x7", _STEM, normed(16, 7), HEAD),
            "three 3×3": _spec("three3x3", _STEM, *(3 * (normed(16, 3),)), HEAD),
        },
        architecture="vgg16",
        source="Simonyan and Zisserman, ICLR 2015, section 2.3",
    )
)
idea(
    Idea(
        name="inception",
        title="Inception block",
        question="1×1, 3×3, 5×5 filters and a pooling side by side, or 3×3 filters alone, at the same number of operations.",
        expect="Several sizes at once catch small and large parts; 1×1 convolutions in front pay for the 5×5. On small images the gain is small.",
        networks={
            "inception": _spec("inception", _STEM, (inception(16, 12, 24, 6, 12, 12, "inception1"),), HEAD),
            "plain 3×3": _spec("plain3x3", _STEM, normed(36, 3), HEAD),
        },
        architecture="googlenet",
        source="Szegedy et al., CVPR 2015, section 4",
    )
)
idea(
    Idea(
        name="bottleneck",
        title="1×1 bottleneck",
        question="Residual blocks of two 3×3 convolutions, or of 1×1, 3×3, 1×1 with a quarter of the channels in the middle.",
        expect="The bottleneck has far fewer weights and operations for as many channels; it should lose little.",
        networks={
            "two 3×3": _spec("two3x3", _STEM, *_wide_blocks(False), HEAD),
            "bottleneck": _spec("bottleneck", _STEM, *_wide_blocks(True), HEAD),
        },
        architecture="resnet50",
        note="A small part of the weights costs some points here. In networks of 50 layers and more the saved operations pay for depth, which is worth more.",
        source=say("{he}, figure 5", he=_HE),
    )
)
idea(
    Idea(
        name="dense",
        title="Dense connections",
        question="Each layer takes the maps of all layers before it, or of the last one only, with about as many weights.",
        expect="What early layers found stays at hand, so each needs to add only a few maps. Look at which earlier maps a layer uses.",
        networks={
            "dense": _spec("dense", _STEM, (dense_block(8, 6, "dense1"), BatchNorm(), RELU), HEAD),
            "plain": _spec("plain", _STEM, *(6 * (normed(20, 3),)), HEAD),
        },
        architecture="densenet121",
        note="Here the plain network is ahead: six layers train well without help, and each dense layer adds only 8 maps. "
        "The paper's gain shows at 40 to 250 layers, where plain networks fail.",
        source="Huang et al., CVPR 2017, figure 5",
        look="reuse",
    )
)
_BODY = (*normed(16, 3, 2), *normed(32, 3, 2), *normed(32, 3))
idea(
    Idea(
        name="head",
        title="Global average against fully connected",
        question="The mean of each map, or a hidden layer of 128 units on all values.",
        expect="The fully connected layers hold nearly all weights of the network; the mean has none, and overfits less.",
        networks={
            "global average": _spec("gap_head", _BODY, HEAD),
            "fully connected": _spec("fc_head", _BODY, (Flatten(), Linear(128), RELU, Linear())),
        },
        architecture="googlenet",
        note="Here the fully connected layers are ahead: they know where in the image something is, and the mean forgets it. "
        "They pay with fifteen times the weights, which overfit when the training is long or the images are few.",
        source="Lin, Chen and Yan, Network in network, ICLR 2014, section 3.2",
    )
)
idea(
    Idea(
        name="stride",
        title="Strided convolution against pooling",
        question="Maps are halved by a stride of 2 in the convolution, or by max pooling behind it.",
        expect="The stride needs a quarter of the operations. Pooling keeps the strongest answer of each window; a stride looks at one place in four.",
        networks={
            "stride 2": _spec("strided", normed(16, 3, 2), normed(32, 3, 2), HEAD),
            "max pooling": _spec("pooled", (*normed(16, 3), Pool(2)), (*normed(32, 3), Pool(2)), HEAD),
        },
        architecture="vgg16",
        source="Springenberg et al., Striving for simplicity, ICLR 2015",
    )
)
ALPHAS = (0.0, 0.25, 0.5, 0.75)


def octave_network(alpha: float) -> NetworkSpec:
    """Three residual blocks, with a share ``alpha`` of the channels at half the size."""
    stem = (*normed(16, 3), Pool(2))
    if alpha == 0:

        def block(channels: int, name: str, stride: int = 1, project: bool = False) -> Residual:
            shortcut = (Conv(channels, 1, stride, bias=False), BatchNorm()) if project else None
            body: Layers = (*normed(channels, 3), Conv(channels, 3, stride, 1, bias=False), BatchNorm())
            return Residual(body, shortcut, (RELU,), name)

        blocks = (block(32, "block1", project=True), block(32, "block2"), block(64, "block3", 2, True))
    else:
        make = partial(octave_basic_block, alpha=alpha)
        blocks = (make(32, "block1", first=True), make(32, "block2"), make(64, "block3", last=True))
    return _spec(f"octave{round(100 * alpha)}", stem, blocks, HEAD)


idea(
    Idea(
        name="octave",
        title="Octave convolution",
        question="A share α of the maps is kept at half the size.",
        expect="The larger α, the fewer operations, and the farther a unit sees. The paper finds α near 0.25 as accurate as plain convolution or better.",
        networks={f"α = {alpha:g}": octave_network(alpha) for alpha in ALPHAS},
        architecture="octresnet50",
        source="Chen et al., Drop an octave, ICCV 2019, figure 4",
        look="frequencies",
    )
)
