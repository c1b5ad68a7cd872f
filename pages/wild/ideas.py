"""The ideas behind the classic architectures, each as an experiment with one switch."""

import streamlit as st

from cnnviz.models import ARCHITECTURES
from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.training import ACTIVE, warm_up
from cnnviz.training.outcomes import bundled, outcomes
from cnnviz.ui.comparisons import compared
from cnnviz.ui.components import network_view
from cnnviz.ui.frame import (
    Experiment,
    link,
    part,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.ideas import (
    drawing_of,
    how,
    ideas_code,
    quantity,
    racers,
    rows_of,
    show_curves,
    show_frequencies,
    show_gradients,
    show_own_curves,
    show_reuse,
    show_work,
    times,
    titles_by_name,
    usual_curve,
    usual_names,
)
from cnnviz.ui.jobs import job
from cnnviz.ui.memory import remember
from cnnviz.ui.race import race
from cnnviz.ui.states.architectures import Architectures
from cnnviz.ui.states.ideas import Ideas
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

title(
    "Ideas",
    "Each idea that made networks better is one switch: train with it and without it, with several seeds, and compare.",
)
warm_up()


@section
def experiment() -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        name = Ideas.idea.draw()
        idea, found = IDEAS[name], bundled(name).outcomes
        st.markdown(_("**The question.** {question}", question=_(idea.question)))
        st.info(_("**What to expect.** {expect}", expect=_(idea.expect)), icon=":material/psychology:")
        curve = quantity(Ideas.curve.draw(usual=usual_curve(idea)))
        measured = Ideas.measured.draw()
        state = Architectures(architecture=idea.architecture)
        link(
            state.page,
            _("Open {title}, which has it", title=_(ARCHITECTURES[idea.architecture].title)),
            ":material/account_tree:",
            state.parameters(),
        )
    with right, play_first():
        show_curves(name, curve)
        st.caption(how(name))
    took = job("times", _("Running each network on one image"), times, name) if measured else None
    st.markdown(table_in_words(rows_of(found, took)))
    st.markdown(f"{compared(found)} {_(idea.note)}")
    if idea.look == "gradients":
        show_gradients(name)
    elif idea.look == "reuse":
        show_reuse(bundled(name).dataset)
    elif idea.look == "frequencies":
        st.subheader(_("Both frequencies, and what they save"), anchor=False)
        charted, walls = st.columns(2, gap="medium")
        with charted:
            show_work(found, took)
        with walls:
            show_frequencies(bundled(name).dataset, Ideas.number.draw())
    networks(name)
    own(name)
    code(remember(ideas_code, name))


@part
def networks(name: str) -> None:
    st.subheader(_("The two, drawn"), anchor=False)
    for one, place, key in zip(IDEAS[name].pair, st.columns(2), "ab", strict=True):
        with place:
            network_view(f"drawing_{key}", remember(drawing_of, name, one))


@section
def own(name: str) -> None:
    st.subheader(_("Train it yourself"), anchor=False)
    idea = IDEAS[name]
    chosen = Ideas.networks.draw(titles=titles_by_name(idea), usual=usual_names(idea))
    left, right, __ = st.columns([1, 1, 2])
    seeds, epochs = Ideas.seeds.draw(left), Ideas.epochs.draw(right)
    runs = racers(name, chosen, seeds, epochs)
    curve = usual_curve(idea)
    results = race(
        Ideas.race,
        _(idea.title),
        runs,
        label=_("Train {count} networks", count=len(runs)),
        training=curve == "loss",
        quantity=curve,
    )
    found = outcomes({result.title: result.run for result in results})
    if found and not any(result.run.state in ACTIVE for result in results):
        st.markdown(table_in_words(rows_of(found)))
        if any(len(one.courses) > 1 for one in found):
            show_own_curves(found, curve)


try_this(
    Experiment(
        "56 plain layers learn worse than 8, even the training images. With skip connections?",
        Ideas(idea="residual", curve="loss"),
    ),
    Experiment(
        "Global average pooling against fully connected layers: a fifteenth of the parameters. What does it cost?",
        Ideas(idea="head"),
    ),
    Experiment(
        "Octave convolution saves multiply-adds. Does it save time here? Measure.",
        Ideas(idea="octave", measured=True),
    ),
)
code = show_code()
source(
    "Each experiment names its paper; the lecture's slides on VGG, GoogLeNet, ResNet, DenseNet and OctConv."
)
experiment()
