"""A network written down: a name and a sequence of layers and blocks of layers, JSON both ways; and what
follows from it by arithmetic.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property
from math import prod
from typing import Any

from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.models.blocks import DEEPEST, IN_PLACE, Block, BlockModule, Join, Names, Repeat, joined_shape
from cnnviz.models.layers import LAYERS, Layer, Linear, Shape
from cnnviz.ops.receptive_field import PIXEL, ReceptiveField
from cnnviz.settings import Settings, settings
from cnnviz.words import said_of, say, sentence_of


@dataclass(frozen=True)
class NetworkSpec:
    """A sequence of layers, from the image to the logits; blocks (``Residual``, ``Parallel``, …) are layers
    that hold layers.

    The last layer must give one number a class; ``Linear()`` without units does.
    """

    layers: tuple[Layer, ...]
    name: str = "network"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))

    def to_dict(self) -> dict[str, Any]:
        return {"version": VERSION, "name": self.name, "layers": _entry(self.layers)}

    def to_json(self) -> str:
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, data: Any) -> "NetworkSpec":
        """Reads version 2 and version 1, which had no blocks and no version.

        Raises:
            CnnvizError: ``data`` does not describe a network.
        """
        try:
            layers, name, version = data["layers"], data.get("name", "network"), data.get("version", 1)
        except (KeyError, TypeError, AttributeError):
            raise CnnvizError(_FORM) from None
        if isinstance(version, bool) or version not in (1, VERSION):
            raise CnnvizError(
                say(
                    "This network is written in version {version!r:.40}, but this cnnviz reads 1 and {version2}. Use a newer cnnviz.",
                    version=version,
                    version2=VERSION,
                )
            )
        if not isinstance(layers, list | tuple) or not isinstance(name, str):
            raise CnnvizError(_FORM)
        return cls(tuple(_layer(entry) for entry in layers), name)

    @classmethod
    def from_json(cls, text: str) -> "NetworkSpec":
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise CnnvizError(
                say(
                    "This is not JSON: {msg} in line {lineno}, column {colno}.",
                    msg=error.msg,
                    lineno=error.lineno,
                    colno=error.colno,
                )
            ) from None
        except (RecursionError, ValueError):
            raise CnnvizError(
                "This JSON is nested too deeply, or has a number with too many digits. Write it more plainly."
            ) from None
        return cls.from_dict(data)

    def __repr__(self) -> str:
        return f"NetworkSpec({self.name}: {', '.join(layer.stem for layer in self.layers)})"


VERSION = 2
_FORM = 'A network is written as {"name": "mine", "layers": [{"kind": "conv", "channels": 8}, …]}.'


def _entry(value: Any) -> Any:
    """A layer, or whatever a layer holds, as JSON has it."""
    if isinstance(value, Layer):
        return {
            "kind": value.kind,
            **{field.name: _entry(getattr(value, field.name)) for field in fields(value)},
        }
    return [_entry(one) for one in value] if isinstance(value, tuple) else value


def _read(value: Any, depth: int) -> Any:
    """An option of a block: layers where there are some."""
    if depth > DEEPEST:
        raise CnnvizError(
            say(
                "The blocks are nested more than {deepest} deep. Write the network more plainly.",
                deepest=DEEPEST,
            )
        )
    if isinstance(value, Mapping):
        return _layer(value, depth)
    return tuple(_read(one, depth) for one in value) if isinstance(value, list | tuple) else value


def _layer(entry: Any, depth: int = 0) -> Layer:
    if not isinstance(entry, Mapping):
        raise CnnvizError(
            say(
                'A layer is written as {entry!r:.60}, but must be written as {{"kind": "conv", "channels": 8}}.',
                entry=entry,
            )
        )
    options = dict(entry)
    kind = options.pop("kind", None)
    if not isinstance(kind, str) or kind not in LAYERS:
        raise CnnvizError(
            say("There is no layer '{kind}'. Choose one of: {layers}.", kind=kind, layers=", ".join(LAYERS))
        )
    known = {field.name for field in fields(LAYERS[kind])}
    if unknown := set(options) - known:
        raise CnnvizError(
            say(
                "A {kind} layer has no option '{unknown}'. It has: {known}.",
                kind=kind,
                unknown=min(unknown),
                known=", ".join(sorted(known)) or "none",
            )
        )
    needed = {field.name for field in fields(LAYERS[kind]) if field.default is MISSING}
    if missing := needed - set(options):
        raise CnnvizError(
            say(
                "A {kind} layer needs the option '{missing}'. It has: {known}.",
                kind=kind,
                missing=min(missing),
                known=", ".join(sorted(known)),
            )
        )
    if issubclass(LAYERS[kind], Block | Repeat):
        options = {name: _read(value, depth + 1) for name, value in options.items()}
    try:
        layer = LAYERS[kind](**options)
        layer.check()
    except CnnvizError as error:
        raise CnnvizError(say("A {kind} layer cannot be read: {error}", kind=kind, error=error)) from None
    return layer


@dataclass(frozen=True)
class Joined(Layer):
    """Where branches come together: ``add`` or ``concat``."""

    how: Join

    @property
    def stem(self) -> str:
        return "add" if self.how == "add" else "cat"


@dataclass(frozen=True)
class PlannedLayer:
    """A layer in its place: its name in the network and the shapes (without batch) before and after it.

    Attributes:
        name: the path, such as ``stage2.block1.conv1``; where branches come together ``stage2.block1.add``.
        receptive_field: what one of its outputs sees of the image; ``None``: all of it.
        inner: of a block: what it holds, in the order of computation.
        part: of the block that holds it: which part it belongs to.
        sources: the names of what feeds it; ``"image"`` for the image.
        low_shape: of a block whose output carries two tensors: that of the second one, the low frequencies.
    """

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    receptive_field: ReceptiveField | None = None
    inner: tuple["PlannedLayer", ...] = ()
    part: str = ""
    sources: tuple[str, ...] = ()
    low_shape: Shape = ()

    @property
    def parameters(self) -> int:
        return (
            sum(one.parameters for one in self.inner)
            if isinstance(self.layer, Block)
            else self.layer.parameters(self.input_shape)
        )

    @property
    def multiply_adds(self) -> int:
        return (
            sum(one.multiply_adds for one in self.inner)
            if isinstance(self.layer, Block)
            else self.layer.multiply_adds(self.input_shape)
        )

    @property
    def activation_bytes(self) -> int:
        """Memory of its output for one image, float32; of a block that of all it holds."""
        return (
            sum(one.activation_bytes for one in self.inner)
            if isinstance(self.layer, Block)
            else 4 * prod(self.output_shape)
        )

    @property
    def own_name(self) -> str:
        return self.name.rpartition(".")[2]

    def parts(self) -> dict[str, tuple["PlannedLayer", ...]]:
        """Of a block: part -> what it holds, without the joins, in the order in which the weights are
        drawn.
        """
        assert isinstance(self.layer, Block)
        return {
            part: tuple(one for one in self.inner if one.part == part and not isinstance(one.layer, Joined))
            for part in self.layer.parts()
        }

    def elementary(self) -> Iterator["PlannedLayer"]:
        """Itself, or, of a block, all layers in it."""
        if not isinstance(self.layer, Block):
            yield self
        for one in self.inner:
            yield from one.elementary()

    def blocks(self) -> Iterator[tuple["PlannedLayer", Block]]:
        """All blocks in it, itself first, each with its place."""
        if isinstance(self.layer, Block):
            yield self, self.layer
        for one in self.inner:
            yield from one.blocks()

    def module(self) -> nn.Module:
        """Its torch module with fresh weights."""
        if not isinstance(self.layer, Block):
            return self.layer.module(self.input_shape)
        return BlockModule(
            self.layer,
            {part: {one.own_name: one.module() for one in held} for part, held in self.parts().items()},
        )


@dataclass(frozen=True)
class Plan:
    """A network worked out by arithmetic: nothing is allocated. Iterating gives its layers, those inside
    blocks by their paths.

    Attributes:
        tree: the layers and blocks of the specification.
        layers: all layers that compute something, in order; blocks stand for nothing of their own, their
            joins do.
    """

    tree: tuple[PlannedLayer, ...]
    input_shape: Shape
    classes: int

    @cached_property
    def layers(self) -> tuple[PlannedLayer, ...]:
        return tuple(one for top in self.tree for one in top.elementary())

    @property
    def is_chain(self) -> bool:
        """Whether it has no blocks."""
        return not any(isinstance(one.layer, Block) for one in self.tree)

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
        return (
            f"Plan({len(self)} layers, {self.parameters:,} parameters, {self.multiply_adds:,} multiply-adds)"
        )


@dataclass(frozen=True)
class _Value:
    """What arrives somewhere: its shape, what it sees of the image, who gives it."""

    shape: Shape
    field: ReceptiveField | None
    source: str


_Values = _Value | tuple[_Value, ...]
"""One tensor, or two: high and low frequencies."""


_NEEDS_PAIR = say(
    "It needs two tensors, high and low frequencies, but gets one. Put an OctaveConv with pair=False before it."
)
_NEEDS_ONE = say(
    "It takes one tensor, but gets two, high and low frequencies. Set pair=True, or put an OctaveConv with alpha=0 before it."
)
_MIXED = say(
    "One branch gives two tensors, high and low frequencies, and another one only one. Let all of them end alike."
)


class _Planner:
    """Sends a shape through all layers and counts what they cost."""

    def __init__(self, classes: int, limits: Settings) -> None:
        self.classes = classes
        self.limits = limits
        self.parameters = self.values = self.count = 0
        self.known: list[PlannedLayer] = []
        """All layers and blocks that could be worked out, also those of a block that could not."""

    def sequence(
        self,
        named: Iterable[tuple[str, Layer]],
        value: _Values,
        path: str,
        part: str,
        found: list[PlannedLayer],
    ) -> _Values:
        for own, layer in named:
            place, value = self.layer(f"{path}{own}", layer, value, part)
            found.append(place)
        return value

    def layer(self, name: str, layer: Layer, value: _Values, part: str) -> tuple[PlannedLayer, _Values]:
        if isinstance(layer, Block):
            return self.block(name, layer, value, part)
        if isinstance(value, tuple):
            raise CnnvizError(
                say(
                    "{name}: It gets two tensors, high and low frequencies. Put it inside Both(…), or an OctaveConv with alpha=0 before it.",
                    name=name,
                )
            )
        shape = value.shape
        try:
            layer.check()
            if isinstance(layer, Linear) and layer.units is None:
                layer = replace(layer, units=self.classes)
            if layer.wants_maps and len(shape) != 3:
                raise CnnvizError(
                    say(
                        "It needs maps, but gets a vector of {shape} numbers. Put it before the flatten layer.",
                        shape=shape[0],
                    )
                )
            after = _Value(
                layer.output_shape(shape),
                None if value.field is None else layer.seen(value.field, shape),
                name,
            )
        except CnnvizError as error:
            raise CnnvizError(said_of(name, error)) from None
        place = PlannedLayer(name, layer, shape, after.shape, after.field, part=part, sources=(value.source,))
        self._note(place)
        return place, after

    def block(self, name: str, block: Block, value: _Values, part: str) -> tuple[PlannedLayer, _Values]:
        if name.count(".") >= DEEPEST:
            raise CnnvizError(
                say(
                    "{name}: the blocks are nested more than {deepest} deep. Write the network more plainly.",
                    name=name,
                    deepest=DEEPEST,
                )
            )
        inner: list[PlannedLayer] = []
        try:
            block.check()
            parts = block.parts()
            own = Names(*(layers for at, layers in parts.items() if at in IN_PLACE))
            if block.takes_pair is not None and block.takes_pair != isinstance(value, tuple):
                raise CnnvizError(_NEEDS_PAIR if block.takes_pair else _NEEDS_ONE)
        except CnnvizError as error:
            raise CnnvizError(said_of(name, error)) from None

        def through(at: str, given: _Values) -> _Values:
            path = f"{name}." if at in IN_PLACE else f"{name}.{at}."
            return self.sequence(
                (own if at in IN_PLACE else Names(parts[at])).of(parts[at]), given, path, at, inner
            )

        def join(how: Join, given: Sequence[_Values]) -> _Values:
            single = [one for one in given if isinstance(one, _Value)]
            if not single:
                return tuple(add_or_concat(how, tensors) for tensors in zip(*given, strict=True))
            if len(single) < len(given):
                raise CnnvizError(said_of(name, _MIXED))
            return add_or_concat(how, single)

        def add_or_concat(how: Join, given: Sequence[_Value]) -> _Value:
            if how == "add" and len(given) != 2:
                # One after the other, as torch adds them.
                return (
                    given[0]
                    if len(given) == 1
                    else add_or_concat(how, (add_or_concat(how, given[:-1]), given[-1]))
                )
            layer = Joined(how)
            number = sum(isinstance(one.layer, Joined) for one in inner)
            place = f"{name}.{layer.stem}{f'_{number}' if number else ''}"
            try:
                shape = joined_shape(how, [one.shape for one in given])
            except CnnvizError as error:
                written = ", ".join("×".join(map(str, one.shape)) for one in given)
                sentence = (
                    say("The branches give {written}. {cure}", written=written, cure=block.cure)
                    if block.cure
                    else error
                )
                raise CnnvizError(said_of(place, sentence)) from None
            together = _Value(shape, _seen_together([one.field for one in given]), place)
            inner.append(
                PlannedLayer(
                    place,
                    layer,
                    given[0].shape,
                    shape,
                    together.field,
                    sources=tuple(one.source for one in given),
                )
            )
            self._note(inner[-1])
            return together

        after = block.flow(value, through, join)
        given, answers = (one if isinstance(one, tuple) else (one,) for one in (value, after))
        place = PlannedLayer(
            name,
            block,
            input_shape=given[0].shape,
            output_shape=answers[0].shape,
            receptive_field=answers[0].field,
            inner=tuple(inner),
            part=part,
            sources=tuple(one.source for one in given),
            low_shape=answers[1].shape if len(answers) > 1 else (),
        )
        self.known.append(place)
        return place, after

    def _note(self, place: PlannedLayer) -> None:
        self.known.append(place)
        self.count += 1
        self.parameters += place.parameters
        self.values += prod(place.output_shape)
        if self.count > self.limits.max_layers:
            raise CnnvizError(
                say(
                    "{name}: the network has more than {max_layers} layers. Use fewer, or fewer repetitions.",
                    name=place.name,
                    max_layers=self.limits.max_layers,
                )
            )
        if self.parameters > self.limits.max_parameters:
            raise CnnvizError(
                say(
                    "{name}: with its {parameters:,} parameters the network has more than {max_parameters:,}. "
                    "Use fewer channels or units, or make the maps smaller before it (stride, pooling).",
                    name=place.name,
                    parameters=place.parameters,
                    max_parameters=self.limits.max_parameters,
                )
            )
        if self.values > self.limits.max_activations:
            raise CnnvizError(
                say(
                    "{name}: with its {prod:,} values the maps of one image are more than "
                    "{max_activations:,}. Use fewer channels, or make the maps smaller before it (stride, pooling).",
                    name=place.name,
                    prod=prod(place.output_shape),
                    max_activations=self.limits.max_activations,
                )
            )


def _seen_together(fields: Sequence[ReceptiveField | None]) -> ReceptiveField | None:
    """What several branches see together: from the first pixel of any to the last of any."""
    known = [field for field in fields if field is not None]
    if len(known) < len(fields):
        return None
    first = min(field.offset for field in known)
    last = max(field.offset + field.size for field in known)
    return ReceptiveField(last - first, max(field.stride for field in known), first)


def summary(
    spec: NetworkSpec, input_shape: Shape, classes: int | Shape, *, limits: Settings | None = None
) -> Plan:
    """Names, shapes, parameters, multiply-adds, memory and receptive field of each layer, and whether the
    network can be built.

    Args:
        input_shape: (C, H, W) of one image.
        classes: number of logits wanted, or the shape of what the network must give for an image.
        limits: that the network must keep; those of the settings, if not given.

    Raises:
        CnnvizError: naming the layer that does not fit, and a cure.
    """
    wanted = (classes,) if isinstance(classes, int) else classes
    return _summary(spec, input_shape, wanted, _Planner(wanted[0], limits or settings()))


def plan_until(spec: NetworkSpec, input_shape: Shape, classes: int) -> tuple[list[PlannedLayer], str]:
    """What can be worked out of a network: its layers and blocks, those inside blocks too, up to the first that does
    not fit; and the sentence about that one, empty if all fit.
    """
    planner = _Planner(classes, settings())
    try:
        _summary(spec, input_shape, (classes,), planner)
    except CnnvizError as error:
        return planner.known, sentence_of(error)
    return planner.known, ""


def _summary(spec: NetworkSpec, input_shape: Shape, wanted: Shape, planner: _Planner) -> Plan:
    limits, planned = planner.limits, list[PlannedLayer]()
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise CnnvizError(
            say(
                "The image shape is {input_shape}, but it must be (channels, height, width), each 1 or more.",
                input_shape=input_shape,
            )
        )
    if wanted[0] < 1:
        raise CnnvizError(
            say("The number of classes is {wanted}, but it must be 1 or more.", wanted=wanted[0])
        )
    if not 1 <= len(spec.layers) <= limits.max_layers:
        raise CnnvizError(
            say(
                "The network has {count} layers, but it must have 1 to {max_layers}.",
                count=len(spec.layers),
                max_layers=limits.max_layers,
            )
        )
    image = _Value(tuple(input_shape), PIXEL, "image")
    answer = planner.sequence(Names(spec.layers).of(spec.layers), image, "", "", planned)
    if isinstance(answer, tuple):
        raise CnnvizError(
            say(
                "{name}: the network ends with two tensors, high and low frequencies. Put an OctaveConv with alpha=0 behind it.",
                name=planned[-1].name,
            )
        )
    if answer.shape != wanted:
        given, asked = ("×".join(map(str, shape)) for shape in (answer.shape, wanted))
        raise CnnvizError(
            say(
                "{name}: the network ends with shape {given}, but must end with {asked} logits, one a class. "
                "End it with a flatten layer and a fully connected layer of {asked} units.",
                name=planned[-1].name,
                given=given,
                asked=asked,
            )
            if len(wanted) == 1
            else say(
                "{name}: the network ends with shape {given}, but must end with maps of shape {asked}. "
                "End it with a convolution of {wanted} filters, on maps of {wanted2} cells.",
                name=planned[-1].name,
                given=given,
                asked=asked,
                wanted=wanted[0],
                wanted2=wanted[-1],
            )
        )
    return Plan(tuple(planned), tuple(input_shape), wanted[0])
