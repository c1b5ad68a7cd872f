"""The controls with which a page asks for a kernel: by name, typed, or learned by a network."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from cnnviz.expressions import Expression
from cnnviz.features import filters
from cnnviz.figures import map_sheet
from cnnviz.ops.kernels import KERNELS, kernel, strength
from cnnviz.ui.components import WallItem
from cnnviz.ui.fields import Choice, Number, Real, titles_of
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.runs import EXAMPLE, WithRun, run_here, run_title
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
    run = run_here(WithRun.run.now or EXAMPLE)
    step = run.steps[-1] if run.steps else 0
    network = network_of_run(run, step)
    __, weights = remember(filters, network.model)
    code = network.code.inside("filters({})[1]", filters="cnnviz.features")
    if weights.dim() == 4:
        weights, code = weights.mean(1), code.inside("{}.mean(1)")
    return run_title(run), weights, code


def all_kernels(learned: Tensor, run_name: str) -> list[WallItem]:
    """The gallery: each kernel made by hand, and all learned ones (N, K, K) on one sheet."""
    sheet = map_sheet(learned, columns=min(16, len(learned)), what=_("learned kernels"), signed=True)
    made = [_of_hand(name) for name in KERNELS]
    return [*made, WallItem("learned", sheet, run_name, _("kernel"), target=80, most=900)]


def sorted_kernels(learned: Tensor, pattern: str) -> tuple[list[WallItem], str, str]:
    """The gallery with each kernel alone, those first that answer most to a pattern, with that number; and
    the titles of the first made by hand and of the first that was learned.
    """
    found = [(strength(kernel(name, 5, 45.0), pattern), _of_hand(name)) for name in KERNELS]
    for number, weights in enumerate(learned):
        sheet = map_sheet(weights.unsqueeze(0), what=_("learned kernel {number}", number=number), signed=True)
        title = _("learned {number}", number=number)
        item = WallItem(f"learned {number}", sheet, unit=_("kernel"), target=70, legend=False, title=title)
        found.append((strength(weights, pattern), item))
    found.sort(key=lambda one: -one[0])
    items = [replace(item, shape=f"{value:.2f}") for value, item in found]
    made, trained = (
        next(item.title or item.name for item in items if item.name.startswith(kind))
        for kind in ("hand", "learned")
    )
    return items, made, trained


def _of_hand(name: str) -> WallItem:
    title = KERNELS[name].title
    sheet = map_sheet(kernel(name, 5, 45.0).unsqueeze(0), what=_("kernel {title}", title=title), signed=True)
    return WallItem(f"hand {name}", sheet, title=title, target=70, legend=False)


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
        Choice(
            "Kernel",
            TITLES,
            usual,
            needs=here,
            help="The weights that move over the image: a classic kernel by name, your own numbers, or one that a network learned.",
        ).named(name),
        Choice(
            "Side",
            {str(side): str(side) for side in SIDES},
            "5",
            kind="buttons",
            needs=here,
            help="Height and width of the kernel in pixels. A larger one looks at a larger neighbourhood.",
        ).named(f"{name}_side"),
        Number(
            "Angle, in degrees",
            45,
            0,
            180,
            5,
            slider=True,
            needs={**here, name: with_angle},
            help="The direction in which the kernel looks: 0° is from left to right.",
        ).named(f"{name}_angle"),
        Real(
            "Wavelength, in pixels",
            4.0,
            2.0,
            12.0,
            0.5,
            slider=True,
            needs={**here, name: with_wave},
            help="Distance of two bright stripes of the kernel: cos(2πx/λ) under a Gaussian bell.",
        ).named(f"{name}_wave"),
        Number(
            "Seed",
            0,
            0,
            10**6,
            needs={**here, name: with_seed},
            help="The number from which the random weights are drawn. The same seed gives the same kernel.",
        ).named(f"{name}_seed"),
        Table(
            "Your numbers",
            needs={**here, name: "own"},
            help="The weights of your own kernel. Type over any of them; Enter goes on to the next one.",
        ).named(f"{name}_own"),
        Number(
            "Number of the kernel",
            0,
            0,
            9999,
            needs={**here, name: "learned"},
            help="Which kernel of the first layer of the network, counted from 0.",
        ).named(f"{name}_number"),
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
