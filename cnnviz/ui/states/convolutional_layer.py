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
        Number("Filters N", kind.filters, 1, 12, needs=here).named(f"{kind.name}_filters"),
        Number("Kernel k", kind.kernel, 1, 11, needs=here).named(f"{kind.name}_size"),
        Number("Stride s", kind.stride, 1, 4, needs=here).named(f"{kind.name}_stride"),
        Number("Padding p", kind.padding, 0, 5, needs=here).named(f"{kind.name}_padding"),
        Number("Dilation d", kind.dilation, 1, 4, needs=here).named(f"{kind.name}_dilation"),
        Number("Groups g", kind.groups, 1, 3, needs=here).named(f"{kind.name}_groups"),
    )


OF_KIND = {name: _fields_of(kind) for name, kind in KINDS.items()}


class ConvolutionalLayer(State, page="pages/seeing/convolutional_layer.py"):
    """A kind of convolution with its numbers, an image, and how the layer is looked at."""

    kind = Choice("Kind of convolution", titles_of(KINDS))
    numbers = tuple(field for fields in OF_KIND.values() for field in fields)
    bias = Real("Bias b", 0.5, -5.0, 5.0, 0.1)
    images = image_fields(usual="photo", number=3)
    second_layer = Switch("Stack a second layer on top")
    where = Choice(
        "Step on",
        {"corner": "an 8×8 corner, with numbers", "whole": "the whole 32×32×3 image"},
        kind="buttons",
    )
    filter = Number("Number of the filter", 0, 0, 11)
    depth = Number("How many such layers on top of each other", 3, 1, 8, slider=True)
