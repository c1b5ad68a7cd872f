"""The controls with which a page asks for a kernel: by name, typed, or learned by a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from cnnviz.expressions import Expression
from cnnviz.features import filters
from cnnviz.ops.kernels import KERNELS, kernel
from cnnviz.training import open_run
from cnnviz.ui.fields import Choice, Number, Real, titles_of
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.runs import EXAMPLE, WithRun, run_title
from cnnviz.ui.stepping import Table, number_grid
from cnnviz.words import _

TITLES = {**titles_of(KERNELS), "own": "own numbers", "learned": "learned by a network"}
SIDES = (3, 5, 7, 9, 11)


@dataclass(frozen=True)
class ChosenKernel:
    """A kernel (K, K), what to call it, what it does, and a Python expression for it."""

    weights: Tensor
    title: str
    does: str
    formula: str
    code: Expression


def learned_kernels() -> tuple[str, Tensor, Expression]:
    """(title, (N, K, K) kernels, Python expression) of the first layer of the run this session saw last, else
    of the example.

    Kernels on colour images are shown as the mean over their channels.
    """
    run = open_run(WithRun.run.now or EXAMPLE)
    step = run.steps[-1] if run.steps else 0
    network = network_of_run(run, step)
    __, weights = remember(filters, network.model)
    code = network.code.inside("filters({})[1]", filters="cnnviz.features")
    if weights.dim() == 4:
        weights, code = weights.mean(1), code.inside("{}.mean(1)")
    return run_title(run), weights, code


class KernelFields(NamedTuple):
    """The part of a page's state that says which kernel it shows."""

    kernel: Choice
    side: Choice
    angle: Number
    wave: Real
    seed: Number
    own: Table
    number: Number


def kernel_fields(name: str, usual: str, needs: Mapping[str, str] | None = None) -> KernelFields:
    """Fields ``name``, and ``name_side``, ``name_angle``, ``name_wave``, ``name_seed``, ``name_own``,
    ``name_number``.
    """
    here = dict(needs or {})
    with_angle, with_wave, with_seed = (
        next(entry.name for entry in KERNELS.values() if what in entry.uses)
        for what in ("angle", "wavelength", "seed")
    )
    return KernelFields(
        Choice("Kernel", TITLES, usual, needs=here).named(name),
        Choice("Side", {str(side): str(side) for side in SIDES}, "5", kind="buttons", needs=here).named(
            f"{name}_side"
        ),
        Number("Angle, in degrees", 45, 0, 180, 5, slider=True, needs={**here, name: with_angle}).named(
            f"{name}_angle"
        ),
        Real(
            "Wavelength, in pixels", 4.0, 2.0, 12.0, 0.5, slider=True, needs={**here, name: with_wave}
        ).named(f"{name}_wave"),
        Number("Seed", 0, 0, 10**6, needs={**here, name: with_seed}).named(f"{name}_seed"),
        Table("Your numbers", needs={**here, name: "own"}).named(f"{name}_own"),
        Number("Number of the kernel", 0, 0, 9999, needs={**here, name: "learned"}).named(f"{name}_number"),
    )


def choose_kernel(fields: KernelFields) -> ChosenKernel:
    """Shows the controls."""
    name = fields.kernel.draw()
    if name == "learned":
        title, learned, code = learned_kernels()
        number = fields.number.draw(high=len(learned) - 1)
        return ChosenKernel(
            learned[number],
            _("kernel {number}", number=number),
            _("learned: {title}", title=title),
            "",
            code.inside(f"{{}}[{number}]"),
        )
    side = fields.side.draw()
    if name == "own":
        size = int(side)
        typed = number_grid(fields.own, kernel("sobel_x", 3), (size, size), cell=2.6, signed=True).float()
        return ChosenKernel(
            typed, _("own numbers"), _("what you typed"), "", Expression(f"torch.tensor({typed.tolist()})")
        )
    entry = KERNELS[name]
    angle, wave, seed = 0.0, 4.0, 0
    if "angle" in entry.uses:
        angle = float(fields.angle.draw())
    if "wavelength" in entry.uses:
        wave = fields.wave.draw()
    if "seed" in entry.uses:
        seed = fields.seed.draw()
    weights = kernel(name, int(side), angle, wave, seed)

    def edit() -> None:
        fields.own.set(torch.round(weights, decimals=4))
        fields.kernel.set("own")

    st.button(
        _("Edit these numbers"), key=f"{fields.kernel.name}_edit", icon=":material/edit:", on_click=edit
    )
    code = Expression(
        f'kernel("{name}", {side}, {angle:g}, {wave:g}, {seed})', {"kernel": "cnnviz.ops.kernels"}
    )
    return ChosenKernel(weights, _(entry.title), _(entry.does), entry.formula, code)
