"""Several trainings that differ in one thing, started by one click and watched in one picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.figures import several_runs
from cnnviz.training import ACTIVE, Metric, Run, TrainingSpec, open_run, start_all
from cnnviz.ui.charts import chart
from cnnviz.ui.components import browser_key
from cnnviz.ui.frame import error_box
from cnnviz.ui.memory import remember
from cnnviz.ui.runs import remember_opened

REFRESH_SECONDS = 0.7


@dataclass(frozen=True)
class Result:
    """A run of a race, by its title."""

    title: str
    run: Run


def race(key: str, racers: Mapping[str, TrainingSpec], *, label: str, training: bool = False, quantity: str = "accuracy") -> list[Result]:
    """A button that trains all, the curves of the last race, and its table. In the address: ``key=run,run``.

    Args:
        racers: title -> what to train; same seed and batches, so that only the named thing differs.
        training: draw the training curves as well.

    Returns:
        the runs of the race, in the order of the table; empty before the first.
    """
    secret = browser_key()
    if st.button(label, key=f"{key}_start", type="primary", icon=":material/flag:", disabled=secret is None or not racers):
        with error_box():
            runs = start_all(list(racers.values()), secret)
            st.session_state[f"{key}_titles"] = {run.id: title for run, title in zip(runs, racers, strict=True)}
            st.query_params[key] = st.session_state[f"{key}_ids"] = ",".join(run.id for run in runs)
    ids = st.query_params.get(key) or st.session_state.get(f"{key}_ids", "")
    try:
        runs = [open_run(run_id) for run_id in ids.split(",")][:12] if ids else []
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return []
    if ids and st.query_params.get(key) != ids:
        st.query_params[key] = ids
    for run in runs:
        remember_opened(run.id)
    titles = st.session_state.get(f"{key}_titles", {})
    results = [Result(titles.get(run.id, run.spec.network_name), run) for run in runs]
    if results:
        _watch(key, results, training, quantity)
    return results


def _watch(key: str, results: list[Result], training: bool, quantity: str) -> None:
    active = any(result.run.state in ACTIVE for result in results)

    @st.fragment(run_every=REFRESH_SECONDS if active else None)
    def draw() -> None:
        with error_box():
            race_picture(key, results, training, quantity)
        if active and not any(result.run.state in ACTIVE for result in results):
            st.rerun()

    draw()


def _metrics(run: Run) -> list[Metric]:
    """All records; those of an ended run are read once. A running one's would push everything else out of the memory."""
    return run.metrics() if run.state in ACTIVE else remember(("metrics", run.id, run.folder.metrics_stamp()), run.metrics)


def race_picture(key: str, results: list[Result], training: bool, quantity: str) -> None:
    """Curves and table of runs, as they are now."""
    stamps = tuple((result.title, result.run.id, result.run.folder.metrics_stamp()) for result in results)
    metrics = {result.title: _metrics(result.run) for result in results}
    total = max(result.run.total_steps for result in results)
    rows = []
    for result in results:
        known = metrics[result.title]
        validated = [metric for metric in known if metric.val_accuracy is not None]
        trained = [metric.accuracy for metric in known[-8:] if metric.accuracy is not None]
        test = validated[-1].val_accuracy if validated else None
        train = sum(trained) / len(trained) if trained else None
        gap = f"{train - test:+.1%}" if train is not None and test is not None else "–"
        rows.append({
            "run": result.title, "state": result.run.state, "test accuracy": "–" if test is None else f"{test:.2%}",
            "training accuracy": "–" if train is None else f"{train:.1%}", "generalisation gap": gap, "seconds": f"{known[-1].seconds:.1f}" if known else "–",
        })  # fmt: skip
    best = ", ".join(f"{row['run']}: {row['test accuracy']}" for row in rows)
    chart(f"{key}_curves", f"Curves of {len(rows)} runs. {best}", (stamps, training), several_runs, metrics, quantity, total, training)
    st.table(rows, hide_index=True, alt=f"Results: {best}")
    for result in results:
        status = result.run.status
        if status.state in ("diverged", "failed", "interrupted"):
            st.warning(f"{result.title}: {status.message}", icon=":material/warning:")
