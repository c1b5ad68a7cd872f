"""Comparisons of trainings and the list of runs, on a page."""

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st
from plotly.graph_objects import Figure

from cnnviz.data import DATASETS
from cnnviz.errors import CnnvizError
from cnnviz.figures.outcomes import curves_with_spread, parallel_settings
from cnnviz.training import (
    ACTIVE,
    Experiment,
    Run,
    TrainingSpec,
    delete,
    open_experiment,
    read_values,
    sweep_specs,
)
from cnnviz.training.outcomes import Outcome, outcomes
from cnnviz.ui.address import draw_again
from cnnviz.ui.charts import chart
from cnnviz.ui.comparisons import beside_the_best, compared, percent
from cnnviz.ui.frame import clicked, link
from cnnviz.ui.live import MOST_RUNS, live_curves, watch
from cnnviz.ui.outside import plain
from cnnviz.ui.race import Result, race_picture
from cnnviz.ui.runs import EXAMPLE, run_title
from cnnviz.ui.states.runs import SETTINGS, USUAL_VALUES, Runs
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _, say

ACCURACY = say("test accuracy")
USUAL_LIMIT = 2000


def asked() -> dict[str, TrainingSpec]:
    """What each run of the comparison on the page is called -> what to train.

    Raises:
        CnnvizError: a value is none of its setting, or there are too many runs.
    """
    limit, sample = Runs.limit.now, Runs.sample.now
    base = TrainingSpec(
        Runs.dataset.now,
        Runs.network.now,
        Runs.epochs.now,
        limit=USUAL_LIMIT if limit is None else int(limit),
    )
    settings = {Runs.differs.now: values_of(Runs.differs.now, Runs.values.now)}
    if Runs.second.now not in ("none", Runs.differs.now):
        settings[Runs.second.now] = values_of(Runs.second.now, Runs.second_values.now)
    return sweep_specs(base, Runs.seeds.now, sample=None if sample is None else int(sample), **settings)


def values_of(setting: str, text: str) -> list[object]:
    """What was typed, or the usual values."""
    return read_values(setting, text or USUAL_VALUES[setting])


def title_now() -> str:
    """What the comparison asks."""
    things = [SETTINGS[name] for name in (Runs.differs.now, Runs.second.now) if name in SETTINGS]
    return _(
        "{fromkeys}: {now} on {title}",
        fromkeys=_(" and ").join(dict.fromkeys(things)),
        now=Runs.network.now,
        title=_(DATASETS[Runs.dataset.now].title),
    )


def rows_of(found: Sequence[Outcome]) -> list[dict[str, str]]:
    """A row a combination, the best first."""
    ordered = sorted(found, key=lambda one: -one.accuracy.mean)
    return [
        {
            _("training"): plain(_(one.title)),
            _("test accuracy"): percent(one.accuracy),
            _("training loss"): f"{one.loss.mean:.3g}",
            _("seeds"): str(len(one.courses)),
        }
        for one in ordered
    ]


def show_outcomes(found: Sequence[Outcome], specs: Mapping[str, TrainingSpec]) -> None:
    """Table, verdict, curves with their spread, and each training as a line through its settings.

    Args:
        specs: title of a combination -> one of its trainings.
    """
    st.markdown(table_in_words(rows_of(found)))
    st.markdown(f"{compared(found)} {beside_the_best(found)}")
    if len(found) <= MOST_RUNS:
        words = "; ".join(f"{_(one.title)} {one.accuracy.mean:.1%}" for one in found)
        chart(
            "spread",
            _("Test accuracy at the end: {words}", words=words),
            curves_with_spread,
            tuple(found),
            "accuracy",
        )
    rows = settings_rows(found, specs)
    if rows and len(rows[0]) > 1:
        st.markdown(_("**Each training as a line through its settings to its accuracy**"))
        words = "; ".join(f"{_(one.title)}: {one.accuracy.mean:.1%}" for one in found)
        chart("parallel", words, parallel_figure, rows)


def parallel_figure(rows: Sequence[Mapping[str, float | str]]) -> Figure:
    return parallel_settings(rows, ACCURACY)


def settings_rows(
    found: Sequence[Outcome], specs: Mapping[str, TrainingSpec]
) -> list[dict[str, float | str]]:
    """A row a training, with the settings in which they differ and its accuracy."""
    told = {title: spec.to_dict() for title, spec in specs.items()}
    names = [name for name in SETTINGS if len({str(one[name]) for one in told.values()}) > 1]
    rows: list[dict[str, float | str]] = []
    for one in found:
        if one.title not in specs:
            continue
        for course in one.courses:
            row: dict[str, float | str] = {
                SETTINGS[name]: _shown(told[one.title][name], specs[one.title], name) for name in names
            }
            rows.append({**row, ACCURACY: course.accuracy[-1]})
    return rows


def _shown(value: object, spec: TrainingSpec, name: str) -> float | str:
    if name == "network":
        return spec.network_name
    if isinstance(value, int | float):
        return float(value)
    return "+".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)


def show_experiment(experiment: Experiment) -> None:
    """Runs of a comparison while they train, and what they came to."""
    runs = experiment.runs
    results = [Result(title, run) for title, run in runs.items()]
    st.markdown(f"**{plain(_(experiment.title))}**")

    def picture() -> None:
        if len(results) <= MOST_RUNS:
            race_picture("race", results, False, "accuracy")
            return
        done = [result for result in results if result.run.state not in ACTIVE]
        st.progress(
            len(done) / len(results),
            _("{count} of {results} runs have ended", count=len(done), results=len(results)),
        )

    watch("race_curves", [result.run for result in results], picture)
    found = outcomes(runs)
    if found and not any(run.state in ACTIVE for run in runs.values()):
        show_outcomes(found, {title.partition(" · seed ")[0]: run.spec for title, run in runs.items()})


def own_titles(runs: Mapping[str, Run]) -> dict[str, str]:
    """What each run is called; two of one name are told apart by the end of their ids."""
    titles = {run_id: run_title(run) for run_id, run in runs.items()}
    twice = {title for title, count in Counter(titles.values()).items() if count > 1}
    return {
        run_id: f"{title} ({run_id.rpartition('-')[2]})" if title in twice else title
        for run_id, title in titles.items()
    }


def list_of_runs(runs: Sequence[Run]) -> list[dict[str, str]]:
    """A row a run: its name, how far it is, how good, and in what it differs from the usual training."""
    rows = []
    for run in runs:
        measured = [one.val_accuracy for one in run.metrics() if one.val_accuracy is not None]
        usual = TrainingSpec(run.spec.dataset, run.spec.network)
        differs = {
            name: value
            for name, value in run.differences(usual).items()
            if name not in ("network", "dataset")
        }
        rows.append(
            {
                _("run"): plain(run_title(run)) + (" 📌" if run.folder.pinned else ""),
                _("state"): _(
                    "{state}, step {step_count} of {total_steps}",
                    state=_(run.state),
                    step_count=run.step_count,
                    total_steps=run.total_steps,
                ),
                _("test accuracy"): f"{measured[-1]:.2%}" if measured else _("not measured"),
                _("differs from the usual"): ", ".join(
                    f"{_(name.replace('_', ' '))} {plain(_value(value))}" for name, value in differs.items()
                )
                or _("in nothing"),
            }
        )
    return rows


def show_smallest(runs: Sequence[Run]) -> None:
    """One's networks by their number of parameters, and which of them reach a given test accuracy."""
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        goal = Runs.goal.draw()
        link("pages/learning/builder.py", _("Build a smaller network"), ":material/construction:")
    rows = smallest(runs, goal / 100)
    with right:
        reached = [row for row in rows if row[_("reaches it")] == "✓"]
        st.markdown(
            _(
                "**{run}** needs the fewest parameters for {goal}: **{count}**.",
                run=reached[0][_("run")],
                goal=f"{goal:g}%",
                count=reached[0][_("parameters")],
            )
            if reached
            else _(
                "No run on {data} reaches {goal} yet.",
                data=_(DATASETS[Runs.dataset.now].title),
                goal=f"{goal:g}%",
            )
        )
        st.markdown(table_in_words(rows))


def smallest(runs: Sequence[Run], goal: float) -> list[dict[str, str]]:
    """A row a run on all images and classes of the page's data set that was measured: first those that reach
    the accuracy, those with the fewest parameters first.

    Args:
        goal: the accuracy, 0 to 1.
    """
    found = []
    for run in runs:
        measured = [one.val_accuracy for one in run.metrics() if one.val_accuracy is not None]
        if run.spec.dataset == Runs.dataset.now and not run.spec.classes and measured:
            found.append((measured[-1] < goal, run.spec.plan.parameters, -measured[-1], run))
    found.sort(key=lambda one: one[:3])
    return [
        {
            _("run"): plain(run_title(run)),
            _("parameters"): f"{parameters:,}",
            _("test accuracy"): f"{-accuracy:.2%}",
            _("reaches it"): "" if missed else "✓",
        }
        for missed, parameters, accuracy, run in found
    ]


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "+".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)


def overlay(runs: Mapping[str, Run]) -> None:
    """The curves of several runs in one picture."""
    watch("overlay", list(runs.values()), lambda: live_curves("overlay", runs, ("accuracy", "loss")))


def manage(run: Run, key: str | None) -> None:
    """Name, pin and delete; only for the browser that started the run."""
    if run.id == EXAMPLE or not run.belongs_to(key):
        st.caption(_("Only the browser that started a run can name, pin or delete it."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            _("Name"),
            run.name,
            key=f"name_{run.id}",
            max_chars=80,
            width=320,
            help=_("What the run is called in all lists, for everybody who has its link."),
        )
        rename = st.button(_("Rename"), key="rename", icon=":material/edit:")
        pinned = run.folder.pinned
        if st.button(_("Unpin") if pinned else _("Pin"), key="pin", icon=":material/keep:"):
            run.pin(not pinned)
            draw_again()
        remove = st.button(_("Delete"), key="delete", icon=":material/delete:")
    with clicked(rename, "rename", (run.id, name)):
        if rename:
            run.rename(name)
            draw_again()
    with clicked(remove, "delete", run.id):
        if remove:
            delete(run)
            Runs.one.forget()
            draw_again()


def experiment_shown() -> Experiment | None:
    """The comparison of the address, if there is one; a sentence if it cannot be opened."""
    if not Runs.race.now:
        return None
    try:
        return open_experiment(Runs.race.now)
    except CnnvizError as error:
        st.error(plain(error), icon=":material/error:")
        return None
