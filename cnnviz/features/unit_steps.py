"""A unit's sum as a trace for the stepper."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from cnnviz.features.units import UnitExplanation, call_and_values, explain_in, gather, pair
from cnnviz.models import LayerCall
from cnnviz.ops import convolution, pooling
from cnnviz.ops.trace import Trace


@dataclass(frozen=True, eq=False)
class UnitTrace:
    """A unit's sum, to be stepped through.

    Attributes:
        trace: over the neighbourhood of the unit, or of the unit alone.
        start: the unit's step in it.
        channels: the input channels that it shows.
        rest: what the channels that it does not show add, already within its bias.
    """

    trace: Trace
    start: int
    channels: tuple[int, ...]
    rest: float


MOST_CHANNELS = 8
REACH = 2


def unit_trace(model: nn.Module, image: Tensor, layer: str, channel: int, row: int = 0, col: int = 0) -> UnitTrace | None:
    """The unit as a trace for the stepper; ``None`` for functions that are no sum or maximum of a window.

    A convolution of up to 8 input channels is traced with its neighbours up to 2 cells away; of more channels the 8 that matter most for this unit are
    traced, for this unit alone.
    """
    call, values = call_and_values(model, image, layer)
    unit = explain_in(values, call, channel, row, col)
    if unit.weights is None:
        return None
    if isinstance(call.module, nn.MaxPool2d):
        return UnitTrace(pooling.trace(unit.window[0], (unit.window.shape[1], unit.window.shape[2]), mode="max"), 0, (channel,), 0.0)
    if isinstance(call.module, nn.Conv2d) and len(unit.window) <= MOST_CHANNELS:
        around = _neighbourhood(call, values, unit)
        if around is not None:
            return around
    order = unit.by_channel.abs().argsort(descending=True)[:MOST_CHANNELS].sort().values
    rest = unit.by_channel.sum().item() - unit.by_channel[order].sum().item()
    alone = convolution.trace(unit.window[order].float(), unit.weights[order].unsqueeze(0).float(), bias=[unit.bias + rest])
    return UnitTrace(alone, 0, tuple(order.tolist()), rest)


def _neighbourhood(call: LayerCall, values: dict[str, Tensor], unit: UnitExplanation) -> UnitTrace | None:
    module: Any = call.module
    stride, dilation, kernel = pair(module.stride), pair(module.dilation), pair(module.kernel_size)
    if (
        stride[0] != stride[1]
        or dilation[0] != dilation[1]
        or kernel[0] != kernel[1]
        or module.padding_mode != "zeros"
        or isinstance(module.padding, str)
    ):
        return None
    padding = pair(module.padding)
    maps, output = values[call.inputs[0]], values[call.name]
    spans = [(max(0, at - REACH), min(n - 1, at + REACH)) for at, n in zip((unit.row, unit.col), output.shape[1:], strict=True)]
    rows, cols = (
        list(range(first * stride[0] - p, last * stride[0] - p + dilation[0] * (kernel[0] - 1) + 1))
        for (first, last), p in zip(spans, padding, strict=True)
    )
    count = len(unit.window)
    start = unit.channel // (module.out_channels // module.groups) * count
    crop, _ = gather(call, maps, range(start, start + count), rows, cols)
    bias = 0.0 if module.bias is None else module.bias[unit.channel].item()
    weights = module.weight[unit.channel : unit.channel + 1].detach()
    trace = convolution.trace(crop.float(), weights.float(), stride[0], 0, dilation[0], bias=[bias])
    place = (unit.row - spans[0][0]) * (spans[1][1] - spans[1][0] + 1) + unit.col - spans[1][0]
    return UnitTrace(trace, place, tuple(range(start, start + count)), 0.0)
