"""The tricks of training, each as an experiment with a bundled result."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.training import ACTIVE, warm_up
from cnnviz.training.outcomes import outcomes
from cnnviz.training.recorded import recorded
from cnnviz.training.tricks import TRICKS, Trick
from cnnviz.ui.comparisons import beside_the_best, compared
from cnnviz.ui.frame import Experiment, play_first, section, show_code, source, title, try_this
from cnnviz.ui.ideas import quantity, show_own_curves
from cnnviz.ui.memory import remember
from cnnviz.ui.race import race
from cnnviz.ui.states.training_tricks import TrainingTricks
from cnnviz.ui.tables import table_in_words
from cnnviz.ui.training_tricks import (
    how,
    racers,
    rows_of,
    show_curves,
    show_look,
    titles_by_number,
    tricks_code,
)
from cnnviz.ui.trick_views import VIEWS, View
from cnnviz.words import _

title(
    "Training tricks",
    "What the lecture's last slide leaves out: each trick is a training with it and without it, several times, and the same in all else.",
)
warm_up()


@section
def experiment() -> None:
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        name = TrainingTricks.trick.draw()
    if name in VIEWS:
        look(name, left, right)
        return
    trick, found = TRICKS[name], recorded(name)
    with left:
        words(trick)
        curve = quantity(TrainingTricks.curve.draw())
    with right, play_first():
        show_curves(name, curve)
        st.caption(how(trick))
    st.markdown(table_in_words(rows_of(found)))
    st.markdown(f"{compared(found)} {beside_the_best(found)} {_(trick.note)}")
    show_look(name)
    st.caption(_("Source: {source}", source=trick.source))
    own(name)
    code(remember(tricks_code, name))


def words(about: Trick | View) -> None:
    st.markdown(_("**The question.** {question}", question=_(about.question)))
    st.info(_("**What to expect.** {expect}", expect=_(about.expect)), icon=":material/psychology:")


def look(name: str, left: DeltaGenerator, right: DeltaGenerator) -> None:
    """A trick that needs no new training."""
    view = VIEWS[name]
    with left:
        words(view)
        st.caption(_("Source: {source}", source=view.source))
    with right:
        view.show()
    code(view.code())


@section
def own(name: str) -> None:
    st.subheader(_("Train it yourself"), anchor=False)
    trick = TRICKS[name]
    titles = titles_by_number(trick)
    chosen = TrainingTricks.runs.draw(titles=titles, usual=list(titles)[:3])
    left, right, __ = st.columns([1, 1, 2])
    seeds, epochs = TrainingTricks.seeds.draw(left), TrainingTricks.epochs.draw(right)
    runs = racers(trick, chosen, seeds, epochs)
    results = race(
        TrainingTricks.race,
        _(trick.title),
        runs,
        label=_("Train {count} networks", count=len(runs)),
        training=True,
    )
    found = outcomes({result.title: result.run for result in results})
    if found and not any(result.run.state in ACTIVE for result in results):
        st.markdown(table_in_words(rows_of(found)))
        st.markdown(compared(found))
        if any(len(one.courses) > 1 for one in found):
            show_own_curves(found, "accuracy")


try_this(
    Experiment(
        "Which first weights let eight layers learn? Look at the signals by depth first.",
        TrainingTricks(trick="initialisation"),
    ),
    Experiment(
        "A flip helps with clothes. Does it help with digits?",
        TrainingTricks(trick="flip"),
    ),
    Experiment(
        "All labels random: what does the network learn, and what does it answer?",
        TrainingTricks(trick="noise", curve="loss"),
    ),
)
code = show_code()
source("The lecture's last slide; each experiment names its paper.")
experiment()
