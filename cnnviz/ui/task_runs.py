"""Trainings of other tasks than the class of a whole image, on the page of their task: which run, live curves, commands."""

from collections.abc import Callable, Sequence

import streamlit as st

from cnnviz.data import ImageDataset
from cnnviz.errors import CnnvizError
from cnnviz.training import ACTIVE, TASKS, Run, TrainingSpec, start
from cnnviz.ui.address import draw_again
from cnnviz.ui.components import browser_key
from cnnviz.ui.fields import Open, Text
from cnnviz.ui.frame import clicked
from cnnviz.ui.live import live_curves, watch
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.ui.outside import plain
from cnnviz.ui.runs import choose_step, commands, describe, notices, remember_opened, run_here
from cnnviz.ui.take_away import take_away
from cnnviz.words import _, say


def run_of_task(task: str, field: Text, example: str) -> Run:
    """The run of the address or of this session, else the bundled one; a sentence, if it cannot be shown."""
    try:
        run = _run_of(task, field, example)
    except CnnvizError as error:
        st.error(plain(error), icon=":material/error:")
        return run_here(example)
    if run.id != example:
        remember_opened(run.id)
    field.shows("" if run.id == example else run.id, None if run.id == example else run.id)
    return run


def run_looked_at(task: str, field: Text, example: str) -> Run | None:
    """The run that another section of the page looks at; ``None`` before its first weights. That section says what cannot be shown."""
    try:
        run = _run_of(task, field, example)
    except CnnvizError:
        run = run_here(example)
    return run if run.steps else None


def _run_of(task: str, field: Text, example: str) -> Run:
    """
    Raises:
        CnnvizError: there is no such run, or it learns something else.
    """
    run = run_here(field.now or example)
    if run.spec.task != task:
        raise CnnvizError(
            say(
                "This run learns {task}, not {task2}. Here is the bundled example instead.",
                task=run.spec.task,
                task2=task,
            )
        )
    return run


def begun(run: Run) -> bool:
    """Whether there are weights to look at; says so if not."""
    if not run.steps:
        st.info(
            _("The first weights appear as soon as the run has started."), icon=":material/hourglass_empty:"
        )
    return bool(run.steps)


def network_now(run: Run, step: int | None) -> OpenNetwork:
    """The run's network at the chosen step, the newest if there is none."""
    steps = run.steps
    return network_of_run(run, step if step in steps else steps[-1])


def start_button(spec: Callable[[], TrainingSpec], field: Text, step: Open, label: str) -> None:
    """Trains, and shows the run from then on."""
    key = browser_key("browser_key_of_start")
    pressed = st.button(
        label, key="train_task", type="primary", icon=":material/play_circle:", disabled=key is None
    )
    with clicked(pressed, "train_task"):
        if pressed:
            run = start(spec(), key)
            field.set(run.id)
            step.forget()
            draw_again()


def watch_run(
    key: str,
    run: Run,
    step: Open,
    example: str,
    draw: Callable[[OpenNetwork, ImageDataset], None],
    on_step: Callable[[], None],
) -> None:
    """Commands, curves and step player of a run; and what ``draw`` makes of its network, again whenever it has learned more.

    Args:
        draw: gets the network at the chosen step and the test images.
        on_step: called when another step was chosen.
    """

    def view() -> None:
        if run.id != example:
            commands(run, browser_key("browser_key_of_task"))
        live_curves(
            key,
            {run.spec.network_name: run},
            weights=True,
            step=step.now if step.now is None else int(step.now),
            names={"accuracy": _(TASKS[run.spec.task].score_name)},
        )
        if words := TASKS[run.spec.task].training_score:
            st.caption(
                _(
                    "Beside the {score_name} of the test scenes, for training: {words}.",
                    score_name=_(TASKS[run.spec.task].score_name),
                    words=words,
                )
            )
        notices(run, [])
        if not begun(run):
            return
        chosen = choose_step(f"{key}_step", run, live=run.state in ACTIVE, place=step, on_step=on_step)
        draw(network_now(run, chosen), run.spec.load("test"))

    st.markdown(
        f"**{plain(describe(run))}**"
        + (_(" · the bundled example: press Train to start your own") if run.id == example else "")
    )
    watch(key, [run], view)


def files_of(run: Run, step: int | None) -> None:
    """What one takes away of the run."""
    if run.steps:
        take_away(run, step if step in run.steps else run.steps[-1])


def percent_table(names: Sequence[str], **columns: Sequence[float]) -> list[dict[str, str]]:
    """Rows for ``table_in_words``: a class each, with shares; a dash where there is none."""
    return [
        {
            _("class"): name,
            **{
                title.replace("_", " "): "—" if (value := values[number]) != value else f"{value:.1%}"
                for title, values in columns.items()
            },
        }
        for number, name in enumerate(names)
    ]
