"""Kernels on real photographs, and inside a network."""

import streamlit as st
import torch

from cnnviz.data import load
from cnnviz.figures import map_sheet
from cnnviz.models import PRESETS
from cnnviz.models.variants import with_first_kernel_size, with_fixed_kernel
from cnnviz.ops.kernels import PATTERNS, apply, grey, kernel_code
from cnnviz.training import TrainingSpec
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.frame import Experiment, draws, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import ChosenImage, choose_image
from cnnviz.ui.kernels import ChosenKernel, all_kernels, choose_kernel, learned_kernels, sorted_kernels
from cnnviz.ui.memory import remember
from cnnviz.ui.race import race
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.states.kernels import Kernels
from cnnviz.ui.viewers import lens
from cnnviz.words import _

title(
    "Kernels", "Nine numbers, or twenty-five, decide whether a convolution blurs, sharpens, or finds edges."
)


def brightness_of(chosen: ChosenImage) -> torch.Tensor:
    return remember(grey, chosen.pixels)


def applied(brightness: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return apply(brightness / 255, weights)


def show(key: str, chosen: ChosenKernel, brightness: torch.Tensor, what: str, signed: bool) -> None:
    result = remember(applied, brightness, chosen.weights)
    lens(
        key,
        brightness,
        result,
        chosen.weights,
        signed=signed,
        what=what,
        title=f"{_(chosen.title)}: {_(chosen.does)}",
    )


@section
def photograph() -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        first = choose_kernel(Kernels.first)
        signed = Kernels.show.draw() == "signed"
        two = Kernels.two.draw()
        chosen = choose_image(load("mnist", "test"), Kernels.images)
    with right, play_first():
        show(
            "lens_a",
            first,
            brightness_of(chosen),
            _("{what}, as brightness 0 to 1", what=_(chosen.what)),
            signed,
        )
        sheet = remember(map_sheet, first.weights.unsqueeze(0), what=_("kernel"), signed=True)
        map_wall(
            "kernel_wall", [WallItem("kernel", sheet, "×".join(map(str, first.weights.shape)), target=110)]
        )
        if first.formula:
            st.latex(first.formula)
    if two:
        beside(chosen, signed)
    training(first)
    code(kernel_code(chosen.code, first.code))


@section
def beside(chosen: ChosenImage, signed: bool) -> None:
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        second = choose_kernel(Kernels.second)
    with right:
        show(
            "lens_b",
            second,
            brightness_of(chosen),
            _("{what}, as brightness 0 to 1", what=_(chosen.what)),
            signed,
        )


def take(name: str, number: int) -> None:
    """A kernel of the gallery becomes that of the page."""
    kind, _space, which = name.partition(" ")
    Kernels.first.kernel.set(which if kind == "hand" else "learned")
    Kernels.first.number.set(0 if kind == "hand" else int(which or number))
    draws(photograph)()


@section
def gallery() -> None:
    st.subheader(_("Gallery: made by hand, and learned"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        pattern = Kernels.answers.draw()
    run_name, learned, _code = learned_kernels()
    with right:
        if pattern == "none":
            map_wall("gallery", remember(all_kernels, learned, run_name), on_pick=take)
            return
        items, made, trained = remember(sorted_kernels, learned, pattern)
        st.markdown(
            _(
                "Of the kernels made by hand, **{made}** answers most; of the learned ones, **{learned}**.",
                made=made,
                learned=trained,
            )
        )
        map_wall("gallery", items, on_pick=take)
        st.caption(
            _(
                "The number: what the kernel makes of {pattern} in the middle of its window, divided by the sum of its weights' amounts. "
                "1: all its weights speak for it; 0: it does not see it. Click a kernel to use it above.",
                pattern=_(PATTERNS[pattern].title),
            )
        )


@section
def training(first: ChosenKernel) -> None:
    st.subheader(_("Your kernel inside a network"), anchor=False)
    st.markdown(
        _(
            "The kernel above becomes the first filter of a network and stays frozen; all other weights are learned. "
            "The second network is the same, but learns all its filters. Does a good kernel help? Try a Sobel kernel, then a blur."
        )
    )
    if first.weights.shape[0] <= 7:
        fast = PRESETS["fast"]
        racers = {
            _("{title}, frozen", title=_(first.title)): TrainingSpec(
                network=with_fixed_kernel(fast, first.weights), epochs=2
            ),
            "all filters learned": TrainingSpec(
                network=with_first_kernel_size(fast, first.weights.shape[0]), epochs=2
            ),
        }
        race(Kernels.frozen, _("A fixed kernel or a free one"), racers, label=_("Train both"))
    else:
        st.info(_("Kernels up to 7×7 fit into the network. Choose a smaller side."), icon=":material/info:")


own_run_link("conv", _("The kernels of a trained network at work"))
try_this(
    Experiment(
        "Vertical against horizontal edges on the brick wall: which kernel answers to which?",
        Kernels(photo="brick", two=True, second="sobel_y", answers="vertical"),
    ),
    Experiment(
        "A Gabor kernel at 45°: which hairs of the cat does it find?",
        Kernels(kernel="gabor", kernel_side="11", kernel_angle=45),
    ),
    Experiment(
        "Type your own: change one number of a sharpening kernel and watch.",
        Kernels(kernel="own", kernel_side="3", kernel_own="0,-1,0;-1,5,-1;0,-1,0"),
    ),
)
code = show_code()
source(
    "Goodfellow, Bengio and Courville, 2016, section 9.10; Szeliski, Computer Vision: Algorithms and Applications, section 3.2; Powell, Image kernels."
)
photograph()
gallery()
