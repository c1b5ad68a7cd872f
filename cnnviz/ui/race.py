"""Several trainings that differ in one thing, started by one click and watched in one picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training import Run, TrainingSpec, open_run, start_all
from cnnviz.ui.components import browser_key
from cnnviz.ui.frame import error_box
from cnnviz.ui.live import Quantity, live_curves, watch
from cnnviz.ui.runs import remember_opened


@dataclass(frozen=True)
class Result:
    """A run of a race, by its title."""

    title: str
    run: Run


def race(key: str, racers: Mapping[str, TrainingSpec], *, label: str, training: bool = False, quantity: Quantity = "accuracy") -> list[Result]:
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
        watch(f"{key}_curves", runs, lambda: race_picture(key, results, training, quantity))
    return results


def race_picture(key: str, results: list[Result], training: bool, quantity: Quantity) -> None:
    """Curves and table of runs, growing where they grow; what went wrong with them."""
    live_curves(f"{key}_curves", {result.title: result.run for result in results}, (quantity,), training=training)
    for result in results:
        status = result.run.status
        if status.state in ("diverged", "failed", "interrupted"):
            st.warning(f"{result.title}: {status.message}", icon=":material/warning:")
