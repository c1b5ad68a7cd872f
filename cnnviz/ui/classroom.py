"""The page of a room: opening and joining one, its code on the wall, and what is asked in it."""

from urllib.parse import urlsplit

import segno
import streamlit as st

from cnnviz.classroom.rooms import POLL, Room
from cnnviz.errors import CnnvizError
from cnnviz.ui.address import draw_again
from cnnviz.ui.components import browser_key
from cnnviz.ui.follow import lead, lead_new_room
from cnnviz.ui.frame import clicked
from cnnviz.ui.state import State
from cnnviz.ui.states.room import RoomState
from cnnviz.words import _, say

LOCAL = ("localhost", "127.0.0.1", "[::1]")


def enter_room() -> None:
    """For whoever is in no room: join one, or open one."""
    left, right = st.columns(2, gap="large")
    with left, st.form("join_room", border=True):
        st.subheader(_("Join"), anchor=False)
        typed = st.text_input(
            _("Code"), key="typed_code", max_chars=12, placeholder="ABCDE", help=_("Five letters and digits.")
        )
        with clicked(st.form_submit_button(_("Join the room"), type="primary"), "join") as pressed:
            if pressed:
                State.room.set(Room.join(typed).code)
                draw_again()
    with right, st.container(border=True):
        st.subheader(_("Lead"), anchor=False)
        secret = browser_key("browser_key_of_lecturer")
        st.markdown(
            _(
                "Students whose screens follow yours see the page that you see, in the same state. Nobody needs an account."
            )
        )
        opens = st.button(_("Open a room"), key="open_room", type="primary", disabled=secret is None)
        with clicked(opens, "open_room"):
            if opens:
                lead_new_room(secret)
                draw_again()


def lead_elsewhere(code: str) -> None:
    """For whoever is in a room, but leads it in another browser."""
    with st.expander(_("I lead this room in another browser")), st.form("lead_room", border=False):
        key = st.text_input(
            _("Key of the room"),
            key="typed_key",
            type="password",
            max_chars=60,
            help=_("It stands on the page “Room” of the browser that leads the room."),
        )
        with clicked(st.form_submit_button(_("Lead it here too")), "lead", code) as pressed:
            if pressed:
                if not key.strip():
                    raise CnnvizError(
                        say("The key is missing. Copy it from the browser that leads the room.")
                    )
                lead(code, key.strip())
                draw_again()


def show_code_of(room: Room) -> None:
    """The room's code, large; its link and its QR code; the key; and the end of the room."""
    address = link_of(room.code)
    picture, words = st.columns([1, 2.4], vertical_alignment="center")
    with picture:
        code = segno.make(address, error="m")
        picture_of_code = code.svg_data_uri(scale=8, border=3, dark="#000", light="#fff", omitsize=True)
        st.image(picture_of_code, alt=_("The link of the room as a QR code"), width="stretch")
    with words:
        st.html(f'<div class="room-code">{room.code}</div>')
        st.code(address, language=None)
        if urlsplit(address).hostname in LOCAL:
            st.caption(
                _(
                    "This address works on this computer only. Open the app by the address that the computer has in the network, and the code leads there."
                )
            )
        keys, end = st.columns([2, 1], vertical_alignment="center")
        with keys, st.popover(_("Key for another browser")):
            st.caption(_("Whoever has this key leads the room. Do not show it on the wall."))
            st.code(room.key, language=None)
        if end.button(_("Close the room"), key="close_room"):
            room.close()
            State.room.set("")
            draw_again()


def link_of(code: str) -> str:
    """The address by which a browser joins: the first page of the app, in the room."""
    here = (st.context.url or "").split("?")[0]
    return f"{here.rpartition('/')[0]}/?room={code}"


def prepare_question(room: Room | None) -> None:
    """The question that is asked next; asked by whoever leads the room.

    Args:
        room: that is led; ``None``: the question is only prepared.
    """
    what = RoomState.what.draw()
    if what == POLL:
        text, offered = RoomState.poll.draw(), RoomState.choices.draw()
        chosen = {"text": text, "choices": tuple(offered.split(";"))}
        name, seed, own = POLL, 0, False
    else:
        left, middle, right = st.columns([2, 1, 2], vertical_alignment="bottom")
        name, seed = RoomState.question.draw(left), RoomState.seed.draw(middle)
        own, chosen = RoomState.own.draw(right), {}
    asks, board = st.columns([1, 1], vertical_alignment="center")
    pressed = asks.button(_("Ask it now"), key="ask_room", type="primary", disabled=room is None)
    with clicked(pressed, "ask_room", (name, seed, own, str(chosen))):
        if pressed and room is not None:
            room.ask(name, seed, own=own, **chosen)  # type: ignore[arg-type]
    if room is None:
        st.caption(_("Open a room to ask it; the link of this page keeps what you prepared."))
        return
    shown = room.now().board
    if board.button(
        _("Hide the scoreboard") if shown else _("Show the scoreboard"), key="board_room", width="stretch"
    ):
        room.show_board(not shown)
        draw_again()
