"""Which pixels a unit of a network can see, by arithmetic, for chains and branches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.models import LayerCall, graph_of
from cnnviz.models.graph import IMAGE
from cnnviz.ops.receptive_field import PIXEL, ReceptiveField, Window, receptive_fields


@dataclass(frozen=True)
class LayerField:
    """The receptive field of a layer's units, along rows and columns.

    Attributes:
        rows, cols: size, stride and offset in pixels of the image. A stride of 0: all units see the same.
    """

    rows: ReceptiveField
    cols: ReceptiveField

    def _both(self, name: str) -> Any:
        vertical, horizontal = getattr(self.rows, name), getattr(self.cols, name)
        return vertical if vertical == horizontal else (vertical, horizontal)

    @property
    def size(self) -> int | tuple[int, int]:
        """Side of the square, in pixels; (height, width) where it is no square."""
        return self._both("size")

    @property
    def stride(self) -> int | tuple[int, int]:
        """Pixels from one unit's square to its neighbour's."""
        return self._both("stride")

    @property
    def offset(self) -> int | tuple[int, int]:
        """First row and column of the square of unit (0, 0); negative where it reaches into the padding."""
        return self._both("offset")

    def box(self, row: int, col: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of what unit (row, col) sees, the last two exclusive; it may reach beyond the image."""
        (top, bottom), (left, right) = self.rows.span(row), self.cols.span(col)
        return top, left, bottom + 1, right + 1


def receptive_field(model: nn.Module, layer: str, input_shape: tuple[int, int, int]) -> LayerField:
    """What one unit of a layer sees of the image: the largest field, whatever the weights are.

    Size and stride are carried from layer to layer, r += d (k − 1) j and j *= s; where branches meet, the field is the smallest square
    around all of them. Fully connected layers and global averages see all that their whole input sees.

    Args:
        layer: its name in ``feature_maps(model, …)``.
        input_shape: (C, H, W) of the image.

    Raises:
        CnnvizError: no such layer, or branches with different strides meet before it.

    Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019.
    """
    graph = graph_of(model)
    layer = graph.find(layer)
    sizes = {name: shape[1:] for name, shape in graph.shapes(tuple(input_shape)).items()}
    axes = []
    for axis in (0, 1):
        fields = {IMAGE: PIXEL}
        for name, call in graph.calls.items():
            if name not in sizes or any(source not in fields for source in call.inputs):
                continue
            before = [fields[source] for source in call.inputs]
            lengths = [sizes[source][axis] if len(sizes[source]) == 2 else 1 for source in call.inputs]
            length = sizes[name][axis] if len(sizes[name]) == 2 else 1
            fields[name] = _carry(call, before, lengths, length, axis)
            if name == layer:
                break
        if layer not in fields:
            raise CnnvizError(f"The receptive field of '{layer}' is not known: something before it is no layer on images.")
        axes.append(fields[layer])
    return LayerField(*axes)


def _carry(call: LayerCall, before: list[ReceptiveField], lengths: list[int], length: int, axis: int) -> ReceptiveField:
    if len(before) > 1:
        return _around(call, before, lengths)
    field, n = before[0], lengths[0]
    window = next((make(call.module, axis) for kinds, make in _WINDOWS if isinstance(call.module, kinds)), None)
    if isinstance(call.module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        widest = max(-(-(i + 1) * n // length) - i * n // length for i in range(length))
        window = Window(widest, max(1, n // length))
    if window is not None:
        return receptive_fields([window], field)[0]
    if length == 1 and n > 1:
        return ReceptiveField(field.size + (n - 1) * field.stride, 0, field.offset)
    if length != n:
        raise CnnvizError(f"'{call.name}' ({call.kind}) changes the size in a way whose receptive field is not known. Choose a layer before it.")
    return field


def _around(call: LayerCall, before: list[ReceptiveField], lengths: list[int]) -> ReceptiveField:
    """The smallest square around the fields of all branches."""
    whole = [field for field, n in zip(before, lengths, strict=True) if n == 1 and max(lengths) > 1]
    strides = {field.stride for field in before if field not in whole and field.stride}
    if len(strides) > 1:
        raise CnnvizError(f"At '{call.name}' branches with strides {sorted(strides)} meet, so its units have no common receptive field.")
    if whole:
        first, last = min(f.offset for f in whole), max(f.offset + f.size for f in whole)
        return ReceptiveField(last - first, 0, first)
    first, last = min(f.offset for f in before), max(f.offset + f.size for f in before)
    return ReceptiveField(last - first, next(iter(strides), 0), first)


def _pair(value: Any, axis: int) -> int:
    return int(value[axis] if isinstance(value, tuple | list) else value)


def _convolution(module: Any, axis: int) -> Window:
    kernel, dilation = _pair(module.kernel_size, axis), _pair(module.dilation, axis)
    padding = module.padding
    if isinstance(padding, str):
        padding = dilation * (kernel - 1) // 2 if padding == "same" else 0
    return Window(kernel, _pair(module.stride, axis), _pair(padding, axis), dilation)


def _pooling(module: Any, axis: int) -> Window:
    stride = module.kernel_size if module.stride is None else module.stride
    return Window(_pair(module.kernel_size, axis), _pair(stride, axis), _pair(module.padding, axis), _pair(getattr(module, "dilation", 1), axis))


def _zero_pad(module: Any, axis: int) -> Window:
    return Window(1, padding=int(module.padding[2 if axis == 0 else 0]))


_WINDOWS: tuple[tuple[Any, Callable[[Any, int], Window]], ...] = (
    (nn.Conv2d, _convolution),
    ((nn.MaxPool2d, nn.AvgPool2d), _pooling),
    ((nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d), _zero_pad),
)


def shapes(model: nn.Module, input_shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Layer name -> shape of its output for one image, without the batch; nothing is computed."""
    graph = graph_of(model)
    known = graph.shapes(tuple(input_shape))
    return {shown: known[name] for shown, name in graph.shown.items() if name in known}
