"""The state of the page "Convolutional layer"."""

from typing import NamedTuple

from cnnviz.ops.layer_kinds import KINDS, LayerKind
from cnnviz.ui.fields import Choice, Number, Real, Switch, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.state import State


class KindFields(NamedTuple):
    """The numbers of a layer; each kind of convolution has its own."""

    filters: Number
    size: Number
    stride: Number
    padding: Number
    dilation: Number
    groups: Number


def _fields_of(kind: LayerKind) -> KindFields:
    here = {"kind": kind.name}
    return KindFields(
        Number(
            "Filters N",
            kind.filters,
            1,
            12,
            needs=here,
            help="How many filters the layer has; each gives one map, so the output has N channels.",
        ).named(f"{kind.name}_filters"),
        Number(
            "Kernel k",
            kind.kernel,
            1,
            11,
            needs=here,
            help="Height and width k of each filter. A filter on C channels has k·k·C weights and one bias.",
        ).named(f"{kind.name}_size"),
        Number(
            "Stride s",
            kind.stride,
            1,
            4,
            needs=here,
            help="How many places the window moves from one output to the next: ⌊(H + 2·p − d·(k − 1) − 1) / s⌋ + 1 rows.",
        ).named(f"{kind.name}_stride"),
        Number(
            "Padding p",
            kind.padding,
            0,
            5,
            needs=here,
            help="Rows and columns of zeros around the image. With p = (k − 1)/2 and stride 1 the maps are as large as the image.",
        ).named(f"{kind.name}_padding"),
        Number(
            "Dilation d",
            kind.dilation,
            1,
            4,
            needs=here,
            help="Distance between neighbouring weights of a filter, which then covers d·(k − 1) + 1 pixels a side.",
        ).named(f"{kind.name}_dilation"),
        Number(
            "Groups g",
            kind.groups,
            1,
            3,
            needs=here,
            help="Channels and filters are divided into g groups; a filter sees only its own group, k·k·C/g weights.",
        ).named(f"{kind.name}_groups"),
    )


OF_KIND = {name: _fields_of(kind) for name, kind in KINDS.items()}


class ConvolutionalLayer(State, page="pages/seeing/convolutional_layer.py"):
    """A kind of convolution with its numbers, an image, and how the layer is looked at."""

    kind = Choice(
        "Kind of convolution",
        titles_of(KINDS),
        help="What each filter looks at: all channels, a group of them, a single one, or 1×1 places. This decides the number of weights.",
    )
    numbers = tuple(field for fields in OF_KIND.values() for field in fields)
    bias = Real(
        "Bias b",
        0.5,
        -5.0,
        5.0,
        0.1,
        help="The number that is added to every sum of a filter: s = Σ w·x + b. Each filter has one.",
    )
    images = image_fields(usual="photo", number=3)
    second_layer = Switch(
        "Stack a second layer on top",
        help="The maps of the first layer become the channels of the image of a second one.",
    )
    where = Choice(
        "Step on",
        {"corner": "an 8×8 corner, with numbers", "whole": "the whole 32×32×3 image"},
        kind="buttons",
        help="Step through a small corner, where each number can be read, or through the whole image.",
    )
    filter = Number(
        "Number of the filter",
        0,
        0,
        11,
        help="The filter whose map is computed step by step, counted from 0. The layer has N of them.",
    )
    depth = Number(
        "How many such layers on top of each other",
        3,
        1,
        8,
        slider=True,
        help="How many such layers lie on top of each other. With stride 1 each adds k − 1 pixels to the receptive field.",
    )
