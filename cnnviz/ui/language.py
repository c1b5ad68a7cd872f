"""In which language a page speaks: that of the link, of the menu, or of the browser."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnnviz.ui.address import Session, session
from cnnviz.ui.state import BROWSER
from cnnviz.words import ENGLISH, LANGUAGES, ask_for_language


def language_here() -> str:
    """The language of the session that is being drawn; English where none is."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    visit = session()
    chosen = visit.here.held.get("language") or visit.shared.get("language") or BROWSER
    return chosen if chosen != BROWSER else _of_browser(visit)


def language_ahead() -> str:
    """The language in which a page is about to be drawn, before its address was read: a link may name one."""
    visit = session()
    asked = st.query_params.get("language", "")
    if visit.page is None and asked in LANGUAGES:
        return asked
    chosen = visit.shared.get("language", BROWSER)
    return chosen if chosen != BROWSER else _of_browser(visit)


def _of_browser(visit: Session) -> str:
    if not visit.language:
        visit.language = nearest(st.context.locale)
    return visit.language


def nearest(locale: str | None) -> str:
    """The language of the app for the one that a browser names, such as ``de-AT``; English if there is none."""
    asked = (locale or "").replace("_", "-").lower().split("-")[0]
    return next((name for name in LANGUAGES if name.split("_")[0].lower() == asked), ENGLISH)


ask_for_language(language_here)
