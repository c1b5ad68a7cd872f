"""One unit of a network taken apart: the numbers it was made of, all the way back to the image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.features.maps import as_batch
from cnnviz.models import LayerCall, Normalise, graph_of
from cnnviz.ops.activations import ACTIVATIONS, Maxout

Place = tuple[str, int, int, int]
"""(layer, channel, row, column); the layer ``"image"`` is the image."""


@dataclass(frozen=True)
class Term:
    """One product of a unit's sum: ``input · weight``, and where the input stands (``None``: in the padding)."""

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
        window: (N, K, K) float64, the inputs under the window, one slice an input channel; zero where they lie in the padding.
        weights: (N, K, K); of a maximum 1 for the largest and 0 for the others, of an average 1/count, of ReLU 1 or 0; ``None`` for
            functions that are no sum of their inputs, such as the sigmoid, whose single product is then the value itself.
        products: (N, K, K) window times weights.
        bias: added at the end.
        inputs: layers that feed it, one that is taken twice (x + x) twice.
        places: one a cell, in the order of ``window.flatten()``.
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

    @property
    def terms(self) -> list[Term]:
        """All products, in the order of the window."""
        weights = self.weights if self.weights is not None else torch.ones_like(self.window)
        rows = zip(self.places, self.window.flatten().tolist(), weights.flatten().tolist(), self.products.flatten().tolist(), strict=True)
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


@dataclass(frozen=True)
class _Found:
    """What a handler returns."""

    window: Tensor
    weights: Tensor | None
    places: list[Place | None]
    bias: float = 0.0
    products: Tensor | None = None


def explain_unit(model: nn.Module, image: Tensor, layer: str, channel: int, row: int = 0, col: int = 0) -> UnitExplanation:
    """The products that add up to one unit, with the real inputs and the real weights.

    Args:
        image: (C, H, W) float in [0, 1].
        layer: a name in ``feature_maps(model, image)``.
        channel, row, col: the unit; of a vector only ``channel``.

    Raises:
        CnnvizError: no such layer or unit, or a layer whose units cannot be taken apart (attention, for example).
    """
    call, values = call_and_values(model, image, layer)
    return explain_in(values, call, channel, row, col)


def call_and_values(model: nn.Module, image: Tensor, layer: str) -> tuple[LayerCall, dict[str, Tensor]]:
    """The layer at work, and all layers' outputs for one image in float64: (C, H, W), or (units,) of vectors."""
    batch = as_batch(model, image)
    graph = graph_of(model)
    call = graph.calls[graph.find(layer)]
    with torch.inference_mode():
        outputs = graph.outputs(batch.to(graph.device))
        return call, {"image": batch[0].double(), **{name: value[0].double() for name, value in outputs.items() if value.dim() > 1}}


def explain_in(values: dict[str, Tensor], call: LayerCall, channel: int, row: int, col: int) -> UnitExplanation:
    """The same, where the maps are known already: layer -> (C, H, W) or (units,) float64."""
    output = values[call.name]
    places = tuple(output.shape) if output.dim() == 3 else (*output.shape, 1, 1)
    if output.dim() not in (1, 3) or not call.inputs or any(source not in values for source in call.inputs):
        raise CnnvizError(f"The units of '{call.name}' ({call.kind}) are not maps, so they cannot be taken apart. Choose another layer.")
    if not all(0 <= index < size for index, size in zip((channel, row, col), places, strict=True)):
        raise CnnvizError(
            f"'{call.name}' has the shape {'×'.join(map(str, places))}, so it has no unit ({channel}, {row}, {col}). "
            f"Use numbers from 0 to {places[0] - 1}, {places[1] - 1} and {places[2] - 1}."
        )
    handler = _handler(call, values)
    with torch.inference_mode():
        found = handler(call, [values[source] for source in call.inputs], (channel, row, col))
    value = output[channel, row, col].item() if output.dim() == 3 else output[channel].item()
    if found.products is not None:
        products = found.products
    elif found.weights is None:
        products = torch.full_like(found.window, value)
    else:
        products = torch.where(found.weights == 0, 0.0, found.window * found.weights)
    if not _adds_up(products, found.bias, value):
        raise CnnvizError(f"'{call.name}' ({call.kind}) is no sum of what feeds it that can be shown here. Choose the layer before or after it.")
    return UnitExplanation(
        call.name, channel, row, col, call.kind, value, found.window, found.weights, products, found.bias, call.inputs, tuple(found.places)
    )


def _adds_up(products: Tensor, bias: float, value: float) -> bool:
    """Whether Σ products + bias is the value, but for the network's own float32 rounding. A call may take what its layers do not tell, such as
    a parameter of the network; then there is no sum to show."""
    size = products.abs().sum().item() + abs(bias) + abs(value)
    return not math.isfinite(size) or abs(products.sum().item() + bias - value) <= 1e-3 * size + 1e-6


Handler = Callable[[LayerCall, list[Tensor], tuple[int, int, int]], _Found]


def _handler(call: LayerCall, values: dict[str, Tensor]) -> Handler:
    module = call.module
    if module is None:
        function = call.function.strip("_")
        found = _FUNCTIONS.get(function)
        if function in _RESHAPES and len(call.inputs) == 1:
            found = partial(_same_order, shape=tuple(values[call.name].shape))
        elif function in _POINTWISE and len(call.inputs) == 1:
            found = _pointwise
    elif isinstance(module, nn.ReLU6) or type(module) in _ELEMENTWISE:
        found = _elementwise
    else:
        found = next((handler for kind, handler in _MODULES if isinstance(module, kind)), None)
    if found is None:
        raise CnnvizError(
            f"'{call.name}' is a layer of kind {call.kind}, whose units cannot be taken apart yet. Choose the layer before or after it."
        )
    return found


def _cell(values: Tensor, place: tuple[int, int, int]) -> Tensor:
    return (values[place] if values.dim() == 3 else values[place[0]]).reshape(1, 1, 1)


def pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if isinstance(value, tuple | list) else (int(value), int(value))


def gather(
    call: LayerCall, maps: Tensor, channels: range, rows: list[int], cols: list[int], outside: float = 0.0
) -> tuple[Tensor, list[Place | None]]:
    """(N, R, C) values at rows × cols, ``outside`` beyond the edge, and their places."""
    height, width = maps.shape[1:]
    window = maps.new_full((len(channels), len(rows), len(cols)), outside)
    places: list[Place | None] = []
    inside_r = [i for i, r in enumerate(rows) if 0 <= r < height]
    inside_c = [i for i, c in enumerate(cols) if 0 <= c < width]
    if inside_r and inside_c:
        part = maps[channels.start : channels.stop][:, [rows[i] for i in inside_r]][:, :, [cols[i] for i in inside_c]]
        window[:, inside_r[0] : inside_r[-1] + 1, inside_c[0] : inside_c[-1] + 1] = part
    for channel in channels:
        places.extend((call.inputs[0], channel, r, c) if 0 <= r < height and 0 <= c < width else None for r in rows for c in cols)
    return window, places


def _convolution(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    maps, (channel, row, col) = inputs[0], place
    weight = module.weight[channel].double()
    per_group, kernel, stride, dilation = weight.shape[0], weight.shape[1:], pair(module.stride), pair(module.dilation)
    if module.padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))
    else:
        padding = (0, 0) if module.padding == "valid" else pair(module.padding)
    first = channel // (module.out_channels // module.groups) * per_group
    rows, cols = (
        [index * s - p + d * k for k in range(size)] for index, s, p, d, size in zip((row, col), stride, padding, dilation, kernel, strict=True)
    )
    if module.padding_mode != "zeros":
        rows, cols = (_wrapped(lines, n, module.padding_mode) for lines, n in zip((rows, cols), maps.shape[1:], strict=True))
        window = maps[first : first + per_group][:, rows][:, :, cols]
        places: list[Place | None] = [(call.inputs[0], c, r, x) for c in range(first, first + per_group) for r in rows for x in cols]
    else:
        window, places = gather(call, maps, range(first, first + per_group), rows, cols)
    return _Found(window, weight, places, 0.0 if module.bias is None else module.bias[channel].item())


def _wrapped(lines: list[int], n: int, mode: str) -> list[int]:
    """Where padding other than zeros takes its values from."""
    if mode == "circular":
        return [line % n for line in lines]
    if mode == "replicate":
        return [min(max(line, 0), n - 1) for line in lines]
    return [abs(line) if line < n else 2 * (n - 1) - line for line in lines]


def _linear(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    values = inputs[0]
    if values.dim() != 1:
        raise CnnvizError(f"'{call.name}' works on several vectors at once, so its units are not taken apart. Choose another layer.")
    places: list[Place | None] = [(call.inputs[0], i, 0, 0) for i in range(len(values))]
    bias = 0.0 if module.bias is None else module.bias[place[0]].item()
    return _Found(values.view(-1, 1, 1), module.weight[place[0]].double().view(-1, 1, 1), places, bias)


def _norm(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    channel = place[0]
    if module.running_mean is None:
        raise CnnvizError(f"'{call.name}' normalises with the present batch and keeps no averages, so its units cannot be taken apart.")
    scale = (1 if module.weight is None else module.weight[channel].item()) / math.sqrt(module.running_var[channel].item() + module.eps)
    bias = (0 if module.bias is None else module.bias[channel].item()) - module.running_mean[channel].item() * scale
    return _single(call, inputs[0], place, scale, bias)


def _normalise(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    mean, std = module.mean.flatten()[place[0]].item(), module.std.flatten()[place[0]].item()
    return _single(call, inputs[0], place, 1 / std, -mean / std)


def _single(call: LayerCall, values: Tensor, place: tuple[int, int, int], scale: float | None, bias: float = 0.0) -> _Found:
    cell = _cell(values, place)
    return _Found(cell, None if scale is None else torch.full_like(cell, scale), [(call.inputs[0], *place)], bias)


def _identity(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    return _single(call, inputs[0], place, 1.0)


def _elementwise(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    value = _cell(inputs[0], place).item()
    if isinstance(module, nn.ReLU6):
        return _single(call, inputs[0], place, 1.0 if 0 < value <= 6 else 0.0, 6.0 if value > 6 else 0.0)
    if isinstance(module, nn.ReLU):
        return _single(call, inputs[0], place, 1.0 if value > 0 else 0.0)
    if isinstance(module, nn.LeakyReLU):
        return _single(call, inputs[0], place, 1.0 if value > 0 else module.negative_slope)
    if isinstance(module, nn.PReLU):
        return _single(call, inputs[0], place, 1.0 if value > 0 else module.weight[place[0] % len(module.weight)].item())
    return _single(call, inputs[0], place, None)


def _maxout(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    channels = range(place[0] * 2, place[0] * 2 + 2)
    cells = torch.cat([_cell(inputs[0], (c, *place[1:])) for c in channels])
    return _Found(cells, _first_largest(cells), [(call.inputs[0], c, *place[1:]) for c in channels])


def _first_largest(cells: Tensor) -> Tensor:
    weights = torch.zeros_like(cells)
    weights.view(-1)[cells.flatten().argmax()] = 1.0
    return weights


def _max_pool(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    kernel, stride = pair(module.kernel_size), pair(module.kernel_size if module.stride is None else module.stride)
    padding, dilation = pair(module.padding), pair(module.dilation)
    rows, cols = ([i * s - p + d * k for k in range(n)] for i, s, p, d, n in zip(place[1:], stride, padding, dilation, kernel, strict=True))
    window, places = gather(call, inputs[0], range(place[0], place[0] + 1), rows, cols, -math.inf)
    weights = _first_largest(window)
    return _Found(window.nan_to_num(neginf=0.0), weights, places)


def _average_pool(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    kernel, stride, padding = pair(module.kernel_size), pair(module.kernel_size if module.stride is None else module.stride), pair(module.padding)
    sizes = inputs[0].shape[1:]
    lines, counted = [], 1
    for index, k, s, p, n in zip(place[1:], kernel, stride, padding, sizes, strict=True):
        first = index * s - p
        last = min(first + k, n + p)
        counted *= last - first if module.count_include_pad else min(last, n) - max(first, 0)
        lines.append(list(range(first, last)))
    window, places = gather(call, inputs[0], range(place[0], place[0] + 1), lines[0], lines[1])
    return _Found(window, torch.full_like(window, 1 / (getattr(module, "divisor_override", None) or counted)), places)


def _adaptive(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    size: Any = call.module.output_size if call.module is not None else 1
    targets = [n if t is None else int(t) for t, n in zip(size if isinstance(size, tuple | list) else (size, size), inputs[0].shape[1:], strict=True)]
    rows, cols = (list(range(index * n // t, -(-(index + 1) * n // t))) for index, n, t in zip(place[1:], inputs[0].shape[1:], targets, strict=True))
    window, places = gather(call, inputs[0], range(place[0], place[0] + 1), rows, cols)
    if isinstance(call.module, nn.AdaptiveMaxPool2d):
        return _Found(window, _first_largest(window), places)
    return _Found(window, torch.full_like(window, 1 / window.numel()), places)


def _zero_pad(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    module: Any = call.module
    left, _, top, _ = module.padding
    window, places = gather(call, inputs[0], range(place[0], place[0] + 1), [place[1] - top], [place[2] - left])
    return _Found(window, torch.ones_like(window), places)


def _same_order(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int], shape: tuple[int, ...] = ()) -> _Found:
    """Flatten and its like: the same numbers in the same order in another shape; ``shape`` of the output, where it is no vector."""
    values = inputs[0]
    index = (place[0] * shape[1] + place[1]) * shape[2] + place[2] if len(shape) == 3 else place[0]
    if values.dim() == 3:
        height, width = values.shape[1:]
        channel, rest = divmod(index, height * width)
        source = (channel, *divmod(rest, width))
    else:
        source = (index, 0, 0)
    cell = _cell(values, source)
    return _Found(cell, torch.ones_like(cell), [(call.inputs[0], *source)])


def _pointwise(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    return _single(call, inputs[0], place, None)


def _add(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    return _sum(call, inputs, place, 1.0)


def _subtract(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    return _sum(call, inputs, place, -1.0)


def _sum(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int], sign: float) -> _Found:
    """a ± b; either may be a number, which is then the bias. torch multiplies the second by ``alpha``."""
    cells, places = _cells(call, inputs, place)
    first, second = _numbers(call)
    scale = sign * float((call.options or {}).get("alpha", 1.0))
    factors = [1.0, scale] if len(cells) == 2 else [scale if first is not None else 1.0]
    bias = (first or 0.0) + scale * (second or 0.0)
    window = torch.cat(cells)
    return _Found(window, window.new_tensor(factors).view(-1, 1, 1), places, bias)


def _multiply(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    cells, places = _cells(call, inputs, place)
    if len(cells) == 1:
        factor = math.prod(number for number in _numbers(call) if number is not None)
        return _Found(cells[0], torch.full_like(cells[0], factor), places)
    # One is shown as the weight of the other.
    large = 0 if inputs[0].numel() >= inputs[1].numel() else 1
    return _Found(cells[large], cells[1 - large], [places[large]])


def _divide(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    cells, places = _cells(call, inputs, place)
    first, second = _numbers(call)
    if len(cells) == 2:
        return _Found(cells[0], 1 / cells[1], places[:1])
    return _Found(cells[0], None if first is not None else torch.full_like(cells[0], 1 / (second or 1.0)), places)


def _negate(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    return _single(call, inputs[0], place, -1.0)


def _numbers(call: LayerCall) -> tuple[float | None, float | None]:
    """The first and second argument, where they are numbers and not layers."""
    options = call.options or {}
    first, second = options.get("0"), options.get("1", options.get("other"))
    return (
        float(first) if isinstance(first, int | float) else None,
        float(second) if isinstance(second, int | float) else None,
    )


def _cells(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> tuple[list[Tensor], list[Place | None]]:
    """One cell of each of the two arguments that are layers."""
    if len(inputs) > 2:
        raise CnnvizError(f"'{call.name}' takes more than two layers, so its units cannot be taken apart. Choose another layer.")
    found = [_spread(values, source, place) for values, source in zip(inputs, call.inputs, strict=True)]
    return [cell for cell, _ in found], [at for _, at in found]


def _spread(values: Tensor, source: str, place: tuple[int, int, int]) -> tuple[Tensor, Place]:
    """The cell that broadcasting takes."""
    sizes = tuple(values.shape) if values.dim() == 3 else (*values.shape, 1, 1)
    index = (place[0] if sizes[0] > 1 else 0, place[1] if sizes[1] > 1 else 0, place[2] if sizes[2] > 1 else 0)
    return _cell(values, index), (source, *index)


def _join(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    channel = place[0]
    for values, source in zip(inputs, call.inputs, strict=True):
        if channel < len(values):
            cell = _cell(values, (channel, *place[1:]))
            return _Found(cell, torch.ones_like(cell), [(source, channel, *place[1:])])
        channel -= len(values)
    raise CnnvizError(f"'{call.name}' does not join channels, so its units cannot be taken apart. Choose another layer.")


def _mean(call: LayerCall, inputs: list[Tensor], place: tuple[int, int, int]) -> _Found:
    maps = inputs[0]
    if maps.dim() != 3:
        raise CnnvizError(f"'{call.name}' is no average over a map. Choose another layer.")
    window, places = gather(call, maps, range(place[0], place[0] + 1), list(range(maps.shape[1])), list(range(maps.shape[2])))
    return _Found(window, torch.full_like(window, 1 / window.numel()), places)


_ELEMENTWISE = {
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softsign,
    nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, *(type(entry.module()) for entry in ACTIVATIONS.values() if entry.pieces == 1),
}  # fmt: skip
_MODULES: tuple[tuple[Any, Handler], ...] = (
    (nn.Conv2d, _convolution), (nn.Linear, _linear), ((nn.BatchNorm2d, nn.BatchNorm1d), _norm), (Normalise, _normalise), (Maxout, _maxout),
    (nn.MaxPool2d, _max_pool), (nn.AvgPool2d, _average_pool), ((nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), _adaptive),
    (nn.ZeroPad2d, _zero_pad), (nn.Flatten, _same_order), ((nn.Dropout, nn.Dropout2d, nn.Identity), _identity),
)  # fmt: skip
_FUNCTIONS: dict[str, Handler] = {
    **dict.fromkeys(("add", "iadd"), _add),
    **dict.fromkeys(("sub", "isub", "subtract"), _subtract),
    **dict.fromkeys(("mul", "imul", "multiply"), _multiply),
    **dict.fromkeys(("truediv", "itruediv", "div", "divide", "true_divide"), _divide),
    **dict.fromkeys(("neg", "negative"), _negate),
    **dict.fromkeys(("cat", "concat", "concatenate"), _join),
    "mean": _mean,
}
_RESHAPES = {
    "view", "reshape", "flatten", "ravel", "squeeze", "unsqueeze", "unflatten", "contiguous", "clone", "detach", "to", "float", "double",
    "dropout2d", "alpha_dropout", "feature_alpha_dropout",
}  # fmt: skip
_POINTWISE = {
    "abs", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "pow", "reciprocal", "erf", "sin", "cos", "sign", "clamp", "clip",
    "hardtanh", "softplus", "softsign", "mish", "selu", "celu", "logsigmoid", "tanhshrink", "hardshrink", "softshrink", "threshold",
}  # fmt: skip
