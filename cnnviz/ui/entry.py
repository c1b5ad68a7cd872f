"""The class password, where the server's owner has set one; and the owner's key."""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.permits import DAYS, Kind, enter, hash_of, holds, password_of
from cnnviz.ui.components import browser_key, known_browser
from cnnviz.ui.outside import plain
from cnnviz.words import _

LOCAL = ("127.0.0.1", "::1")


def may_enter() -> bool:
    """Whether this browser has entered the class password, or there is none. Called once a page, before ``is_owner``."""
    if password_of("class") or password_of("owner"):
        browser_key("browser_key_at_the_door")
    return not password_of("class") or _holds("class") or is_owner()


def is_owner() -> bool:
    """Whether this browser has entered the owner's key."""
    return bool(password_of("owner")) and _holds("owner")


def _holds(kind: Kind) -> bool:
    known = known_browser()
    return known is not None and holds(kind, hash_of(known))


def ask_at_the_door() -> None:
    """The page of whoever has not entered the class password; the address keeps what it says."""
    st.header("cnnviz", anchor=False)
    st.markdown(_("This lecture is for a class. Your lecturer has told you its password."))
    if ask("class", _("Class password"), _("Enter")):
        st.rerun()


def ask(kind: Kind, label: str, button: str) -> bool:
    """A box for the password or key, and what is wrong with it; whether it was right just now."""
    browser = known_browser()
    with st.form(f"enter_{kind}", width=420, border=False):
        password = st.text_input(
            label,
            type="password",
            key=f"{kind}_password",
            autocomplete="current-password",
            max_chars=200,
            help=_("Whoever runs this server sets it, and can tell you."),
        )
        pressed = st.form_submit_button(button, icon=":material/login:", type="primary")
    st.caption(_("This browser is remembered for {days} days.", days=f"{DAYS[kind]:.0f}"))
    if not pressed or not password:
        return False
    if browser is None:
        st.warning(
            _("Your browser has not answered yet. Press the button again."), icon=":material/hourglass_empty:"
        )
        return False
    try:
        if enter(kind, hash_of(browser), password, came_from()):
            return True
        st.error(
            _("This is not the password. Look at it again: large and small letters differ."),
            icon=":material/error:",
        )
    except CnnvizError as error:
        st.error(plain(_(error)), icon=":material/error:")
    return False


def came_from() -> str:
    """The address of the browser. What a proxy says of it counts only where the proxy is on this machine, and only its own
    word, the last one.
    """
    direct = st.context.ip_address or "127.0.0.1"
    told = (st.context.headers.get("X-Forwarded-For") or "").rpartition(",")[2].strip()
    return told if told and direct in LOCAL else direct
