"""One unit of a network taken apart: the numbers it was made of, all the way back to the image."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.inspection.graph import IMAGE, LayerCall
from cnnviz.inspection.maps import as_batch
from cnnviz.inspection.rules import Place
from cnnviz.inspection.runner import runner_of
from cnnviz.ops import convolution
from cnnviz.ops.trace import Trace
from cnnviz.words import say

MOST_CHANNELS = 8
"""Input channels that are stepped through; of more, those that matter most."""


@dataclass(frozen=True)
class Term:
    """One product of a unit's sum: ``input · weight``, and where the input stands (``None``: in the
    padding).
    """

    place: Place | None
    input: float
    weight: float
    product: float


@dataclass(frozen=True, eq=False)
class UnitExplanation:
    """A unit as a sum, value = Σ products + bias.

    Attributes:
        layer, channel, row, col: the unit; vectors have row and column 0.
        kind: what its layer does: Conv2d, ReLU, add, …
        value: as the network computed it.
        window: (N, K, K) float64, the inputs under the window, one slice an input channel; zero where they
            lie in the padding.
        weights: (N, K, K); of a maximum 1 for the largest and 0 for the others, of an average 1/count, of
            ReLU 1 or 0; ``None`` for functions that are no sum of their inputs, such as the sigmoid, whose
            single product is then the value itself.
        products: (N, K, K) window times weights.
        bias: added at the end.
        inputs: layers that feed it, one that is taken twice (x + x) twice.
        places: one a cell, in the order of ``window.flatten()``.
        words: how its value comes about, where "the sum of n products" does not say it.
    """

    layer: str
    channel: int
    row: int
    col: int
    kind: str
    value: float
    window: Tensor
    weights: Tensor | None
    products: Tensor
    bias: float
    inputs: tuple[str, ...]
    places: tuple[Place | None, ...]
    words: str = ""

    @property
    def terms(self) -> list[Term]:
        """All products, in the order of the window."""
        weights = self.weights if self.weights is not None else torch.ones_like(self.window)
        rows = zip(
            self.places,
            self.window.flatten().tolist(),
            weights.flatten().tolist(),
            self.products.flatten().tolist(),
            strict=True,
        )
        return [Term(*row) for row in rows]

    def strongest(self, count: int = 5) -> list[Term]:
        """The largest products in size, whose inputs can be opened in turn."""
        order = self.products.flatten().abs().argsort(descending=True, stable=True)[:count].tolist()
        terms = self.terms
        return [terms[i] for i in order if terms[i].place is not None]

    @property
    def by_channel(self) -> Tensor:
        """(N,) sum of the products of each input channel."""
        return self.products.flatten(1).sum(1)

    def __repr__(self) -> str:
        place = f"{self.layer}[{self.channel}, {self.row}, {self.col}]"
        return f"UnitExplanation({place} = {self.value:.4g}: {self.products.numel()} products of {self.kind}, bias {self.bias:.4g})"


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


def explain_unit(
    model: nn.Module, image: Tensor, layer: str, channel: int, row: int = 0, col: int = 0
) -> UnitExplanation:
    """The products that add up to one unit, with the real inputs and the real weights.

    Args:
        image: (C, H, W) float in [0, 1].
        layer: a name in ``feature_maps(model, image)``.
        channel, row, col: the unit; of a vector only ``channel``.

    Raises:
        CnnvizError: no such layer or unit, or a layer whose units cannot be taken apart (attention, for
            example).
    """
    call, values = call_and_values(model, image, layer)
    return explain_in(values, call, channel, row, col)


def call_and_values(model: nn.Module, image: Tensor, layer: str) -> tuple[LayerCall, dict[str, Tensor]]:
    """The layer at work, and all layers' outputs for one image in float64: (C, H, W), or (units,) of
    vectors.
    """
    batch = as_batch(model, image)
    runner = runner_of(model)
    call = runner.graph.calls[runner.graph.find(layer)]
    with torch.inference_mode():
        outputs = runner.outputs(batch.to(runner.device))
        return call, {
            IMAGE: batch[0].double(),
            **{name: value[0].double() for name, value in outputs.items() if value.dim() > 1},
        }


def explain_in(
    values: dict[str, Tensor], call: LayerCall, channel: int, row: int, col: int
) -> UnitExplanation:
    """The same, where the maps are known already: layer -> (C, H, W) or (units,) float64."""
    output = values[call.name]
    places = tuple(output.shape) if output.dim() == 3 else (*output.shape, 1, 1)
    if output.dim() not in (1, 3) or not call.inputs or any(source not in values for source in call.inputs):
        raise CnnvizError(
            say(
                "The units of '{name}' ({kind}) are not maps, so they cannot be taken apart. Choose another layer.",
                name=call.name,
                kind=call.kind,
            )
        )
    if not all(0 <= index < size for index, size in zip((channel, row, col), places, strict=True)):
        raise CnnvizError(
            say(
                "'{name}' has the shape {str}, so it has no unit ({channel}, {row}, {col}). "
                "Use numbers from 0 to {place}, {place2} and {place3}.",
                name=call.name,
                str="×".join(map(str, places)),
                channel=channel,
                row=row,
                col=col,
                place=places[0] - 1,
                place2=places[1] - 1,
                place3=places[2] - 1,
            )
        )
    with torch.inference_mode():
        inputs = [values[source] for source in call.inputs]
        found = call.rules.explain(call, inputs, (channel, row, col), tuple(output.shape))
    value = output[channel, row, col].item() if output.dim() == 3 else output[channel].item()
    if found.weights is None:
        products = torch.full_like(found.window, value)
    else:
        products = torch.where(found.weights == 0, 0.0, found.window * found.weights)
    if not _adds_up(products, found.bias, value):
        raise CnnvizError(
            say(
                "'{name}' ({kind}) is no sum of what feeds it that can be shown here. Choose the layer before or after it.",
                name=call.name,
                kind=call.kind,
            )
        )
    return UnitExplanation(
        layer=call.name,
        channel=channel,
        row=row,
        col=col,
        kind=call.kind,
        words=call.rules.words,
        value=value,
        window=found.window,
        weights=found.weights,
        products=products,
        bias=found.bias,
        inputs=call.inputs,
        places=tuple(found.places),
    )


def _adds_up(products: Tensor, bias: float, value: float) -> bool:
    """Whether Σ products + bias is the value, but for the network's own float32 rounding. A call may take
    what its layers do not tell, such as a parameter of the network; then there is no sum to show."""
    size = products.abs().sum().item() + abs(bias) + abs(value)
    return not math.isfinite(size) or abs(products.sum().item() + bias - value) <= 1e-3 * size + 1e-6


def unit_trace(
    model: nn.Module, image: Tensor, layer: str, channel: int, row: int = 0, col: int = 0
) -> UnitTrace | None:
    """The unit as a trace for the stepper; ``None`` for functions that are no sum or maximum of a window.

    A convolution of up to 8 input channels is traced with its neighbours up to 2 cells away; of more channels
    the 8 that matter most for this unit are traced, for this unit alone.
    """
    call, values = call_and_values(model, image, layer)
    unit = explain_in(values, call, channel, row, col)
    if unit.weights is None:
        return None
    among_neighbours = call.rules.steps(call, values, unit)
    if among_neighbours is not None:
        return among_neighbours
    order = unit.by_channel.abs().argsort(descending=True)[:MOST_CHANNELS].sort().values
    rest = unit.by_channel.sum().item() - unit.by_channel[order].sum().item()
    weights = unit.weights[order].unsqueeze(0).float()
    alone = convolution.trace(unit.window[order].float(), weights, bias=[unit.bias + rest])
    return UnitTrace(alone, 0, tuple(order.tolist()), rest)


def unit_code(
    network: Expression,
    image: Expression,
    shape: tuple[int, int, int],
    unit: tuple[str, int, int, int] | None,
) -> str:
    """All maps; and one unit, (layer, channel, row, column), as a sum."""
    lines, names = "", {"feature_maps": "cnnviz.features", "fit": "cnnviz.data"}
    if unit is not None:
        layer, channel, row, col = unit
        lines = f"""
unit = explain_unit(network, image, "{layer}", {channel}, {row}, {col})
print(unit, unit.products.sum().item() + unit.bias)
print(receptive_field(network, "{layer}", {shape}).box({row}, {col}))
"""
        names |= dict.fromkeys(("explain_unit", "receptive_field"), "cnnviz.features")
    return script(
        f"""\
network = {network}
image = fit({image}, {shape})

maps = feature_maps(network, image)
{lines}""",
        network,
        image,
        **names,
    )
