"""Octave convolution: edges that carry two tensors, fine detail at full size and slow changes at half the
size.

Source: Chen et al., "Drop an octave: reducing spatial redundancy in convolutional neural networks with octave
    convolution",
ICCV 2019.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.models.blocks import Block, Join, Layers, Value, held
from cnnviz.models.layers import Conv, Pool, Upsample, register


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
    """

    channels: int
    kernel: int = 3
    padding: int = 1
    alpha: float = 0.5
    pair: bool = True
    bias: bool = True
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
    cure = "Octaves halve the maps and double them again: give them maps of even height and width."

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
                f"The number of channels is {self.channels!r}, but it must be a whole number, 1 or more."
            )
        if isinstance(self.alpha, bool) or not isinstance(self.alpha, int | float) or not 0 <= self.alpha < 1:
            raise CnnvizError(
                f"The share of low frequencies is {self.alpha!r}, but it must be at least 0 and below 1."
            )
        if not isinstance(self.pair, bool):
            raise CnnvizError(f"The pair is {self.pair!r}, but it must be true or false.")
        if self.alpha == 0 and not self.pair:
            raise CnnvizError(
                "One tensor in and one out is a plain convolution. Use Conv, or an alpha above 0."
            )
        if self.alpha > 0 and not 0 < self.low_channels < self.channels:
            raise CnnvizError(
                f"{self.channels} channels cannot be shared between high and low frequencies with alpha {self.alpha:g}. "
                "Use more channels, or an alpha nearer to 0.5."
            )

    def _conv(self, channels: int, bias: bool) -> Conv:
        return Conv(channels, self.kernel, padding=self.padding, bias=bias)

    def parts(self) -> dict[str, Layers]:
        low, high = self.low_channels, self.channels - self.low_channels
        found: dict[str, Layers] = {"high": (self._conv(high, self.bias),)}
        if self.pair:
            found["low_to_high"] = (self._conv(high, False), Upsample(2))
        if self.pair and low:
            found["low"] = (self._conv(low, self.bias),)
        if low:
            found["high_to_low"] = (Pool(2, mode="average"), self._conv(low, self.bias and not self.pair))
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
