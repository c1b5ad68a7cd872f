"""The run and the step that a page shows: in its address, so that every state is a link."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training import Run, open_run

EXAMPLE = "example"
"""The bundled run: something to look at before the first own training."""


def show_run(run_id: str) -> None:
    """From now on this session's pages show this run, at its newest step."""
    st.query_params["run"] = st.session_state["run"] = run_id
    st.query_params.pop("step", None)


def page_address(state: Mapping[str, str]) -> str:
    """The address of this page in the given state, to be copied."""
    return f"{st.context.url or ''}?{urlencode(state)}"


def current_run() -> Run | None:
    """The run of the address, else the one this session saw last. A sentence, and ``None``, if it cannot be opened."""
    run_id = st.query_params.get("run") or st.session_state.get("run")
    if not run_id:
        return None
    try:
        run = open_run(run_id)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.session_state["run"] = run_id
    if st.query_params.get("run") != run_id:
        st.query_params["run"] = run_id
    return run


def current_step(key: str, run: Run) -> int | None:
    """The step chosen on the step player ``key`` or in the address; ``None`` for the newest.

    The address wins when it changed by itself (a link was clicked); otherwise the player does, and is written into it.
    """
    in_address = st.query_params.get("step")
    written = f"{key}_written"
    if (run.id, in_address) != st.session_state.get(written):
        step = _nearest(run, in_address)
    else:
        told = (st.session_state.get(key) or {}).get("step")
        step = told if isinstance(told, int) or told is None else None
    text = None if step is None else str(step)
    if text is None:
        st.query_params.pop("step", None)
    elif text != in_address:
        st.query_params["step"] = text
    st.session_state[written] = (run.id, text)
    return step


def _nearest(run: Run, text: str | None) -> int | None:
    """The saved step nearest to a number in a link; ``None`` where it is no number."""
    try:
        wanted = int(text or "")
    except ValueError:
        return None
    return min(run.steps, key=lambda step: abs(step - wanted), default=None)
