"""From LeNet-5 to ZF Net: large filters, few layers, most of the weights in the fully connected ones."""

from cnnviz.models.architectures.registry import (
    Architecture,
    Figure,
    Layers,
    Widen,
    architecture,
    convolution,
)
from cnnviz.models.layers import (
    Activation,
    AdaptivePool,
    Conv,
    Dropout,
    Flatten,
    Linear,
    LocalResponseNorm,
    Pool,
    Shape,
)

C3_CONNECTIONS = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""LeNet-5's table I: the maps of S2 that each map of C3 looks at."""


def _lenet5(widen: Widen, shape: Shape, _classes: int) -> Layers:
    # On the 28×28 pixels of MNIST the border of the paper's 32×32 is padding.
    tanh, padding = Activation("tanh"), 2 if min(shape[1:]) < 32 else 0
    return (
        *(Conv(widen(6), 5, padding=padding), tanh, Pool(2, mode="average")),
        *(Conv(widen(16), 5), tanh, Pool(2, mode="average")),
        *(Flatten(), Linear(widen(120)), tanh, Linear(widen(84)), tanh, Linear()),
    )


def _lenet5_1998(widen: Widen, shape: Shape, _classes: int) -> Layers:
    tanh, padding = Activation("tanh"), 2 if min(shape[1:]) < 32 else 0
    table = C3_CONNECTIONS if (widen(6), widen(16)) == (6, 16) else ()

    def subsampling(maps: int) -> Layers:
        """The mean of four values, times a learned coefficient, plus a learned bias."""
        return Pool(2, mode="average"), Conv(maps, 1, groups=maps), tanh

    return (
        *(Conv(widen(6), 5, padding=padding), tanh, *subsampling(widen(6))),
        *(Conv(widen(16), 5, connections=table), tanh, *subsampling(widen(16))),
        *(Conv(widen(120), 5), tanh, Flatten(), Linear(widen(84)), tanh, Linear()),
    )


def _alexnet(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    relu = Activation("relu")
    return (
        *(*convolution(widen(64), 11, 4, 2), Pool(3, 2)),
        *(*convolution(widen(192), 5, padding=2), Pool(3, 2)),
        *convolution(widen(384), 3, padding=1),
        *convolution(widen(256), 3, padding=1),
        *(*convolution(widen(256), 3, padding=1), Pool(3, 2)),
        *(AdaptivePool(6), Flatten()),
        *(Dropout(0.5), Linear(widen(4096)), relu, Dropout(0.5), Linear(widen(4096)), relu, Linear()),
    )


def _alexnet_2012(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    relu = Activation("relu")
    return (
        *(*convolution(widen(96), 11, 4, 2), LocalResponseNorm(), Pool(3, 2)),
        *(*convolution(widen(256), 5, padding=2, groups=2), LocalResponseNorm(), Pool(3, 2)),
        *convolution(widen(384), 3, padding=1),
        *convolution(widen(384), 3, padding=1, groups=2),
        *(*convolution(widen(256), 3, padding=1, groups=2), Pool(3, 2)),
        *(AdaptivePool(6), Flatten()),
        *(Dropout(0.5), Linear(widen(4096)), relu, Dropout(0.5), Linear(widen(4096)), relu, Linear()),
    )


def _zfnet(widen: Widen, _shape: Shape, _classes: int) -> Layers:
    relu = Activation("relu")
    return (
        *(*convolution(widen(96), 7, 2, 1), Pool(3, 2, padding=1), LocalResponseNorm()),
        *(*convolution(widen(256), 5, 2), Pool(3, 2, padding=1), LocalResponseNorm()),
        *convolution(widen(384), 3, padding=1),
        *convolution(widen(384), 3, padding=1),
        *(*convolution(widen(256), 3, padding=1), Pool(3, 2)),
        *(AdaptivePool(6), Flatten()),
        *(Dropout(0.5), Linear(widen(4096)), relu, Dropout(0.5), Linear(widen(4096)), relu, Linear()),
    )


_LENET = "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, Proc. IEEE 1998"
_ALEXNET = "ImageNet classification with deep convolutional neural networks, NIPS 2012"
_TORCHVISION = "torchvision's table of weights"

architecture(
    Architecture(
        name="lenet5_1998",
        title="LeNet-5, as published",
        year=1998,
        authors="LeCun, Bottou, Bengio, Haffner",
        paper="Gradient-based learning applied to document recognition, Proc. IEEE 1998",
        idea="Convolution, subsampling and fully connected layers, trained as one from pixels to classes.",
        layers=_lenet5_1998,
        small="lenet5",
        depth=7,
        parameters=60_850,
        multiply_adds=328_096,
        counted_by="section II.B of the paper: 156 + 12 + 1,516 + 32 + 48,120 + 10,164, and 850 of the output",
        figures=(
            Figure("learned parameters, without the output", 60_000, "", f"{_LENET}, section II.B"),
            Figure("connections, biases counted", 340_908, "", f"{_LENET}, section II.B"),
            Figure("test error on MNIST", 0.95, "%", f"{_LENET}, section III.C"),
        ),
        note="Its output, ten radial basis functions with fixed centres, stands as a fully connected layer with softmax; "
        "its function 1.7159·tanh(2x/3) as tanh. C3 looks at the maps of the paper's table I.",
        classes=10,
        input_shape=(1, 32, 32),
    )
)
architecture(
    Architecture(
        name="lenet5",
        title="LeNet-5",
        year=1998,
        authors="LeCun, Bottou, Bengio, Haffner",
        paper="Gradient-based learning applied to document recognition, Proc. IEEE 1998",
        idea="Convolution, subsampling and fully connected layers, trained as one from pixels to classes.",
        layers=_lenet5,
        small="lenet5",
        depth=5,
        parameters=61_706,
        multiply_adds=416_520,
        counted_by="its usual modern form: each filter of the second convolution looks at all six maps",
        figures=(Figure("test error on MNIST", 0.95, "%", f"{_LENET}, section III.C"),),
        note="The usual modern form: plain average pooling, full connections, softmax.",
        classes=10,
        input_shape=(1, 32, 32),
    )
)
architecture(
    Architecture(
        name="alexnet_2012",
        title="AlexNet, as published",
        year=2012,
        authors="Krizhevsky, Sutskever, Hinton",
        paper=_ALEXNET,
        idea="Depth, ReLU, dropout and two GPUs: a large network trained from pixels halves the errors of all others.",
        layers=_alexnet_2012,
        small="mini_alexnet",
        depth=8,
        parameters=60_965_224,
        multiply_adds=0.724e9,
        counted_by="figure 2 of the paper, with the two halves as two groups (Caffe's reference model)",
        figures=(
            Figure("parameters", 60e6, "", f"{_ALEXNET}, abstract"),
            Figure("top-5 error, ILSVRC 2012 test, five networks", 16.4, "%", f"{_ALEXNET}, table 2"),
            Figure("top-5 error of the second in 2012", 26.2, "%", f"{_ALEXNET}, table 2"),
        ),
        note="The halves that were trained on two GPUs are two groups. The paper writes 224×224; the sizes of its maps need two pixels of padding.",
    )
)
architecture(
    Architecture(
        name="alexnet",
        title="AlexNet",
        year=2012,
        authors="Krizhevsky, Sutskever, Hinton",
        paper=f"{_ALEXNET}; this form: Krizhevsky, One weird trick, 2014",
        idea="Depth, ReLU and dropout: a large network trained from pixels halves the errors of all others.",
        layers=_alexnet,
        small="mini_alexnet",
        depth=8,
        parameters=61_100_840,
        multiply_adds=0.714e9,
        counted_by=_TORCHVISION,
        figures=(
            Figure("top-5 error, ILSVRC 2012 test, five networks", 16.4, "%", f"{_ALEXNET}, table 2"),
            Figure("top-5 error of the second in 2012", 26.2, "%", f"{_ALEXNET}, table 2"),
        ),
        weights="alexnet",
        note="torchvision's form: one group, no local response normalisation.",
    )
)
architecture(
    Architecture(
        name="zfnet",
        title="ZF Net",
        year=2013,
        authors="Zeiler, Fergus",
        paper="Visualizing and understanding convolutional networks, ECCV 2014",
        idea="Look at what the filters see: then smaller first filters (7×7, stride 2) make AlexNet better.",
        layers=_zfnet,
        small="mini_zfnet",
        depth=8,
        parameters=62_357_608,
        multiply_adds=1.166e9,
        counted_by="figure 3 of the paper, counted layer by layer",
        figures=(
            Figure(
                "top-5 error, ILSVRC 2012 test, six networks",
                14.8,
                "%",
                "Zeiler and Fergus, 2014, table 2",
            ),
        ),
        note="Its contrast normalisation across maps stands as AlexNet's local response normalisation.",
    )
)
