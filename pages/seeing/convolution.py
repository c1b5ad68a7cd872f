"""One convolution with every product, forward and backward, on numbers that can be typed."""

from typing import NamedTuple

import streamlit as st
import torch

from cnnviz.figures import loss_curve
from cnnviz.ops import convolution
from cnnviz.ui.charts import chart
from cnnviz.ui.formulas import convolution_formula, kernel_gradient_formula, output_size_formula
from cnnviz.ui.frame import Experiment, draws, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.links import choice
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.snippets import convolution_code, gradient_code
from cnnviz.ui.stepping import StepperNames, number_grid, set_numbers, stepper

PAGE = "pages/seeing/convolution.py"
IMAGE = torch.tensor([[1.0, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
KERNEL = torch.tensor([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]])
EDGE = torch.tensor([[1.0, 0, -1], [1, 0, -1], [1, 0, -1]])
title("Convolution", "A kernel slides over the image; at each place the numbers on top of each other are multiplied and added up.")


class Geometry(NamedTuple):
    """How the kernel moves, in the order in which ``convolution.trace`` takes it."""

    stride: int
    padding: int
    dilation: int
    mode: str
    flip: bool


@section
def forward() -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        sizes = st.columns(3)
        rows = sizes[0].number_input("Rows", 1, 12, 5, key="rows", bind="query-params")
        cols = sizes[1].number_input("Columns", 1, 12, 5, key="cols", bind="query-params")
        side = sizes[2].number_input("Kernel", 1, 7, 3, key="size", bind="query-params")
        image = number_grid("Image x", "image", IMAGE, (rows, cols), cell=2.6)
        kernel = number_grid("Kernel w", "kernel", KERNEL, (side, side), cell=2.6, signed=True)
        ways = st.columns(3)
        stride = ways[0].number_input("Stride", 1, 6, 1, key="stride", bind="query-params")
        padding = ways[1].number_input("Padding", 0, 6, 0, key="padding", bind="query-params")
        dilation = ways[2].number_input("Dilation", 1, 6, 1, key="dilation", bind="query-params")
        mode = choice("Padding mode", convolution.PADDING_MODES, "mode")
        flip = st.toggle("Flip the kernel (convolution as in mathematics)", key="flip", bind="query-params")
        start = st.number_input("Begin at step", 1, 400, 1, key="start", bind="query-params", help="For a link to a certain step.")

    with right, play_first():
        trace = convolution.trace(image, kernel, stride, padding, dilation, mode, flip)
        stepper("stepper", trace, StepperNames(weights="kernel w, flipped" if flip else "kernel w"), start=start - 1)
        st.latex(convolution_formula(stride, dilation, flip))
        sides = [(rows, "rows")] if rows == cols else [(rows, "rows"), (cols, "columns")]
        st.latex("".join(output_size_formula(n, side, stride, padding, dilation, what) for n, what in sides))
        st.caption(
            ("x is the padded image. " if padding else "")
            + (
                f"This is the convolution of mathematics, with the index shifted so that the window begins at i (K = {side})."
                if flip
                else "Networks compute this cross-correlation and call it convolution; the convolution of mathematics flips the kernel."
            )
        )
    backward(image, kernel, Geometry(stride, padding, dilation, mode, flip), (trace.output.shape[0], trace.output.shape[1]))


@section
def backward(image: torch.Tensor, kernel: torch.Tensor, geometry: Geometry, shape: tuple[int, int]) -> None:
    st.subheader("Backward: find the kernel from the map", anchor=False)
    st.markdown(
        "Say which map you want. The error is *s − t*, the loss *L = ½ Σ (s − t)²*. "
        "The gradient with respect to the kernel is again a convolution: **the image is the input, the error is the kernel**."
    )
    side = len(kernel)
    wish, learn = st.columns([1, 2.6], gap="medium")
    with wish:
        wanted = convolution.trace(image, EDGE if side == 3 else torch.eye(side), *geometry).output
        target = number_grid("Target map t", "target", wanted, shape, cell=2.6, signed=True)
        st.caption("At first: the map of another kernel, " + ("vertical edges (1, 0, −1 in each row)." if side == 3 else "the diagonal."))
        found = convolution.gradient(image, kernel, target, *geometry)
        rate = st.number_input(
            "Learning rate η",
            0.0,
            10.0,
            value=None,
            format="%g",
            placeholder=f"{found.safe_rate:.3g} (always falls)",
            key="rate",
            bind="query-params",
        )
        eta = found.safe_rate if rate is None else rate
        losses: list[float] = st.session_state.setdefault("losses", [])

        def learn_steps(count: int) -> None:
            new = kernel
            for _ in range(count):
                step = convolution.gradient(image, new, target, *geometry)
                losses.append(step.loss)
                new = new - eta * step.kernel_gradient
            set_numbers("kernel", new)
            draws(forward)()

        def start_again() -> None:
            losses.clear()
            set_numbers("kernel", KERNEL)
            draws(forward)()

        buttons = st.container(horizontal=True)
        buttons.button("One step", key="one", type="primary", icon=":material/step:", on_click=learn_steps, args=(1,))
        buttons.button("100 steps", key="hundred", icon=":material/fast_forward:", on_click=learn_steps, args=(100,))
        buttons.button("Start again", key="again", icon=":material/restart_alt:", on_click=start_again)
    with learn:
        st.markdown(f"Loss **L = {found.loss:.6g}** · next kernel: *w − η ∂L/∂w* with *η = {eta:.3g}*")
        if found.trace is not None:
            st.latex(kernel_gradient_formula(geometry.stride, geometry.dilation, geometry.flip))
            if geometry.flip:
                st.caption("With the kernel flipped, image and error are flipped too; the gradient is that of the kernel as typed.")
            flipped = ", flipped" if geometry.flip else ""
            names = StepperNames(input=f"image x{flipped}", weights=f"error s − t{flipped}", output="gradient ∂L/∂w", symbol="∂L/∂w")
            stepper("backward", found.trace, names)
        if losses:
            history = (*losses, found.loss)
            chart("losses_chart", f"Loss after each step: from {losses[0]:.4g} to {found.loss:.4g}", history, lambda: loss_curve(history))
    code(gradient_code(convolution_code(image, kernel, *geometry), target, eta))


own_run_link("conv", "The same operation inside a trained network")
try_this(
    PAGE,
    (
        Experiment("Padding 1 keeps the size: the map of a 5×5 image is 5×5. Watch what the border multiplies.", {"padding": "1"}),
        Experiment(
            "Dilation 2 spreads the kernel: nine numbers see 5×5 pixels of a 7×7 image.",
            {"rows": "7", "cols": "7", "dilation": "2", "image": ";".join(",".join(str((r * c) % 5) for c in range(7)) for r in range(7))},
        ),
        Experiment("An unsymmetric kernel, flipped: compare the map with and without the flip.", {"kernel": "1,0,-1;2,0,-2;1,0,-1", "flip": "true"}),
    ),
)
code = part(show_code)
source("Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 9; Dumoulin and Visin, A guide to convolution arithmetic, 2016.")
forward()
