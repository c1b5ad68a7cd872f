"""A lecture is a file: a list of pages, each in a state, with a title, the lecturer's notes and questions.

It is TOML, to be written by hand::

    title = "Pooling in ten minutes"

    [[slide]]
    page = "pooling"                # or: link = "pooling?window=3"
    state = { window = 3 }
    title = "One number for a window"
    notes = "Step through the first three windows. Ask: which number is next?"
    minutes = 4
"""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

import tomli_w

from cnnviz.errors import CnnvizError
from cnnviz.ui.command import APP
from cnnviz.ui.fields import LONGEST, Choice, Choices, Field, Foreign, Number, Open, Real, Switch
from cnnviz.ui.state import State
from cnnviz.words import Sentence, say

FOLDER = APP / "lectures"
LARGEST = 1_000_000
"""Characters of a file."""
MOST = 999
"""Slides of a lecture."""
LONGEST_WORDS = 20_000
"""Characters of one text of a file."""
SIDEBAR, CODE, TRY, SOURCE = "sidebar", "code", "try", "source"
PARTS_OF_ALL = (SIDEBAR, CODE, TRY, SOURCE)
"""What every page has and a slide may hide, besides controls and sections."""
QUESTION = ("kind", "text", "choices", "answer", "seed")


@dataclass(frozen=True)
class Slide:
    """A page in a state, and what the lecturer says to it.

    Attributes:
        page: the name of the page's file, such as ``pooling``.
        state: field -> text, as in a link.
        title: in the bar and in the list.
        notes: for the lecturer alone, Markdown.
        caption: for the hall, above the bar; ``[the kernel](#spot:pooling_stepper)`` points at the picture.
        question: to the hall: kind, text, choices, answer, seed.
        hide: names of controls and sections that are not drawn.
        spot: what the spotlight shows first: the key of a section or a component, or a CSS selector.
        minutes: how long it is meant to take.
    """

    page: str
    state: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    notes: str = ""
    caption: str = ""
    question: Mapping[str, Any] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    spot: str = ""
    minutes: float = 0.0

    def link(self) -> str:
        """The address, such as ``pooling?window=3``."""
        pairs = "&".join(f"{quote(name)}={quote(text, safe=',;')}" for name, text in self.state.items())
        return f"{self.page}?{pairs}" if pairs else self.page


@dataclass(frozen=True)
class Lecture:
    """Slides in their order.

    Attributes:
        language: of its words, such as ``en``.
        about: one or two sentences.
        unknown: what of its file is not known here, a sentence each.
    """

    title: str = ""
    author: str = ""
    language: str = ""
    about: str = ""
    slides: tuple[Slide, ...] = ()
    unknown: tuple[Sentence, ...] = field(default=(), compare=False)

    @property
    def minutes(self) -> float:
        """How long all is meant to take."""
        return sum(slide.minutes for slide in self.slides)

    def text(self) -> str:
        """The file: ``read_lecture(lecture.text()) == lecture``."""
        written: dict[str, Any] = {name: getattr(self, name) for name in _HEAD if getattr(self, name)}
        written["slide"] = [_written(slide) for slide in self.slides]
        return tomli_w.dumps(written, multiline_strings=True)


_HEAD = ("title", "author", "language", "about")


def _written(slide: Slide) -> dict[str, Any]:
    """What of a slide is said, as TOML has it."""
    minutes = int(slide.minutes) if slide.minutes == int(slide.minutes) else slide.minutes
    all_of_it = {
        "link": slide.link(),
        "title": slide.title,
        "notes": slide.notes,
        "caption": slide.caption,
        "hide": list(slide.hide),
        "spot": slide.spot,
        "minutes": minutes,
        "question": dict(slide.question),
    }
    return {name: value for name, value in all_of_it.items() if value}


@cache
def pages() -> dict[str, str]:
    """Name -> file of each page of the app."""
    files = sorted((APP / "pages").glob("*/*.py"))
    return {file.stem: file.relative_to(APP).as_posix() for file in files}


@cache
def state_of(page: str) -> type[State]:
    """The state that a page declares."""
    if find_spec(f"cnnviz.ui.states.{page}") is None:
        return State
    import_module(f"cnnviz.ui.states.{page}")
    return State.pages.get(pages()[page], State)


@cache
def sections_of(page: str) -> tuple[str, ...]:
    """The names of its sections, in their order."""
    source = (APP / pages()[page]).read_text(encoding="utf-8")
    return tuple(re.findall(r"^@(?:section|part)\ndef (\w+)", source, re.MULTILINE))


def hidable(page: str) -> tuple[str, ...]:
    """What a slide of this page may hide."""
    return (*PARTS_OF_ALL, *sections_of(page), *state_of(page).fields)


def read_lecture(source: str | bytes | Path) -> Lecture:
    """The lecture of a file, or of its text. What is not known here is left out and named in ``unknown``.

    Raises:
        CnnvizError: it is no lecture at all.
    """
    if isinstance(source, Path):
        source = source.read_bytes()
    if isinstance(source, bytes):
        try:
            source = source.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise CnnvizError(say("This is not a text file in UTF-8. A lecture is a TOML file.")) from None
    if len(source) > LARGEST:
        raise CnnvizError(
            say(
                "This file has {count} characters. A lecture has {most} at most.",
                count=len(source),
                most=LARGEST,
            )
        )
    try:
        told = tomllib.loads(source.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CnnvizError(
            say(
                "This is not a TOML file: {what}. Mend that line, or download a lecture here as a pattern.",
                what=str(error)[:200] or type(error).__name__,
            )
        ) from None
    return _Reader().lecture(told)


class _Reader:
    """Takes what it knows and writes down what it does not."""

    def __init__(self) -> None:
        self.unknown: list[Sentence] = []
        self.where: object = ""

    def miss(self, key: str, **values: Any) -> None:
        """Writes down a sentence; it begins with the slide that it is about."""
        sentence = say(key, **values)
        self.unknown.append(
            say("{where}: {what}", where=self.where, what=sentence) if self.where else sentence
        )

    def lecture(self, told: Mapping[str, Any]) -> Lecture:
        slides = told.get("slide")
        if not isinstance(slides, list) or not all(isinstance(one, dict) for one in slides):
            raise CnnvizError(
                say("This file has no slides. A slide begins with the line [[slide]] and names a page.")
            )
        if len(slides) > MOST:
            raise CnnvizError(
                say("This lecture has {count} slides. It may have {most}.", count=len(slides), most=MOST)
            )
        head = {name: self.words(told, name) for name in _HEAD}
        self.names(told, (*_HEAD, "slide"))
        read = [self.slide(number, one) for number, one in enumerate(slides, 1)]
        known = tuple(one for one in read if one is not None)
        if slides and not known:
            raise CnnvizError(
                say("No slide of this lecture can be shown here. {first}", first=self.unknown[0])
            )
        return Lecture(**head, slides=known, unknown=tuple(self.unknown))

    SLIDE: ClassVar[tuple[str, ...]] = (
        "page", "state", "link", "title", "notes", "caption", "question", "hide", "spot", "minutes",
    )  # fmt: skip

    def slide(self, number: int, told: Mapping[str, Any]) -> Slide | None:
        name = told.get("title") if isinstance(told.get("title"), str) else ""
        self.where = say("Slide {number} (“{title}”)", number=number, title=str(name)[:60])
        if not name:
            self.where = say("Slide {number}", number=number)
        self.names(told, self.SLIDE)
        page, state = self.page_and_state(told)
        if page is None:
            return None
        return Slide(
            page=page,
            state=state,
            title=self.words(told, "title"),
            notes=self.words(told, "notes"),
            caption=self.words(told, "caption"),
            question=self.question(told.get("question", {})),
            hide=self.hide(page, told.get("hide", [])),
            spot=self.words(told, "spot"),
            minutes=self.minutes(told.get("minutes", 0)),
        )

    def names(self, told: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in told:
            if name not in known:
                self.miss("“{name}” is not known. {exist}", name=_short(name), exist=_choose(name, known))

    def words(self, told: Mapping[str, Any], name: str) -> str:
        value = told.get(name, "")
        if not isinstance(value, str):
            self.miss("“{name}” must be a text between quotation marks.", name=name)
            return ""
        if len(value) > LONGEST_WORDS:
            self.miss("“{name}” is cut after {most} characters.", name=name, most=LONGEST_WORDS)
        return value[:LONGEST_WORDS].replace("\r\n", "\n").replace("\r", "\n")

    def page_and_state(self, told: Mapping[str, Any]) -> tuple[str | None, dict[str, str]]:
        link, page = self.words(told, "link"), self.words(told, "page")
        try:
            parts = urlsplit(link)
            pairs = dict(parse_qsl(parts.query, keep_blank_values=True))
        except ValueError:
            self.miss("“{link}” is no link. Copy one from the address of a page.", link=_short(link))
            return None, {}
        linked = parts.path.rstrip("/").rpartition("/")[2]
        if page and linked and page != linked:
            self.miss("it names the page “{page}” and links “{linked}”; the page counts.", page=_short(page), linked=_short(linked))  # fmt: skip
            pairs = {}
        name = page or linked or ("home" if link else "")
        if not name:
            self.miss('it names no page. Write page = "pooling", or link = "pooling?window=3".')
            return None, {}
        if name not in pages():
            self.miss(
                "there is no page “{page}” here. {exist}", page=_short(name), exist=_choose(name, pages())
            )
            return None, {}
        state = told.get("state", {})
        if not isinstance(state, dict):
            self.miss("“state” must be a table, such as state = {{ window = 3 }}.", state="")
            state = {}
        return name, self.state(name, {**pairs, **state})

    def state(self, page: str, values: Mapping[str, Any]) -> dict[str, str]:
        fields, known = state_of(page).fields, {}
        for name, value in values.items():
            text = _text_of(value)
            if name not in fields:
                self.miss("the page “{page}” has no field “{name}”. {exist}", page=page, name=_short(name), exist=_choose(name, fields))  # fmt: skip
                continue
            try:
                if text is None or len(text) > LONGEST:
                    raise Foreign
                known[name] = fields[name].text(fields[name].read(text))
            except Foreign:
                shown = _short(str(value) if text is None else text)
                self.miss("“{value}” is no value of “{name}”. {exist}", value=shown, name=name, exist=_values_of(fields[name]))  # fmt: skip
        return known

    def question(self, told: Any) -> dict[str, Any]:
        if not isinstance(told, dict):
            self.miss("“question” must be a table with kind, text, choices and answer.")
            return {}
        self.names(told, QUESTION)
        asked = {}
        for name, value in told.items():
            if name not in QUESTION:
                continue
            many = value if isinstance(value, list) else [value]
            if len(many) > 100 or not all(isinstance(one, str | int | float | bool) for one in many):
                self.miss("“{name}” of its question must be a text, a number or a list of them.", name=name)
            else:
                asked[name] = value
        return asked

    def hide(self, page: str, told: Any) -> tuple[str, ...]:
        names = told.split(",") if isinstance(told, str) else told
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.miss('“hide” must be a list of names, such as hide = ["code", "try"].')
            return ()
        known, found = hidable(page), []
        for name in (name.strip() for name in names if name.strip()):
            if name in known:
                found.append(name)
            else:
                self.miss("the page “{page}” has nothing named “{name}” to hide. {exist}", page=page, name=_short(name), exist=_choose(name, known))  # fmt: skip
        return tuple(dict.fromkeys(found))

    def minutes(self, told: Any) -> float:
        if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told) or not 0 <= told <= 1000:  # fmt: skip
            self.miss("“minutes” must be a number from 0 to 1000.")
            return 0.0
        return float(told)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _choose(name: str, known: Iterable[str]) -> Sentence:
    """What it may have meant, else what there is."""
    names = list(known)
    if near := get_close_matches(name, names, 3):
        return say("Is it {names}?", names=_listed(near))
    return say("There is {names}.", names=_listed(names)) if names else say("It has none.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _text_of(value: Any) -> str | None:
    """A value of a file as it stands in a link; ``None`` for what cannot stand there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return f"{value:.7g}" if isinstance(value, float) else str(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ",".join(re.sub(r"([,\\])", r"\\\1", str(one)) for one in value)
    return None


def _values_of(entry: Field[Any]) -> Sentence:
    """What a field may be."""
    if isinstance(entry, Switch):
        return say("It is true or false.")
    if isinstance(entry, Number | Real):
        return say("It is a number from {low} to {high}.", low=entry.low, high=entry.high)
    if isinstance(entry, Choice | Choices) and entry.titles:
        return say("There is {names}.", names=_listed(list(entry.titles)[:40]))
    if isinstance(entry, Open):
        return say("It is a number.")
    return say("Copy it from the address of the page.")


def bundled() -> dict[str, Path]:
    """Name -> file of the lectures in ``lectures``, the shortest name first."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.toml"))}


def bundled_lecture(name: str) -> Lecture | None:
    """One of them, read anew when its file was changed."""
    file = bundled().get(name)
    return None if file is None else _read_file(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read_file(file: Path, _: int) -> Lecture:
    return read_lecture(file)
