"""Compare trainings, and keep order among one's runs."""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training import Experiment as Comparison
from cnnviz.training import Run, warm_up
from cnnviz.training.code import training_code
from cnnviz.training.recorded import recorded
from cnnviz.training.tricks import TRICKS
from cnnviz.ui.address import draw_again
from cnnviz.ui.comparing import (
    asked,
    experiment_shown,
    list_of_runs,
    manage,
    overlay,
    own_titles,
    show_experiment,
    show_outcomes,
    show_smallest,
    title_now,
)
from cnnviz.ui.components import browser_key
from cnnviz.ui.frame import (
    Experiment,
    clicked,
    draws,
    link,
    play_first,
    section,
    show_code,
    source,
    title,
    try_this,
)
from cnnviz.ui.live import MOST_RUNS
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import runs_in_menu
from cnnviz.ui.state import page_address
from cnnviz.ui.states.runs import USUAL_VALUES, Runs
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

BUNDLED = "batch_size"

title(
    "Runs",
    "Change one thing, train with several seeds, and see whether the difference is larger than the spread of the seeds.",
)
warm_up()


left, right = st.columns([1, 2.6], gap="medium")


def settings() -> None:
    """What to compare."""
    key = browser_key()
    Runs.dataset.draw(on_change=draws(asking, fewest_parameters))
    Runs.network.draw()
    differs = Runs.differs.draw(on_change=Runs.values.forget)
    Runs.values.draw()
    if not Runs.values.now:
        st.caption(_("Empty: {usual_values}", usual_values=_(USUAL_VALUES[differs])))
    second = Runs.second.draw(on_change=Runs.second_values.forget)
    if second != "none":
        Runs.second_values.draw()
        if not Runs.second_values.now:
            st.caption(_("Empty: {usual_values}", usual_values=_(USUAL_VALUES[second])))
    seeds, epochs = st.columns(2)
    Runs.seeds.draw(seeds)
    Runs.epochs.draw(epochs)
    Runs.limit.draw()
    Runs.sample.draw()
    try:
        specs = asked()
    except CnnvizError as error:
        specs = {}
        st.error(plain(error), icon=":material/error:")
    pressed = st.button(
        _("Train {count} runs", count=len(specs)),
        key="compare",
        type="primary",
        icon=":material/flag:",
        width="stretch",
        disabled=key is None or not specs,
    )
    with clicked(pressed, "compare", tuple(specs)):
        if pressed:
            Runs.race.set(Comparison.start(title_now(), specs, key).id)
            draw_again()
    if specs:
        code(training_code(next(iter(specs.values()))))


def shown() -> None:
    """The comparison of the address, or a bundled one."""
    experiment = experiment_shown()
    if experiment is not None:
        show_experiment(experiment)
        st.caption(_("The link to this comparison; whoever has it may look:"))
        st.code(page_address(Runs(race=experiment.id)), language=None)
        return
    trick = TRICKS[BUNDLED]
    st.markdown(
        _(
            "**{title}** · a bundled comparison: {question} {expect}",
            title=_(trick.title),
            question=_(trick.question),
            expect=_(trick.expect),
        )
    )
    show_outcomes(recorded(BUNDLED), trick.runs)


with left:
    asking = section(settings)
with right, play_first():
    comparison = section(shown)


@section
def my_runs() -> None:
    st.subheader(_("Your runs"), anchor=False)
    known: dict[str, Run] = {run.id: run for run in runs_in_menu()}
    titles = own_titles(known)
    fewest_parameters(list(known.values()))
    chosen = Runs.shown.draw(titles=titles, usual=list(titles)[:2])
    st.markdown(table_in_words(list_of_runs(list(known.values()))))
    if chosen:
        overlay({titles[run_id]: known[run_id] for run_id in chosen[:MOST_RUNS]})
    one = known[Runs.one.draw(titles=titles)]
    link(
        "pages/learning/training_lab.py",
        _("Open {title}", title=titles[one.id]),
        ":material/search:",
        {"run": one.id},
    )
    manage(one, browser_key("browser_key_of_runs"))


@section
def fewest_parameters(runs: list[Run]) -> None:
    st.subheader(_("The fewest parameters for an accuracy"), anchor=False)
    show_smallest(runs)


try_this(
    Experiment(
        "Three learning rates, a factor of ten apart: which is too small, which too large?",
        Runs(differs="learning_rate", values="0.003, 0.03, 0.3"),
    ),
    Experiment(
        "Adam or plain gradient descent, with two batch sizes: six runs in a grid.",
        Runs(differs="optimizer", values="sgd, adam", second="batch_size", second_values="16, 128"),
    ),
    Experiment(
        "Twenty settings are too many to try all: draw six of them at random.",
        Runs(
            differs="learning_rate",
            values="0.001, 0.003, 0.01, 0.03, 0.1",
            second="weight_decay",
            sample=6,
            seeds=1,
        ),
    ),
)
code = show_code()
source(
    "Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012; Inselberg, 1985 (parallel coordinates)."
)
asking()
comparison()
my_runs()
