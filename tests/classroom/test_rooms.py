"""Rooms: who may do what, what is counted, several processes at once, and that they are forgotten."""

import errno
import multiprocessing
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cnnviz.classroom import rooms
from cnnviz.classroom.rooms import (
    HEARD_SECONDS,
    LETTERS,
    POLL,
    Answer,
    Presence,
    Room,
    Score,
    forget_old,
    open_room,
    room_code,
    student_of,
)
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings

ANNA, BEN, CEM = (student_of("ABCDE", name) for name in ("anna", "ben", "cem"))
DAY = 24 * 3600.0


@pytest.fixture
def room() -> Iterator[Room]:
    opened = open_room()
    yield opened
    shutil.rmtree(settings().rooms)


def test_a_code_is_easy_to_read_aloud_and_to_type(room: Room) -> None:
    assert len(room.code) == 5
    assert set(room.code) <= set(LETTERS)
    assert not set(LETTERS) & set("ILO01")
    assert Room.join(f" {room.code[:2].lower()}-{room.code[2:].lower()} ").code == room.code


@pytest.mark.parametrize("code", ["", "ABC", "ABCDEFG", "../..", "A B C", "<b>xx", "\x00" * 5, "ÄÖÜßé"])
def test_a_code_that_is_none_is_a_sentence(code: str) -> None:
    with pytest.raises(CnnvizError, match="There is no room"):
        Room.join(code)


def test_who_joins_sees_what_the_lecturer_shows(room: Room) -> None:
    seen = Room.join(room.code)
    assert seen.now().place == 0
    mark = seen.mark()
    room.show("pooling", {"stride": "3"})
    assert seen.mark() != mark
    assert (seen.now().page, seen.now().parameters, seen.now().place) == ("pooling", {"stride": "3"}, 1)
    before = seen.now().number
    room.show("pooling", {"stride": "3"})
    assert seen.now().number == before
    room.ask("iou", 3)
    assert (seen.now().place, seen.now().question) == (1, 1)
    assert seen.now().number > before


def test_only_the_key_leads(room: Room) -> None:
    for key in ("", "x", room.key[:-1], room.key + "x"):
        other = Room(room.code, key)
        for act in (
            lambda one: one.show("pooling", {}),
            lambda one: one.ask("iou"),
            lambda one: one.reveal(),
            lambda one: one.put_away(),
            lambda one: one.show_board(True),
            lambda one: one.close(),
        ):
            with pytest.raises(CnnvizError, match="its key is needed"):
                act(other)
    assert room.now().number == 0
    with pytest.raises(CnnvizError, match="not the key of room"):
        Room.join(room.code, "x")
    assert Room.join(room.code, room.key).leads
    assert room.key not in "".join(file.read_text() for file in room.folder.rglob("*") if file.is_file())


def test_the_last_answer_counts_until_it_is_revealed(room: Room) -> None:
    room.ask("iou", 3)
    room.answer(ANNA, 1, Answer("0", "0.3", False))
    room.answer(ANNA, 1, Answer("1", "0.5", True))
    room.answer(BEN, 1, Answer("0", "0.3", False))
    counts = Room.join(room.code).counts(1)
    assert (counts.answers, counts.right, counts.groups) == (2, 1, {"0.5": 1, "0.3": 1})
    room.reveal()
    with pytest.raises(CnnvizError, match="already shown"):
        room.answer(BEN, 1, Answer("1", "0.5", True))
    assert room.counts(1).right == 1
    room.ask("nms")
    with pytest.raises(CnnvizError, match="over"):
        room.answer(BEN, 1, Answer("1", "0.5", True))
    assert room.counts(2).answers == 0


def test_each_gets_an_own_question_and_always_the_same_one(room: Room) -> None:
    own = room.ask("iou", 3, own=True)
    assert room.question(1) == own
    seeds = {own.seed_of(student) for student in (ANNA, BEN, CEM)}
    assert len(seeds) == 3
    assert {own.seed_of(ANNA) for _ in range(3)} == {room.question(1).seed_of(ANNA)}
    same = room.ask("iou", 3)
    assert {same.seed_of(student) for student in (ANNA, BEN, CEM)} == {3}


def test_presence_counts_who_was_heard_of_and_those_who_wander_apart(room: Room) -> None:
    room.here(ANNA, now=1000.0)
    room.here(BEN, now=1000.0)
    room.here(CEM, wanders=True, now=1000.0)
    assert room.presence(now=1001.0) == Presence(2, 1)
    room.here(BEN, wanders=True, now=1002.0)
    assert room.presence(now=1003.0) == Presence(1, 2)
    room.here(BEN, wanders=False, now=1020.0)
    assert room.presence(now=1002.0 + HEARD_SECONDS) == Presence(1, 0)
    assert room.presence(now=2000.0) == Presence(0, 0)


def test_the_scoreboard_has_those_who_chose_a_nickname(room: Room) -> None:
    for number, rights in enumerate([(True, False), (True, True)], 1):
        room.ask("iou", number)
        room.answer(ANNA, number, Answer("0", "a", rights[0]))
        room.answer(BEN, number, Answer("0", "a", rights[1]))
        room.answer(CEM, number, Answer("0", "a", True))
        if number == 1:
            assert room.scores() == []
        room.reveal()
    room.ask(POLL, text="Which?", choices=("a", "b"))
    room.answer(ANNA, 3, Answer("0", "a", None))
    room.reveal()
    assert room.call(BEN, "Ben") == "Ben"
    assert room.call(ANNA, "  A\u202en\nna<b>   and a name far too long ") == "An na<b> and a name"
    assert room.scores() == [Score("An na<b> and a name", 2, 2), Score("Ben", 1, 2)]
    with pytest.raises(CnnvizError, match="already"):
        room.call(CEM, "BEN")
    room.call(BEN, "")
    assert len(room.scores()) == 1


@pytest.mark.parametrize(
    ("text", "choices", "sentence"),
    [
        ("", ("a", "b"), "no question"),
        (" \u200b ", ("a", "b"), "no question"),
        ("Which?", ("a",), "2 to 8"),
        ("Which?", ("a", " "), "2 to 8"),
        ("Which?", tuple("abcdefghi"), "2 to 8"),
        ("Which?", ("a", "a "), "the same"),
        ("Which?", ("a", "b" * 81), "longer than 80"),
        ("W" * 301, ("a", "b"), "longer than 300"),
    ],
)
def test_a_poll_that_is_none_is_a_sentence(
    text: str, choices: tuple[str, ...], sentence: str, room: Room
) -> None:
    with pytest.raises(CnnvizError, match=sentence):
        room.ask(POLL, text=text, choices=choices)
    assert room.now().question == 0


def test_sizes_have_limits(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CnnvizError, match="too long to be followed"):
        room.show("pooling", {"edits": "x" * 20_000})
    room.ask("iou")
    with pytest.raises(CnnvizError, match="too long"):
        room.answer(ANNA, 1, Answer("1" * 81, "", False))
    for student in ("", "x" * 24, "../" * 8, ANNA.upper() + "0"):
        with pytest.raises(CnnvizError, match="who it is"):
            room.here(student)
    for _ in range(rooms.MOST_ANSWERS):
        room.answer(ANNA, 1, Answer("1", "1", False))
    with pytest.raises(CnnvizError, match="too often"):
        room.answer(ANNA, 1, Answer("1", "1", False))
    monkeypatch.setenv("CNNVIZ_MAX_ROOM_STUDENTS", "2")
    room.here(BEN)
    with pytest.raises(CnnvizError, match="full"):
        room.here(CEM)
    with pytest.raises(CnnvizError, match="full"):
        room.answer(CEM, 1, Answer("1", "1", False))
    room.here(ANNA)


@pytest.mark.usefixtures("room")
def test_a_browser_and_a_server_have_so_many_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_ROOMS", "2")
    first, second = (open_room("secret") for _ in range(2))
    with pytest.raises(CnnvizError, match="This browser has 2 rooms"):
        open_room("secret")
    open_room("another secret")
    first.close()
    open_room("secret")
    monkeypatch.setenv("CNNVIZ_MAX_ROOMS", "4")
    with pytest.raises(CnnvizError, match="4 rooms on this server"):
        open_room()
    assert second.is_open()


def test_a_room_is_forgotten_after_a_day() -> None:
    begun = 1_000_000.0
    old, young = open_room(now=begun), open_room(now=begun + DAY / 2)
    old.ask("iou")
    assert Room.join(old.code, now=begun + DAY - 1).code == old.code
    with pytest.raises(CnnvizError, match="forgotten after a day"):
        Room.join(old.code, now=begun + DAY)
    assert forget_old(now=begun + DAY) == 1
    assert not old.folder.exists()
    assert young.folder.exists()
    assert forget_old(now=begun + 3 * DAY) == 1
    assert not young.folder.exists()


def test_a_room_that_was_closed_says_so(room: Room) -> None:
    room.ask("iou")
    seen = Room.join(room.code)
    seen.here(ANNA)
    room.close()
    assert seen.mark() == (0, 0)
    for act in (
        seen.now,
        lambda: seen.answer(ANNA, 1, Answer("1", "1", True)),
        lambda: seen.here(BEN),
        lambda: seen.call(ANNA, "Anna"),
    ):
        with pytest.raises(CnnvizError, match="closed"):
            act()
    assert seen.presence(now=0.0) == Presence(0, 0)
    settings().rooms.mkdir(exist_ok=True)


def _answer_many(folder: str, code: str, first: int) -> None:
    import os

    os.environ["CNNVIZ_HOME"] = folder
    room = Room.join(code)
    for turn in range(3):
        for number in range(first, first + 40):
            student = student_of(code, str(number))
            room.here(student)
            room.answer(student, 1, Answer(str(turn), f"{turn}", turn == 2))


def _show_many(folder: str, code: str, key: str, name: str) -> None:
    import os

    os.environ["CNNVIZ_HOME"] = folder
    room = Room.join(code, key)
    for turn in range(40):
        room.show(name, {"turn": str(turn)})


def test_processes_that_write_at_once_lose_nothing(room: Room) -> None:
    room.ask("iou")
    home, begun, clock = str(settings().home), room.now(), time.time()
    work = multiprocessing.get_context("spawn")
    processes = [
        *(work.Process(target=_answer_many, args=(home, room.code, first)) for first in (0, 40)),
        *(work.Process(target=_show_many, args=(home, room.code, room.key, name)) for name in ("a", "b")),
    ]
    for process in processes:
        process.start()
    seen = []
    while any(process.is_alive() for process in processes):
        seen.append(room.now().number)
        room.counts(1)
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert seen == sorted(seen)
    counts = room.counts(1)
    assert (counts.answers, counts.right, counts.groups) == (80, 80, {"2": 80})
    lines = (room.folder / "answers" / "1.jsonl").read_text().splitlines()
    assert len(lines) == 240
    # Each change of either lecturer was counted: the place grew with each that was another one.
    shown = room.now()
    assert shown.number - begun.number == shown.place == 80
    assert not list(room.folder.glob(".*"))
    assert room.presence(now=clock).following == 80


def test_half_a_line_is_read_when_it_is_whole(room: Room) -> None:
    room.ask("iou")
    room.answer(ANNA, 1, Answer("1", "1", True))
    file = room.folder / "answers" / "1.jsonl"
    whole = file.read_bytes()
    line = whole.replace(ANNA.encode(), BEN.encode())
    with file.open("ab") as log:
        log.write(line[:20])
    assert room.counts(1).answers == 1
    with file.open("ab") as log:
        log.write(line[20:])
    assert room.counts(1).answers == 2


def test_nobody_can_tell_a_secret_from_a_student() -> None:
    secret = secrets.token_hex(16)
    assert student_of("ABCDE", secret) != student_of("ABCDF", secret)
    assert secret not in student_of("ABCDE", secret)


def test_the_code_that_the_page_shows_counts_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    names: dict[str, object] = {}
    exec(room_code().replace("counts.groups", "found = counts.groups"), names)
    assert names["found"] == {"convolution": 1}


@pytest.mark.parametrize(
    "act",
    [
        lambda _: open_room(),
        lambda room: room.show("pooling", {}),
        lambda room: room.ask(POLL, text="Which?", choices=("a", "b")),
        lambda room: room.reveal(),
        lambda room: room.put_away(),
        lambda room: room.show_board(True),
        lambda room: room.answer(ANNA, 1, Answer("a", "a", None)),
        lambda room: room.call(ANNA, "Anna"),
    ],
)
def test_a_full_disk_is_a_sentence_and_whoever_follows_goes_on(
    act: Callable[[Room], object], room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.ask(POLL, text="Which?", choices=("a", "b"))
    room.here(ANNA)
    before = room.now()

    usual = Path.open

    def full(path: Path, mode: str = "r", *args: Any, **named: Any) -> Any:
        if "r" not in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return usual(path, mode, *args, **named)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(CnnvizError, match="The room cannot be written: No space left on device"):
        act(room)
    room.here(BEN)
    monkeypatch.undo()
    assert room.now() == before
