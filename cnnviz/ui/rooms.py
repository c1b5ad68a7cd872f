"""What the browsers of a room ask the server for: ``GET …/cnnviz/room/<code>`` waits until something changes.

No script of a page runs for any of it. One look at the disk, twelve times a second, serves all who wait for a room in this
process; the answer to all students is written once.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from cnnviz.classroom.rooms import POLL, Answer, Room, Shown
from cnnviz.errors import CnnvizError
from cnnviz.ui.startup import wait_for_imports
from cnnviz.words import _, say

LOOK_SECONDS = 0.08
"""Between two looks at the files of a room."""
WAIT_SECONDS = 10.0
"""A student's browser is answered after this long, also if nothing changed; so it is known to be there."""
LECTURER_SECONDS = 0.5
"""The lecturer's counts are as old as this at most."""
LONGEST_BODY = 2000


class _Watch:
    """All who wait for one room in this process."""

    def __init__(self, room: Room) -> None:
        self.room, self.mark, self.body, self.number = room, (-1, -1), b"", -1
        self.waiting = 0
        self.looking: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()
        self.look()

    def look(self) -> None:
        """Reads what is shown, if it is another one."""
        mark = self.room.mark()
        if mark == self.mark:
            return
        shown = self.room.now()
        self.mark, self.number = mark, shown.number
        self.body = orjson.dumps(_as_seen(self.room, shown))
        self.changed.set()
        self.changed = asyncio.Event()

    async def until_changed(self, since: int, seconds: float) -> None:
        """Until something else than the number ``since`` is shown, or time is over."""
        self.look()
        if self.number != since:
            return
        self.waiting += 1
        if self.looking is None:
            self.looking = asyncio.create_task(self._keep_looking())
        try:
            await asyncio.wait_for(self.changed.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self.waiting -= 1

    async def _keep_looking(self) -> None:
        try:
            while self.waiting:
                await asyncio.sleep(LOOK_SECONDS)
                self.look()
        except CnnvizError:
            # The room is closed: those who wait ask once more, and hear it.
            self.changed.set()
        finally:
            self.looking = None


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Watch]] = WeakKeyDictionary()


def _watch(room: Room) -> _Watch:
    known = _watches.setdefault(asyncio.get_running_loop(), {})
    if room.code not in known:
        if len(known) > 500:
            known.clear()
        known[room.code] = _Watch(room)
    return known[room.code]


def _as_seen(room: Room, shown: Shown) -> dict[str, Any]:
    """What every student may see."""
    scores = [asdict(score) for score in room.scores()[:30]] if shown.board else None
    return {
        "number": shown.number,
        "place": shown.place,
        "page": shown.page,
        "parameters": shown.parameters,
        "question": shown.question,
        "revealed": shown.is_revealed,
        "scores": scores,
    }


def _counts(room: Room, number: int) -> dict[str, Any]:
    """The answers to a question; ``label``: the group of the right ones, where each student has an own question."""
    counts = room.counts(number)
    groups = {_(group): count for group, count in counts.groups.items()}
    return {"answers": counts.answers, "right": counts.right, "groups": groups, "label": _("right answer")}


def _as_led(room: Room, shown: Shown) -> dict[str, Any]:
    """What the lecturer sees besides."""
    counts = _counts(room, shown.question) if shown.question else None
    return {**_as_seen(room, shown), **asdict(room.presence()), "counts": counts, "board": shown.board}


Handler = Callable[[Request], Awaitable[Response]]


def _guarded(handle: Handler) -> Handler:
    """What the user can mend is answered as its sentence; not by a status, which browsers write into their console."""

    async def answer(request: Request) -> Response:
        try:
            return await handle(request)
        except CnnvizError as error:
            return _json({"error": _(error)})

    return answer


def _json(content: Any) -> Response:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def _room(request: Request) -> Room:
    return Room.join(request.path_params["code"], request.headers.get("x-room-key", ""))


@_guarded
async def poll(request: Request) -> Response:
    """``GET …/cnnviz/room/<code>?since=<number>``; headers: ``X-Room-Student`` and ``X-Room-Wanders``, or ``X-Room-Key``."""
    room = _room(request)
    text = request.query_params.get("since", "-1")
    since = int(text) if text.lstrip("-").isdecimal() and len(text) < 12 else -1
    watch = _watch(room)
    if room.key:
        await watch.until_changed(since, LECTURER_SECONDS)
        return _json(_as_led(room, room.now()))
    student = request.headers.get("x-room-student", "")
    if student:
        room.here(student, request.headers.get("x-room-wanders") == "1")
    await watch.until_changed(since, WAIT_SECONDS)
    if not room.is_open():
        raise CnnvizError(say("Room {code} is closed.", code=room.code))
    return _json(watch.body)


@_guarded
async def asked(request: Request) -> Response:
    """``GET …/cnnviz/room/<code>/question/<number>``: the question as this student gets it, and the own answer."""
    return _json(await run_in_threadpool(_asked, request))


def _asked(request: Request) -> dict[str, Any]:
    # Not at the top: it brings torch, and the first page is shown before torch is there.
    wait_for_imports()
    from cnnviz.ui.questions import card_of, poll_card, solution_of

    room, number = _room(request), int(request.path_params["number"])
    question, shown = room.question(number), room.now()
    student = request.headers.get("x-room-student", "")
    mine = room.answers(number).get(student)
    is_revealed = number in shown.revealed
    found: dict[str, Any] = {
        "number": number,
        "own": question.own,
        "mine": None if mine is None else mine.text,
        "solution": None,
        "counts": _counts(room, number) if is_revealed or room.key else None,
    }
    if question.name == POLL:
        return {**found, "card": poll_card(question)}
    seed = question.seed_of("" if room.key else student)
    # Whoever knew name and seed could look at the answer on the page "Questions".
    found["card"] = replace(card_of(question.name, seed), name="", seed=number)
    if is_revealed or room.key:
        found["solution"] = solution_of(question.name, seed)
    return found


@_guarded
async def tell(request: Request) -> Response:
    """``POST …/cnnviz/room/<code>``: an answer or a nickname of a student, or what the lecturer does."""
    if int(request.headers.get("content-length") or LONGEST_BODY + 1) > LONGEST_BODY:
        raise CnnvizError(say("This is too long for a room. Give a shorter answer."))
    try:
        said = json.loads(await request.body())
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise CnnvizError(say("The room did not understand this. Load the page again."))
    return _json(await run_in_threadpool(_tell, request, said))


def _tell(request: Request, said: dict[str, Any]) -> dict[str, Any]:
    room, do = _room(request), said.get("do")
    student = request.headers.get("x-room-student", "")
    if do == "answer" and isinstance(said.get("question"), int):
        text = str(said.get("text", ""))
        room.answer(student, said["question"], _judged(room, said["question"], student, text))
        return {"mine": text}
    if do == "name":
        return {"name": room.call(student, str(said.get("name", "")))}
    if do == "reveal":
        return {"number": room.reveal().number}
    if do == "away":
        return {"number": room.put_away().number}
    if do == "board":
        return {"number": room.show_board(said.get("on") is True).number}
    raise CnnvizError(say("The room did not understand this. Load the page again."))


def _judged(room: Room, number: int, student: str, text: str) -> Answer:
    """An answer with what it is counted under; the browser does not say so itself."""
    question = room.question(number)
    if question.name == POLL:
        if not text.isascii() or not text.isdigit() or int(text) >= len(question.choices):
            raise CnnvizError(say("This is none of the choices. Take one of them."))
        return Answer(text, question.choices[int(text)], None)
    wait_for_imports()
    from cnnviz.classroom.questions import question as question_of

    verdict = question_of(question.name, question.seed_of(student)).judge(text)
    # Numbers differ from student to student where each has an own question; mistakes do not.
    group = verdict.mistake if question.own else verdict.said
    # In English, so that students who read other languages are counted together.
    return Answer(text, str(group)[:80], verdict.right)
