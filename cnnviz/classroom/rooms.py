"""A room: students' screens follow the lecturer's, and answers are counted.

A room is a folder that all processes of the app share; nobody needs an account, and no name is kept but a nickname
that a student chose. ::

    room.json                 when it was opened, hashes of the lecturer's key and browser: written once
    shown.json                what the lecturer shows: replaced atomically, by whoever has the key
    questions/<number>.json   a question that was asked: written once
    answers/<number>.jsonl    one line an answer; the last one of a student counts
    names.jsonl               one line a nickname; the last one of a student counts
    here/<student>            touched every few seconds by whoever hears the student; one byte long while the
                              student looks around alone
    lock                      held for each change of the files above

A reader looks at sizes and times, and reads only what was added. After a day the folder is deleted.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from cnnviz.errors import CnnvizError, disk_errors
from cnnviz.expressions import script
from cnnviz.settings import settings
from cnnviz.words import say

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""No letter looks like another one or like a digit: no I, L, O, 0 or 1."""
CODE_LENGTH = 5
NAME_LENGTH = 20
HEARD_SECONDS = 25.0
"""A student who was not heard of for this long has left."""
TOUCH_SECONDS = 5.0
"""A student who is heard of more often is written down this often."""
COUNT_SECONDS = 0.4
"""Students are counted this often, however many ask."""
MOST_ANSWERS = 50
"""Answers of one student to one question; the last one counts."""
LONGEST_ANSWER, LONGEST_PLACE = 80, 20_000
POLL = "poll"
"""The name of a question whose text and choices the lecturer typed."""
MOST_CHOICES, LONGEST_CHOICE, LONGEST_TEXT = 8, 80, 300


@dataclass(frozen=True)
class Shown:
    """What the lecturer shows now.

    Attributes:
        number: grows with each change.
        place: grows when the page or its state changes.
        page: the last part of its address; empty for the first page.
        parameters: name -> text, as in a link.
        question: the number of the question that is asked; 0: none.
        revealed: the numbers of the questions whose answers are shown.
        board: whether the scoreboard is shown.
    """

    number: int = 0
    place: int = 0
    page: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    question: int = 0
    revealed: tuple[int, ...] = ()
    board: bool = False

    @property
    def is_revealed(self) -> bool:
        """Whether the answer of the question that is asked is shown."""
        return self.question in self.revealed


@dataclass(frozen=True)
class Asked:
    """A question of a room.

    Attributes:
        number: 1, 2, … in the order in which they were asked.
        name: of a generator (``cnnviz.classroom.questions``), or ``POLL``.
        seed: makes the question; for one's own question it is mixed with the student.
        own: each student gets an own one.
        text, choices: of a poll.
    """

    number: int
    name: str
    seed: int = 0
    own: bool = False
    text: str = ""
    choices: tuple[str, ...] = ()

    def seed_of(self, student: str) -> int:
        """The seed of the question that this student gets."""
        if not self.own:
            return self.seed
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{student}".encode()).digest()[:4]) >> 1


@dataclass(frozen=True)
class Answer:
    """What a student answered.

    Attributes:
        text: as the browser sent it.
        group: what it is counted under: a choice, a mistake, a number.
        right: ``None`` where nothing is right, as in a poll.
    """

    text: str
    group: str
    right: bool | None


@dataclass(frozen=True)
class Presence:
    """Students who are there: their screens follow, or they look around alone."""

    following: int
    wandering: int


@dataclass(frozen=True)
class Counts:
    """The answers to a question: how many, how many of them right, and group -> how many."""

    answers: int
    right: int
    groups: Mapping[str, int]


@dataclass(frozen=True)
class Score:
    """Right answers of one student among the questions that were revealed."""

    name: str
    right: int
    answered: int


def student_of(code: str, secret: str) -> str:
    """Who a browser is in a room: another one in each room, and nobody can tell the secret from it."""
    return _hash(f"{code}/{secret}")[:24]


def _unwritable(reason: str) -> str:
    return say(
        "The room cannot be written: {reason}. Tell whoever runs the server to free some space.",
        reason=reason,
    )


@disk_errors(_unwritable)
def open_room(browser: str = "", now: float | None = None) -> "Room":
    """A new room; whoever has its ``key`` leads it.

    Args:
        browser: the secret of the browser that opens it; a browser may have ``max_browser_rooms``.
        now: seconds since 1970; the clock's, if not given.

    Raises:
        CnnvizError: there are too many rooms.
    """
    now = time.time() if now is None else now
    forget_old(now)
    folder, limits = settings().rooms, settings()
    folder.mkdir(parents=True, exist_ok=True)
    owner = _hash(browser) if browser else ""
    with FileLock(folder / ".lock"):
        rooms = _rooms(folder)
        own = [room for room in rooms if owner and _read(room / "room.json").get("browser") == owner]
        if len(own) >= limits.max_browser_rooms:
            raise CnnvizError(
                say(
                    "This browser has {count} rooms, and more are not possible. Close one of them: {codes}.",
                    count=len(own),
                    codes=", ".join(room.name for room in own),
                )
            )
        if len(rooms) >= limits.max_rooms:
            raise CnnvizError(
                say(
                    "There are {count} rooms on this server, and more are not possible. Wait until one is closed.",
                    count=len(rooms),
                )
            )
        while True:
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
            if not (folder / code).exists():
                break
        draft, key = folder / f".{code}", secrets.token_urlsafe(24)
        for part in ("here", "answers", "questions"):
            (draft / part).mkdir(parents=True)
        _write(draft / "room.json", {"opened": now, "key": _hash(key), "browser": owner})
        _write(draft / "shown.json", asdict(Shown()))
        draft.rename(folder / code)
    return Room(code, key)


def forget_old(now: float | None = None) -> int:
    """Deletes the rooms that were opened a day ago (``room_hours``) or longer; returns how many."""
    now = time.time() if now is None else now
    old = [room for room in _rooms(settings().rooms) if _is_old(room, now)]
    for room in old:
        shutil.rmtree(room, ignore_errors=True)
    return len(old)


def _rooms(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [room for room in folder.iterdir() if _is_code(room.name)]


def _is_old(room: Path, now: float) -> bool:
    opened = _read(room / "room.json").get("opened", 0.0)
    return not isinstance(opened, int | float) or now - opened >= settings().room_hours * 3600


def _is_code(text: str) -> bool:
    return bool(re.fullmatch(f"[{LETTERS}]{{{CODE_LENGTH}}}", text))


class Room:
    """A room that is open.

    Attributes:
        code: what students type.
        key: the lecturer's; empty for everybody else.
    """

    def __init__(self, code: str, key: str = "") -> None:
        self.code, self.key = code, key
        self.folder = settings().rooms / code

    @classmethod
    def join(cls, code: str, key: str = "", now: float | None = None) -> "Room":
        """The room with this code; small letters and spaces do not matter.

        Raises:
            CnnvizError: there is none, or the key is another room's.
        """
        typed = re.sub(r"[\s\-]", "", code[:40]).upper()
        room = cls(typed, key)
        if not _is_code(typed) or not room.is_open(now):
            raise CnnvizError(
                say(
                    "There is no room “{code}”. A code has five letters and digits, and a room is forgotten after a day: ask for the code of today.",
                    code=code.strip()[:12],
                )
            )
        if key and not room.leads:
            raise CnnvizError(say("This is not the key of room {code}. Copy it whole.", code=typed))
        return room

    def is_open(self, now: float | None = None) -> bool:
        """Whether it is there, and not a day old."""
        return not _is_old(self.folder, time.time() if now is None else now)

    @property
    def leads(self) -> bool:
        """Whether ``key`` is the key of this room."""
        known = _read(self.folder / "room.json").get("key", "")
        return bool(self.key) and bool(known) and secrets.compare_digest(_hash(self.key), str(known))

    # What the lecturer does.

    @disk_errors(_unwritable)
    def show(self, page: str, parameters: Mapping[str, str]) -> Shown:
        """The page and its state that all who follow shall see."""
        if len(page) > 80 or len(json.dumps(dict(parameters))) > LONGEST_PLACE:
            raise CnnvizError(
                say(
                    "The state of this page is too long to be followed. Take a simpler one, or send its link."
                )
            )
        with self._leading() as shown:
            if (shown.page, shown.parameters) == (page, dict(parameters)) and shown.place:
                return shown
            return self._write(replace(shown, place=shown.place + 1, page=page, parameters=dict(parameters)))

    @disk_errors(_unwritable)
    def ask(
        self,
        name: str,
        seed: int = 0,
        *,
        own: bool = False,
        text: str = "",
        choices: Sequence[str] = (),
    ) -> Asked:
        """Asks a question, in place of the one before.

        Args:
            name: of a generator, or ``POLL`` with ``text`` and ``choices``.
            own: each student gets an own one.

        Raises:
            CnnvizError: a poll has no text, too few or too many choices, or too long ones.
        """
        said, offered = _line(text), tuple(filter(None, map(_line, choices)))
        if name == POLL:
            _check_poll(said, offered)
        with self._leading() as shown:
            number = 1 + len(list((self.folder / "questions").glob("*.json")))
            asked = Asked(number, name, seed, own and name != POLL, said, offered)
            _write(self.folder / "questions" / f"{number}.json", asdict(asked))
            self._write(replace(shown, question=number))
        return asked

    @disk_errors(_unwritable)
    def reveal(self) -> Shown:
        """Shows the right answer; from now on answers do not change."""
        with self._leading() as shown:
            if not shown.question or shown.is_revealed:
                return shown
            return self._write(replace(shown, revealed=(*shown.revealed, shown.question)))

    @disk_errors(_unwritable)
    def put_away(self) -> Shown:
        """No question is asked any more."""
        with self._leading() as shown:
            return self._write(replace(shown, question=0))

    @disk_errors(_unwritable)
    def show_board(self, on: bool) -> Shown:
        """The scoreboard, for everybody, or for nobody."""
        with self._leading() as shown:
            return shown if shown.board == on else self._write(replace(shown, board=on))

    @disk_errors(_unwritable)
    def close(self) -> None:
        """Forgets the room now."""
        with self._leading():
            pass
        shutil.rmtree(self.folder, ignore_errors=True)

    # What everybody may see.

    def now(self) -> Shown:
        """What is shown now."""
        known = _read(self.folder / "shown.json")
        if not known:
            raise CnnvizError(say("Room {code} is closed.", code=self.code))
        return Shown(**{**known, "revealed": tuple(known["revealed"])})

    def mark(self) -> tuple[int, int]:
        """Is another one when ``now`` is another one; costs one look at the disk. (0, 0): the room is closed."""
        try:
            found = (self.folder / "shown.json").stat()
        except OSError:
            return 0, 0
        # A file that is replaced is another one, also within one tick of the clock.
        return found.st_mtime_ns, found.st_ino

    def question(self, number: int) -> Asked:
        """One of the questions that were asked."""
        known = _read(self.folder / "questions" / f"{int(number)}.json")
        if not known:
            raise CnnvizError(say("Room {code} has no question {number}.", code=self.code, number=number))
        return Asked(**{**known, "choices": tuple(known["choices"])})

    def presence(self, now: float | None = None) -> Presence:
        """How many students are there."""
        if now is not None:
            return _presence(self.folder, now)
        return _recent_presence(self.folder, int(time.time() / COUNT_SECONDS))

    def counts(self, number: int) -> Counts:
        """The answers to a question so far."""
        answers = self.answers(number).values()
        groups = Counter(answer.group for answer in answers)
        return Counts(len(answers), sum(answer.right is True for answer in answers), dict(groups))

    def answers(self, number: int) -> dict[str, Answer]:
        """Student -> the last answer to a question."""
        lines = _log(self.folder / "answers" / f"{int(number)}.jsonl").last()
        return {who: Answer(line["text"], line["group"], line["right"]) for who, line in lines.items()}

    def names(self) -> dict[str, str]:
        """Student -> nickname, of those who chose one."""
        lines = _log(self.folder / "names.jsonl").last()
        return {who: line["name"] for who, line in lines.items() if line["name"]}

    def scores(self) -> list[Score]:
        """Those who chose a nickname, the best first; of the questions that were revealed."""
        logs = [self.answers(number) for number in self.now().revealed]
        judged = [{who: one for who, one in log.items() if one.right is not None} for log in logs]
        found = [
            Score(
                name,
                sum(who in log and log[who].right is True for log in judged),
                sum(who in log for log in judged),
            )
            for who, name in self.names().items()
        ]
        return sorted(found, key=lambda score: (-score.right, score.answered, score.name.casefold()))

    # What a student does.

    def here(self, student: str, wanders: bool = False, now: float | None = None) -> None:
        """The student was heard of.

        Raises:
            CnnvizError: the room is full, or ``student`` is none.
        """
        _check_student(student)
        known, now = (str(self.folder), student), time.time() if now is None else now
        before = _touched.get(known)
        if before is not None and before[1] == wanders and 0 <= now - before[0] < TOUCH_SECONDS:
            return
        file = self.folder / "here" / student
        if not file.exists():
            self._check_full()
        try:
            file.write_bytes(b"w" if wanders else b"")
            os.utime(file, (now, now))
        except FileNotFoundError:
            raise CnnvizError(say("Room {code} is closed.", code=self.code)) from None
        except OSError:
            return  # a full disk ends the counting, not the following
        if len(_touched) > 20_000:
            _touched.clear()
        _touched[known] = now, wanders

    @disk_errors(_unwritable)
    def answer(self, student: str, number: int, answer: Answer) -> None:
        """Counts the answer of a student; the last one counts, until the answer is revealed.

        Raises:
            CnnvizError: the question is not asked now, is revealed, or the answer cannot be one.
        """
        _check_student(student)
        if len(answer.text) > LONGEST_ANSWER:
            raise CnnvizError(say("This answer is too long. Give a shorter one."))
        with self._lock():
            shown = self.now()
            if shown.question != number:
                raise CnnvizError(say("This question is over. Look at the one that is asked now."))
            if shown.is_revealed:
                raise CnnvizError(say("The answer is already shown. Wait for the next question."))
            self._check_known(student)
            log = _log(self.folder / "answers" / f"{number}.jsonl")
            log.last()
            if log.lines_of(student) >= MOST_ANSWERS:
                raise CnnvizError(say("You changed this answer too often; the last one counts."))
            log.append({"who": student, **asdict(answer)})

    @disk_errors(_unwritable)
    def call(self, student: str, name: str) -> str:
        """The nickname of a student, as it is shown; an empty one takes it away.

        Raises:
            CnnvizError: somebody else has it.
        """
        _check_student(student)
        nickname = _line(name)[:NAME_LENGTH].strip()
        with self._lock():
            self.now()
            self._check_known(student)
            taken = self.names()
            if nickname == taken.get(student, ""):
                return nickname
            if nickname.casefold() in {one.casefold() for who, one in taken.items() if who != student}:
                raise CnnvizError(
                    say(
                        "Somebody in this room is called “{name}” already. Choose another nickname.",
                        name=nickname,
                    )
                )
            log = _log(self.folder / "names.jsonl")
            if log.lines_of(student) >= MOST_ANSWERS:
                raise CnnvizError(say("You changed your nickname too often. Keep this one."))
            log.append({"who": student, "name": nickname})
        return nickname

    # How it is kept.

    def _lock(self) -> FileLock:
        if not self.folder.is_dir():
            raise CnnvizError(say("Room {code} is closed.", code=self.code))
        return FileLock(self.folder / "lock", timeout=10)

    def _leading(self) -> "_Leading":
        return _Leading(self)

    def _write(self, shown: Shown) -> Shown:
        changed = replace(shown, number=shown.number + 1)
        _write(self.folder / "shown.json", asdict(changed))
        return changed

    def _check_known(self, student: str) -> None:
        if not (self.folder / "here" / student).exists():
            self.here(student)

    def _check_full(self) -> None:
        if not (self.folder / "here").is_dir():
            raise CnnvizError(say("Room {code} is closed.", code=self.code))
        most = settings().max_room_students
        if sum(1 for _ in os.scandir(self.folder / "here")) >= most:
            raise CnnvizError(say("Room {code} is full: it has {most} students.", code=self.code, most=most))


class _Leading:
    """The lock of a room in the hands of its lecturer; gives what is shown now."""

    def __init__(self, room: Room) -> None:
        self.room, self.lock = room, room._lock()

    def __enter__(self) -> Shown:
        self.lock.acquire()
        try:
            if not self.room.leads:
                raise CnnvizError(
                    say(
                        "Only the lecturer of room {code} can do this: its key is needed.",
                        code=self.room.code,
                    )
                )
            return self.room.now()
        except BaseException:
            self.lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        self.lock.release()


_touched: dict[tuple[str, str], tuple[float, bool]] = {}
"""(room, student) -> when this process wrote down last that the student is there, and whether alone."""


class _Log:
    """A file of lines that only grows; this process has read it up to some place."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._place, self._file_number = 0, 0
        self._last: dict[str, dict[str, Any]] = {}
        self._lines: Counter[str] = Counter()
        self._reading = threading.Lock()

    def last(self) -> dict[str, dict[str, Any]]:
        """Student -> the last line."""
        with self._reading:
            try:
                found = self.file.stat()
            except OSError:
                self._forget(0)
                return {}
            if found.st_ino != self._file_number or found.st_size < self._place:
                self._forget(found.st_ino)
            if found.st_size > self._place:
                self._read_on()
            return dict(self._last)

    def lines_of(self, student: str) -> int:
        """How many lines a student has, as far as was read."""
        return self._lines[student]

    def append(self, line: Mapping[str, Any]) -> None:
        """Adds a line; its writer holds the room's lock."""
        with self.file.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _forget(self, file_number: int) -> None:
        self._place, self._file_number = 0, file_number
        self._last.clear()
        self._lines.clear()

    def _read_on(self) -> None:
        with self.file.open("rb") as file:
            file.seek(self._place)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._place += len(whole) + len(newline)
        for text in filter(None, whole.split(b"\n")):
            with suppress(ValueError):
                line = json.loads(text)
                self._last[line["who"]] = line
                self._lines[line["who"]] += 1


@lru_cache(maxsize=256)
def _log(file: Path) -> _Log:
    return _Log(file)


@lru_cache(maxsize=64)
def _recent_presence(folder: Path, _tick: int) -> Presence:
    return _presence(folder, time.time())


def _presence(folder: Path, now: float) -> Presence:
    following = wandering = 0
    try:
        entries = list(os.scandir(folder / "here"))
    except OSError:
        return Presence(0, 0)
    for entry in entries:
        with suppress(OSError):
            found = entry.stat()
            if now - found.st_mtime <= HEARD_SECONDS:
                following += found.st_size == 0
                wandering += found.st_size > 0
    return Presence(following, wandering)


def _check_student(student: str) -> None:
    if not re.fullmatch("[0-9a-f]{24}", student):
        raise CnnvizError(say("This browser has not told who it is. Load the page again."))


def _check_poll(text: str, choices: Sequence[str]) -> None:
    if not text:
        raise CnnvizError(say("The poll has no question. Type one."))
    if len(text) > LONGEST_TEXT:
        raise CnnvizError(
            say(
                "The question of the poll is longer than {most} characters. Make it shorter.",
                most=LONGEST_TEXT,
            )
        )
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise CnnvizError(
            say(
                "A poll has 2 to {most} choices, one a line, but this one has {count}.",
                most=MOST_CHOICES,
                count=len(choices),
            )
        )
    if len(set(choices)) < len(choices):
        raise CnnvizError(say("Two choices of the poll are the same. Change one of them."))
    if any(len(choice) > LONGEST_CHOICE for choice in choices):
        raise CnnvizError(
            say(
                "A choice of the poll is longer than {most} characters. Make it shorter.", most=LONGEST_CHOICE
            )
        )


def _line(text: str) -> str:
    """One line without what cannot be seen."""
    seen = "".join(" " if letter.isspace() else letter for letter in text[:4000])
    seen = "".join(letter for letter in seen if not unicodedata.category(letter).startswith("C"))
    return re.sub(" +", " ", seen).strip()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: Path, content: Mapping[str, Any]) -> None:
    """Replaces a file atomically: who reads sees the one before or this one."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}.draft")
    try:
        draft.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def room_code() -> str:
    """The lines that open a room, ask a question in it and count the answers."""
    return script(
        """room = open_room()
room.ask("poll", text="Which of them has weights?", choices=("pooling", "convolution"))
student = student_of(room.code, "a secret of the student's browser")
Room.join(room.code).answer(student, 1, Answer("1", "convolution", None))
counts = room.counts(1)
room.close()
counts.groups""",
        first=(),
        **dict.fromkeys(("Answer", "Room", "open_room", "student_of"), "cnnviz.classroom.rooms"),
    )
