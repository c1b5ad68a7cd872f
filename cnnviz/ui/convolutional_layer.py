"""The layer that the page "Convolutional layer" looks at, and its pictures."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.figures import map_sheet, picture_sheet, receptive_squares
from cnnviz.ops import convolution
from cnnviz.ops.layer_cost import LayerCost, layer_cost
from cnnviz.ops.layer_kinds import KINDS, LayerKind, hand_filters, layer_maps
from cnnviz.ops.receptive_field import ReceptiveField
from cnnviz.ui.components import WallItem
from cnnviz.ui.messages import StepperMessage
from cnnviz.ui.pictures import photograph_file
from cnnviz.ui.states.convolutional_layer import OF_KIND, ConvolutionalLayer
from cnnviz.ui.stepping import StepperNames, steps_of
from cnnviz.words import _


class Layer(NamedTuple):
    """The layer that is looked at; its last five numbers in the order in which the functions of
    ``ops.layer_kinds`` take them.
    """

    kind: LayerKind
    filters: int
    size: int
    stride: int
    padding: int
    dilation: int
    groups: int

    @property
    def weights(self) -> Tensor:
        return hand_filters(self.filters, 3 // self.groups, self.size)

    @property
    def cost(self) -> LayerCost:
        """
        Raises:
            CnnvizError: there is no such layer.
        """
        return layer_cost((3, 32, 32), *self[1:], transposed=self.kind.transposed)

    @property
    def is_possible(self) -> bool:
        """Whether there is such a layer on an image of 32×32 pixels."""
        try:
            return bool(self.cost)
        except CnnvizError:
            return False


def layer_now() -> Layer:
    """What the controls say."""
    kind = KINDS[ConvolutionalLayer.kind.now]
    numbers = OF_KIND[kind.name]
    return Layer(
        kind,
        numbers.filters.now,
        numbers.size.now,
        numbers.stride.now,
        numbers.padding.now,
        numbers.dilation.now,
        numbers.groups.now,
    )


def layer_steps(
    slices: Tensor,
    weight: Tensor,
    stride: int,
    padding: int,
    dilation: int,
    bias: float,
    colours: Sequence[str],
) -> StepperMessage:
    """One filter of the layer, step by step."""
    trace = convolution.trace(slices, weight, stride, padding, dilation, bias=[bias])
    return steps_of(trace, StepperNames(weights="filter", output="map", channels=colours))


def maps_of(layer: Layer, pixels: Tensor) -> Tensor:
    photograph = pixels.expand(3, -1, -1).float() / 255
    return layer_maps(photograph, layer.weights, *layer[3:], transposed=layer.kind.transposed)


def wall_of(layer: Layer, pixels: Tensor, found: Tensor, second: bool) -> list[WallItem]:
    photograph, columns = pixels.expand(3, -1, -1).float() / 255, min(3, layer.filters)
    size_in, size_out = ("×".join(map(str, values.shape)) for values in (photograph, found))
    filters = map_sheet(layer.weights.mean(1), columns=columns, what=_("filters"), signed=True)
    made = [
        WallItem(
            "image", picture_sheet(photograph, what=_("image")), size_in, _("image"), target=190, legend=False
        ),
        WallItem("maps", map_sheet(found, columns=columns, what=_("maps")), size_out, target=400, most=900),
        WallItem("filters", filters, _("mean of the channels"), target=150),
    ]
    if second:
        deeper = layer_maps(found.relu(), hand_filters(10, len(found), 5), 1, 0, 1, 1)
        sheet = map_sheet(deeper, columns=5, what=_("maps of the second layer"))
        made.append(
            WallItem(
                "second",
                sheet,
                "×".join(map(str, deeper.shape)),
                title=_("second layer, on ReLU of the maps"),
                target=300,
            )
        )
    return made


def squares(pixels: Tensor, fields: list[ReceptiveField]) -> tuple[bytes, str]:
    """The photograph with the receptive fields as squares, as a file, and in words."""
    drawn, words = receptive_squares(pixels.expand(3, -1, -1).float() / 255, fields)
    return photograph_file(drawn), words
