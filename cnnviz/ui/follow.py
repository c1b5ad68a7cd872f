"""Following a room: the bar above each page, and the lecturer's page made known to all who follow.

A browser is in the room that its address names (``?room=ABCDE``). The bar asks the server by itself what the lecturer shows
(``cnnviz/ui/rooms.py``), and has the page changed when that is another page, or another state of it. A browser that has
the lecturer's key makes its own page known instead.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cnnviz.classroom.rooms import Room, open_room, student_of
from cnnviz.errors import CnnvizError
from cnnviz.ui.address import WATCHERS, draw_again, session
from cnnviz.ui.components import browser_key, component, listen, told
from cnnviz.ui.frame import page
from cnnviz.ui.messages import FollowMessage
from cnnviz.ui.outside import plain
from cnnviz.ui.player import OF_THE_APP
from cnnviz.ui.state import State
from cnnviz.words import _

BAR = "follow_room"
ROOM_PAGE = "pages/class/room.py"
PRIVATE = ("room",)
"""Pages of the lecturer that nobody follows to."""


def follow(files: Mapping[str, str]) -> None:
    """The bar of the room that this browser is in; above each page.

    Args:
        files: last part of a page's address -> its file.
    """
    code = State.room.kept()
    if not code:
        return
    wanted = st.session_state.pop("follow_to", None)
    if wanted is not None and wanted["page"] in files:
        session().ordered = {**wanted["parameters"], "room": code}
        st.switch_page(page(files[wanted["page"]]), query_params=session().ordered)
    with st.container(key="follow_bar"):
        try:
            Room.join(code)
        except CnnvizError as error:
            _closed(code, error)
            return
        secret = browser_key("browser_key_of_room")
        data = FollowMessage(code, student_of(code, secret) if secret else "", _keys().get(code, ""))
        shown = component(
            "follow",
            BAR,
            data=data,
            default={"go": None, "key": None, "left": None},
            on_go_change=told(BAR, "go", _go),
            on_left_change=told(BAR, "left", lambda _news: State.room.set("")),
            on_key_change=listen,
        )
    _hear_key(code, shown.key)


def _closed(code: str, error: CnnvizError) -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.warning(plain(_(error)), icon=":material/meeting_room:")
    _keys().pop(code, None)
    if right.button(_("Leave"), key="leave_room", width="stretch"):
        State.room.set("")
        draw_again()


def _go(news: Any) -> None:
    """The browser asks for the page that the lecturer shows."""
    parameters = news.get("parameters")
    if isinstance(news.get("page"), str) and isinstance(parameters, dict):
        known = {str(name): str(text) for name, text in parameters.items() if name not in OF_THE_APP}
        st.session_state["follow_to"] = {"page": news["page"], "parameters": known}


def _keys() -> dict[str, str]:
    """Code -> the lecturer's key, of the rooms that this session leads."""
    keys: dict[str, str] = st.session_state.setdefault("room_keys", {})
    return keys


def _hear_key(code: str, key: object) -> None:
    """A browser that opened the room has kept its key."""
    if code in _keys() or not isinstance(key, str) or not Room(code, key).leads:
        return
    _keys()[code] = key
    draw_again()


def lead_new_room(secret: str | None) -> None:
    """Opens a room; this browser leads it."""
    room = open_room(secret or "")
    _keys()[room.code] = room.key
    State.room.set(room.code)


def lead(code: str, key: str) -> None:
    """Leads a room that was opened in another browser.

    Raises:
        CnnvizError: there is no such room, or this is not its key.
    """
    room = Room.join(code, key)
    _keys()[room.code] = key
    State.room.set(room.code)


def led_room() -> Room | None:
    """The room that this browser is in, if it leads it."""
    code = State.room.now
    room = Room(code, _keys().get(code, ""))
    return room if code and room.is_open() and room.leads else None


def make_known(page_path: str, address: Mapping[str, str]) -> None:
    """Whenever the address was told: those who follow shall see the same."""
    code = session().shared.get(State.room.name, "")
    key = _keys().get(code, "") if code else ""
    if not key or page_path in PRIVATE:
        return
    place = page_path, {name: text for name, text in address.items() if name not in OF_THE_APP}
    known = st.session_state.setdefault("room_shown", {})
    if known.get(code) == place:
        return
    known[code] = place
    try:
        Room(code, key).show(*place)
    except CnnvizError as error:
        st.toast(plain(_(error)), icon=":material/error:")


WATCHERS.append(make_known)
