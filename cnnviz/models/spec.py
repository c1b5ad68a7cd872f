"""A network written down: a name and a sequence of layers, JSON both ways."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from math import prod
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.models.layers import LAYERS, Layer, Linear, Shape
from cnnviz.settings import settings


@dataclass(frozen=True)
class NetworkSpec:
    """A sequence of layers, from the image to the logits.

    The last layer must give one number a class; ``Linear()`` without units does.
    """

    layers: tuple[Layer, ...]
    name: str = "network"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "layers": [{"kind": layer.kind, **asdict(layer)} for layer in self.layers]}

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, data: Any) -> "NetworkSpec":
        """Raises CnnvizError if ``data`` does not describe a network."""
        try:
            layers, name = data["layers"], data.get("name", "network")
        except (KeyError, TypeError, AttributeError):
            raise CnnvizError(_FORM) from None
        if not isinstance(layers, list | tuple) or not isinstance(name, str):
            raise CnnvizError(_FORM)
        return cls(tuple(_layer(entry) for entry in layers), name)

    @classmethod
    def from_json(cls, text: str) -> "NetworkSpec":
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise CnnvizError(f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
        except (RecursionError, ValueError):
            raise CnnvizError("This JSON is nested too deeply, or has a number with too many digits. Write it more plainly.") from None
        return cls.from_dict(data)

    def __repr__(self) -> str:
        return f"NetworkSpec({self.name}: {', '.join(layer.stem for layer in self.layers)})"


_FORM = 'A network is written as {"name": "mine", "layers": [{"kind": "conv", "channels": 8}, …]}.'


def _layer(entry: Any) -> Layer:
    if not isinstance(entry, Mapping):
        raise CnnvizError(f'A layer is written as {entry!r:.60}, but must be written as {{"kind": "conv", "channels": 8}}.')
    options = dict(entry)
    kind = options.pop("kind", None)
    if not isinstance(kind, str) or kind not in LAYERS:
        raise CnnvizError(f"There is no layer '{kind}'. Choose one of: {', '.join(LAYERS)}.")
    known = {field.name for field in fields(LAYERS[kind])}
    if unknown := set(options) - known:
        raise CnnvizError(f"A {kind} layer has no option '{min(unknown)}'. It has: {', '.join(sorted(known)) or 'none'}.")
    needed = {field.name for field in fields(LAYERS[kind]) if field.default is MISSING}
    if missing := needed - set(options):
        raise CnnvizError(f"A {kind} layer needs the option '{min(missing)}'. It has: {', '.join(sorted(known))}.")
    try:
        layer = LAYERS[kind](**options)
        layer.check()
    except CnnvizError as error:
        raise CnnvizError(f"A {kind} layer cannot be read: {error}") from None
    return layer


@dataclass(frozen=True)
class PlannedLayer:
    """A layer in its place: its name in the network and the shapes (without batch) before and after it."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape

    @property
    def parameters(self) -> int:
        return self.layer.parameters(self.input_shape)

    @property
    def multiply_adds(self) -> int:
        return self.layer.multiply_adds(self.input_shape)

    @property
    def activation_bytes(self) -> int:
        """Memory of its output for one image, float32."""
        return 4 * prod(self.output_shape)


@dataclass(frozen=True)
class Plan:
    """A network worked out by arithmetic: nothing is allocated. Iterating gives its layers."""

    layers: tuple[PlannedLayer, ...]
    input_shape: Shape
    classes: int

    def __iter__(self) -> Iterator[PlannedLayer]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        return sum(layer.activation_bytes for layer in self.layers)

    def __repr__(self) -> str:
        return f"Plan({len(self)} layers, {self.parameters:,} parameters, {self.multiply_adds:,} multiply-adds)"


def summary(spec: NetworkSpec, input_shape: Shape, classes: int) -> Plan:
    """Names, shapes, parameters, multiply-adds and memory of each layer, and whether the network can be built.

    Args:
        input_shape: (C, H, W) of one image.
        classes: number of logits wanted.

    Raises:
        CnnvizError: naming the layer that does not fit, and a cure.
    """
    limits = settings()
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise CnnvizError(f"The image shape is {input_shape}, but it must be (channels, height, width), each 1 or more.")
    if classes < 1:
        raise CnnvizError(f"The number of classes is {classes}, but it must be 1 or more.")
    if not 1 <= len(spec.layers) <= limits.max_layers:
        raise CnnvizError(f"The network has {len(spec.layers)} layers, but it must have 1 to {limits.max_layers}.")
    shape: Shape = tuple(input_shape)
    parameters = values = 0
    counts: Counter[str] = Counter()
    planned = []
    for layer in spec.layers:
        counts[layer.stem] += 1
        name = f"{layer.stem}{counts[layer.stem]}"
        try:
            layer.check()
            if isinstance(layer, Linear) and layer.units is None:
                layer = replace(layer, units=classes)
            if layer.wants_maps and len(shape) != 3:
                raise CnnvizError(f"It needs maps, but gets a vector of {shape[0]} numbers. Put it before the flatten layer.")
            place = PlannedLayer(name, layer, shape, layer.output_shape(shape))
        except CnnvizError as error:
            raise CnnvizError(f"{name}: {error}") from None
        parameters += place.parameters
        values += prod(place.output_shape)
        if parameters > limits.max_parameters:
            raise CnnvizError(
                f"{name}: with its {place.parameters:,} parameters the network has more than {limits.max_parameters:,}. "
                "Use fewer channels or units, or make the maps smaller before it (stride, pooling)."
            )
        if values > limits.max_activations:
            raise CnnvizError(
                f"{name}: with its {prod(place.output_shape):,} values the maps of one image are more than "
                f"{limits.max_activations:,}. Use fewer channels, or make the maps smaller before it (stride, pooling)."
            )
        planned.append(place)
        shape = place.output_shape
    if shape != (classes,):
        raise CnnvizError(
            f"{planned[-1].name}: the network ends with shape {'×'.join(map(str, shape))}, but must end with "
            f"{classes} logits, one a class. End it with a flatten layer and a fully connected layer of {classes} units."
        )
    return Plan(tuple(planned), tuple(input_shape), classes)
