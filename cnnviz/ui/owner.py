"""The page "For the owner" of a server: who is here, what trains and what it takes; any run can be stopped."""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.permits import hash_of, password_of, withdraw
from cnnviz.ui import census
from cnnviz.ui.components import known_browser
from cnnviz.ui.entry import ask, is_owner
from cnnviz.ui.outside import plain
from cnnviz.ui.startup import wait_for_imports
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _

PATH = "owner"
REFRESH_SECONDS = 3.0


def show_owner_page() -> None:
    """The page, or the box for the key."""
    st.header(_("For the owner"), anchor=False)
    if not password_of("owner"):
        st.info(
            _("No key is set on this server. Its owner sets CNNVIZ_OWNER_KEY and starts it again."),
            icon=":material/key_off:",
        )
        return
    if not is_owner():
        if ask("owner", _("Owner's key"), _("Enter")):
            st.rerun()
        return
    st.markdown(_("This browser starts trainings without limits, and can stop those of others."))
    st.fragment(_state_of_the_server, run_every=REFRESH_SECONDS)()
    if st.button(_("Give the key back"), key="owner_leave", icon=":material/logout:"):
        withdraw("owner", hash_of(known_browser()))
        st.rerun()


def _state_of_the_server() -> None:
    found = census.all_processes()
    one, two, three = st.columns(3)
    one.metric(_("Browsers"), f"{sum(process.sessions for process in found)}")
    two.metric(_("Computations of pages"), f"{sum(process.jobs for process in found)}")
    three.metric(_("Memory of the web processes"), f"{sum(process.bytes for process in found) / 1e6:,.0f} MB")
    st.markdown(
        table_in_words(
            [
                {
                    _("Process"): str(process.number),
                    _("Browsers"): str(process.sessions),
                    _("Computations"): str(process.jobs),
                    _("Memory"): f"{process.bytes / 1e6:,.0f} MB",
                }
                for process in found
            ]
        )
    )
    st.subheader(_("Trainings"), anchor=False)
    _trainings()


def _trainings() -> None:
    wait_for_imports()
    from cnnviz.training import ACTIVE, runs
    from cnnviz.ui.runs import run_title

    active = [run for run in runs() if run.state in ACTIVE]
    if not active:
        st.caption(_("Nothing trains or waits."))
    for run in active:
        words, button = st.columns([5, 1], vertical_alignment="center")
        words.markdown(
            _(
                "**{title}**: {state}, step {step} of {steps}",
                title=plain(run_title(run)),
                state=run.state,
                step=f"{run.step_count:,}",
                steps=f"{run.total_steps:,}",
            )
        )
        button.button(
            _("Stop"), key=f"owner_stop_{run.id}", icon=":material/stop:", on_click=_stop, args=(run.id,)
        )
    refused = st.session_state.pop("owner_refused", None)
    if refused is not None:
        st.error(plain(_(refused)), icon=":material/error:")


def _stop(run_id: str) -> None:
    from cnnviz.training import open_run

    try:
        open_run(run_id).stop()
    except CnnvizError as error:
        st.session_state["owner_refused"] = error
