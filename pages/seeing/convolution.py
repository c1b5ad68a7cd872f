"""One convolution with every product, forward and backward, on numbers that can be typed."""

import streamlit as st

from cnnviz.figures import loss_curve
from cnnviz.ops import convolution
from cnnviz.ops.convolution import convolution_code, gradient_code
from cnnviz.ui.charts import chart
from cnnviz.ui.convolution import (
    IMAGE,
    KERNEL,
    forget,
    geometry,
    image_and_kernel,
    learn,
    losses_so_far,
    usual_target,
    wanted,
)
from cnnviz.ui.fields import number_row
from cnnviz.ui.formulas import convolution_notes, gradient_notes
from cnnviz.ui.frame import Experiment, draws, play_first, section, show_code, source, title, try_this
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.states.convolution import Convolution
from cnnviz.ui.stepping import StepperNames, number_grid, stepper
from cnnviz.words import _

title(
    "Convolution",
    "A kernel slides over the image; at each place the numbers on top of each other are multiplied and added up.",
)


def learn_steps(count: int) -> None:
    learn(count)
    draws(grids, *results)()


def start_again() -> None:
    forget()
    draws(grids, *results)()


left, right = st.columns([1, 2.6], gap="medium")
with left:

    @section
    def sizes() -> None:
        number_row(Convolution.rows, Convolution.cols, Convolution.size, on_change=draws(grids, *results))

    @section
    def grids() -> None:
        now, redraw = Convolution, draws(grids, *results)
        number_grid(now.image, IMAGE, (now.rows.now, now.cols.now), cell=2.6, on_change=redraw)
        number_grid(now.kernel, KERNEL, (now.size.now, now.size.now), cell=2.6, signed=True, on_change=redraw)

    @section
    def ways() -> None:
        redraw = draws(*results)
        number_row(Convolution.stride, Convolution.padding, Convolution.dilation, on_change=redraw)
        Convolution.mode.draw(on_change=redraw)
        Convolution.flip.draw(on_change=redraw)
        Convolution.start.draw(on_change=draws(forward))


with right, play_first():

    @section
    def forward() -> None:
        (image, kernel), way = image_and_kernel(), geometry()
        trace = convolution.trace(image, kernel, *way)
        names = StepperNames(weights=_("kernel w, flipped") if way.flip else _("kernel w"))
        stepper("stepper", trace, names, start=Convolution.start.now - 1)
        rows, cols = image.shape
        st.markdown(
            convolution_notes(rows, cols, len(kernel), way.stride, way.padding, way.dilation, way.flip)
        )


st.subheader(_("Backward: find the kernel from the map"), anchor=False)
st.markdown(
    _(
        "Say which map you want. The error is *s − t*, the loss *L = ½ Σ (s − t)²*. "
        "The gradient with respect to the kernel is again a convolution: **the image is the input, the error is the kernel**."
    )
)
wish, backwards = st.columns([1, 2.6], gap="medium")
with wish:

    @section
    def wanted_map() -> None:
        usual = usual_target()
        if usual is not None:
            number_grid(
                Convolution.target,
                usual,
                (usual.shape[0], usual.shape[1]),
                cell=2.6,
                signed=True,
                on_change=draws(wanted_map, backward),
            )

    st.caption(
        _(
            "At first: the map of another kernel, vertical edges (1, 0, −1 in each row), or, where the kernel is not 3×3, the diagonal."
        )
    )

    @section
    def descent() -> None:
        Convolution.rate.draw(on_change=draws(backward))
        buttons = st.container(horizontal=True)
        buttons.button(
            _("One step"), key="one", type="primary", icon=":material/step:", on_click=learn_steps, args=(1,)
        )
        buttons.button(
            _("100 steps"), key="hundred", icon=":material/fast_forward:", on_click=learn_steps, args=(100,)
        )
        buttons.button(_("Start again"), key="again", icon=":material/restart_alt:", on_click=start_again)


with backwards:

    @section
    def backward() -> None:
        (image, kernel), way, target = image_and_kernel(), geometry(), wanted()
        if target is None:
            return
        found = convolution.gradient(image, kernel, target, *way)
        rate = Convolution.rate.now
        eta = found.safe_rate if rate is None else rate
        st.markdown(gradient_notes(found.loss, eta, way.stride, way.dilation, way.flip))
        if found.trace is not None:
            flipped = _(", flipped") if way.flip else ""
            names = StepperNames(
                input=_("image x{flipped}", flipped=flipped),
                weights=f"error s − t{flipped}",
                output=_("gradient ∂L/∂w"),
                symbol="∂L/∂w",
            )
            stepper("backward", found.trace, names)
        losses = losses_so_far()
        if losses:
            history = (*losses, found.loss)
            chart(
                "losses_chart",
                _("Loss after each step: from {loss:.4g} to {loss2:.4g}", loss=losses[0], loss2=found.loss),
                loss_curve,
                history,
            )
        code(gradient_code(convolution_code(image, kernel, *way), target, eta))


own_run_link("conv", _("The same operation inside a trained network"))
SEVEN = ";".join(",".join(str((r * c) % 5) for c in range(7)) for r in range(7))
try_this(
    Experiment(
        "Padding 1 keeps the size: the map of a 5×5 image is 5×5. Watch what the border multiplies.",
        Convolution(padding=1),
    ),
    Experiment(
        "Dilation 2 spreads the kernel: nine numbers see 5×5 pixels of a 7×7 image.",
        Convolution(rows=7, cols=7, dilation=2, image=SEVEN),
    ),
    Experiment(
        "An unsymmetric kernel, flipped: compare the map with and without the flip.",
        Convolution(kernel="1,0,-1;2,0,-2;1,0,-1", flip=True),
    ),
)
code = show_code()
source(
    "Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 9; Dumoulin and Visin, A guide to convolution arithmetic, 2016."
)
results = forward, wanted_map, backward
sizes()
grids()
ways()
forward()
wanted_map()
descent()
backward()
