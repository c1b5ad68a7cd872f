"""The builder of networks: what its component needs of each kind of layer, and what it says of a draft."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, get_args

from cnnviz.errors import CnnvizError
from cnnviz.figures.network_drawing import kind_colours
from cnnviz.models import (
    LAYERS,
    PRESETS,
    Activation,
    BatchNorm,
    Conv,
    GlobalAveragePool,
    Layer,
    Linear,
    NetworkSpec,
    Parallel,
    Pool,
    Residual,
    resolve,
)
from cnnviz.models.drafts import Draft
from cnnviz.models.layers import Shape
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ui.components import answered, component, told
from cnnviz.ui.messages import BuilderKind, BuilderMessage, BuilderOption, BuilderRepair, BuilderRow
from cnnviz.words import _, language, say

TITLES = {
    "conv": ("Convolution", "conv"),
    "pool": ("Pooling", "pool"),
    "activation": ("Activation", "activation"),
    "norm": ("Batch norm", "norm"),
    "group_norm": ("Group, layer or instance norm", "norm"),
    "lrn": ("Local response norm", "norm"),
    "dropout": ("Dropout", "other"),
    "flatten": ("Flatten", "other"),
    "fc": ("Fully connected", "linear"),
    "gap": ("Global average pooling", "pool"),
    "adaptive_pool": ("Average of parts", "pool"),
    "upsample": ("Upsample", "other"),
    "transposed": ("Transposed convolution", "conv"),
    "pad": ("Zeros around", "other"),
    "residual": ("Residual block (skip)", "block"),
    "parallel": ("Parallel branches", "block"),
    "dense": ("Dense block", "block"),
    "repeat": ("Repeat", "block"),
    "group": ("Group", "block"),
}
"""Kinds that can be added, in the order of the menu -> title and colour. Others stay as they are."""
PARTS = {
    "residual": ("body", "shortcut", "after"),
    "parallel": ("branches",),
    "dense": ("block",),
    "repeat": ("block",),
    "group": ("layers",),
}
HIDDEN = ("fixed", "connections", "name", "eps", "alpha", "beta", "k", "ceil", "dilation", "join")
WORDS = {
    "p": "p",
    "mode": say("kind"),
    "function": say("function"),
    "groups": say("groups"),
    "units": say("units"),
    "n": say("times"),
    "layers": say("layers"),
}
EMPTY = {
    ("fc", "units"): say("classes"),
    ("pool", "stride"): "= size",
    ("group_norm", "groups"): "as channels",
}
_RELU = {"kind": "activation", "function": "relu"}
_CONV = {"kind": "conv", "channels": 16, "kernel": 3, "padding": 1}
FRESH: dict[str, dict[str, Any]] = {
    "conv": _CONV,
    "transposed": {"kind": "transposed", "channels": 16},
    "adaptive_pool": {"kind": "adaptive_pool", "size": 2},
    "residual": {"kind": "residual", "body": [_CONV, _RELU, _CONV], "shortcut": None, "after": [_RELU]},
    "parallel": {"kind": "parallel", "branches": [[_CONV], [{**_CONV, "kernel": 1, "padding": 0}]]},
    "dense": {"kind": "dense", "block": [{"kind": "norm"}, _RELU, {**_CONV, "channels": 8}], "layers": 3},
    "repeat": {"kind": "repeat", "block": [_CONV, _RELU], "n": 2},
    "group": {"kind": "group", "layers": [_CONV, _RELU]},
}
"""A layer as it is added, where its usual values are not enough."""
LONGEST_LINK = 3500
OWN = "own"


def kinds() -> tuple[BuilderKind, ...]:
    """All kinds that can be added."""
    return _kinds(language())


@cache
def _kinds(_language: str) -> tuple[BuilderKind, ...]:
    return tuple(_kind(name) for name in TITLES)


def _kind(name: str) -> BuilderKind:
    title, colour = TITLES[name]
    options = tuple(
        _option(name, field.name, field.type, None if field.default is MISSING else field.default)
        for field in fields(LAYERS[name])
        if field.name not in HIDDEN and field.name not in PARTS.get(name, ())
    )
    return BuilderKind(name, _(title), colour, options, PARTS.get(name, ()), FRESH.get(name, {"kind": name}))


def _option(kind: str, name: str, annotation: Any, usual: Any) -> BuilderOption:
    title, empty = _(WORDS.get(name, name.replace("_", " "))), EMPTY.get((kind, name))
    empty = empty and _(empty)
    if name == "function":
        choices = {key: _(entry.title) for key, entry in ACTIVATIONS.items()}
        return BuilderOption(name, title, "choice", None, usual, empty, choices)
    if literal := [word for word in get_args(annotation) if isinstance(word, str)]:
        return BuilderOption(name, title, "choice", None, usual, empty, {word: _(word) for word in literal})
    if annotation is bool:
        return BuilderOption(name, title, "yes", None, usual, empty, {})
    real = annotation is float
    low = 0 if name in ("padding", "output_padding", "p", "before", "after") else 1
    return BuilderOption(name, title, "real" if real else "whole", low, usual, empty, {})


def builder_message(found: Draft, input_shape: Shape, answers: str) -> BuilderMessage:
    """What the component shows of a draft."""
    rows = [
        BuilderRow(
            list(address),
            "×".join(map(str, place.output_shape)),
            place.parameters,
            place.multiply_adds,
            _("all") if place.receptive_field is None else f"{place.receptive_field.size:g}",
            place.activation_bytes,
        )
        for address, place in found.places.items()
    ]
    return BuilderMessage(
        network=found.spec.to_dict(),
        answers=answers,
        kinds=kinds(),
        rows=rows,
        error=_(found.error) if found.error else found.error,
        at=None if found.at is None else list(found.at),
        repairs=[BuilderRepair(_(one.title), one.spec.to_dict()) for one in found.repairs],
        input="×".join(map(str, input_shape)),
        colours=kind_colours(),
    )


def builder(key: str, found: Draft, input_shape: Shape, hear: Callable[[NetworkSpec], None]) -> None:
    """The network as cards that can be edited; ``hear`` gets it as it was changed."""

    def changed(news: Mapping[str, Any]) -> None:
        try:
            hear(NetworkSpec.from_dict(news["network"]))
        except CnnvizError:
            return  # the component offers only what can be read

    def is_shown(news: Any) -> bool:
        return NetworkSpec.from_dict(news["network"]) == found.spec

    component(
        "builder",
        key,
        data=builder_message(found, input_shape, answered(key, "network", is_shown)),
        default={"network": None},
        on_network_change=told(key, "network", changed),
    )


def to_link(spec: NetworkSpec) -> str:
    """A network as a short text for a link: the name of a preset, or its JSON, packed."""
    if PRESETS.get(spec.name) == spec:
        return spec.name
    packed = zlib.compress(spec.to_json().encode(), 9)
    return f"{OWN}-{urlsafe_b64encode(packed).decode().rstrip('=')}"


def from_link(text: str) -> NetworkSpec:
    """What ``to_link`` wrote.

    Raises:
        CnnvizError: it is no network.
    """
    if not text.startswith(f"{OWN}-"):
        return resolve(text)
    packed = text.removeprefix(f"{OWN}-")
    try:
        raw = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(raw, 200_000).decode()
        if unpacker.unconsumed_tail:
            raise ValueError
    except (ValueError, zlib.error):
        raise CnnvizError(
            "The network of this link cannot be read: the link was cut off. Ask for it again."
        ) from None
    return NetworkSpec.from_json(text)


_HEAD: tuple[Layer, ...] = (GlobalAveragePool(), Linear())
_CELL: tuple[Layer, ...] = (Conv(16, 3, padding=1), BatchNorm(), Activation("relu"))
EXAMPLES = {
    "broken": NetworkSpec(
        (*_CELL, Residual((*_CELL[:2], Activation("relu"), Conv(32, 3, 2, padding=1))), *_HEAD), "broken"
    ),
    "branches": NetworkSpec(
        (
            *_CELL,
            Pool(2),
            Parallel(((Conv(8, 1),), (Conv(16, 3, padding=1),), (Conv(8, 5, padding=2),))),
            Activation("relu"),
            *_HEAD,
        ),
        "branches",
    ),
}
"""Networks of the page's experiments."""


def as_json(spec: NetworkSpec) -> str:
    """A network as a file to keep."""
    return json.dumps(spec.to_dict(), indent=1) + "\n"
