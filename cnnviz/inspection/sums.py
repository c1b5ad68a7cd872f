"""The small steps of which the sums of units are made."""

import torch
from torch import Tensor

from cnnviz.inspection.graph import LayerCall
from cnnviz.inspection.rules import Place, Unit, UnitSum


def cell_of(values: Tensor, unit: Unit) -> Tensor:
    """(1, 1, 1) one value of (C, H, W) maps or a vector (units,)."""
    return (values[unit] if values.dim() == 3 else values[unit[0]]).reshape(1, 1, 1)


def single(call: LayerCall, values: Tensor, unit: Unit, scale: float | None, bias: float = 0.0) -> UnitSum:
    """scale · the input in the unit's own place + bias; a scale of ``None``: a function that is no such
    line.
    """
    cell = cell_of(values, unit)
    return UnitSum(
        cell, None if scale is None else torch.full_like(cell, scale), [(call.inputs[0], *unit)], bias
    )


def first_largest(window: Tensor) -> Tensor:
    """1 for the largest value, the first of several, and 0 for the others."""
    weights = torch.zeros_like(window)
    weights.view(-1)[window.flatten().argmax()] = 1.0
    return weights


def gather(
    call: LayerCall, maps: Tensor, channels: range, rows: list[int], cols: list[int], outside: float = 0.0
) -> tuple[Tensor, list[Place | None]]:
    """(N, R, C) values at rows × cols, ``outside`` beyond the edge, and their places."""
    height, width = maps.shape[1:]
    window = maps.new_full((len(channels), len(rows), len(cols)), outside)
    inside_rows = [i for i, row in enumerate(rows) if 0 <= row < height]
    inside_cols = [i for i, col in enumerate(cols) if 0 <= col < width]
    if inside_rows and inside_cols:
        part = maps[channels.start : channels.stop][:, [rows[i] for i in inside_rows]][
            :, :, [cols[i] for i in inside_cols]
        ]
        window[:, inside_rows[0] : inside_rows[-1] + 1, inside_cols[0] : inside_cols[-1] + 1] = part
    places: list[Place | None] = []
    for channel in channels:
        places.extend(
            (call.inputs[0], channel, row, col) if 0 <= row < height and 0 <= col < width else None
            for row in rows
            for col in cols
        )
    return window, places
