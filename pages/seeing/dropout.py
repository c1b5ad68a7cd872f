"""Dropout: masks, expected values, co-adaptation, and predictions that waver."""

import streamlit as st
import torch

from cnnviz.data import load
from cnnviz.features import monte_carlo_dropout
from cnnviz.figures import draws_in_words, image_sheet, lines, spread_of_draws, unit_network
from cnnviz.ops import dropout
from cnnviz.ops.dropout import dropout_code
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.dropout import (
    TESTED,
    bundled_runs,
    correlation_items,
    few_images,
    one_with_dropout,
    show_verdict,
    trained_networks,
)
from cnnviz.ui.frame import Experiment, draws, part, play_first, section, show_code, source, title, try_this
from cnnviz.ui.memory import remember
from cnnviz.ui.race import race, race_picture
from cnnviz.ui.runs import own_run_link
from cnnviz.ui.states.dropout import Dropout
from cnnviz.words import _

LAYERS = (_("input"), _("hidden 1"), _("hidden 2"), _("output"))
INPUT = torch.tensor([1.0, -0.5, 2.0, 0.8])
title(
    "Dropout",
    "While training, each hidden unit is dropped at random, so no unit can rely on another; in evaluation, all of them work.",
)


@section
def masks() -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        p = Dropout.p.draw(on_change=draws(masks, expected_value, training))
        learning = Dropout.mode.draw() == "train"
        both = draws(masks, expected_value)
        number = Dropout.step_number.draw(disabled=not learning, on_change=both)

        def next_mask() -> None:
            Dropout.step_number.set(number + 1)
            both()

        st.button(
            _("Next step"),
            key="next",
            type="primary",
            icon=":material/skip_next:",
            on_click=next_mask,
            disabled=not learning,
        )
        st.latex(r"\tilde h = \frac{m \odot h}{1 - p}, \quad E[\tilde h] = h")
        st.latex(r"m_i \sim \text{Bernoulli}(1 - p)")
    with right, play_first():
        network = dropout.SmallNetwork.make()
        now = network.run(INPUT, p, number if learning else None)
        kept = [int(mask.sum()) for mask in now.masks[1:-1]]
        st.image(
            remember(unit_network, now.values, now.masks, network.weights, LAYERS),
            width="stretch",
            alt=_(
                "A network of 4, 6, 6 and 3 units; {kept} and {kept2} of the 6 hidden units stay",
                kept=kept[0],
                kept2=kept[1],
            ),
        )
        st.markdown(
            _(
                "**{kept} and {kept2}** of 6 hidden units stay; the values that stay are divided by 1 − p = **{p:.2f}**.",
                kept=kept[0],
                kept2=kept[1],
                p=1 - p,
            )
            if learning
            else _(
                "All units stay and nothing is scaled: because the training values were divided by 1 − p, the expected values are the same."
            )
        )


@section
def expected_value() -> None:
    st.subheader(_("The expected value stays"), anchor=False)
    p, number = Dropout.p.now, Dropout.step_number.now
    count = Dropout.draws.draw()
    means = dropout.running_means(2.0, p, count, number)
    st.markdown(
        _("A unit with value 2: the mean of {count} draws is **{mean:.3f}**.", count=count, mean=means[-1])
    )
    averages = {_("mean of the draws so far"): means.tolist(), _("value in evaluation"): [2.0] * count}
    words = _("The mean goes to 2; after {count} draws it is {mean:.3f}", count=count, mean=means[-1])
    chart("means", words, lines, averages, list(range(1, count + 1)), _("draws"), _("value"))
    code(dropout_code(p, number, count))


@section
def training() -> None:
    st.subheader(_("On few images, with and without"), anchor=False)
    st.markdown(
        _(
            "The same fully connected network on the same 500 digits. Without dropout it overfits: it memorises them; with dropout it generalises better."
        )
    )
    racers = few_images(Dropout.p.now or 0.5, Dropout.seeds.draw(st.columns([1, 3])[0]))
    results = race(
        Dropout.race,
        _("On few images, with and without dropout"),
        racers,
        label=_("Train both"),
        training=True,
    )
    if not results:
        st.caption(_("Two bundled runs, until you train your own:"))
        results = bundled_runs()
        race_picture("bundled", results, True, "accuracy")
    show_verdict(results)
    training.tell([(result.title, result.run.id) for result in results])


@part
def correlations() -> None:
    st.subheader(_("Co-adaptation: do the units say the same?"), anchor=False)
    st.markdown(
        _(
            "Correlation of the first hidden layer's units over 1,000 test images. Co-adapted units are correlated: strong colours."
        )
    )
    items = correlation_items(trained_networks(training.told or ()))
    map_wall("correlations", items)


@section
def certainty() -> None:
    st.subheader(_("Monte Carlo dropout: how sure is the network?"), anchor=False)
    left, right = st.columns([1, 2.6], gap="medium")
    test = remember(load, "mnist", "test", TESTED)
    dropping = one_with_dropout(trained_networks(training.told or ()))
    with left:
        clear, unclear = Dropout.clear.draw(), Dropout.unclear.draw()
        pair = test.images[[clear, unclear]].float() / 255
        map_wall(
            "pair", [WallItem("test images", image_sheet(pair, 2), unit=_("image"), target=110, legend=False)]
        )
    with right:
        named = [
            f"{what}: a {test.classes[int(test.labels[index])]}"
            for what, index in ((_("clear"), clear), (_("unclear"), unclear))
        ]
        clouds = {
            name: remember(monte_carlo_dropout, dropping.model, picture, 200)
            for name, picture in zip(named, pair, strict=True)
        }
        words = draws_in_words(clouds, test.classes)
        chart("clouds", words, spread_of_draws, clouds, test.classes)
        st.markdown(_("Dropout stays on in evaluation; 200 draws each. {words}.", words=words))


own_run_link("dropout", _("Dropout inside your trained network"))
try_this(
    Experiment("p = 0.8: how many units are left, and how large do they have to be?", Dropout(p=0.8)),
    Experiment(
        "Evaluation: no mask, no scaling. Compare the outputs with the training steps.",
        Dropout(mode="evaluation"),
    ),
    Experiment("Ten draws are not enough: how far is the mean from 2?", Dropout(draws=10, p=0.75)),
)
code = show_code()
source(
    "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014; Gal and Ghahramani, 2016; Goodfellow et al., 2016, section 7.12."
)
masks()
expected_value()
training()
correlations()
certainty()
