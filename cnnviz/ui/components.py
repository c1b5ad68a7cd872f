"""The components that answer in the browser: their files in ``assets/components``, and one function each."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from cnnviz.figures import ColourScale, Sheet, limits, scale_for
from cnnviz.ops.trace import Trace
from cnnviz.settings import ASSETS
from cnnviz.ui.links import changed_by_itself, write

SKETCH_SIDE = 112


def _read(file: str) -> str:
    path = ASSETS / "components" / file
    return path.read_text(encoding="utf-8") if path.exists() else ""


@cache
def _component(name: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"cnnviz_{name}",
        html=_read(f"{name}.html") or "<span></span>",
        css=_read("common.css") + _read(f"{name}.css"),
        js=_read("common.js") + _read(f"{name}.js"),
    )


def _listen() -> None:
    """A component only keeps a value that somebody listens to."""


def browser_key() -> str | None:
    """This browser's secret; ``None`` until the browser has told it, a moment after the first visit."""
    known = (st.session_state.get("browser_key") or {}).get("key")
    result = _component("browser_key")(key="browser_key", data={"known": known}, default={"key": known}, on_key_change=_listen)
    key = result.key
    return key if isinstance(key, str) and len(key) == 32 else None


def step_player(key: str, run: str, steps: Sequence[int], total: int, step: int | None, live: bool) -> None:
    """Shows the saved steps; the chosen one is then in ``st.session_state[key].step`` (``None``: the newest).

    Args:
        step: the step to show now.
        live: the run still grows; offers to follow its newest step.
    """
    data = {"run": run, "steps": list(steps), "total": total, "step": step, "live": live}
    _component("step_player")(key=key, data=data, default={"step": step}, on_step_change=_listen)


@dataclass(frozen=True)
class WallItem:
    """One sheet on the wall.

    Attributes:
        name: what a click reports; a layer's name.
        shape: small print beside the title, such as 16 × 12 × 12.
        unit: what one cell is called: map, kernel, unit, image.
        labels: one (text, colour or "") a cell, written below; for sheets with one row.
        target: height wanted on the screen, in CSS pixels.
    """

    name: str
    sheet: Sheet
    shape: str = ""
    unit: str = "map"
    labels: tuple[tuple[str, str], ...] = ()
    target: int = 150
    most: int = 1200
    legend: bool = True


def map_wall(key: str, items: Sequence[WallItem], picked: tuple[str, int] | None = None, pickable: bool = False) -> tuple[str, int] | None:
    """Sheets of maps side by side. Returns (layer, map) of the one that was clicked, or ``picked``."""
    stored = (st.session_state.get(key) or {}).get("picked")
    chosen = (str(stored["layer"]), int(stored["map"])) if isinstance(stored, dict) and pickable else picked
    sheets = [
        {
            "name": item.name, "title": item.name, "shape": item.shape, "unit": item.unit, "url": item.sheet.url, "alt": item.sheet.alt,
            "count": item.sheet.count, "columns": item.sheet.columns, "rows": item.sheet.rows,
            "height": item.sheet.height, "width": item.sheet.width, "low": f"{item.sheet.low:.3g}", "high": f"{item.sheet.high:.3g}",
            "css": item.sheet.scale.css if item.legend else "", "target": item.target, "most": item.most,
            "labels": [{"text": text, "colour": colour} for text, colour in item.labels] or None,
        }
        for item in items
    ]  # fmt: skip
    shown = {"layer": chosen[0], "map": chosen[1]} if chosen else None
    _component("map_wall")(
        key=key, data={"sheets": sheets, "picked": shown, "pickable": pickable}, default={"picked": stored}, on_picked_change=_listen
    )
    return chosen


def _scale(scale: ColourScale, low: float, high: float) -> dict[str, object]:
    return {"stops": list(scale.stops), "low": low, "high": high}


def scale_of(values: Tensor, signed: bool = False) -> dict[str, object]:
    """The colours of a grid of numbers, for a component; ``signed`` for kernels, errors and gradients, whatever their signs now."""
    return _scale(*scale_for(*limits(values), signed=signed))


def _flat(values: Tensor) -> list[float | None]:
    """Row by row; cells that do not count as ``None``."""
    return [None if value != value or abs(value) == float("inf") else value for value in values.flatten().tolist()]


@dataclass(frozen=True)
class StepperNames:
    """What a stepper's grids are called; ``symbol`` is the output's letter, ``function`` the one of element-wise steps."""

    input: str = "image x"
    weights: str = "kernel w"
    output: str = "map s"
    symbol: str = "s"
    function: str = "φ"
    channels: Sequence[str] = ()


COMBINE = {"convolution": "sum", "average": "sum", "distance": "sum", "max": "max", "l2": "l2"}


def stepper(key: str, trace: Trace, names: StepperNames = StepperNames(), *, channel: int = 0, start: int = 0) -> None:
    """Plays a trace in the browser: steps, terms of each sum, keys, hovering, and all steps as a table.

    Args:
        trace: convolution, pooling or an element-wise function.
        channel: of the output, where it has several; pooling shows the input channel of the same number.
        start: the first step shown.
    """
    pooled = trace.weights is not None and trace.operation != "convolution"
    apart = trace.operation != "convolution"
    padded = trace.padded[channel : channel + 1] if apart else trace.padded
    output = trace.output if trace.output.dim() == 2 else trace.output[channel]
    weights = torch.empty(0)
    if trace.weights is not None:
        weights = trace.weights[channel] if trace.weights.dim() == 4 else trace.weights
        weights = weights if weights.dim() == 3 else weights.unsqueeze(0)
        if not apart and len(weights) == 1 and len(padded) > 1:
            weights = weights.expand(len(padded), -1, -1)
    finite = padded[padded.isfinite()]
    data = {
        "inputs": [_flat(values) for values in padded], "rows": padded.shape[1], "cols": padded.shape[2], "pad": trace.padding,
        "weights": [_flat(values) for values in weights], "size": list(trace.window_shape), "average": pooled,
        "output": _flat(output), "outRows": output.shape[0], "outCols": output.shape[1], "stride": trace.stride, "dilation": trace.dilation,
        "bias": None if trace.bias is None else float(trace.bias[channel if len(trace.bias) > 1 else 0]),
        "combine": COMBINE.get(trace.operation, "each"), "start": start,
        "names": {
            "input": names.input, "weights": names.weights, "output": names.output, "symbol": names.symbol, "function": names.function,
            "channels": list(names.channels),
        },
        "scales": {"input": scale_of(finite), "weights": scale_of(weights, signed=True) if len(weights) else None, "output": scale_of(output)},
    }  # fmt: skip
    _component("stepper")(key=key, data=data)


LARGEST_TYPED = 1e6


def _numbers_text(values: Tensor) -> str:
    return ";".join(",".join(f"{value:.7g}" for value in row) for row in values.tolist())


def _numbers_from(text: str) -> Tensor | None:
    """A table from a link: rows with ``;``, cells with ``,``; ``None`` if it is none, or too large."""
    if len(text) > 4000:
        return None
    try:
        values = torch.tensor([[float(cell) for cell in row.split(",")] for row in text.split(";")])
    except ValueError:
        return None
    usable = values.dim() == 2 and values.numel() > 0 and bool(values.isfinite().all()) and values.abs().max().item() <= LARGEST_TYPED
    return values if usable else None


def set_numbers(key: str, values: Tensor) -> None:
    """Puts other numbers into a ``number_grid``; before it is drawn, or in a callback."""
    st.session_state[f"{key}_values"] = values


def number_grid(label: str, key: str, usual: Tensor, shape: tuple[int, int] | None = None, *, cell: float = 3.0, signed: bool = False) -> Tensor:
    """A table of numbers to type into; in the address ``key=1,0,1;0,1,0``.

    Numbers outside the shown part are kept, so a smaller size and back loses nothing.

    Args:
        usual: (R, C) what it holds at first, and needs no word in the address.
        shape: (rows, columns) to show; that of ``usual``, or of the link, if not given.
        cell: largest side of a cell, in rem.
        signed: blue to red, as kernels are.

    Returns:
        (rows, columns) float32.
    """
    component = f"{key}_grid"
    told = (st.session_state.get(component) or {}).get("grid")
    kept = st.session_state.get(f"{key}_values")
    if told is not None and told != st.session_state.get(f"{key}_told"):
        kept = _over(kept, _numbers_from(";".join(",".join(map(str, row)) for row in told)))
        st.session_state[f"{key}_told"] = told
    elif changed_by_itself(key):
        text = st.query_params.get(key)
        linked = _numbers_from(text) if text else None
        kept = linked if linked is not None else kept if text is None and kept is not None and component not in st.session_state else usual
    kept = usual if kept is None else kept
    st.session_state[f"{key}_values"] = kept
    rows, cols = shape or (kept.shape[0], kept.shape[1])
    shown = _over(torch.zeros(rows, cols), kept[:rows, :cols])
    basic = _over(torch.zeros(rows, cols), usual[:rows, :cols])
    write(key, None if torch.equal(shown, basic) else _numbers_text(shown))
    st.markdown(f"**{label}**")
    _component("number_grid")(
        key=component, data={"values": shown.tolist(), "label": label, "scale": scale_of(shown, signed), "most": LARGEST_TYPED, "cell": cell},
        default={"grid": None}, on_grid_change=_listen,
    )  # fmt: skip
    return shown


def _over(below: Tensor | None, above: Tensor | None) -> Tensor:
    """``above`` laid over ``below``; the larger of both sizes."""
    if below is None or above is None:
        return above if above is not None else below if below is not None else torch.zeros(1, 1)
    rows, cols = (max(a, b) for a, b in zip(below.shape, above.shape, strict=True))
    joined = torch.zeros(rows, cols)
    joined[: below.shape[0], : below.shape[1]] = below
    joined[: above.shape[0], : above.shape[1]] = above
    return joined


def sketchpad(key: str) -> Tensor:
    """A pad to draw on. Returns the ink, (1, 112, 112) float in [0, 1]; all zero while nothing is drawn."""
    result = _component("sketchpad")(key=key, default={"ink": ""}, on_ink_change=_listen)
    try:
        values = np.frombuffer(base64.b64decode(result.ink or "", validate=True), dtype=np.uint8)
    except (binascii.Error, TypeError, ValueError):
        values = np.empty(0, dtype=np.uint8)
    if values.size != SKETCH_SIDE**2:
        return torch.zeros(1, SKETCH_SIDE, SKETCH_SIDE)
    return torch.from_numpy(values.reshape(1, SKETCH_SIDE, SKETCH_SIDE).astype(np.float32) / 255)
