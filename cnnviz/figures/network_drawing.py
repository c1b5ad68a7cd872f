"""Any network as a drawing: layers as cards, who feeds whom as lines, blocks that fold.

This is the content of the drawing. Where things stand depends on which blocks are folded, so the component
``assets/components/network.js`` lays it out in the browser (dagre).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from cnnviz.figures.colours import palette
from cnnviz.inspection import LayerCall, runner_of
from cnnviz.models import (
    PRESETS,
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    Dropout,
    GroupNorm,
    Layer,
    Linear,
    LocalResponseNorm,
    Network,
    Plan,
    PlannedLayer,
    Pool,
    summary,
)
from cnnviz.models.blocks import Block
from cnnviz.models.layers import Shape, TransposedConv, Upsample
from cnnviz.models.spec import Joined
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.words import _

KIND_COLOURS = {"conv": 0, "activation": 1, "pool": 2, "linear": 3, "join": 4, "norm": 5, "block": 9}
"""Kind of a layer -> the number of its colour in the palette."""
NO_KIND = "#7f7f7f"
FITS = 26
"""Cards that are seen at once; of a larger network, blocks are folded until so many are left."""


def kind_colour(kind: str) -> str:
    """The colour of a kind of layer, in all drawings of networks."""
    return palette().of(KIND_COLOURS[kind]) if kind in KIND_COLOURS else NO_KIND


def kind_colours() -> dict[str, str]:
    """Kind -> colour, of all kinds."""
    return {kind: kind_colour(kind) for kind in (*KIND_COLOURS, "other", "image")}


@dataclass(frozen=True)
class Card:
    """A layer.

    Attributes:
        name: in the network, a path.
        block: the innermost block that holds it; empty: none.
        title: what it does, in some words, such as "conv 3×3, 16".
        kind: what it is coloured by: conv, linear, norm, activation, pool, join, other.
        shape: of its output, (C, H, W) or (N,).
        parameters, multiply_adds: ``None`` where it is not known.
        field: what one unit sees of the image, in words.
    """

    name: str
    block: str
    title: str
    kind: str
    shape: Shape
    parameters: int | None = None
    multiply_adds: int | None = None
    field: str = ""


@dataclass(frozen=True)
class Frame:
    """A block: its path, the block around it (empty: none), and what it is."""

    name: str
    parent: str
    title: str


@dataclass(frozen=True)
class NetworkDrawing:
    """A network to be drawn.

    Attributes:
        input_shape: of the image, which is a card too.
        cards: in the order of computation.
        frames: the blocks, outer ones first.
        lines: (from, to) names of cards; ``"image"`` for the image.
        folded: the blocks that are folded at first.
    """

    title: str
    input_shape: Shape
    cards: tuple[Card, ...]
    frames: tuple[Frame, ...]
    lines: tuple[tuple[str, str], ...]
    folded: tuple[str, ...]

    @property
    def alt(self) -> str:
        """The drawing in a sentence."""
        known = [card.parameters for card in self.cards if card.parameters is not None]
        branches = sum(count > 1 for count in Counter(target for __, target in self.lines).values())
        ways = (
            _("{branches} places where branches come together", branches=branches)
            if branches
            else _("one line without branches")
        )
        count = _(", {known:,} parameters", known=sum(known)) if known else ""
        return _(
            "The network {title}: {count} layers, {ways}{count2}; from {written} to {written2}.",
            title=_(self.title),
            count=len(self.cards),
            ways=ways,
            count2=count,
            written=written(self.input_shape),
            written2=written(self.cards[-1].shape),
        )


def written(shape: Shape) -> str:
    return "×".join(map(str, shape))


def network_drawing(
    network: Plan | nn.Module, title: str = "", input_shape: tuple[int, int, int] | None = None
) -> NetworkDrawing:
    """The drawing of a specification's plan, or of any torch network.

    Args:
        network: a ``Plan`` (``summary(spec, …)``), a network that we built, or any other one.
        title: its name.
        input_shape: (C, H, W) of the image, where the network does not know it.

    Raises:
        CnnvizError: the layers of the network cannot be told apart.
    """
    if isinstance(network, Network):
        return network_drawing(network.plan, title or network.title)
    if isinstance(network, Plan):
        frames = [frame for top in network.tree for frame in _frames(top, "")]
        cards = [card for top in network.tree for card in _cards(top, "")]
        lines = [(source, place.name) for place in network for source in place.sources]
        return _drawing(title, network.input_shape, cards, frames, lines)
    shape = input_shape or getattr(network, "input_shape", None)
    assert shape is not None, "a network that does not know its images needs input_shape"
    return _of_any(network, title or str(getattr(network, "title", type(network).__name__)), tuple(shape))


def drawing_of_preset(name: str, input_shape: tuple[int, int, int], classes: int) -> NetworkDrawing:
    """The drawing of a network of the menu, before it is built."""
    return network_drawing(summary(PRESETS[name], input_shape, classes), name)


def _drawing(
    title: str, shape: Shape, cards: Sequence[Card], frames: Sequence[Frame], lines: Sequence[tuple[str, str]]
) -> NetworkDrawing:
    return NetworkDrawing(
        title, shape, tuple(cards), tuple(frames), tuple(lines), folded_at_first(cards, frames)
    )


def folded_at_first(cards: Sequence[Card], frames: Sequence[Frame]) -> tuple[str, ...]:
    """As many levels of blocks open as leave no more than ``FITS`` cards."""
    parents = {frame.name: frame.parent for frame in frames}

    def depth(name: str) -> int:
        return 1 + depth(parents[name]) if name else 0

    def around(card: Card) -> list[str]:
        """The blocks around a card, the outermost first."""
        found, block = [], card.block
        while block:
            found.append(block)
            block = parents[block]
        return found[::-1]

    levels = max((depth(frame.name) for frame in frames), default=0)
    for open_levels in range(levels, -1, -1):
        seen = {
            blocks[open_levels] if len(blocks := around(card)) > open_levels else card.name for card in cards
        }
        if len(seen) <= FITS or open_levels == 0:
            return tuple(frame.name for frame in frames if depth(frame.name) > open_levels)
    return ()


def _frames(place: PlannedLayer, parent: str) -> list[Frame]:
    if not isinstance(place.layer, Block):
        return []
    own = Frame(place.name, parent, place.layer.kind)
    return [own, *(frame for inner in place.inner for frame in _frames(inner, place.name))]


def _cards(place: PlannedLayer, block: str) -> list[Card]:
    if isinstance(place.layer, Block):
        return [card for inner in place.inner for card in _cards(inner, place.name)]
    title, kind = _words(place.layer, place)
    field = place.receptive_field
    seen = (
        _("the whole image")
        if field is None
        else _("{size:g}×{size:g} pixels, {stride:g} apart", size=field.size, stride=field.stride)
    )
    return [
        Card(
            name=place.name,
            block=block,
            title=title,
            kind=kind,
            shape=place.output_shape,
            parameters=place.parameters,
            multiply_adds=place.multiply_adds,
            field=seen,
        )
    ]


def layer_words(place: PlannedLayer) -> tuple[str, str]:
    """What a layer does, in some words, and its kind: conv, linear, norm, activation, pool, join, other."""
    return _words(place.layer, place)


def _words(layer: Layer, place: PlannedLayer) -> tuple[str, str]:
    if isinstance(layer, Conv):
        rest = "".join(
            (
                f" / {layer.stride}" if layer.stride > 1 else "",
                _(", {groups} groups", groups=layer.groups) if layer.groups > 1 else "",
            )
        )
        return _(
            "conv {kernel}×{kernel}, {channels}{rest}",
            kernel=layer.kernel,
            channels=layer.channels,
            rest=rest,
        ), "conv"
    if isinstance(layer, Linear):
        return _("fully connected, {output_shape}", output_shape=place.output_shape[0]), "linear"
    if isinstance(layer, Pool):
        return _("{mode} pool {size}×{size}", mode=layer.mode, size=layer.size), "pool"
    if isinstance(layer, Activation):
        return _(ACTIVATIONS[layer.function].title), "activation"
    if isinstance(layer, BatchNorm):
        return _("batch norm"), "norm"
    if isinstance(layer, GroupNorm):
        names = {1: _("layer norm"), None: _("instance norm")}
        return names.get(layer.groups, _("group norm, {groups}", groups=layer.groups)), "norm"
    if isinstance(layer, Dropout):
        return _("dropout {p:g}", p=layer.p), "other"
    if isinstance(layer, LocalResponseNorm):
        return _("local response norm"), "norm"
    if isinstance(layer, AdaptivePool):
        return _("average of {size}×{size} parts", size=layer.size), "pool"
    if isinstance(layer, TransposedConv):
        return _(
            "transposed conv {kernel}×{kernel}, {channels} × {stride}",
            kernel=layer.kernel,
            channels=layer.channels,
            stride=layer.stride,
        ), "conv"
    if isinstance(layer, Upsample):
        return _("upsample ×{factor}", factor=layer.factor), "other"
    if isinstance(layer, Joined):
        return ("+" if layer.how == "add" else "concat"), "join"
    return {"gap": _("global average"), "pad": _("zeros around")}.get(
        layer.kind, layer.kind
    ), "pool" if layer.kind == "gap" else "other"


def _of_any(model: nn.Module, title: str, input_shape: Shape) -> NetworkDrawing:
    """Blocks are the parts of the names before their dots, where they hold two layers or more."""
    runner = runner_of(model)
    calls, shapes = runner.graph.calls, runner.shapes(input_shape)
    held = Counter(prefix for name in calls for prefix in _prefixes(name))
    blocks = {prefix for prefix, count in held.items() if count > 1 and count < len(calls)}

    def around(name: str) -> str:
        return next((prefix for prefix in reversed(_prefixes(name)) if prefix in blocks), "")

    frames = [
        Frame(prefix, around(prefix), _block_kind(model, prefix)) for prefix in held if prefix in blocks
    ]
    cards = [
        Card(
            name,
            around(name),
            *_words_of_call(call),
            shape=shapes.get(name, ()),
            parameters=_parameters(call),
        )
        for name, call in calls.items()
    ]
    lines = [(source, name) for name, call in calls.items() for source in dict.fromkeys(call.inputs)]
    return _drawing(title, input_shape, cards, frames, lines)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")[:-1]
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _block_kind(model: nn.Module, path: str) -> str:
    found: Mapping[str, nn.Module] = dict(model.named_modules())
    module = found.get(path) or found.get(f"body.{path}")
    return "" if module is None or isinstance(module, nn.Sequential) else type(module).__name__


def _parameters(call: LayerCall) -> int:
    return 0 if call.module is None else sum(weights.numel() for weights in call.module.parameters())


def _words_of_call(call: LayerCall) -> tuple[str, str]:
    module = call.module
    if isinstance(module, nn.Conv2d):
        sides, steps = "×".join(map(str, module.kernel_size)), module.stride[0]
        rest = "".join(
            (
                f" / {steps}" if steps > 1 else "",
                _(", {groups} groups", groups=module.groups) if module.groups > 1 else "",
            )
        )
        return _(
            "conv {sides}, {out_channels}{rest}", sides=sides, out_channels=module.out_channels, rest=rest
        ), "conv"
    if isinstance(module, nn.Linear):
        return _("fully connected, {out_features}", out_features=module.out_features), "linear"
    if "Norm" in call.kind:
        return {
            "BatchNorm2d": _("batch norm"),
            "BatchNorm1d": _("batch norm"),
            "Normalise": _("normalise"),
        }.get(call.kind, call.kind), "norm"
    if "Pool" in call.kind or call.kind == "mean":
        return call.kind, "pool"
    if call.function.strip("_") in ("add", "iadd", "mul", "imul", "cat", "concat"):
        return {"add": "+", "iadd": "+", "mul": "×", "imul": "×"}.get(
            call.function.strip("_"), "concat"
        ), "join"
    if module is not None and not call.rules.passes_on:
        return call.kind, "activation"
    return call.kind, "other"
