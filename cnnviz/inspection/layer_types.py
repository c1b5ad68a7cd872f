"""The types of modules, one entry each: what ``LayerRules`` asks about convolutions, poolings, activations
and the rest.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.inspection.functions import SameOrderRules
from cnnviz.inspection.graph import LayerCall
from cnnviz.inspection.rules import (
    ORDINARY,
    LayerRules,
    Numbers,
    Place,
    Reach,
    Unit,
    UnitSum,
    register_rules,
    rules_for,
    rules_of,
)
from cnnviz.inspection.sums import cell_of, first_largest, gather, single
from cnnviz.inspection.units import MOST_CHANNELS, UnitExplanation, UnitTrace
from cnnviz.models import Normalise
from cnnviz.models.layers import GlobalAverage
from cnnviz.ops import convolution, pooling
from cnnviz.ops.activations import ACTIVATIONS, Maxout
from cnnviz.ops.receptive_field import Window
from cnnviz.words import say

_NEIGHBOURS = 2
"""Cells around a unit that the stepper shows too."""


def _pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if isinstance(value, tuple | list) else (int(value), int(value))


def inside(lines: Numbers, n: int, beyond: str) -> Numbers:
    """The places 0 to n − 1 that lines stand for, by what stands beyond the edge; −1 in zeros, which are no
    input.
    """
    if beyond == "circular":
        return lines % n
    if beyond == "replicate":
        return lines.clip(0, n - 1)
    if beyond == "reflect":
        return n - 1 - abs(n - 1 - abs(lines))
    return np.where((lines >= 0) & (lines < n), lines, -1)


def _cells(window: Window, length: int, n: int, beyond: str = "zeros") -> Numbers:
    """(length, k) the cells that a window takes at each place."""
    lines = np.arange(length)[:, None] * window.stride - window.padding
    return inside(lines + window.dilation * np.arange(window.kernel), n, beyond)


def _conv_padding(module: Any) -> tuple[int, int]:
    if module.padding == "valid":
        return 0, 0
    if module.padding == "same":
        rows, cols = (d * (k - 1) // 2 for d, k in zip(module.dilation, module.kernel_size, strict=True))
        return rows, cols
    return _pair(module.padding)


@rules_for(nn.Conv2d)
class ConvolutionRules(LayerRules):
    def affine(self, module: Any) -> bool:
        return True

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach:
        window = Window(
            kernel=_pair(module.kernel_size)[axis],
            stride=_pair(module.stride)[axis],
            padding=_conv_padding(module)[axis],
            dilation=_pair(module.dilation)[axis],
        )
        return Reach(_cells(window, length, n, module.padding_mode), window)

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        maps, channel = inputs[0], unit[0]
        weight = module.weight[channel].double()
        per_group = weight.shape[0]
        first = channel // (module.out_channels // module.groups) * per_group
        channels = range(first, first + per_group)
        rows, cols = (
            [index * s - p + d * k for k in range(size)]
            for index, s, p, d, size in zip(
                unit[1:],
                _pair(module.stride),
                _conv_padding(module),
                _pair(module.dilation),
                weight.shape[1:],
                strict=True,
            )
        )
        if module.padding_mode == "zeros":
            window, places = gather(call, maps, channels, rows, cols)
        else:
            rows, cols = (
                inside(np.array(lines), n, module.padding_mode).tolist()
                for lines, n in zip((rows, cols), maps.shape[1:], strict=True)
            )
            window = maps[channels.start : channels.stop][:, rows][:, :, cols]
            places = [(call.inputs[0], c, row, col) for c in channels for row in rows for col in cols]
        return UnitSum(window, weight, places, 0.0 if module.bias is None else module.bias[channel].item())

    def steps(self, call: LayerCall, values: Mapping[str, Tensor], unit: UnitExplanation) -> UnitTrace | None:
        module: Any = call.module
        stride, dilation, kernel = _pair(module.stride), _pair(module.dilation), _pair(module.kernel_size)
        square = all(pair[0] == pair[1] for pair in (stride, dilation, kernel))
        count = len(unit.window)
        if (
            count > MOST_CHANNELS
            or not square
            or module.padding_mode != "zeros"
            or isinstance(module.padding, str)
        ):
            return None
        padding = _pair(module.padding)
        maps, output = values[call.inputs[0]], values[call.name]
        spans = [
            (max(0, at - _NEIGHBOURS), min(n - 1, at + _NEIGHBOURS))
            for at, n in zip((unit.row, unit.col), output.shape[1:], strict=True)
        ]
        rows, cols = (
            list(range(first * stride[0] - p, last * stride[0] - p + dilation[0] * (kernel[0] - 1) + 1))
            for (first, last), p in zip(spans, padding, strict=True)
        )
        start = unit.channel // (module.out_channels // module.groups) * count
        crop, _ = gather(call, maps, range(start, start + count), rows, cols)
        bias = 0.0 if module.bias is None else module.bias[unit.channel].item()
        weights = module.weight[unit.channel : unit.channel + 1].detach()
        trace = convolution.trace(crop.float(), weights.float(), stride[0], 0, dilation[0], bias=[bias])
        place = (unit.row - spans[0][0]) * (spans[1][1] - spans[1][0] + 1) + unit.col - spans[1][0]
        return UnitTrace(trace, place, tuple(range(start, start + count)), 0.0)


@rules_for(nn.ConvTranspose2d)
class TransposedRules(LayerRules):
    def affine(self, module: Any) -> bool:
        return True

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach:
        """Output o takes each input i with o = i s − p + d t for some place t of the kernel."""
        kernel, stride, padding, dilation = (
            _pair(value)[axis]
            for value in (module.kernel_size, module.stride, module.padding, module.dilation)
        )
        moved = np.arange(length)[:, None] + padding - dilation * np.arange(kernel)
        taken = (moved % stride == 0) & (moved >= 0) & (moved < n * stride)
        return Reach(np.where(taken, moved // stride, -1), None)


class _Pooling(LayerRules):
    passes_on = True

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach:
        window = Window(
            kernel=_pair(module.kernel_size)[axis],
            stride=_pair(module.kernel_size if module.stride is None else module.stride)[axis],
            padding=_pair(module.padding)[axis],
            dilation=_pair(getattr(module, "dilation", 1))[axis],
        )
        return Reach(_cells(window, length, n), window)


@rules_for(
    nn.MaxPool2d,
    forms=(functional.max_pool2d, torch.max_pool2d),
    arguments=("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
)
class MaxPoolRules(_Pooling):
    words = "The largest of {count} values is"

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        rows, cols = (
            [index * s - p + d * k for k in range(size)]
            for index, s, p, d, size in zip(
                unit[1:],
                _pair(module.kernel_size if module.stride is None else module.stride),
                _pair(module.padding),
                _pair(module.dilation),
                _pair(module.kernel_size),
                strict=True,
            )
        )
        window, places = gather(call, inputs[0], range(unit[0], unit[0] + 1), rows, cols, -math.inf)
        return UnitSum(window.nan_to_num(neginf=0.0), first_largest(window), places)

    def steps(self, call: LayerCall, values: Mapping[str, Tensor], unit: UnitExplanation) -> UnitTrace:
        window = unit.window[0]
        return UnitTrace(
            pooling.trace(window, (window.shape[0], window.shape[1]), mode="max"), 0, (unit.channel,), 0.0
        )


@rules_for(
    nn.AvgPool2d,
    forms=(functional.avg_pool2d,),
    arguments=("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
)
class AveragePoolRules(_Pooling):
    def affine(self, module: Any) -> bool:
        return True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        stride = _pair(module.kernel_size if module.stride is None else module.stride)
        lines, counted = [], 1
        for index, k, s, p, n in zip(
            unit[1:],
            _pair(module.kernel_size),
            stride,
            _pair(module.padding),
            inputs[0].shape[1:],
            strict=True,
        ):
            first = index * s - p
            last = min(first + k, n + p)
            counted *= last - first if module.count_include_pad else min(last, n) - max(first, 0)
            lines.append(list(range(first, last)))
        window, places = gather(call, inputs[0], range(unit[0], unit[0] + 1), lines[0], lines[1])
        share = 1 / (getattr(module, "divisor_override", None) or counted)
        return UnitSum(window, torch.full_like(window, share), places)


class _Adaptive(LayerRules):
    passes_on = True

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach | None:
        """Window i takes the cells from ⌊i n / length⌋ to ⌈(i + 1) n / length⌉ − 1, as in torch."""
        place = np.arange(length)
        first, after = place * n // length, -(-(place + 1) * n // length)
        found = first[:, None] + np.arange((after - first).max())
        widest = -(-n // length)
        return Reach(np.where(found < after[:, None], found, -1), Window(widest, widest), n % length == 0)

    def _window(self, call: LayerCall, maps: Tensor, unit: Unit) -> tuple[Tensor, list[Place | None]]:
        module: Any = call.module
        size = (
            module.output_size if isinstance(module.output_size, tuple | list) else (module.output_size,) * 2
        )
        rows, cols = (
            list(range(index * n // t, -(-(index + 1) * n // t)))
            for index, n, t in zip(
                unit[1:],
                maps.shape[1:],
                (n if t is None else int(t) for t, n in zip(size, maps.shape[1:], strict=True)),
                strict=True,
            )
        )
        return gather(call, maps, range(unit[0], unit[0] + 1), rows, cols)


@rules_for(nn.AdaptiveAvgPool2d, forms=(functional.adaptive_avg_pool2d,), arguments=("output_size",))
class AdaptiveAverageRules(_Adaptive):
    def affine(self, module: Any) -> bool:
        return True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        window, places = self._window(call, inputs[0], unit)
        return UnitSum(window, torch.full_like(window, 1 / window.numel()), places)


@rules_for(nn.AdaptiveMaxPool2d, forms=(functional.adaptive_max_pool2d,), arguments=("output_size",))
class AdaptiveMaxRules(_Adaptive):
    words = MaxPoolRules.words

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        window, places = self._window(call, inputs[0], unit)
        return UnitSum(window, first_largest(window), places)


@rules_for(GlobalAverage)
class GlobalAverageRules(AdaptiveAverageRules):
    """Its output is a vector: all units see all of a map."""

    def reach(self, module: Any, axis: int, length: int, n: int) -> None:
        return None


@rules_for(nn.Linear)
class LinearRules(LayerRules):
    def affine(self, module: Any) -> bool:
        return True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        values = inputs[0]
        if values.dim() != 1:
            raise CnnvizError(
                say(
                    "'{name}' works on several vectors at once, so its units are not taken apart. Choose another layer.",
                    name=call.name,
                )
            )
        places: list[Place | None] = [(call.inputs[0], i, 0, 0) for i in range(len(values))]
        bias = 0.0 if module.bias is None else module.bias[unit[0]].item()
        return UnitSum(values.view(-1, 1, 1), module.weight[unit[0]].double().view(-1, 1, 1), places, bias)


@rules_for(nn.BatchNorm2d, nn.BatchNorm1d)
class BatchNormRules(LayerRules):
    def affine(self, module: Any) -> bool:
        return module.running_mean is not None

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        channel = unit[0]
        if module.running_mean is None:
            raise CnnvizError(
                say(
                    "'{name}' normalises with the present batch and keeps no averages, so its units cannot be taken apart.",
                    name=call.name,
                )
            )
        factor = 1 if module.weight is None else module.weight[channel].item()
        scale = factor / math.sqrt(module.running_var[channel].item() + module.eps)
        shift = 0 if module.bias is None else module.bias[channel].item()
        return single(call, inputs[0], unit, scale, shift - module.running_mean[channel].item() * scale)


@rules_for(nn.LocalResponseNorm)
class LocalResponseNormRules(LayerRules):
    """Each value over what its neighbours in other channels make of it."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        channel, row, column = unit
        # torch's window: size // 2 channels before, and the rest from the channel itself on.
        first = max(0, channel - module.size // 2)
        near = inputs[0][first : channel + (module.size + 1) // 2, row, column]
        strength = (module.k + module.alpha / module.size * near.square().sum().item()) ** module.beta
        return single(call, inputs[0], unit, 1 / strength, 0.0)


@rules_for(Normalise)
class NormaliseRules(LayerRules):
    passes_on = True
    normalises = True

    def affine(self, module: Any) -> bool:
        return True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        mean, std = module.mean.flatten()[unit[0]].item(), module.std.flatten()[unit[0]].item()
        return single(call, inputs[0], unit, 1 / std, -mean / std)


@rules_for(nn.GroupNorm, nn.InstanceNorm2d)
class WholeMapNormRules(LayerRules):
    """They divide by the spread of a whole map, so each unit sees all of it."""

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach:
        return Reach(np.tile(np.arange(n), (length, 1)), Window(n, stride=0))


class _Padding(LayerRules):
    passes_on = True
    beyond = "zeros"

    def affine(self, module: Any) -> bool:
        return True

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach:
        window = Window(1, padding=int(module.padding[2 if axis == 0 else 0]))
        return Reach(_cells(window, length, n, self.beyond), window)

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        left, _, top, _ = module.padding
        row, col = unit[1] - top, unit[2] - left
        if self.beyond != "zeros":
            row, col = (
                int(inside(np.array(at), n, self.beyond))
                for at, n in zip((row, col), inputs[0].shape[1:], strict=True)
            )
        window, places = gather(call, inputs[0], range(unit[0], unit[0] + 1), [row], [col])
        return UnitSum(window, torch.ones_like(window), places)


@rules_for(nn.ZeroPad2d)
class ZeroPadRules(_Padding):
    """Zeros beyond the edge."""


@rules_for(nn.ReflectionPad2d)
class ReflectionPadRules(_Padding):
    beyond = "reflect"


@rules_for(nn.ReplicationPad2d)
class ReplicationPadRules(_Padding):
    beyond = "replicate"


@rules_for(nn.Flatten, forms=(torch.flatten, "flatten"), arguments=("start_dim", "end_dim"))
class FlattenRules(SameOrderRules):
    def affine(self, module: Any) -> bool:
        return True


@rules_for(nn.Upsample, nn.UpsamplingNearest2d)
class UpsampleRules(LayerRules):
    passes_on = True

    def affine(self, module: Any) -> bool:
        return True

    def reach(self, module: Any, axis: int, length: int, n: int) -> Reach | None:
        """Nearest neighbour: output o takes the input ⌊o n / length⌋."""
        return Reach((np.arange(length) * n // length)[:, None], None) if module.mode == "nearest" else None

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        module: Any = call.module
        if module.mode != "nearest":
            return super().explain(call, inputs, unit, shape)
        row, col = (
            at * n // length for at, n, length in zip(unit[1:], inputs[0].shape[1:], shape[1:], strict=True)
        )
        cell = cell_of(inputs[0], (unit[0], row, col))
        return UnitSum(cell, torch.ones_like(cell), [(call.inputs[0], unit[0], row, col)])


class _Identity(LayerRules):
    """In evaluation mode, nothing happens."""

    passes_on = True

    def affine(self, module: Any) -> bool:
        return True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        return single(call, inputs[0], unit, 1.0)


register_rules(_Identity(), nn.Dropout, forms=(functional.dropout,), arguments=("p",))
register_rules(_Identity(), nn.Dropout2d, nn.AlphaDropout, nn.Identity, "StochasticDepth")


class ElementwiseRules(LayerRules):
    """φ of each value."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        value = cell_of(inputs[0], unit).item()
        slope, bias = self.line(call.module, value, unit[0])
        return single(call, inputs[0], unit, slope, bias)

    def line(self, module: Any, value: float, channel: int) -> tuple[float | None, float]:
        """Slope and intercept of the piece of φ on which a value lies; a slope of ``None``: φ is no straight
        line there.
        """
        return None, 0.0


@rules_for(nn.ReLU, forms=(functional.relu, functional.relu_, torch.relu, torch.relu_, "relu", "relu_"))
class ReLURules(ElementwiseRules):
    def line(self, module: Any, value: float, channel: int) -> tuple[float, float]:
        return (1.0 if value > 0 else 0.0), 0.0


@rules_for(nn.ReLU6, forms=(functional.relu6,))
class ReLU6Rules(ElementwiseRules):
    def line(self, module: Any, value: float, channel: int) -> tuple[float, float]:
        return (1.0 if 0 < value <= 6 else 0.0), (6.0 if value > 6 else 0.0)


@rules_for(nn.LeakyReLU, forms=(functional.leaky_relu,), arguments=("negative_slope",))
class LeakyReLURules(ElementwiseRules):
    def line(self, module: Any, value: float, channel: int) -> tuple[float, float]:
        return (1.0 if value > 0 else module.negative_slope), 0.0


@rules_for(nn.PReLU)
class PReLURules(ElementwiseRules):
    def line(self, module: Any, value: float, channel: int) -> tuple[float, float]:
        return (1.0 if value > 0 else module.weight[channel % len(module.weight)].item()), 0.0


register_rules(ElementwiseRules(), nn.ELU, forms=(functional.elu,), arguments=("alpha",))
register_rules(ElementwiseRules(), nn.GELU, forms=(functional.gelu,), arguments=("approximate",))
register_rules(ElementwiseRules(), nn.SiLU, forms=(functional.silu,))
register_rules(ElementwiseRules(), nn.Hardswish, forms=(functional.hardswish,))
register_rules(ElementwiseRules(), nn.Hardsigmoid, forms=(functional.hardsigmoid,))
register_rules(ElementwiseRules(), nn.Sigmoid, forms=(torch.sigmoid, functional.sigmoid, "sigmoid"))
register_rules(ElementwiseRules(), nn.Tanh, forms=(torch.tanh, functional.tanh, "tanh"))
register_rules(ElementwiseRules(), nn.CELU, nn.SELU, nn.Mish, nn.Softplus, nn.Softsign, nn.Hardtanh)


@rules_for(nn.Softmax, forms=(functional.softmax, torch.softmax, "softmax"), arguments=("dim",))
class SoftmaxRules(LayerRules):
    """Each of its units takes all others; it is run and drawn, and not taken apart."""


@rules_for(Maxout)
class MaxoutRules(LayerRules):
    words = MaxPoolRules.words

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        channels = range(unit[0] * 2, unit[0] * 2 + 2)
        found = torch.cat([cell_of(inputs[0], (channel, *unit[1:])) for channel in channels])
        return UnitSum(
            found, first_largest(found), [(call.inputs[0], channel, *unit[1:]) for channel in channels]
        )


for _entry in ACTIVATIONS.values():
    if rules_of(_entry.module()) is ORDINARY:
        register_rules(ElementwiseRules(), type(_entry.module()))
