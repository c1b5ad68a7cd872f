"""The functions that put values together without a module, one entry each, by name."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.inspection.graph import LayerCall
from cnnviz.inspection.rules import LayerRules, Place, Unit, UnitSum, rules_for
from cnnviz.inspection.sums import cell_of, gather, single
from cnnviz.words import say


class _Sum(LayerRules):
    """a ± b; either may be a number, which is then the bias. torch multiplies the second by ``alpha``."""

    sign = 1.0

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        cells, places = _two(call, inputs, unit)
        first, second = _numbers(call)
        scale = self.sign * float((call.options or {}).get("alpha", 1.0))
        factors = [1.0, scale] if len(cells) == 2 else [scale if first is not None else 1.0]
        bias = (first or 0.0) + scale * (second or 0.0)
        window = torch.cat(cells)
        return UnitSum(window, window.new_tensor(factors).view(-1, 1, 1), places, bias)


@rules_for("add", "iadd")
class AddRules(_Sum):
    """a + b."""


@rules_for("sub", "isub", "subtract")
class SubtractRules(_Sum):
    """a − b."""

    sign = -1.0


@rules_for("mul", "imul", "multiply")
class MultiplyRules(LayerRules):
    """a · b; one is shown as the weight of the other."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        cells, places = _two(call, inputs, unit)
        if len(cells) == 1:
            factor = math.prod(number for number in _numbers(call) if number is not None)
            return UnitSum(cells[0], torch.full_like(cells[0], factor), places)
        large = 0 if inputs[0].numel() >= inputs[1].numel() else 1
        return UnitSum(cells[large], cells[1 - large], [places[large]])


@rules_for("truediv", "itruediv", "div", "divide", "true_divide")
class DivideRules(LayerRules):
    """a / b."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        cells, places = _two(call, inputs, unit)
        first, second = _numbers(call)
        if len(cells) == 2:
            return UnitSum(cells[0], 1 / cells[1], places[:1])
        return UnitSum(
            cells[0], None if first is not None else torch.full_like(cells[0], 1 / (second or 1.0)), places
        )


@rules_for("neg", "negative")
class NegateRules(LayerRules):
    """−a."""

    def affine(self, module: object) -> bool:
        return True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        return single(call, inputs[0], unit, -1.0)


@rules_for("cat", "concat", "concatenate")
class JoinRules(LayerRules):
    """Maps one behind the other."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        channel = unit[0]
        for values, source in zip(inputs, call.inputs, strict=True):
            if channel < len(values):
                cell = cell_of(values, (channel, *unit[1:]))
                return UnitSum(cell, torch.ones_like(cell), [(source, channel, *unit[1:])])
            channel -= len(values)
        raise CnnvizError(
            say(
                "'{name}' does not join channels, so its units cannot be taken apart. Choose another layer.",
                name=call.name,
            )
        )


@rules_for("mean")
class MeanRules(LayerRules):
    """The average over a map."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        maps = inputs[0]
        if maps.dim() != 3:
            raise CnnvizError(say("'{name}' is no average over a map. Choose another layer.", name=call.name))
        rows, cols = (list(range(n)) for n in maps.shape[1:])
        window, places = gather(call, maps, range(unit[0], unit[0] + 1), rows, cols)
        return UnitSum(window, torch.full_like(window, 1 / window.numel()), places)


@rules_for(
    "view",
    "reshape",
    "flatten",
    "ravel",
    "squeeze",
    "unsqueeze",
    "unflatten",
    "contiguous",
    "clone",
    "detach",
    "to",
    "float",
    "double",
    "dropout2d",
    "alpha_dropout",
    "feature_alpha_dropout",
)
class SameOrderRules(LayerRules):
    """The same numbers in the same order in another shape."""

    passes_on = True

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        values = _only(call, inputs)
        index = (unit[0] * shape[1] + unit[1]) * shape[2] + unit[2] if len(shape) == 3 else unit[0]
        source = (index, 0, 0)
        if values.dim() == 3:
            height, width = values.shape[1:]
            channel, rest = divmod(index, height * width)
            source = (channel, *divmod(rest, width))
        cell = cell_of(values, source)
        return UnitSum(cell, torch.ones_like(cell), [(call.inputs[0], *source)])


@rules_for(
    "abs",
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "rsqrt",
    "square",
    "pow",
    "reciprocal",
    "erf",
    "sin",
    "cos",
    "sign",
    "clamp",
    "clip",
    "hardtanh",
    "softplus",
    "softsign",
    "mish",
    "selu",
    "celu",
    "logsigmoid",
    "tanhshrink",
    "hardshrink",
    "softshrink",
    "threshold",
)
class PointwiseRules(LayerRules):
    """A function of each value."""

    def explain(
        self, call: LayerCall, inputs: Sequence[Tensor], unit: Unit, shape: tuple[int, ...]
    ) -> UnitSum:
        return single(call, _only(call, inputs), unit, None)


def _only(call: LayerCall, inputs: Sequence[Tensor]) -> Tensor:
    if len(inputs) != 1:
        raise CnnvizError(
            say(
                "'{name}' takes several layers, so its units cannot be taken apart. Choose another layer.",
                name=call.name,
            )
        )
    return inputs[0]


def _numbers(call: LayerCall) -> tuple[float | None, float | None]:
    """The first and second argument, where they are numbers and not layers."""
    options = call.options or {}
    first, second = options.get("0"), options.get("1", options.get("other"))
    return (
        float(first) if isinstance(first, int | float) else None,
        float(second) if isinstance(second, int | float) else None,
    )


def _two(call: LayerCall, inputs: Sequence[Tensor], unit: Unit) -> tuple[list[Tensor], list[Place | None]]:
    """One cell of each of the two arguments that are layers."""
    if len(inputs) > 2:
        raise CnnvizError(
            say(
                "'{name}' takes more than two layers, so its units cannot be taken apart. Choose another layer.",
                name=call.name,
            )
        )
    found = [_spread(values, source, unit) for values, source in zip(inputs, call.inputs, strict=True)]
    return [cell for cell, _ in found], [at for _, at in found]


def _spread(values: Tensor, source: str, unit: Unit) -> tuple[Tensor, Place]:
    """The cell that broadcasting takes."""
    sizes = tuple(values.shape) if values.dim() == 3 else (*values.shape, 1, 1)
    index = (unit[0] if sizes[0] > 1 else 0, unit[1] if sizes[1] > 1 else 0, unit[2] if sizes[2] > 1 else 0)
    return cell_of(values, index), (source, *index)
