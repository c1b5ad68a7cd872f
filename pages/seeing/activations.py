"""Activation functions: curves, real maps, deep stacks, and a race."""

import streamlit as st

from cnnviz.features import feature_maps
from cnnviz.figures import activation_curves, depth_histogram, map_sheet
from cnnviz.models import PRESETS
from cnnviz.models.variants import with_activation
from cnnviz.ops.activations import ACTIVATIONS, activations_code, identities, trace, unit_shares
from cnnviz.ops.depth import INITIALISATIONS, deep_stack
from cnnviz.training import TrainingSpec
from cnnviz.ui.activations import show_depth
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.frame import Experiment, draws, part, section, show_code, source, title, try_this, unfolding
from cnnviz.ui.images import choose_image
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.race import race
from cnnviz.ui.runs import choose_run, own_run_link
from cnnviz.ui.states.activations import TITLES, Activations
from cnnviz.ui.stepping import StepperNames, stepper
from cnnviz.words import _

title(
    "Activation functions",
    "Without a nonlinearity between them, many layers are only one; which nonlinearity it is decides whether gradients come through.",
)


@section
def curves() -> None:
    names = list(Activations.functions.draw(on_change=draws(curves, deep_layers, training)))
    left, right = st.columns(2)
    left.markdown(_("**Function φ(x)**"))
    with left:
        chart(
            "curves",
            _("Curves of {names}", names=", ".join(_(TITLES[name]) for name in names)),
            activation_curves,
            names,
        )
    right.markdown(_("**Derivative φ′(x)**: what a gradient is multiplied with on its way back"))
    with right:
        chart("slopes", _("Derivatives of the same functions"), activation_curves, names, derivative=True)
    box = unfolding(_("Formulas and sources"), "formulas", ":material/function:")
    for name in names if box.open else ():
        box.latex(rf"\text{{{TITLES[name]}}}: \quad {ACTIVATIONS[name].formula}")
        box.caption(ACTIVATIONS[name].reference)
    apart = remember(identities)
    st.markdown(
        _(
            "Checked at {points:,} points from −5 to 5: |tanh(x) − (2σ(2x) − 1)| is at most **{tanh:.1e}**, so they are one function. "
            "GELU and its tanh form differ by at most **{gelu:.1e}**.",
            points=apart.points,
            tanh=apart.tanh,
            gelu=apart.gelu,
        )
    )
    code(activations_code(names))


@section
def feature_map() -> None:
    st.subheader(_("On a real feature map"), anchor=False)
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        name = Activations.function.draw()
        run = choose_run()
        test = run.spec.load("test")
        chosen = choose_image(test, Activations.images)
        image = chosen.for_network(test.shape)
        network = network_of_run(run, run.steps[-1])
        maps = remember(feature_maps, network.model, image)
        with_maps = {key: key for key, values in maps.items() if values.shape[-1] > 1}
        layer = Activations.layer.draw(titles=with_maps, usual="conv1" if "conv1" in maps else "normalise")
        number = Activations.map.draw(high=len(maps[layer]) - 1)
    with right:
        before = maps[layer]
        after = ACTIVATIONS[name].function(before)
        shares = unit_shares(after, name)
        map_wall(
            "before_after",
            [
                WallItem(
                    _("before: {layer}", layer=layer),
                    map_sheet(before, what=_("maps of {layer}", layer=layer), signed=True),
                    "×".join(map(str, before.shape)),
                    target=200,
                ),
                WallItem(
                    _("after {titles}", titles=_(TITLES[name])),
                    map_sheet(after, what=_("maps after {titles}", titles=_(TITLES[name]))),
                    "×".join(map(str, after.shape)),
                    target=200,
                ),
            ],
        )
        st.markdown(
            _(
                "Exactly zero: **{zero:.1%}** of the values · saturated (no gradient comes through): **{saturated:.1%}**",
                zero=shares.zero,
                saturated=shares.saturated,
            )
        )
        side = min(8, *before.shape[1:])
        top, start = ((n - side) // 2 for n in before.shape[1:])
        window = before[number, top : top + side, start : start + side]
        st.caption(
            _("The middle {side}×{side} values of map {number}, one by one:", side=side, number=number)
        )
        stepper(
            "activation_stepper",
            trace(window, name),
            StepperNames(_("before"), "", _("after"), "y", TITLES[name]),
        )
    inside("relu", _("Before and after inside a trained network"))


@section
def deep_layers() -> None:
    st.subheader(_("In a deep stack"), anchor=False)
    names = Activations.functions.now
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        initialisation = Activations.init.draw()
        st.latex(INITIALISATIONS[initialisation].formula)
        depth = Activations.layers.draw()
        seed = Activations.stack_seed.draw()
        stacks = {key: remember(deep_stack, key, depth, 100, initialisation, seed) for key in names}
        shown = Activations.histogram.draw(titles={key: TITLES[key] for key in names} or {"relu": "ReLU"})
    with right:
        show_depth(stacks)
        if shown in stacks:
            words_of_shown = _("Histogram of the outputs of {titles} by layer", titles=_(TITLES[shown]))
            chart("depth_histogram", words_of_shown, depth_histogram, stacks[shown])


@section
def training() -> None:
    st.subheader(_("A race"), anchor=False)
    names = Activations.functions.now
    st.markdown(
        _("The same LeNet-5, the same first weights and batches; only the activation function differs.")
    )
    lenet = PRESETS["lenet5"]
    racers = {
        TITLES[key]: TrainingSpec(
            network=with_activation(lenet, key), epochs=1, batch_size=64, learning_rate=0.05
        )
        for key in names
    }
    race(
        Activations.race,
        _("Activation functions in LeNet-5"),
        racers,
        label=_("Train {count} networks", count=len(racers)),
    )


inside = part(own_run_link)
try_this(
    Experiment(
        "Twenty layers of sigmoids: how much gradient reaches the first?",
        Activations(functions="sigmoid,relu", init="xavier", histogram="sigmoid"),
    ),
    Experiment(
        "Weights ten times too small: every function loses its signal.",
        Activations(init="small", functions="tanh,relu,gelu", histogram="tanh"),
    ),
    Experiment(
        "GELU against its tanh form, and ELU: can you see the difference?",
        Activations(functions="elu,gelu,gelu_tanh"),
    ),
)
code = show_code()
source(
    "Goodfellow, Bengio and Courville, 2016, section 6.3; Glorot and Bengio, 2010; He et al., 2015; Hendrycks and Gimpel, 2016."
)
curves()
feature_map()
deep_layers()
training()
