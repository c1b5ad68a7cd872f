"""Several trainings that differ in one thing, started by one click and watched in one picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training import Experiment, Run, TrainingSpec, open_experiment, open_run
from cnnviz.ui.components import browser_key
from cnnviz.ui.fields import Text
from cnnviz.ui.frame import clicked
from cnnviz.ui.live import MOST_RUNS, Quantity, live_curves, watch
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import remember_opened
from cnnviz.words import _, say


@dataclass(frozen=True)
class Result:
    """A run of a race, by its title."""

    title: str
    run: Run


def race(
    field: Text,
    title: str,
    racers: Mapping[str, TrainingSpec],
    *,
    label: str,
    training: bool = False,
    quantity: Quantity = "accuracy",
    score_name: str = "",
) -> list[Result]:
    """A button that trains all, the curves of the last race, and its table.

    Args:
        field: of the page's state; holds the experiment that is shown.
        title: what the race asks; whoever opens its link reads it, and the titles of the runs.
        racers: title -> what to train; same seed and batches, so that only the named thing differs.
        training: draw the training curves as well.
        score_name: what the runs measure, if it is not the accuracy.

    Returns:
        the runs of the race, in the order of the table; empty before the first.
    """
    secret, key = browser_key(), field.name
    pressed = st.button(
        label,
        key=f"{key}_start",
        type="primary",
        icon=":material/flag:",
        disabled=secret is None or not racers,
    )
    with clicked(pressed, f"{key}_start", tuple(racers)):
        if pressed:
            if len(racers) > MOST_RUNS:
                raise CnnvizError(
                    say(
                        "A picture holds 1 to {most_runs} runs, but this one has {count}. Choose fewer networks or seeds.",
                        most_runs=MOST_RUNS,
                        count=len(racers),
                    )
                )
            field.set(Experiment.start(title, racers, secret).id)
    shown = field.now
    if not shown:
        return []
    try:
        heading, results = _raced(shown)
    except CnnvizError as error:
        st.error(plain(error), icon=":material/error:")
        return []
    for result in results:
        remember_opened(result.run.id)
    st.markdown(f"**{plain(heading)}**" if heading else _("Runs of a link:"))
    watch(
        f"{key}_curves",
        [result.run for result in results],
        lambda: race_picture(key, results, training, quantity, score_name),
    )
    return results


def _raced(shown: str) -> tuple[str, list[Result]]:
    """Title and runs of an experiment; or of a link from before there were experiments: ``run,run``.

    Raises:
        CnnvizError: there is none, or none of its runs is left.
    """
    if not shown.startswith("experiment-"):
        runs = [open_run(run_id) for run_id in shown.split(",")[:MOST_RUNS]]
        return "", [Result(run.spec.network_name, run) for run in runs]
    experiment = open_experiment(shown)
    results = [Result(title, run) for title, run in experiment.runs.items()]
    if not results:
        raise CnnvizError(
            say(
                "The runs of “{title}” have been deleted to make room. Train them again.",
                title=_(experiment.title),
            )
        )
    return _(experiment.title), results


def race_picture(
    key: str, results: list[Result], training: bool, quantity: Quantity, score_name: str = ""
) -> None:
    """Curves and table of runs, growing where they grow; what went wrong with them."""
    live_curves(
        f"{key}_curves",
        {result.title: result.run for result in results},
        (quantity,),
        training=training,
        names={"accuracy": score_name} if score_name else None,
    )
    for result in results:
        status = result.run.status
        if status.state in ("diverged", "failed", "interrupted"):
            st.warning(f"{plain(_(result.title))}: {plain(_(status.message))}", icon=":material/warning:")
