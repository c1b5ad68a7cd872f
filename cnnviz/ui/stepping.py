"""Numbers on the screen: the stepper that plays any trace, and the table of numbers to type into."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnnviz.figures import limits, scale_for
from cnnviz.ops.trace import Trace
from cnnviz.ui.address import session
from cnnviz.ui.components import component, told
from cnnviz.ui.fields import Field, Foreign
from cnnviz.ui.messages import NumberGridMessage, Packed, Scale, StepperGrids, StepperMessage, StepperScales
from cnnviz.words import _


def scale_of(values: Tensor, signed: bool = False) -> Scale:
    """The colours of a grid of numbers, for a component; ``signed`` for kernels, errors and gradients,
    whatever their signs now.
    """
    return Scale.of(*scale_for(*limits(values), signed=signed))


@dataclass(frozen=True)
class StepperNames:
    """What a stepper's grids are called; ``symbol`` is the output's letter, ``function`` the one of
    element-wise steps.
    """

    input: str = "image x"
    weights: str = "kernel w"
    output: str = "map s"
    symbol: str = "s"
    function: str = "φ"
    channels: Sequence[str] = ()


COMBINE = {"convolution": "sum", "average": "sum", "distance": "sum", "max": "max", "l2": "l2"}


def stepper(
    key: str, trace: Trace, names: StepperNames = StepperNames(), *, channel: int = 0, start: int = 0
) -> None:
    """Plays a trace in the browser: steps, terms of each sum, keys, hovering, and all steps as a table.

    Args:
        trace: convolution, pooling or an element-wise function.
        channel: of the output, where it has several; pooling shows the input channel of the same number.
        start: the first step shown.
    """
    show_steps(key, steps_of(trace, names, channel, start))


def show_steps(key: str, steps: StepperMessage) -> None:
    """``stepper``, of what ``steps_of`` gave; a page that shows the same trace often remembers it."""
    component("stepper", key, data=steps)


def steps_of(
    trace: Trace, names: StepperNames = StepperNames(), channel: int = 0, start: int = 0
) -> StepperMessage:
    """What the stepper plays."""
    apart = trace.operation != "convolution"
    padded = trace.padded[channel : channel + 1] if apart else trace.padded
    output = trace.maps[channel]
    weights = torch.empty(0)
    if trace.weights is not None:
        weights = trace.weights[min(channel, len(trace.weights) - 1)]
    shares = trace.shares
    return StepperMessage(
        inputs=[values.flatten().tolist() for values in padded],
        rows=padded.shape[1],
        cols=padded.shape[2],
        pad=trace.padding,
        weights=[values.flatten().tolist() for values in weights],
        size=trace.window_shape,
        terms=Packed.of(trace.terms[channel]),
        shares=None if shares is None else Packed.of(shares[channel]),
        output=output.flatten().tolist(),
        out_rows=output.shape[0],
        out_cols=output.shape[1],
        stride=trace.stride,
        dilation=trace.dilation,
        bias=None if trace.bias is None else float(trace.bias[channel if len(trace.bias) > 1 else 0]),
        combine=COMBINE.get(trace.operation, "each"),
        start=start,
        names=StepperGrids(
            _(names.input),
            _(names.weights),
            _(names.output),
            names.symbol,
            names.function,
            list(names.channels),
        ),
        scales=StepperScales(
            scale_of(padded[padded.isfinite()]),
            scale_of(weights, signed=True) if len(weights) else None,
            scale_of(output),
        ),
    )


LARGEST_TYPED = 1e6


def _numbers_text(values: Tensor) -> str:
    return ";".join(",".join(f"{value:.7g}" for value in row) for row in values.tolist())


def _numbers_from(text: str) -> Tensor | None:
    """A table from a link: rows with ``;``, cells with ``,``; ``None`` if it is none, or too large."""
    if len(text) > 4000:
        return None
    try:
        values = torch.tensor(
            [[float(cell) for cell in row.split(",")] for row in text.split(";")], dtype=torch.float64
        )
    except ValueError:
        return None
    usable = (
        values.dim() == 2
        and values.numel() > 0
        and bool(values.isfinite().all())
        and values.abs().max().item() <= LARGEST_TYPED
    )
    return values if usable else None


class Table(Field[Tensor | None]):
    """A table of numbers; in links ``1,0,1;0,1,0``. ``None``: what the page begins with."""

    def __init__(self, label: str, **words: Any) -> None:
        super().__init__(label, None, **words)

    def read(self, text: str) -> Tensor | None:
        values = _numbers_from(text)
        if values is None:
            raise Foreign(text)
        return values

    def text(self, value: Tensor | None) -> str:
        return "" if value is None else _numbers_text(value)


def table_now(field: Table, usual: Tensor, shape: tuple[int, int] | None = None) -> Tensor:
    """The numbers that ``number_grid`` shows with these arguments, for whoever does not draw it."""
    held = usual if field.now is None else field.now
    rows, cols = shape or (held.shape[0], held.shape[1])
    return _over(torch.zeros(rows, cols, dtype=torch.float64), held[:rows, :cols])


def number_grid(
    field: Table,
    usual: Tensor,
    shape: tuple[int, int] | None = None,
    *,
    cell: float = 3.0,
    signed: bool = False,
    on_change: Callable[[], None] | None = None,
) -> Tensor:
    """A table of numbers to type into.

    Numbers outside the shown part are kept, so a smaller size and back loses nothing.

    Args:
        field: of the page's state.
        usual: (R, C) what it holds at first, and needs no word in the address.
        shape: (rows, columns) to show; that of ``usual``, or of the link, if not given.
        cell: largest side of a cell, in rem.
        signed: blue to red, as kernels are.
        on_change: called when numbers were typed; ``draws`` of this section too, which reads them.

    Returns:
        (rows, columns) float64, so that sums of products of typed numbers are exact.
    """
    key, shown = f"{field.name}_grid", table_now(field, usual, shape)

    def hear(news: Any) -> None:
        typed = _numbers_from(";".join(",".join(map(str, row)) for row in news["values"]))
        if typed is not None:
            field.set(_over(usual if field.now is None else field.now, typed))
        if on_change is not None:
            on_change()

    rows, cols = shown.shape
    basic = _over(torch.zeros(rows, cols, dtype=torch.float64), usual[:rows, :cols])
    field.shows(field.now, None if torch.equal(shown, basic) else _numbers_text(shown))
    if field.name in session().hidden:
        return shown
    values = [[float(f"{value:.7g}") for value in row] for row in shown.tolist()]
    data = NumberGridMessage(
        values, _(field.label), scale_of(shown, signed), LARGEST_TYPED, cell, _(field.help or "")
    )
    component("number_grid", key, data=data, default={"grid": None}, on_grid_change=told(key, "grid", hear))
    field.note()
    return shown


def _over(below: Tensor | None, above: Tensor | None) -> Tensor:
    """``above`` laid over ``below``; the larger of both sizes."""
    if below is None or above is None:
        return above if above is not None else below if below is not None else torch.zeros(1, 1)
    rows, cols = (max(a, b) for a, b in zip(below.shape, above.shape, strict=True))
    joined = torch.zeros(rows, cols, dtype=torch.float64)
    joined[: below.shape[0], : below.shape[1]] = below
    joined[: above.shape[0], : above.shape[1]] = above
    return joined
