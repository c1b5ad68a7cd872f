"""The kinds of layers a network can be written with; one class a kind, found by its ``kind`` in ``LAYERS``.

Each class knows the shape it makes, its parameters and multiply-adds by arithmetic, its torch module, and the
line of PyTorch that makes it. A new kind of layer is one class here.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal, TypeVar, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from cnnviz.errors import CnnvizError
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.convolution import output_size
from cnnviz.ops.pooling import pooled_size
from cnnviz.ops.receptive_field import ReceptiveField, Window, receptive_fields
from cnnviz.words import say

Shape = tuple[int, ...]
"""(C, H, W) of maps, or (N,) of a vector; without the batch."""


@dataclass(frozen=True)
class Layer:
    """What all kinds have in common.

    Attributes:
        kind: its name in a written specification.
        stem: the start of its name in the network: ``conv`` makes ``conv1``, ``conv2``, …
        wants_maps: it takes (C, H, W); otherwise any shape.
    """

    kind: ClassVar[str]
    wants_maps: ClassVar[bool] = False

    @property
    def stem(self) -> str:
        return self.kind

    def check(self) -> None:
        """Raises CnnvizError if its own numbers make no sense, whatever the input."""

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> int:
        """Learned numbers, for an input of ``shape``."""
        return 0

    def multiply_adds(self, shape: Shape) -> int:
        """Multiplications with a following addition, for one image; element-wise work counts as none."""
        return 0

    @property
    def window(self) -> Window | None:
        """What one of its outputs looks at; ``None``: at all of the input."""
        return Window(1)

    def seen(self, before: ReceptiveField, shape: Shape) -> ReceptiveField | None:
        """What one of its outputs sees of the image, if one of its inputs sees ``before``; ``None``: all of
        it.

        Args:
            shape: of its input.
        """
        return None if self.window is None else receptive_fields([self.window], before)[0]

    def module(self, shape: Shape) -> nn.Module:
        raise NotImplementedError

    def code(self, shape: Shape) -> str:
        """The same module as a line of PyTorch."""
        raise NotImplementedError


LAYERS: dict[str, type[Layer]] = {}

LayerClass = TypeVar("LayerClass", bound=type[Layer])


def register(kind: str, *, wants_maps: bool = False) -> Callable[[LayerClass], LayerClass]:
    def add(layer: LayerClass) -> LayerClass:
        layer.kind, layer.wants_maps = kind, wants_maps
        LAYERS[kind] = layer
        return layer

    return add


def _whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise CnnvizError(
            say(
                "{name} is {value!r}, but it must be a whole number, {least} or more.",
                name=name,
                value=value,
                least=least,
            )
        )


def _yes_or_no(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise CnnvizError(say("{name} is {value!r}, but it must be true or false.", name=name, value=value))


def _arguments(**values: Any) -> str:
    return "".join(f", {name}={value}" for name, value in values.items())


class _KeepFirst(nn.Module):
    """The weights of a convolution of which the first filters are given; the others are learned."""

    fixed: Tensor

    def __init__(self, fixed: Tensor) -> None:
        super().__init__()
        self.register_buffer("fixed", fixed)

    def forward(self, weights: Tensor) -> Tensor:
        return torch.cat([self.fixed, weights[len(self.fixed) :]])


def keep_first(convolution: nn.Conv2d, kernels: Sequence[Sequence[Sequence[float]]]) -> nn.Conv2d:
    """The convolution with these (K, K) kernels as its first filters; training never changes them."""
    tables = torch.tensor(kernels, dtype=torch.float32)
    channels = convolution.weight.shape[1]
    parametrize.register_parametrization(
        convolution, "weight", _KeepFirst(tables.unsqueeze(1).expand(-1, channels, -1, -1) / channels)
    )
    return convolution


class _Connect(nn.Module):
    """The weights of a convolution of which each filter looks at some channels only; the others are zero."""

    connected: Tensor

    def __init__(self, connected: Tensor) -> None:
        super().__init__()
        self.register_buffer("connected", connected)

    def forward(self, kernels: Tensor) -> Tensor:
        weights = kernels.new_zeros(*self.connected.shape, *kernels.shape[1:])
        weights[self.connected] = kernels
        return weights

    def right_inverse(self, weights: Tensor) -> Tensor:
        return weights[self.connected]


def connect(convolution: nn.Conv2d, connections: Sequence[Sequence[int]]) -> nn.Conv2d:
    """The convolution whose filter n looks at the input channels ``connections[n]`` and at no others; it has
    weights for these alone.

    Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    1998, table I.
    """
    table = torch.zeros(convolution.weight.shape[:2], dtype=torch.bool)
    for row, channels in zip(table, connections, strict=True):
        row[list(channels)] = True
    parametrize.register_parametrization(convolution, "weight", _Connect(table))
    return convolution


@register("conv", wants_maps=True)
@dataclass(frozen=True)
class Conv(Layer):
    """2-D convolution with ``channels`` filters of ``kernel``×``kernel`` (Conv2d).

    Attributes:
        fixed: (K, K) kernels that stand in the first filters and are not trained; on an image of C channels
            each lies on all of them, divided by C.
        connections: the input channels that each filter looks at, as in LeNet-5; empty: all of them.
    """

    channels: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    fixed: tuple[tuple[tuple[float, ...], ...], ...] = ()
    connections: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        try:
            fixed = tuple(tuple(tuple(float(cell) for cell in row) for row in table) for table in self.fixed)
        except (TypeError, ValueError, OverflowError):
            raise CnnvizError(
                "The fixed kernels are not tables of numbers. Write each as [[1, 0, -1], [1, 0, -1], [1, 0, -1]]."
            ) from None
        object.__setattr__(self, "fixed", fixed)
        with suppress(TypeError):  # which ``check`` tells
            object.__setattr__(self, "connections", tuple(tuple(row) for row in self.connections))

    def check(self) -> None:
        _whole("The number of channels", self.channels, 1)
        _whole("The kernel size", self.kernel, 1)
        _whole("The stride", self.stride, 1)
        _whole("The padding", self.padding, 0)
        _whole("The dilation", self.dilation, 1)
        _whole("The number of groups", self.groups, 1)
        _yes_or_no("The bias", self.bias)
        if self.channels % self.groups:
            raise CnnvizError(
                say(
                    "{channels} channels cannot be shared between {groups} groups. Use a multiple of {groups}.",
                    channels=self.channels,
                    groups=self.groups,
                )
            )
        if len(self.fixed) > self.channels:
            raise CnnvizError(
                say(
                    "{count} fixed kernels do not fit in {channels} channels. Use {count} channels or more.",
                    count=len(self.fixed),
                    channels=self.channels,
                )
            )
        for table in self.fixed:
            if len(table) != self.kernel or any(len(row) != self.kernel for row in table):
                raise CnnvizError(
                    say(
                        "A fixed kernel is not {kernel}×{kernel}. Give it the size of the layer's kernels.",
                        kernel=self.kernel,
                    )
                )
            if not all(math.isfinite(cell) for row in table for cell in row):
                raise CnnvizError("A fixed kernel has a value that is not finite. Give it numbers.")
        self._check_connections()

    def _check_connections(self) -> None:
        if self.connections == ():
            return
        if self.groups > 1 or self.fixed:
            raise CnnvizError("A connection table goes with one group and no fixed kernels.")
        rows = self.connections if isinstance(self.connections, tuple) else ()
        if len(rows) != self.channels or any(
            not isinstance(row, tuple) or not row or any(type(channel) is not int for channel in row)
            for row in rows
        ):
            raise CnnvizError(
                say(
                    "The connection table must have one row of channel numbers for each of the {channels} filters.",
                    channels=self.channels,
                )
            )

    def output_shape(self, shape: Shape) -> Shape:
        if shape[0] % self.groups:
            raise CnnvizError(
                say(
                    "Its {shape} input channels cannot be shared between {groups} groups. Use 1 group or a divisor of {shape}.",
                    shape=shape[0],
                    groups=self.groups,
                )
            )
        if wrong := [c for row in self.connections for c in row if not 0 <= c < shape[0]]:
            raise CnnvizError(
                say(
                    "The connection table names channel {wrong}, but the input has channels 0 to {shape}.",
                    wrong=wrong[0],
                    shape=shape[0] - 1,
                )
            )
        return (
            self.channels,
            *(output_size(n, self.kernel, self.stride, self.padding, self.dilation) for n in shape[1:]),
        )

    def _kernels(self, shape: Shape) -> int:
        """How many (K, K) tables it has."""
        if self.connections:
            return sum(len(set(row)) for row in self.connections)
        return self.channels * (shape[0] // self.groups)

    def parameters(self, shape: Shape) -> int:
        learned = self._kernels(shape) - len(self.fixed) * (shape[0] // self.groups)
        return learned * self.kernel**2 + self.channels * self.bias

    def multiply_adds(self, shape: Shape) -> int:
        return prod(self.output_shape(shape)[1:]) * self._kernels(shape) * self.kernel**2

    @property
    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding, self.dilation)

    def _options(self) -> dict[str, Any]:
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
        return {
            name: getattr(self, name) for name, default in defaults.items() if getattr(self, name) != default
        }

    def module(self, shape: Shape) -> nn.Module:
        plain = nn.Conv2d(shape[0], self.channels, self.kernel, **self._options())
        if self.connections:
            return connect(plain, self.connections)
        return keep_first(plain, self.fixed) if self.fixed else plain

    def code(self, shape: Shape) -> str:
        plain = f"nn.Conv2d({shape[0]}, {self.channels}, {self.kernel}{_arguments(**self._options())})"
        if self.connections:
            return f"connect({plain}, {[list(row) for row in self.connections]})"
        return (
            f"keep_first({plain}, {[[list(row) for row in table] for table in self.fixed]})"
            if self.fixed
            else plain
        )


@register("norm")
@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation of each channel (Ioffe and Szegedy, 2015); ``eps`` is added to the variance."""

    eps: float = 1e-5

    def check(self) -> None:
        if isinstance(self.eps, bool) or not isinstance(self.eps, int | float) or not 0 < self.eps < 1:
            raise CnnvizError(
                say("The eps of batch norm is {eps!r}, but it must lie between 0 and 1.", eps=self.eps)
            )

    def parameters(self, shape: Shape) -> int:
        return 2 * shape[0]

    def module(self, shape: Shape) -> nn.Module:
        return (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0], eps=self.eps)

    def code(self, shape: Shape) -> str:
        eps = {} if self.eps == 1e-5 else {"eps": self.eps}
        return f"nn.BatchNorm{'2d' if len(shape) == 3 else '1d'}({shape[0]}{_arguments(**eps)})"


@register("group_norm")
@dataclass(frozen=True)
class GroupNorm(Layer):
    """Normalisation of each image by itself, in groups of channels (Wu and He, 2018).

    One group is layer normalisation (Ba, Kiros and Hinton, 2016), as many groups as channels instance normalisation
    (Ulyanov, Vedaldi and Lempitsky, 2016).

    Attributes:
        groups: of neighbouring channels; ``None``: as many as there are channels.
    """

    groups: int | None = 1

    @property
    def stem(self) -> str:
        return "norm"

    def check(self) -> None:
        if self.groups is not None:
            _whole("The number of groups", self.groups, 1)

    def output_shape(self, shape: Shape) -> Shape:
        if shape[0] % self._groups(shape):
            raise CnnvizError(
                say(
                    "{shape} channels cannot be divided into {groups} groups of one size. Use a number that divides {shape}.",
                    shape=shape[0],
                    groups=self.groups,
                )
            )
        return shape

    @property
    def window(self) -> None:
        """It divides by the spread of whole maps, so each output depends on all of them."""
        return None

    def _groups(self, shape: Shape) -> int:
        return self.groups or shape[0]

    def parameters(self, shape: Shape) -> int:
        return 2 * shape[0]

    def module(self, shape: Shape) -> nn.Module:
        return nn.GroupNorm(self._groups(shape), shape[0])

    def code(self, shape: Shape) -> str:
        return f"nn.GroupNorm({self._groups(shape)}, {shape[0]})"


@register("lrn", wants_maps=True)
@dataclass(frozen=True)
class LocalResponseNorm(Layer):
    r"""Divides each value by those of ``size`` neighbouring channels in the same place (Krizhevsky, Sutskever
    and Hinton, 2012).

    .. math:: b_i = a_i \Big/ \Big(k + \alpha \sum_j a_j^2\Big)^\beta
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0

    def check(self) -> None:
        _whole("The number of neighbouring channels", self.size, 1)
        for name in ("alpha", "beta", "k"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:
                raise CnnvizError(
                    say(
                        "The {name} of local response normalisation is {value!r}, but it must be above 0.",
                        name=name,
                        value=value,
                    )
                )

    def module(self, shape: Shape) -> nn.Module:
        # torch divides alpha by the number of channels, the paper does not.
        return nn.LocalResponseNorm(self.size, self.alpha * self.size, self.beta, self.k)

    def code(self, shape: Shape) -> str:
        return f"nn.LocalResponseNorm({self.size}, {self.alpha * self.size:g}, {self.beta:g}, {self.k:g})"


@register("activation")
@dataclass(frozen=True)
class Activation(Layer):
    """An element-wise function from ``cnnviz.ops.activations.ACTIVATIONS``."""

    function: str = "relu"

    @property
    def stem(self) -> str:
        # The number of the layer follows: relu1, not relu61.
        return str(self.function).rstrip("0123456789")

    def check(self) -> None:
        if not isinstance(self.function, str) or self.function not in ACTIVATIONS:
            raise CnnvizError(
                say(
                    "There is no activation '{function}'. Choose one of: {activations}.",
                    function=self.function,
                    activations=", ".join(ACTIVATIONS),
                )
            )

    def output_shape(self, shape: Shape) -> Shape:
        pieces = ACTIVATIONS[self.function].pieces
        if shape[0] % pieces:
            raise CnnvizError(
                say(
                    "Its {shape} input channels cannot be joined {pieces} by {pieces}. Use a multiple of {pieces} before it.",
                    shape=shape[0],
                    pieces=pieces,
                )
            )
        return (shape[0] // pieces, *shape[1:])

    def parameters(self, shape: Shape) -> int:
        return ACTIVATIONS[self.function].parameters

    def module(self, shape: Shape) -> nn.Module:
        return ACTIVATIONS[self.function].module()

    def code(self, shape: Shape) -> str:
        return ACTIVATIONS[self.function].code


@register("pool", wants_maps=True)
@dataclass(frozen=True)
class Pool(Layer):
    """The largest value or the average of each ``size``×``size`` window; the stride is the size unless
    given.

    Attributes:
        ceil: a last window may reach beyond the edge; the cells beyond it do not count.
    """

    size: int = 2
    stride: int | None = None
    padding: int = 0
    mode: Literal["max", "average"] = "max"
    ceil: bool = False

    def check(self) -> None:
        _whole("The window size", self.size, 1)
        _whole("The padding", self.padding, 0)
        _yes_or_no("The rounding up", self.ceil)
        if self.stride is not None:
            _whole("The stride", self.stride, 1)
        if not isinstance(self.mode, str) or self.mode not in get_args(Pool.__annotations__["mode"]):
            raise CnnvizError(say("There is no pooling '{mode}'. Choose 'max' or 'average'.", mode=self.mode))
        if self.padding > self.size // 2:
            raise CnnvizError(
                say(
                    "Padding {padding} is more than half of the {size}×{size} window. Use {size2} or less.",
                    padding=self.padding,
                    size=self.size,
                    size2=self.size // 2,
                )
            )

    def output_shape(self, shape: Shape) -> Shape:
        return (
            shape[0],
            *(
                pooled_size(n, self.size, self.stride or self.size, self.padding, self.ceil)
                for n in shape[1:]
            ),
        )

    @property
    def window(self) -> Window:
        return Window(self.size, self.stride or self.size, self.padding)

    def _options(self) -> dict[str, Any]:
        stride: dict[str, Any] = {"stride": self.stride} if self.stride is not None else {}
        padding: dict[str, Any] = {"padding": self.padding} if self.padding else {}
        return stride | padding | ({"ceil_mode": True} if self.ceil else {})

    def module(self, shape: Shape) -> nn.Module:
        return (nn.MaxPool2d if self.mode == "max" else nn.AvgPool2d)(self.size, **self._options())

    def code(self, shape: Shape) -> str:
        return (
            f"nn.{'Max' if self.mode == 'max' else 'Avg'}Pool2d({self.size}{_arguments(**self._options())})"
        )


@register("adaptive_pool", wants_maps=True)
@dataclass(frozen=True)
class AdaptivePool(Layer):
    """The average of ``size``×``size`` equal parts of each map, whatever its size is (AdaptiveAvgPool2d)."""

    size: int

    def check(self) -> None:
        _whole("The size", self.size, 1)

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0], self.size, self.size)

    def seen(self, before: ReceptiveField, shape: Shape) -> ReceptiveField | None:
        rows, columns = (side // self.size for side in shape[1:])
        if rows != columns or any(side % self.size for side in shape[1:]):
            # Windows of several sizes; it is told for equal ones alone.
            return None
        return receptive_fields([Window(rows, rows)], before)[0]

    def module(self, shape: Shape) -> nn.Module:
        return nn.AdaptiveAvgPool2d(self.size)

    def code(self, shape: Shape) -> str:
        return f"nn.AdaptiveAvgPool2d({self.size})"


@register("pad", wants_maps=True)
@dataclass(frozen=True)
class Pad(Layer):
    """Zeros around each map: ``before`` rows and columns above and on the left, ``after`` below and on the
    right.
    """

    before: int = 1
    after: int = 1

    def check(self) -> None:
        _whole("The padding before", self.before, 0)
        _whole("The padding after", self.after, 0)

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0], *(side + self.before + self.after for side in shape[1:]))

    def seen(self, before: ReceptiveField, shape: Shape) -> ReceptiveField:
        return ReceptiveField(before.size, before.stride, before.offset - self.before * before.stride)

    def _sides(self) -> tuple[int, int, int, int]:
        return self.before, self.after, self.before, self.after

    def module(self, shape: Shape) -> nn.Module:
        return nn.ZeroPad2d(self._sides())

    def code(self, shape: Shape) -> str:
        return f"nn.ZeroPad2d({self._sides()})"


@register("upsample", wants_maps=True)
@dataclass(frozen=True)
class Upsample(Layer):
    """Each value ``factor``×``factor`` times beside itself (nearest neighbour)."""

    factor: int = 2

    def check(self) -> None:
        _whole("The factor", self.factor, 1)

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0], *(n * self.factor for n in shape[1:]))

    def seen(self, before: ReceptiveField, shape: Shape) -> ReceptiveField:
        """Neighbours that come from one value see the same; on average they are ``factor`` times as near as
        before.
        """
        stride = before.stride / self.factor
        return ReceptiveField(before.size, stride, before.offset - stride * (self.factor - 1) / 2)

    def module(self, shape: Shape) -> nn.Module:
        return nn.Upsample(scale_factor=self.factor)

    def code(self, shape: Shape) -> str:
        return f"nn.Upsample(scale_factor={self.factor})"


@register("transposed", wants_maps=True)
@dataclass(frozen=True)
class TransposedConv(Layer):
    """Transposed convolution with ``channels`` filters (ConvTranspose2d): each input puts its kernel, times its value, into
    the output, ``stride`` cells apart; where kernels overlap, they add up.

    Attributes:
        output_padding: rows and columns more at the end, of the several sizes that a convolution of this stride makes alike.

    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
    """

    channels: int
    kernel: int = 2
    stride: int = 2
    padding: int = 0
    output_padding: int = 0
    bias: bool = True

    @property
    def stem(self) -> str:
        return "up"

    def check(self) -> None:
        _whole("The number of channels", self.channels, 1)
        _whole("The kernel size", self.kernel, 1)
        _whole("The stride", self.stride, 1)
        _whole("The padding", self.padding, 0)
        _whole("The output padding", self.output_padding, 0)
        _yes_or_no("The bias", self.bias)
        if self.output_padding >= self.stride:
            raise CnnvizError(
                say(
                    "The output padding is {output_padding}, but it must be below the stride of {stride}.",
                    output_padding=self.output_padding,
                    stride=self.stride,
                )
            )

    def output_shape(self, shape: Shape) -> Shape:
        sides = [
            (n - 1) * self.stride - 2 * self.padding + self.kernel + self.output_padding for n in shape[1:]
        ]
        if min(sides) < 1:
            raise CnnvizError(
                say(
                    "With padding {padding} nothing is left of its maps. Use less padding or a larger kernel.",
                    padding=self.padding,
                )
            )
        return (self.channels, *sides)

    def parameters(self, shape: Shape) -> int:
        return shape[0] * self.channels * self.kernel**2 + self.channels * self.bias

    def multiply_adds(self, shape: Shape) -> int:
        """Each input meets the whole kernel of each filter, also where the output is cut by the padding."""
        return prod(shape) * self.channels * self.kernel**2

    @property
    def window(self) -> None:
        """Not one window: outputs beside each other may look at different numbers of inputs."""
        return None

    def seen(self, before: ReceptiveField, shape: Shape) -> ReceptiveField:
        """On average an output looks at kernel / stride inputs."""
        inputs = max(1.0, self.kernel / self.stride)
        stride = before.stride / self.stride
        shift = (self.kernel - 1) / 2 - self.padding
        middle = before.offset + (before.size - 1) / 2 - shift * stride
        size = before.size + (inputs - 1) * before.stride
        return ReceptiveField(size, stride, middle - (size - 1) / 2)

    def _options(self) -> dict[str, Any]:
        defaults = {"stride": 1, "padding": 0, "output_padding": 0, "bias": True}
        return {
            name: getattr(self, name) for name, default in defaults.items() if getattr(self, name) != default
        }

    def module(self, shape: Shape) -> nn.Module:
        return nn.ConvTranspose2d(shape[0], self.channels, self.kernel, **self._options())

    def code(self, shape: Shape) -> str:
        return (
            f"nn.ConvTranspose2d({shape[0]}, {self.channels}, {self.kernel}{_arguments(**self._options())})"
        )


@register("dropout")
@dataclass(frozen=True)
class Dropout(Layer):
    """Sets each value to zero with probability ``p`` while training (Srivastava et al., 2014)."""

    p: float = 0.5

    def check(self) -> None:
        if isinstance(self.p, bool) or not isinstance(self.p, int | float) or not 0 <= self.p < 1:
            raise CnnvizError(
                say("The dropout probability is {p}, but it must be at least 0 and below 1.", p=self.p)
            )

    def module(self, shape: Shape) -> nn.Module:
        return nn.Dropout(self.p)

    def code(self, shape: Shape) -> str:
        return f"nn.Dropout({self.p})"


@register("flatten")
@dataclass(frozen=True)
class Flatten(Layer):
    """(C, H, W) becomes one vector, row by row, channel by channel."""

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def module(self, shape: Shape) -> nn.Module:
        return nn.Flatten()

    def code(self, shape: Shape) -> str:
        return "nn.Flatten()"


@register("fc")
@dataclass(frozen=True)
class Linear(Layer):
    """A fully connected layer; ``units=None`` makes one unit a class."""

    units: int | None = None
    bias: bool = True

    def check(self) -> None:
        if self.units is not None:
            _whole("The number of units", self.units, 1)
        _yes_or_no("The bias", self.bias)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise CnnvizError(
                "A fully connected layer takes a vector, but gets maps. Put a flatten layer before it."
            )
        if self.units is None:
            raise CnnvizError("The number of units is open. Build the network with a number of classes.")
        return (self.units,)

    def parameters(self, shape: Shape) -> int:
        return self.output_shape(shape)[0] * (shape[0] + self.bias)

    def multiply_adds(self, shape: Shape) -> int:
        return self.output_shape(shape)[0] * shape[0]

    @property
    def window(self) -> None:
        return None

    def module(self, shape: Shape) -> nn.Module:
        return nn.Linear(shape[0], self.output_shape(shape)[0], bias=self.bias)

    def code(self, shape: Shape) -> str:
        return f"nn.Linear({shape[0]}, {self.output_shape(shape)[0]}{'' if self.bias else ', bias=False'})"


class GlobalAverage(nn.AdaptiveAvgPool2d):
    """(B, C, H, W) to (B, C): one layer, so that its units are explained by the maps it takes."""

    def __init__(self) -> None:
        super().__init__(1)

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps).flatten(1)


@register("gap", wants_maps=True)
@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """The mean of each map: (C, H, W) becomes (C,) (Lin, Chen and Yan, Network in network, 2014)."""

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0],)

    @property
    def window(self) -> None:
        return None

    def module(self, shape: Shape) -> nn.Module:
        return GlobalAverage()

    def code(self, shape: Shape) -> str:
        return "nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())"
