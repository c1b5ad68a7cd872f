"""The controls with which a page asks for a kernel: by name, typed, or learned by a network."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnviz.features import filters
from cnnviz.ops.kernels import KERNELS, kernel
from cnnviz.training import open_run
from cnnviz.ui.links import choice
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.runs import EXAMPLE, run_title
from cnnviz.ui.stepping import number_grid, set_numbers

TITLES = {**{entry.name: entry.title for entry in KERNELS.values()}, "own": "own numbers", "learned": "learned by a network"}
SIDES = (3, 5, 7, 9, 11)


@dataclass(frozen=True)
class ChosenKernel:
    """A kernel (K, K), what to call it, what it does, and a Python expression for it."""

    weights: Tensor
    title: str
    does: str
    formula: str
    code: str


def learned_kernels() -> tuple[str, Tensor, str]:
    """(title, (N, K, K) kernels, Python expression) of the first layer of the run this session saw last, else of the example.

    Kernels on colour images are shown as the mean over their channels.
    """
    run = open_run(st.session_state.get("run", EXAMPLE))
    step = run.steps[-1] if run.steps else 0
    network = network_of_run(run, step)
    _, weights = remember(filters, network.model)
    code = f'filters(open_run("{run.id}").network({step}))[1]'
    return run_title(run), weights.mean(1) if weights.dim() == 4 else weights, code + (".mean(1)" if weights.dim() == 4 else "")


def choose_kernel(key: str, default: str) -> ChosenKernel:
    """Shows the controls. In the address: ``key``, and ``key_side``, ``key_angle``, ``key_wave``, ``key_seed``, ``key_own``, ``key_number``."""
    name = choice("Kernel", TITLES, key, default=default)
    if name == "learned":
        title, learned, code = learned_kernels()
        number = st.number_input("Number of the kernel", 0, len(learned) - 1, 0, key=f"{key}_number", bind="query-params")
        return ChosenKernel(learned[number], f"kernel {number}", f"learned: {title}", "", f"{code}[{number}]")
    side = choice("Side", {str(side): str(side) for side in SIDES}, f"{key}_side", default="5", kind="buttons")
    if name == "own":
        size = int(side)
        typed = number_grid("Your numbers", f"{key}_own", kernel("sobel_x", 3), (size, size), cell=2.6, signed=True).float()
        return ChosenKernel(typed, "own numbers", "what you typed", "", f"torch.tensor({typed.tolist()})")
    entry = KERNELS[name]
    angle, wave, seed = 0.0, 4.0, 0
    if "angle" in entry.uses:
        angle = float(st.slider("Angle, in degrees", 0, 180, 45, 5, key=f"{key}_angle", bind="query-params"))
    if "wavelength" in entry.uses:
        wave = st.slider("Wavelength, in pixels", 2.0, 12.0, 4.0, 0.5, key=f"{key}_wave", bind="query-params")
    if "seed" in entry.uses:
        seed = st.number_input("Seed", 0, 10**6, 0, key=f"{key}_seed", bind="query-params")
    weights = kernel(name, int(side), angle, wave, seed)

    def edit() -> None:
        set_numbers(f"{key}_own", torch.round(weights, decimals=4))
        st.session_state[key] = "own"

    st.button("Edit these numbers", key=f"{key}_edit", icon=":material/edit:", on_click=edit)
    return ChosenKernel(weights, entry.title, entry.does, entry.formula, f'kernel("{name}", {side}, {angle:g}, {wave:g}, {seed})')
