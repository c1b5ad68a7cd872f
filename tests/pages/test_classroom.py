"""Rooms and questions: what the lecturer's and the students' pages show, and that the lecturer's page is made known."""

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from cnnviz.classroom.questions import question
from cnnviz.classroom.rooms import POLL, Room, open_room, student_of
from cnnviz.ui.rooms import LONGEST_BODY
from cnnviz.ui.server import ROUTES
from tests.pages.conftest import BROWSER, Open, words

ANNA, BEN = (student_of("ABCDE", name) for name in ("anna", "ben"))


@pytest.fixture
def room() -> Iterator[Room]:
    opened = open_room()
    yield opened
    opened.close()


class Server:
    """The addresses of rooms, served in a thread of this process."""

    def __init__(self) -> None:
        app = Starlette(routes=[route for route in ROUTES if "room" in route.path])
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def ask(
        self, path: str, headers: Mapping[str, str] = {}, body: object = None
    ) -> tuple[int, dict[str, Any]]:
        """(status, what was answered); a POST, if it has a body."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", content, dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else {}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def lead(app: AppTest, room: Room) -> AppTest:
    app.session_state["room_keys"] = {room.code: room.key}
    return app.run()


def button(app: AppTest, key: str) -> Any:
    return next(one for one in app.button if one.key == key)


def test_opening_a_room_shows_its_code_and_leads_it(open_page: Open) -> None:
    app = open_page("pages/class/room.py")
    assert button(app, "ask_room").disabled
    app.session_state["browser_secret"] = BROWSER
    app.run()
    button(app, "open_room").click()
    app.run()
    assert not app.exception
    code = (
        app.query_params["room"][0]
        if isinstance(app.query_params["room"], list)
        else app.query_params["room"]
    )
    room = Room(code, app.session_state["room_keys"][code])
    assert room.leads
    shown = "".join(element.proto.body for element in app.get("html"))
    assert f">{code}<" in shown
    assert [image.proto.imgs[0].url[:18] for image in app.get("image")] == ["data:image/svg+xml"]
    assert any(f"?room={code}" in element.value for element in app.code)
    button(app, "ask_room").click()
    app.run()
    assert room.now().question == 1
    assert not room.now().board
    button(app, "board_room").click()
    app.run()
    assert room.now().board
    button(app, "close_room").click()
    app.run()
    assert not app.exception
    assert not room.is_open()
    assert "room" not in app.query_params


def test_joining_by_a_code_and_by_one_that_is_none(open_page: Open, room: Room) -> None:
    app = open_page("pages/class/room.py")
    field = next(one for one in app.text_input if one.key == "typed_code")
    join = next(one for one in app.button if one.label == "Join the room")
    field.set_value("<b>no")
    join.click()
    app.run()
    assert any("There is no room" in error.value for error in app.error)
    app.run()
    assert any("There is no room" in error.value for error in app.error), "news of the page take it away"
    app.switch_page("pages/seeing/pooling.py").run()
    app.switch_page("pages/class/room.py").run()
    assert not app.error
    next(one for one in app.text_input if one.key == "typed_code").set_value("ZZZZZ")
    next(one for one in app.button if one.label == "Join the room").click()
    app.run()
    assert any("There is no room" in error.value for error in app.error)
    next(one for one in app.text_input if one.key == "typed_code").set_value(room.code.lower())
    next(one for one in app.button if one.label == "Join the room").click()
    app.run()
    assert not app.exception
    assert not app.error
    assert app.query_params["room"] in (room.code, [room.code])
    assert "follows the lecturer" in words(app)


def test_whoever_has_the_key_leads_from_another_browser(open_page: Open, room: Room) -> None:
    app = open_page("pages/class/room.py", room=room.code)
    for key, complaint in (("", "key is missing"), ("wrong", "not the key of room"), (room.key, "")):
        next(one for one in app.text_input if one.key == "typed_key").set_value(key)
        next(one for one in app.button if one.label == "Lead it here too").click()
        app.run()
        assert not app.exception
        assert any(complaint in error.value for error in app.error) == bool(complaint)
    assert not button(app, "ask_room").disabled


def test_the_page_of_the_lecturer_is_made_known_and_that_of_others_is_not(
    open_page: Open, room: Room
) -> None:
    lead(open_page("pages/seeing/pooling.py", room=room.code, stride="3"), room)
    assert (room.now().page, room.now().parameters) == ("pooling", {"stride": "3"})
    known = room.now()
    app = open_page("pages/seeing/pooling.py", room=room.code, stride="4")
    assert not app.exception
    assert room.now() == known
    # The page of the room itself is the lecturer's own.
    lead(open_page("pages/class/room.py", room=room.code), room)
    assert room.now() == known


def test_a_control_of_the_lecturer_is_made_known(open_page: Open, room: Room) -> None:
    app = lead(open_page("pages/seeing/pooling.py", room=room.code), room)
    next(one for one in app.number_input if one.key.startswith("stride")).set_value(4)
    app.run()
    assert room.now().parameters == {"stride": "4"}


def test_a_room_that_is_over_says_so_on_every_page(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", room="AAAAA")
    assert not app.exception
    assert any("There is no room “AAAAA”" in one.value for one in app.warning)
    button(app, "leave_room").click()
    app.run()
    assert "room" not in app.query_params
    assert not app.warning


def test_a_room_that_is_none_in_a_link_is_left_out(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py", room="<b>x</b>")
    assert not app.exception
    assert not app.warning


def test_every_page_of_a_chapter_leads_to_its_questions(open_page: Open) -> None:
    app = open_page("pages/seeing/pooling.py")
    links = [one.proto for one in app.get("page_link") if one.proto.icon == ":material/quiz:"]
    assert [(one.page, one.query_string) for one in links] == [("questions", "chapter=seeing")]


# What the browsers of the room ask for.


def get(server: Server, path: str, **headers: str) -> dict[str, Any]:
    status, found = server.ask(path, headers)
    assert status == 200
    assert "error" not in found
    return found


def post(server: Server, room: Room, student: str, **body: object) -> dict[str, Any]:
    return server.ask(f"/cnnviz/room/{room.code}", {"X-Room-Student": student}, body)[1]


def test_who_waits_hears_of_a_change(server: Server, room: Room) -> None:
    path = f"/cnnviz/room/{room.code}"
    first = get(server, f"{path}?since=-1", **{"X-Room-Student": ANNA})
    assert (first["place"], first["question"], first["scores"]) == (0, 0, None)
    assert "counts" not in first
    threading.Timer(0.3, lambda: room.show("pooling", {"stride": "3"})).start()
    second = get(server, f"{path}?since={first['number']}", **{"X-Room-Student": ANNA})
    assert (second["page"], second["parameters"]) == ("pooling", {"stride": "3"})
    get(server, f"{path}?since=-1", **{"X-Room-Student": BEN, "X-Room-Wanders": "1"})
    led = get(server, path, **{"X-Room-Key": room.key})
    assert (led["following"], led["wandering"]) == (1, 1)


def test_a_student_gets_an_own_question_and_no_answer_before_it_is_shown(server: Server, room: Room) -> None:
    asked = room.ask("iou", 3, own=True)
    path = f"/cnnviz/room/{room.code}"
    mine = get(server, f"{path}/question/1", **{"X-Room-Student": ANNA})
    assert mine["card"]["text"]
    assert mine["solution"] is None
    assert mine["counts"] is None
    known = question("iou", asked.seed_of(ANNA))
    # Nor what makes it, with which the page "Questions" would show the answer.
    assert (mine["card"]["name"], mine["card"]["seed"]) == ("", 1)
    assert all(set(option) == {"text", "picture"} for option in mine["card"]["options"])
    assert known.explanation not in json.dumps(mine)
    right = next(place for place, option in enumerate(known.options) if option.right)
    assert post(server, room, ANNA, do="answer", question=1, text=str(right)) == {"mine": str(right)}
    wrong = next(one for one in question("iou", asked.seed_of(BEN)).options if not one.right)
    place = question("iou", asked.seed_of(BEN)).options.index(wrong)
    post(server, room, BEN, do="answer", question=1, text=str(place))
    led = get(server, path, **{"X-Room-Key": room.key})
    assert led["counts"] == {
        "answers": 2,
        "right": 1,
        "groups": {"right answer": 1, wrong.mistake: 1},
        "label": "right answer",
    }
    assert server.ask(path, {"X-Room-Key": room.key}, {"do": "reveal"})[0] == 200
    after = get(server, f"{path}/question/1", **{"X-Room-Student": ANNA})
    assert after["solution"]["answer"] == known.answer
    assert after["mine"] == str(right)
    assert after["counts"]["answers"] == 2


def test_a_poll_is_text_and_nothing_is_right(server: Server, room: Room) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    room.ask(POLL, text=f"{hostile} **bold**", choices=(hostile, "no"))
    path = f"/cnnviz/room/{room.code}"
    card = get(server, f"{path}/question/1", **{"X-Room-Student": ANNA})["card"]
    assert (card["kind"], card["text"], card["options"][0]["text"]) == (
        "poll",
        f"{hostile} **bold**",
        hostile,
    )
    post(server, room, ANNA, do="answer", question=1, text="0")
    assert room.counts(1).groups == {hostile: 1}
    assert "none of the choices" in post(server, room, ANNA, do="answer", question=1, text="2")["error"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-Room-Student": ANNA}, b"not json"),
        ({"X-Room-Student": ANNA}, b"[1]"),
        ({"X-Room-Student": ANNA}, b"{}"),
        ({"X-Room-Student": ANNA}, b'{"do": "reveal"}'),
        ({"X-Room-Student": ANNA}, b'{"do": "board", "on": true}'),
        ({"X-Room-Student": ANNA}, b'{"do": "answer", "question": 7, "text": "1"}'),
        ({"X-Room-Student": ANNA}, b'{"do": "answer", "question": "1/../..", "text": "1"}'),
        ({"X-Room-Student": "../x"}, b'{"do": "name", "name": "Anna"}'),
        ({}, b'{"do": "name", "name": "Anna"}'),
        ({"X-Room-Key": "wrong"}, b'{"do": "reveal"}'),
        ({"X-Room-Student": ANNA}, b'{"do": "name", "name": "' + b"x" * LONGEST_BODY + b'"}'),
    ],
)
def test_what_is_not_possible_is_a_sentence(
    headers: dict[str, str], body: bytes, server: Server, room: Room
) -> None:
    room.ask("iou", 3)
    before = room.now()
    _, found = server.ask(f"/cnnviz/room/{room.code}", headers, body)
    assert re.search(r"\w\.", found["error"])
    assert room.now() == before
    assert not room.names()


def test_a_room_that_is_closed_tells_those_who_wait(server: Server) -> None:
    room = open_room(BROWSER)
    path = f"/cnnviz/room/{room.code}"
    number = get(server, path)["number"]
    threading.Timer(0.3, room.close).start()
    _, found = server.ask(f"{path}?since={number}")
    assert room.code in found["error"]
    assert set(server.ask(path)[1]) == {"error"}
    status, found = server.ask("/cnnviz/room/..%2f..")
    assert status == 404 or set(found) == {"error"}
