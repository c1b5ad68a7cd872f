"""Which pixels a unit of a network can see, by arithmetic, for chains and branches."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.inspection.graph import IMAGE, LayerCall
from cnnviz.inspection.rules import Numbers, Reach
from cnnviz.inspection.runner import Runner, once_a_network, runner_of
from cnnviz.ops.receptive_field import PIXEL, ReceptiveField, Window, receptive_fields
from cnnviz.words import say

Span = tuple[int, int]
"""First and last pixel, inclusive; (0, −1) for a unit that sees only padding."""


@dataclass(frozen=True)
class LayerField:
    """The receptive field of a layer's units, along rows and columns.

    Attributes:
        rows, cols: size, stride and offset in pixels of the image. A stride of 0: all units see the same.
        row_spans, col_spans: what each row and each column of units sees of the image.
        uniform: all units away from the border see equally many pixels, ``stride`` apart. Adaptive pooling to
            a size that does not divide its input makes windows of several sizes; then ``size`` is the largest
            and ``stride`` the smallest.
    """

    rows: ReceptiveField
    cols: ReceptiveField
    row_spans: tuple[Span, ...] = field(default=(), repr=False)
    col_spans: tuple[Span, ...] = field(default=(), repr=False)
    uniform: bool = True

    def _both(self, name: str) -> Any:
        vertical, horizontal = getattr(self.rows, name), getattr(self.cols, name)
        return vertical if vertical == horizontal else (vertical, horizontal)

    @property
    def size(self) -> int | tuple[int, int]:
        """Side of the square, in pixels, padding included; (height, width) where it is no square."""
        return self._both("size")

    @property
    def stride(self) -> int | tuple[int, int]:
        """Pixels from one unit's square to its neighbour's."""
        return self._both("stride")

    @property
    def offset(self) -> int | tuple[int, int]:
        """First row and column of the square of unit (0, 0); negative where it reaches into the padding."""
        return self._both("offset")

    def box(self, row: int, col: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of the pixels of the image that unit (row, col) sees, the last two
        exclusive.

        Raises:
            CnnvizError: there is no such unit.
        """
        if not (0 <= row < len(self.row_spans) and 0 <= col < len(self.col_spans)):
            raise CnnvizError(
                say(
                    "This layer has {count}×{col_spans} units, so there is none in row {row}, column {col}. "
                    "Rows and columns are counted from 0.",
                    count=len(self.row_spans),
                    col_spans=len(self.col_spans),
                    row=row,
                    col=col,
                )
            )
        (top, bottom), (left, right) = self.row_spans[row], self.col_spans[col]
        return top, left, bottom + 1, right + 1


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the units along one axis see: all of them by one arithmetic progression, and each exactly.

    Attributes:
        field: size, stride and offset, as if the image went on beyond its edges.
        first, last: (n,) of each unit, within the image; ``_NOWHERE`` and −1 where it sees nothing.
    """

    field: ReceptiveField
    first: Numbers
    last: Numbers
    uniform: bool = True


_NOWHERE = np.iinfo(np.int64).max


def receptive_field(model: nn.Module, layer: str, input_shape: tuple[int, int, int]) -> LayerField:
    """What the units of a layer see of the image: the largest field, whatever the weights are.

    Size and stride are carried from layer to layer, r += d (k − 1) j and j *= s; so is what each single unit
    sees, from the first to the last pixel. Where branches meet, a unit sees the smallest square around what
    they see. Fully connected layers and global averages see all that their whole input sees.

    Args:
        layer: its name in ``feature_maps(model, …)``.
        input_shape: (C, H, W) of the image.

    Raises:
        CnnvizError: no such layer, or a layer before it whose windows are not known.

    Source: Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill
        2019.
    """
    runner = runner_of(model)
    return _field(runner, runner.graph.find(layer), tuple(input_shape))


@once_a_network
def _field(runner: Runner, layer: str, input_shape: tuple[int, ...]) -> LayerField:
    rows, cols = (_along(runner, layer, input_shape, axis) for axis in (0, 1))
    return LayerField(rows.field, cols.field, _spans(rows), _spans(cols), rows.uniform and cols.uniform)


def _spans(seen: _Seen) -> tuple[Span, ...]:
    return tuple(
        (a, b) if a <= b else (0, -1) for a, b in zip(seen.first.tolist(), seen.last.tolist(), strict=True)
    )


def _along(runner: Runner, layer: str, input_shape: tuple[int, ...], axis: int) -> _Seen:
    sizes = {name: shape[1:] for name, shape in runner.shapes(input_shape).items()}
    pixels = np.arange(input_shape[1 + axis])
    known = {IMAGE: _Seen(PIXEL, pixels, pixels)}
    for name, call in runner.graph.calls.items():
        if name not in sizes or not call.inputs or any(source not in known for source in call.inputs):
            continue
        before = [known[source] for source in call.inputs]
        length = sizes[name][axis] if len(sizes[name]) == 2 else 1
        known[name] = (
            _carry(call, before[0], length, axis) if len(before) == 1 else _meet(call, before, length)
        )
        if name == layer:
            return known[name]
    raise CnnvizError(
        say(
            "The receptive field of '{layer}' is not known: something before it is no layer on images.",
            layer=layer,
        )
    )


def _carry(call: LayerCall, before: _Seen, length: int, axis: int) -> _Seen:
    """Through a layer with one input."""
    n = len(before.first)
    reach = call.rules.reach(call.module, axis, length, n)
    if reach is None and length == 1 and n > 1:
        reach = Reach(np.arange(n)[None], Window(n, stride=0))
    if reach is not None:
        return _through(before, reach)
    if length != n:
        raise CnnvizError(
            say(
                "'{name}' ({kind}) changes the size in a way whose receptive field is not known. Choose a layer before it.",
                name=call.name,
                kind=call.kind,
            )
        )
    return before


def _through(before: _Seen, reach: Reach) -> _Seen:
    outside = reach.cells < 0
    first = np.where(outside, _NOWHERE, before.first[reach.cells]).min(1)
    last = np.where(outside, -1, before.last[reach.cells]).max(1)
    if reach.window is None or not (reach.uniform and before.uniform):
        return _uneven(first, last)
    return _Seen(receptive_fields([reach.window], before.field)[0], first, last)


def _uneven(first: Numbers, last: Numbers) -> _Seen:
    """Units without one size and stride."""
    some = last >= 0
    starts, sizes = first[some], (last - first)[some] + 1
    stride = int(np.diff(starts).min()) if len(starts) > 1 else 0
    return _Seen(
        ReceptiveField(int(sizes.max(initial=0)), stride, int(starts.min(initial=0))),
        first,
        last,
        uniform=False,
    )


def _meet(call: LayerCall, before: list[_Seen], length: int) -> _Seen:
    """Where branches meet, a unit sees from the first to the last pixel that one of them sees; a branch with
    one value goes to all units.
    """
    lengths = [len(seen.first) for seen in before]
    if any(n not in (1, length) for n in lengths):
        raise CnnvizError(
            say(
                "'{name}' ({kind}) puts maps together in a way whose receptive field is not known. Choose a layer before it.",
                name=call.name,
                kind=call.kind,
            )
        )
    first = np.min([np.broadcast_to(seen.first, length) for seen in before], axis=0)
    last = np.max([np.broadcast_to(seen.last, length) for seen in before], axis=0)
    whole = [seen.field for seen, n in zip(before, lengths, strict=True) if n == 1 and length > 1]
    fields = whole or [seen.field for seen in before]
    strides = {seen.field.stride for seen in before if seen.field.stride and not whole}
    if len(strides) > 1 or not all(seen.uniform for seen in before):
        return _uneven(first, last)
    start, end = min(f.offset for f in fields), max(f.offset + f.size for f in fields)
    return _Seen(ReceptiveField(end - start, next(iter(strides), 0), start), first, last)


def shapes(model: nn.Module, input_shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Layer name -> shape of its output for one image, without the batch; nothing is computed."""
    runner = runner_of(model)
    known = runner.shapes(tuple(input_shape))
    return {shown: known[name] for shown, name in runner.graph.shown.items() if name in known}
