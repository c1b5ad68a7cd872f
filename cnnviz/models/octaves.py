"""Octave convolution: edges that carry two tensors, fine detail at full size and slow changes at half the
size.

Source: Chen et al., "Drop an octave: reducing spatial redundancy in convolutional neural networks with octave
    convolution",
ICCV 2019.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.models.blocks import Block, Join, Layers, Value, held
from cnnviz.models.layers import Conv, Pool, Upsample, register
from cnnviz.words import say


@register("octave")
@dataclass(frozen=True)
class OctaveConv(Block):
    r"""A convolution on two tensors, high and low frequencies, that also lets each speak to the other.

    .. math:: Y^H = W^{HH} * X^H + \mathrm{up}(W^{LH} * X^L), \qquad Y^L = W^{LL} * X^L + W^{HL} *
    \mathrm{pool}(X^H)

    Attributes:
        channels: of both outputs together.
        alpha: the share of them at low frequency; 0: the output is one tensor, as the last of several.
        pair: the input carries two tensors; ``False`` for the first of several, which takes one.
        stride: 1, or 2: each tensor is averaged 2×2 first, except that the low frequencies, which have the
            size wanted already, speak to the high ones as they are.
    """

    channels: int
    kernel: int = 3
    padding: int = 1
    alpha: float = 0.5
    pair: bool = True
    bias: bool = True
    stride: int = 1
    name: str = ""
    definition = """\
class OctaveConv(nn.Module):
    def __init__(self, high, low_to_high=None, low=None, high_to_low=None):
        super().__init__()
        self.high, self.low_to_high, self.low, self.high_to_low = high, low_to_high, low, high_to_low

    def forward(self, x):
        if not isinstance(x, tuple):
            return self.high(x), self.high_to_low(x)
        high, low = x
        y = self.high(high) + self.low_to_high(low)
        return y if self.low is None else (y, self.low(low) + self.high_to_low(high))
"""
    cure = say("Octaves halve the maps and double them again: give them maps of even height and width.")

    @property
    def takes_pair(self) -> bool:
        return self.pair

    @property
    def low_channels(self) -> int:
        return round(self.channels * self.alpha)

    def check(self) -> None:
        super().check()
        if isinstance(self.channels, bool) or not isinstance(self.channels, int) or self.channels < 1:
            raise CnnvizError(
                say(
                    "The number of channels is {channels!r}, but it must be a whole number, 1 or more.",
                    channels=self.channels,
                )
            )
        if isinstance(self.alpha, bool) or not isinstance(self.alpha, int | float) or not 0 <= self.alpha < 1:
            raise CnnvizError(
                say(
                    "The share of low frequencies is {alpha!r}, but it must be at least 0 and below 1.",
                    alpha=self.alpha,
                )
            )
        if self.stride not in (1, 2):
            raise CnnvizError(
                say(
                    "The stride of an octave convolution is {stride!r}, but it must be 1 or 2.",
                    stride=self.stride,
                )
            )
        if not isinstance(self.pair, bool):
            raise CnnvizError(say("The pair is {pair!r}, but it must be true or false.", pair=self.pair))
        if self.alpha == 0 and not self.pair:
            raise CnnvizError(
                "One tensor in and one out is a plain convolution. Use Conv, or an alpha above 0."
            )
        if self.alpha > 0 and not 0 < self.low_channels < self.channels:
            raise CnnvizError(
                say(
                    "{channels} channels cannot be shared between high and low frequencies with alpha {alpha:g}. "
                    "Use more channels, or an alpha nearer to 0.5.",
                    channels=self.channels,
                    alpha=self.alpha,
                )
            )

    def _conv(self, channels: int, bias: bool) -> Conv:
        return Conv(channels, self.kernel, padding=self.padding, bias=bias)

    def parts(self) -> dict[str, Layers]:
        low, high = self.low_channels, self.channels - self.low_channels
        half = Pool(2, mode="average")
        first: Layers = (half,) if self.stride == 2 else ()
        found: dict[str, Layers] = {"high": (*first, self._conv(high, self.bias))}
        if self.pair:
            found["low_to_high"] = (self._conv(high, False), *(() if first else (Upsample(2),)))
        if self.pair and low:
            found["low"] = (*first, self._conv(low, self.bias))
        if low:
            found["high_to_low"] = (*first, half, self._conv(low, self.bias and not self.pair))
        return found

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        given: Any = value
        if not self.pair:
            split: Any = (part("high", given), part("high_to_low", given))
            return split
        high, low = given
        fine = join("add", (part("high", high), part("low_to_high", low)))
        if not self.low_channels:
            return fine
        both: Any = (fine, join("add", (part("low", low), part("high_to_low", high))))
        return both

    def code_of(self, parts: Mapping[str, str]) -> str:
        return f"OctaveConv({', '.join(f'{part}={text}' for part, text in parts.items())})"


@register("both")
@dataclass(frozen=True)
class Both(Block):
    """The same kinds of layers for each of the two tensors of an octave, each with weights of its own."""

    layers: Layers
    name: str = ""
    definition = """\
class Both(nn.Module):
    def __init__(self, high, low):
        super().__init__()
        self.high, self.low = high, low

    def forward(self, x):
        high, low = x
        return self.high(high), self.low(low)
"""
    takes_pair = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", held(self.layers, "block for both tensors"))

    def parts(self) -> dict[str, Layers]:
        return {"high": self.layers, "low": self.layers}

    def flow(
        self,
        value: Value,
        part: Callable[[str, Value], Value],
        join: Callable[[Join, Sequence[Value]], Value],
    ) -> Value:
        given: Any = value
        high, low = given
        both: Any = (part("high", high), part("low", low))
        return both

    def code_of(self, parts: Mapping[str, str]) -> str:
        return f"Both({parts['high']}, {parts['low']})"


Pair = Tensor | tuple[Tensor, Tensor]
"""Maps (B, C, H, W), or high (B, C₁, H, W) and low frequencies (B, C₂, H/2, W/2)."""


class OctConv2d(nn.Module):
    r"""Octave convolution as one layer of torch, for notebooks and own networks.

    .. math:: Y^H = W^{HH} * X^H + \mathrm{up}(W^{LH} * X^L), \qquad Y^L = W^{LL} * X^L + W^{HL} *
        \mathrm{pool}(X^H)

    Args:
        in_channels, out_channels: of both tensors together.
        alpha_in, alpha_out: the share of them at low frequency; 0: one tensor in, or out. With both at 0 it
            is a plain convolution.
        stride: 1, or 2: maps are averaged 2×2 before the convolution.
        padding: zeros around each of the two.
        groups: 1, or the number of channels where each has a filter of its own.

    Raises:
        CnnvizError: the channels cannot be shared so; an input has the wrong number of tensors or an odd
            side.

    Source: Chen et al., "Drop an octave", ICCV 2019, section 3.2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        alpha_in: float = 0.5,
        alpha_out: float = 0.5,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        for name, alpha in (("alpha_in", alpha_in), ("alpha_out", alpha_out)):
            if not 0 <= alpha < 1:
                raise CnnvizError(
                    say("{name} is {alpha}, but it must be at least 0 and below 1.", name=name, alpha=alpha)
                )
        if stride not in (1, 2):
            raise CnnvizError(
                say("The stride of an octave convolution is {stride}, but it must be 1 or 2.", stride=stride)
            )
        self.alpha_in, self.alpha_out, self.stride = alpha_in, alpha_out, stride
        low_in, low_out = round(in_channels * alpha_in), round(out_channels * alpha_out)
        high_in, high_out = in_channels - low_in, out_channels - low_out
        if (alpha_in > 0) != (low_in > 0) or (alpha_out > 0) != (low_out > 0) or not (high_in and high_out):
            raise CnnvizError(
                say(
                    "{in_channels} channels in and {out_channels} out cannot be shared with alpha {alpha_in:g} and {alpha_out:g}. "
                    "Use more channels, or an alpha nearer to 0.5.",
                    in_channels=in_channels,
                    out_channels=out_channels,
                    alpha_in=alpha_in,
                    alpha_out=alpha_out,
                )
            )

        def conv(before: int, after: int, own_bias: bool) -> nn.Conv2d | None:
            if not before or not after:
                return None
            if before % groups or after % groups:
                raise CnnvizError(
                    say(
                        "{before} channels to {after} cannot be shared between {groups} groups. Use 1 group.",
                        before=before,
                        after=after,
                        groups=groups,
                    )
                )
            return nn.Conv2d(
                before,
                after,
                kernel_size,
                padding=padding,
                dilation=dilation,
                groups=groups,
                bias=own_bias,
            )

        self.high = conv(high_in, high_out, bias)
        self.low_to_high = conv(low_in, high_out, False)
        self.low = conv(low_in, low_out, bias)
        self.high_to_low = conv(high_in, low_out, bias and not low_in)

    def forward(self, maps: Pair) -> Pair:
        high, low = maps if isinstance(maps, tuple) else (maps, None)
        if (low is not None) != (self.alpha_in > 0):
            raise CnnvizError(
                say(
                    "With alpha_in = {alpha_in:g} it takes {part}.",
                    alpha_in=self.alpha_in,
                    part=say("two tensors, high and low frequencies") if self.alpha_in else say("one tensor"),
                )
            )
        if (self.alpha_in or self.alpha_out or self.stride == 2) and (
            high.shape[-1] % 2 or high.shape[-2] % 2
        ):
            raise CnnvizError(
                say(
                    "The maps are {shape}×{shape2}, but octaves halve them: use even sides, or padding before.",
                    shape=high.shape[-2],
                    shape2=high.shape[-1],
                )
            )
        half = functional.avg_pool2d
        halved = half(high, 2) if self.stride == 2 or self.high_to_low is not None else high
        assert self.high is not None
        fine = self.high(halved if self.stride == 2 else high)
        if low is not None and self.low_to_high is not None:
            coarse = self.low_to_high(low)
            fine = fine + (coarse if self.stride == 2 else functional.interpolate(coarse, scale_factor=2))
        if self.high_to_low is None:
            return fine
        slow = self.high_to_low(half(halved, 2) if self.stride == 2 else halved)
        if low is not None and self.low is not None:
            slow = slow + self.low(half(low, 2) if self.stride == 2 else low)
        return fine, slow

    def extra_repr(self) -> str:
        return f"alpha {self.alpha_in:g} → {self.alpha_out:g}, stride {self.stride}"
