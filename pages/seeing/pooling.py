"""Pooling: stepped on own numbers, on real maps, and when the digit moves."""

import streamlit as st
import torch

from cnnviz.data import load
from cnnviz.features import feature_maps, shift_test
from cnnviz.models import PRESETS
from cnnviz.models.variants import without_pooling
from cnnviz.ops import pooling
from cnnviz.ops.pooling import pooling_code
from cnnviz.training import TrainingSpec, open_run
from cnnviz.ui.components import map_wall
from cnnviz.ui.fields import number_row
from cnnviz.ui.frame import Experiment, draws, play_first, section, show_code, source, title, try_this
from cnnviz.ui.images import choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.pooling import pooled_items, show_moved, show_shift
from cnnviz.ui.race import race
from cnnviz.ui.runs import EXAMPLE, own_run_link
from cnnviz.ui.states.pooling import Pooling
from cnnviz.ui.stepping import StepperNames, number_grid, stepper
from cnnviz.words import _

TITLES = {name: _(entry.title) for name, entry in pooling.POOLINGS.items()}
NUMBERS = [
    torch.tensor([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]),
    torch.tensor([[0.0, 3, 0, 1], [2, 9, 4, 2], [1, 0, 5, 5], [7, 1, 2, 0]]),
]


title(
    "Pooling",
    "One number stands for a whole window: the map gets smaller, and small shifts matter less. Each channel is pooled on its own.",
)


@section
def numbers() -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        mode = Pooling.mode.draw()
        ways, both = st.columns(3), draws(numbers, real_maps)
        size = Pooling.window.draw(ways[0], on_change=both)
        stride = Pooling.stride.draw(ways[1], on_change=both)
        padding = Pooling.padding.draw(ways[2])
        rows, cols = number_row(Pooling.rows, Pooling.cols)
        whole = Pooling.whole.draw()
        ceil = Pooling.ceil.draw()
        channel = int(Pooling.channel.draw())
        tables = zip((Pooling.channel0, Pooling.channel1), NUMBERS, strict=True)
        grids = [number_grid(table, usual, (rows, cols), cell=2.6) for table, usual in tables]
    with right, play_first():
        image = torch.stack(grids)
        trace = pooling.trace(
            image,
            (rows, cols) if whole else size,
            None if whole else stride,
            mode,
            0 if whole else padding,
            ceil=ceil and not whole,
        )
        stepper(
            "pooling_stepper",
            trace,
            StepperNames(_("channel {channel}", channel=channel), _("weights"), _("pooled"), "y"),
            channel=channel,
        )
        st.latex(pooling.POOLINGS[mode].formula)
        st.caption(
            _(
                "{shape} → {shape2}: {count} channels stay {output} channels. {reference}.",
                shape=tuple(image.shape),
                shape2=tuple(trace.output.shape),
                count=len(image),
                output=len(trace.output),
                reference=pooling.POOLINGS[mode].reference,
            )
        )
    code(
        pooling_code(
            image,
            (rows, cols) if whole else (size, size),
            min(rows, cols) if whole else stride,
            0 if whole else padding,
            mode,
            ceil and not whole,
        )
    )


@section
def real_maps() -> None:
    st.subheader(_("On real maps"), anchor=False)
    pooled, strided = (
        network_of_run(run, run.steps[-1]) for run in map(open_run, (EXAMPLE, "example_strided"))
    )
    networks = {_("with max pooling"): pooled, _("strided convolution"): strided}
    test = load("mnist", "test")
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        chosen = choose_image(test, Pooling.images)
        reach = Pooling.reach.draw()
    digit = chosen.for_network(test.shape)
    answer = remember(feature_maps, pooled.model, digit)
    maps = answer["relu1"]
    with right:
        size, stride = Pooling.window.now, Pooling.stride.now
        map_wall("pooled_maps", remember(pooled_items, maps, size, stride))

    st.subheader(_("Translation invariance: does it matter where the digit is?"), anchor=False)
    st.markdown(
        _(
            "The digit moves sideways, pixel by pixel, through two trained networks: one with max pooling, one with strided convolutions instead. "
            "They have the same number of weights and saw the same images."
        )
    )
    true = chosen.label if chosen.label is not None else int(answer["fc1"].flatten().argmax())
    shifts = range(-reach, reach + 1)
    tests = {
        name: remember(shift_test, network.model, digit, true, shifts) for name, network in networks.items()
    }
    show_shift(tests, reach, true)
    show_moved(networks, test, reach)


@section
def training() -> None:
    st.markdown(_("Train both yourself, with the seed and the batches that you want:"))
    seed = Pooling.race_seed.draw()
    tiny = PRESETS["tiny"]
    race(
        Pooling.race,
        _("Max pooling or strided convolutions"),
        {
            "max pooling": TrainingSpec(network=tiny, seed=seed),
            "strided": TrainingSpec(network=without_pooling(tiny), seed=seed),
        },
        label=_("Train both"),
    )


own_run_link("pool", _("Pooling inside a trained network"))
try_this(
    Experiment(
        "Windows that overlap: size 3, stride 1, weighted by the distance from the middle.",
        Pooling(mode="distance", window=3, stride=1),
    ),
    Experiment(
        "Global average pooling: a whole map becomes one number.", Pooling(mode="average", whole=True)
    ),
    Experiment(
        "Five columns do not divide by two. What happens to the last one, with and without ceil?",
        Pooling(cols=5, ceil=True),
    ),
)
code = show_code()
source(
    "Goodfellow, Bengio and Courville, 2016, section 9.3; Zhang, Making convolutional networks shift-invariant again, 2019; Springenberg et al., 2015."
)
numbers()
real_maps()
training()
