"""Layers that hold layers: residual blocks, parallel branches, dense blocks, named groups, repetitions.

Each block says once how values flow through its parts (``flow``). The plan sends shapes along it, the module
tensors; so shapes, counts, receptive fields and numbers are readings of the same description.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal, TypeVar, get_args

import torch
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.models.layers import Layer, Shape, register
from cnnviz.words import said_of, say

Layers = tuple[Layer, ...]
Value = TypeVar("Value")
Join = Literal["add", "concat"]
IN_PLACE = ("", "after")
"""Parts whose layers bear the block's own name before theirs: ``block1.conv1``; those of others the part's
too: ``block1.shortcut.conv1``.
"""
DEEPEST = 12
"""Blocks inside blocks."""
RESERVED = frozenset(
    (
        "shortcut",
        "after",
        "add",
        "cat",
        "image",
        "normalise",
        "spec",
        "plan",
        "classes",
        "title",
        "input_shape",
        "check_images",
    )
)


class Block(Layer):
    """A layer that holds layers.

    Attributes:
        name: in the network, as it stands; if not given, the stem and a number.
        definition: the torch module of this kind in plain PyTorch, for code that runs without cnnviz.
        pair_definition: the same where its edges carry two tensors; if empty, ``definition`` does for both.
        cure: what to do where its branches do not fit; if empty, the shapes tell it.
        takes_pair: its input must carry two tensors, or must not; ``None``: it takes both as they come.
    """

    definition: ClassVar[str] = ""
    pair_definition: ClassVar[str] = ""
    cure: ClassVar[str] = ""
    name: str

    def check(self) -> None:
        self.check_name()

    def check_name(self) -> None:
        if not isinstance(self.name, str) or (
            self.name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", self.name)
        ):
            raise CnnvizError(
                say(
                    "A block cannot be named {name!r:.60}. Use letters, digits and _, and begin with a letter.",
                    name=self.name,
                )
            )
        if self.name in RESERVED or hasattr(nn.Module, self.name):
            raise CnnvizError(
                say(
                    "A block cannot be named '{name}', because the network uses this word itself. Choose another name.",
                    name=self.name,
                )
            )

    @property
    def takes_pair(self) -> bool | None:
        return None

    def parts(self) -> dict[str, Layers]:
        """Part -> its layers, in the order in which their weights are drawn."""
        raise NotImplementedError

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        """What the block makes of a value, if ``part`` sends one through a part and ``join`` puts several
        together.

        A value is one tensor, or a tuple of two, high and low frequencies (``OctaveConv``).
        """
        raise NotImplementedError

    def code_of(self, parts: Mapping[str, str]) -> str:
        """The call of ``definition`` with its parts written out."""
        raise NotImplementedError


def _is_layers(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(layer, Layer) for layer in value)


def held(layers: Any, what: str) -> Layers:
    try:
        held = tuple(layers)
    except TypeError:
        held = (None,)
    if not _is_layers(held):
        raise CnnvizError(
            say(
                "The {what} is {layers!r:.60}, but it must be a sequence of layers.", what=what, layers=layers
            )
        )
    return held


@register("group")
@dataclass(frozen=True)
class Group(Block):
    """Some layers one after the other under a name of their own, as the stages of a ResNet."""

    layers: Layers
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", held(self.layers, "group"))

    def parts(self) -> dict[str, Layers]:
        return {"": self.layers}

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        return part("", value)

    def code_of(self, parts: Mapping[str, str]) -> str:
        return parts[""]


@register("residual")
@dataclass(frozen=True)
class Residual(Block):
    """y = F(x) + S(x): ``body`` F beside a skip connection S, then ``after`` (He, Zhang, Ren and Sun, 2016).

    Attributes:
        shortcut: the layers of S; ``None``: the identity, y = F(x) + x.
        after: what follows the sum, mostly ``(Activation("relu"),)``.
    """

    body: Layers
    shortcut: Layers | None = None
    after: Layers = ()
    name: str = ""
    definition = """\
class Residual(nn.Module):
    def __init__(self, body, shortcut, after):
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x):
        return self.after(self.body(x) + self.shortcut(x))
"""
    pair_definition = """\
class Residual(nn.Module):
    def __init__(self, body, shortcut, after):
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x):
        y, skip = self.body(x), self.shortcut(x)
        return self.after(tuple(a + b for a, b in zip(y, skip)) if isinstance(y, tuple) else y + skip)
"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", held(self.body, "body of a residual block"))
        object.__setattr__(self, "after", held(self.after, "part after the sum"))
        if self.shortcut is not None:
            object.__setattr__(self, "shortcut", held(self.shortcut, "shortcut"))

    def check(self) -> None:
        super().check()
        if not self.body:
            raise CnnvizError("The body of the residual block is empty. Give it a convolution.")

    def parts(self) -> dict[str, Layers]:
        return {"": self.body, "shortcut": self.shortcut or (), "after": self.after}

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        return part("after", join("add", (part("", value), part("shortcut", value))))

    def code_of(self, parts: Mapping[str, str]) -> str:
        return f"Residual({parts['']}, {parts['shortcut']}, {parts['after']})"


@register("parallel")
@dataclass(frozen=True)
class Parallel(Block):
    """The same input goes through several branches; their outputs are put one behind the other (``concat``,
    as in Inception) or added.

    Source: Szegedy et al., "Going deeper with convolutions", 2015.
    """

    branches: tuple[Layers, ...]
    join: Join = "concat"
    name: str = ""
    definition = """\
class Parallel(nn.Module):
    def __init__(self, *branches, join):
        super().__init__()
        self.branches, self.join = nn.ModuleList(branches), join

    def forward(self, x):
        answers = [branch(x) for branch in self.branches]
        return torch.cat(answers, dim=1) if self.join == "concat" else sum(answers[1:], answers[0])
"""
    pair_definition = """\
class Parallel(nn.Module):
    def __init__(self, *branches, join):
        super().__init__()
        self.branches, self.join = nn.ModuleList(branches), join

    def joined(self, answers):
        return torch.cat(answers, dim=1) if self.join == "concat" else sum(answers[1:], answers[0])

    def forward(self, x):
        answers = [branch(x) for branch in self.branches]
        return tuple(map(self.joined, zip(*answers))) if isinstance(answers[0], tuple) else self.joined(answers)
"""

    def __post_init__(self) -> None:
        given: Any = self.branches if isinstance(self.branches, list | tuple) else (self.branches,)
        object.__setattr__(self, "branches", tuple(held(branch, "branch") for branch in given))

    def check(self) -> None:
        super().check()
        if not self.branches:
            raise CnnvizError("It has no branches. Give it two or more.")
        if not isinstance(self.join, str) or self.join not in get_args(Join):
            raise CnnvizError(
                say("Branches cannot be joined by '{join}'. Choose 'concat' or 'add'.", join=self.join)
            )

    def parts(self) -> dict[str, Layers]:
        return {f"branch{number}": branch for number, branch in enumerate(self.branches, 1)}

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        return join(self.join, [part(name, value) for name in self.parts()])

    def code_of(self, parts: Mapping[str, str]) -> str:
        return f'Parallel({", ".join(parts.values())}, join="{self.join}")'


@register("dense")
@dataclass(frozen=True)
class Dense(Block):
    """Each of ``layers`` copies of ``block`` takes what all before it gave, one behind the other (Huang, Liu,
    van der Maaten and Weinberger, 2017).
    """

    block: Layers
    layers: int
    name: str = ""
    definition = """\
class Dense(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x):
        for block in self.blocks:
            x = torch.cat([x, block(x)], dim=1)
        return x
"""
    pair_definition = """\
class Dense(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x):
        for block in self.blocks:
            y = block(x)
            pair = isinstance(y, tuple)
            x = tuple(torch.cat(two, dim=1) for two in zip(x, y)) if pair else torch.cat([x, y], dim=1)
        return x
"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "block", held(self.block, "block"))

    def check(self) -> None:
        super().check()
        _count(say("The number of layers"), self.layers)

    def parts(self) -> dict[str, Layers]:
        return {f"layer{number}": self.block for number in range(1, self.layers + 1)}

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        for name in self.parts():
            value = join("concat", (value, part(name, value)))
        return value

    def code_of(self, parts: Mapping[str, str]) -> str:
        return f"Dense({', '.join(parts.values())})"


@register("repeat")
@dataclass(frozen=True)
class Repeat(Layer):
    """``block`` n times, one after the other, each with weights of its own: ``block1``, ``block2``, …"""

    block: Layers
    n: int

    def __post_init__(self) -> None:
        given = (self.block,) if isinstance(self.block, Layer) else self.block
        object.__setattr__(self, "block", held(given, "block"))

    @property
    def stem(self) -> str:
        return "block"

    def check(self) -> None:
        _count(say("The number of repetitions"), self.n)

    def once(self) -> Block:
        """One of the repetitions: the block itself, if it is a single one without a name, else its layers as
        a group.
        """
        only = self.block[0] if len(self.block) == 1 else None
        return only if isinstance(only, Block) and not only.name else Group(self.block)


def _count(what: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise CnnvizError(
            say("{what} is {value!r}, but it must be a whole number from 1 to 1000.", what=what, value=value)
        )


class Names:
    """The names of the layers of one block, or of the network itself; numbers run on over the parts that bear
    the block's own name.
    """

    def __init__(self, *sequences: Layers) -> None:
        blocks = [layer for layers in sequences for layer in layers if isinstance(layer, Block)]
        for block in blocks:
            block.check_name()
        given = Counter(block.name for block in blocks if block.name)
        if twice := next((name for name, count in given.items() if count > 1), ""):
            raise CnnvizError(
                say("{twice}: two blocks bear this name. Name one of them differently.", twice=twice)
            )
        self._taken = set(given)
        self._counts: Counter[str] = Counter()

    def _next(self, stem: str) -> str:
        self._counts[stem] += 1
        while (name := f"{stem}{self._counts[stem]}") in self._taken:
            self._counts[stem] += 1
        return name

    def of(self, layers: Layers) -> Iterator[tuple[str, Layer]]:
        """Each layer with its name, repetitions one by one."""
        for layer in layers:
            if not isinstance(layer, Repeat):
                yield (isinstance(layer, Block) and layer.name) or self._next(layer.stem), layer
                continue
            try:
                layer.check()
            except CnnvizError as error:
                raise CnnvizError(said_of(self._next(layer.stem), error)) from None
            for _ in range(layer.n):
                yield self._next(layer.stem), layer.once()


class BlockModule(nn.Module):
    """A block at work; its layers are its children, by the names of the plan."""

    def __init__(self, block: Block, parts: Mapping[str, Mapping[str, nn.Module]]) -> None:
        super().__init__()
        self._block = block
        self._own = {part: tuple(modules) for part, modules in parts.items() if part in IN_PLACE}
        for part, modules in parts.items():
            if part in self._own:
                for name, module in modules.items():
                    self.add_module(name, module)
            elif modules:
                self.add_module(part, nn.Sequential(OrderedDict(modules)))

    def forward(self, values: Any) -> Any:
        return self._block.flow(values, self._through, joined)

    def _through(self, part: str, values: Any) -> Any:
        if part in self._own:
            for name in self._own[part]:
                values = self._modules[name](values)  # type: ignore[misc]
            return values
        module = self._modules.get(part)
        return values if module is None else module(values)

    def extra_repr(self) -> str:
        return self._block.kind


def joined(join: Join, values: Sequence[Any]) -> Any:
    """Several tensors (B, C, …) as one: one behind the other along the channels, or added; of several pairs,
    each for itself.
    """
    if isinstance(values[0], tuple):
        return tuple(joined(join, tensors) for tensors in zip(*values, strict=True))
    if join == "concat":
        return torch.cat(list(values), dim=1)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def joined_shape(join: Join, shapes: Sequence[Shape]) -> Shape:
    """The shape of ``joined``.

    Raises:
        CnnvizError: they do not fit, with a cure.
    """
    written = ", ".join("×".join(map(str, shape)) for shape in shapes)
    first = shapes[0]
    if len({len(shape) for shape in shapes}) > 1:
        raise CnnvizError(
            say(
                "The branches give {written}: maps and vectors cannot be joined. Let all of them end before the flatten layer, or all behind it.",
                written=written,
            )
        )
    if join == "concat":
        if len({shape[1:] for shape in shapes}) > 1:
            raise CnnvizError(
                say(
                    "The branches give {written}: to be put one behind the other, the maps must have one size. "
                    "Use the same strides in each branch, and a padding of half the kernel (1 for 3×3, 2 for 5×5).",
                    written=written,
                )
            )
        return (sum(shape[0] for shape in shapes), *first[1:])
    if len(set(shapes)) > 1:
        raise CnnvizError(
            say(
                "The branches give {written}: only equal shapes can be added. {cure}",
                written=written,
                cure=_cure(shapes),
            )
        )
    return first


def _cure(shapes: Sequence[Shape]) -> str:
    """How the last shape (the shortcut's) can become the first."""
    wanted, given = shapes[0], next(shape for shape in reversed(shapes) if shape != shapes[0])
    if len(wanted) == 3 and wanted[1] and wanted[2]:
        stride = -(-given[1] // wanted[1])
        if tuple(-(-side // stride) for side in given[1:]) == wanted[1:]:
            step = say(", stride={stride}", stride=stride) if stride > 1 else ""
            return say(
                "Give the shortcut (or that branch) a Conv({wanted}, kernel=1{step}) at its end.",
                wanted=wanted[0],
                step=step,
            )
        return say(
            "Use a padding of half the kernel (1 for 3×3, 2 for 5×5), so that the maps keep their size."
        )
    return say("Give the shortcut (or that branch) a Linear({wanted}) at its end.", wanted=wanted[0])


def rewritten(layers: Layers, change: Callable[[Layers], Layers]) -> Layers:
    """The layers with ``change`` made in each sequence of them, the inner ones first."""

    def inside(layer: Layer) -> Layer:
        held: dict[str, Any] = {}
        for field in fields(layer):
            value = getattr(layer, field.name)
            if isinstance(layer, Block | Repeat) and value and _is_layers(value):
                held[field.name] = rewritten(value, change)
            elif isinstance(layer, Parallel) and field.name == "branches":
                held[field.name] = tuple(rewritten(branch, change) for branch in value)
        return replace(layer, **held) if held else layer

    return change(tuple(inside(layer) for layer in layers))
