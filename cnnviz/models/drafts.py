"""A network while it is being written: what is known of each layer so far, what does not fit, and how it could be mended."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.models.blocks import Block, Layers, Names, Parallel, Repeat, Residual
from cnnviz.models.layers import (
    Conv,
    Flatten,
    GlobalAveragePool,
    GroupNorm,
    Layer,
    Linear,
    Pool,
    Shape,
)
from cnnviz.models.spec import NetworkSpec, PlannedLayer, plan_until
from cnnviz.words import say

Address = tuple[int | str, ...]
"""Where a layer stands in a specification: ``(2,)``, ``(3, "body", 0)``, ``(4, "branches", 1, 2)``."""
MOST_REPAIRS = 3


@dataclass(frozen=True)
class Repair:
    """One change that mends what does not fit, or brings the fault further down."""

    title: str
    spec: NetworkSpec


@dataclass(frozen=True)
class Draft:
    """A network as far as it can be worked out.

    Attributes:
        places: what is known, by the address of the layer; of a repeated layer its first repetition.
        error: the sentence; empty if the network can be built.
        at: where the fault lies; ``None``: at the end, or there is none.
        repairs: the best first.
    """

    spec: NetworkSpec
    places: dict[Address, PlannedLayer]
    error: str
    at: Address | None
    repairs: tuple[Repair, ...]


def draft(spec: NetworkSpec, input_shape: Shape, classes: int) -> Draft:
    """Works out what can be, and looks for repairs where something does not fit.

    Args:
        input_shape: (C, H, W) of one image; classes: number of logits wanted.
    """
    named = dict(addresses(spec.layers))
    planned, error = plan_until(spec, input_shape, classes)
    by_name = {one.name: one for one in planned}
    places = {address: by_name[name] for name, address in reversed(list(named.items())) if name in by_name}
    if not error:
        return Draft(spec, places, "", None, ())
    name, _, sentence = error.partition(": ")
    at = _nearest(name, named) if sentence else None
    ends = [one for one in planned if "." not in one.name]
    shape = ends[-1].output_shape if ends else input_shape
    ends_wrong = "the network ends with" in error
    found = _end_repairs(spec, shape) if ends_wrong else _repairs(spec, at, places, input_shape)
    return Draft(
        spec, places, error, None if ends_wrong else at, _that_help(found, len(by_name), input_shape, classes)
    )


def addresses(layers: Layers, before: Address = (), path: str = "") -> Iterator[tuple[str, Address]]:
    """(name in the network, address) of all layers, those in blocks too; of repetitions all names."""
    yield from _addressed(layers, before, path, Names(layers))


def _addressed(layers: Layers, before: Address, path: str, names: Names) -> Iterator[tuple[str, Address]]:
    for index, layer in enumerate(layers):
        for own, one in names.of((layer,)):
            name, address = f"{path}{own}", (*before, index)
            yield name, address
            held = one if isinstance(one, Block) else None
            if held is None:
                continue
            if isinstance(layer, Repeat) and one is not (layer.block[0] if len(layer.block) == 1 else None):
                # Several layers that are repeated together stand in a group of their own.
                yield from _addressed(layer.block, (*address, "block"), f"{name}.", Names(layer.block))
            else:
                yield from _held(held, (*address, "block", 0) if isinstance(layer, Repeat) else address, name)


def _held(block: Block, before: Address, name: str) -> Iterator[tuple[str, Address]]:
    from cnnviz.models.blocks import IN_PLACE

    parts = block.parts()
    shared = Names(*(layers for part, layers in parts.items() if part in IN_PLACE))
    for part, layers in parts.items():
        held = _field_of(block, layers)
        if held is None:
            continue  # made by the block itself, such as the convolutions of an OctaveConv
        field, index = held
        place: Address = (*before, field) if index is None else (*before, field, index)
        if part in IN_PLACE:
            yield from _addressed(layers, place, f"{name}.", shared)
        else:
            yield from _addressed(layers, place, f"{name}.{part}.", Names(layers))


def _field_of(block: Block, layers: Layers) -> tuple[str, int | None] | None:
    """The field of a block that holds these layers, and their number where the field holds several."""
    for field in fields(block):
        value = getattr(block, field.name)
        if value is layers:
            return field.name, None
        if isinstance(block, Parallel) and field.name == "branches":
            return field.name, next(i for i, branch in enumerate(value) if branch is layers)
    return None


def _nearest(name: str, named: dict[str, Address]) -> Address | None:
    """The layer of this name, or the block around it."""
    while name:
        if name in named:
            return named[name]
        name = name.rpartition(".")[0]
    return None


def layer_at(spec: NetworkSpec, address: Address) -> Layer:
    """The layer at an address; raises CnnvizError if there is none."""
    value: Any = spec.layers
    try:
        for key in address:
            value = getattr(value, key) if isinstance(key, str) else value[key]
    except (AttributeError, IndexError, TypeError):
        value = None
    if not isinstance(value, Layer):
        raise CnnvizError("This layer is no longer there. Choose another one.")
    return value


def with_layers(
    spec: NetworkSpec, address: Address, change: Callable[[Layer], Sequence[Layer]]
) -> NetworkSpec:
    """The network with the layer at an address replaced by some layers; none takes it away."""

    def changed(layers: Layers, rest: Address) -> Layers:
        index = rest[0]
        assert isinstance(index, int)
        layer = layers[index]
        if len(rest) == 1:
            return (*layers[:index], *change(layer), *layers[index + 1 :])
        field = str(rest[1])
        held = getattr(layer, field)
        if field == "branches":
            branch = rest[2]
            assert isinstance(branch, int)
            value: Any = (*held[:branch], changed(held[branch], rest[3:]), *held[branch + 1 :])
        else:
            value = changed(held, rest[2:])
        return (*layers[:index], replace(layer, **{field: value}), *layers[index + 1 :])

    layer_at(spec, address)
    return replace(spec, layers=changed(spec.layers, address))


def _repairs(
    spec: NetworkSpec, at: Address | None, places: dict[Address, PlannedLayer], input_shape: Shape
) -> Iterator[Repair]:
    if at is None:
        return
    layer = layer_at(spec, at)

    def swap(title: str, *layers: Layer) -> Repair:
        return Repair(title, with_layers(spec, at, lambda _: layers))

    if isinstance(layer, Conv):
        yield swap(
            say("Padding {kernel}", kernel=layer.kernel // 2), replace(layer, padding=layer.kernel // 2)
        )
        for kernel in (3, 1):
            if kernel < layer.kernel:
                yield swap(
                    say("Kernel {kernel}×{kernel}", kernel=kernel),
                    replace(layer, kernel=kernel, padding=kernel // 2),
                )
        if layer.groups > 1:
            yield swap("One group", replace(layer, groups=1))
    if isinstance(layer, Pool) and layer.size > 2:
        yield swap("Window 2×2", replace(layer, size=2, stride=None))
    if isinstance(layer, GroupNorm):
        yield swap("One group", replace(layer, groups=1))
    if isinstance(layer, Linear):
        yield swap(say("A flatten layer before it"), Flatten(), layer)
        yield swap(say("Global average pooling before it"), GlobalAveragePool(), layer)
    if isinstance(layer, Residual):
        before = places.get(at)
        yield from _shortcuts(spec, at, layer, before, input_shape)
    if isinstance(layer, Parallel):
        yield swap(say("All strides 1, padding half the kernel"), _aligned(layer))
    flat = next((i for i, one in enumerate(spec.layers) if isinstance(one, Flatten)), None)
    if layer.wants_maps and len(at) == 1 and flat is not None and isinstance(at[0], int) and flat < at[0]:
        rest = [one for i, one in enumerate(spec.layers) if i != at[0]]
        rest.insert(flat, layer)
        yield Repair(say("Move it before the flatten layer"), replace(spec, layers=tuple(rest)))
    yield swap(say("Take it away"))


def _shortcuts(
    spec: NetworkSpec, at: Address, layer: Residual, _place: PlannedLayer | None, _shape: Shape
) -> Iterator[Repair]:
    """A 1×1 convolution that brings the shortcut to the shape of the body."""
    last = next((one for one in reversed(layer.body) if isinstance(one, Conv | Linear)), None)
    stride = 1
    for one in layer.body:
        stride *= (
            one.stride if isinstance(one, Conv) else (one.stride or one.size) if isinstance(one, Pool) else 1
        )
    if isinstance(last, Conv):
        shortcut = (Conv(last.channels, 1, stride, bias=False),)
        yield Repair(
            say("A 1×1 convolution with {channels} channels in the shortcut", channels=last.channels),
            with_layers(spec, at, lambda _: (replace(layer, shortcut=shortcut),)),
        )
        padded = tuple(
            replace(one, padding=one.kernel // 2) if isinstance(one, Conv) else one for one in layer.body
        )
        yield Repair(
            say("Padding of half the kernel in the body"),
            with_layers(spec, at, lambda _: (replace(layer, body=padded),)),
        )
        yield Repair(
            say("Both: padding in the body, and a 1×1 convolution in the shortcut"),
            with_layers(spec, at, lambda _: (replace(layer, body=padded, shortcut=shortcut),)),
        )
    elif isinstance(last, Linear) and last.units:
        yield Repair(
            say("A fully connected layer of {units} in the shortcut", units=last.units),
            with_layers(spec, at, lambda _: (replace(layer, shortcut=(Linear(last.units),)),)),
        )


def _aligned(layer: Parallel) -> Parallel:
    branches = tuple(
        tuple(
            replace(one, stride=1, padding=one.kernel // 2)
            if isinstance(one, Conv)
            else replace(one, size=3, stride=1, padding=1)
            if isinstance(one, Pool)
            else one
            for one in branch
        )
        for branch in layer.branches
    )
    return replace(layer, branches=branches)


def _end_repairs(spec: NetworkSpec, shape: Shape) -> Iterator[Repair]:
    """So that the network ends with one number a class."""
    last = spec.layers[-1] if spec.layers else None
    if isinstance(last, Linear):
        yield Repair(
            say("As many units as there are classes"),
            replace(spec, layers=(*spec.layers[:-1], replace(last, units=None))),
        )
    if len(shape) == 3:
        yield Repair(
            say("Flatten, then a fully connected layer"),
            replace(spec, layers=(*spec.layers, Flatten(), Linear())),
        )
        yield Repair(
            say("Global average pooling, then a fully connected layer"),
            replace(spec, layers=(*spec.layers, GlobalAveragePool(), Linear())),
        )
    else:
        yield Repair(say("A fully connected layer"), replace(spec, layers=(*spec.layers, Linear())))


def _that_help(repairs: Iterator[Repair], known: int, input_shape: Shape, classes: int) -> tuple[Repair, ...]:
    """Those after which the network can be built, then those after which more of it is known."""
    whole, further = [], []
    for repair in repairs:
        planned, error = plan_until(repair.spec, input_shape, classes)
        if not error:
            whole.append(repair)
        elif len(planned) > known:
            further.append(repair)
    return tuple((whole + further)[:MOST_REPAIRS])
