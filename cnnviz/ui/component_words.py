"""The sentences of the components: ``say("…")`` of their scripts, text and labels of their HTML."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from typing import Any

from cnnviz.settings import ASSETS
from cnnviz.words import ENGLISH, catalogue

COMPONENTS = ASSETS / "components"
LABELS = ("aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription")
SAID = re.compile(r"\b(?:say|sayMany|later)\(\s*(\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*(\"(?:[^\"\\]|\\.)*\"))?")
IMPORTED = re.compile(r"(?:from|import|URL\()\s*\"\./((?:lib/)?\w+\.js)\"")
"""A sentence, or one and many, as a string of JavaScript in double quotes is one of JSON."""
FOREIGN = ("dagre.js", "modern_screenshot.js")
"""Libraries of others."""


class _Texts(HTMLParser):
    """All texts and labels of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [text for name, text in attrs if name in LABELS and text]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(" ".join(data.split()))


Sentences = tuple[str | tuple[str, str], ...]


@cache
def sentences_of(file: str) -> Sentences:
    """What one file of ``assets/components`` says: sentences, and pairs of one and many."""
    text = (COMPONENTS / file).read_text(encoding="utf-8")
    if file.endswith(".html"):
        return tuple(_Texts(text).found)
    if file.rpartition("/")[2] in FOREIGN:
        return ()
    return tuple(
        (json.loads(one), json.loads(more)) if more else json.loads(one) for one, more in SAID.findall(text)
    )


def in_components() -> Iterator[tuple[str | tuple[str, str], str]]:
    """Each sentence, and its file."""
    for path in sorted([*COMPONENTS.glob("*.js"), *COMPONENTS.glob("lib/*.js"), *COMPONENTS.glob("*.html")]):
        file = path.relative_to(COMPONENTS).as_posix()
        yield from ((one, f"assets/components/{file}") for one in sentences_of(file))


def language_of(component: str, name: str) -> Mapping[str, Any] | None:
    """What a component is told of a language: the sentences that it says; nothing for English."""
    return None if name == ENGLISH else _told(component, name)


@cache
def _told(component: str, name: str) -> Mapping[str, Any]:
    known = catalogue(name)
    words: dict[str, Any] = {}
    for file in _files_of(component):
        for one in sentences_of(file):
            if isinstance(one, str):
                words[one] = known.words.get(one, one)
            else:
                words[one[1]] = list(known.plurals.get(one[1], one))
    one_form = known.form(1) == known.form(2)
    return {"name": name, "plural": "none" if one_form else "one", "words": words}


@cache
def _files_of(component: str) -> tuple[str, ...]:
    """A component's HTML, its script, and all that the script imports."""
    found = [f"{component}.html"] if (COMPONENTS / f"{component}.html").is_file() else []
    ahead = [f"{component}.js"]
    while ahead:
        file = ahead.pop()
        if file in found or file.rpartition("/")[2] in FOREIGN:
            continue
        found.append(file)
        folder = file.rpartition("/")[0]
        imported = IMPORTED.findall((COMPONENTS / file).read_text(encoding="utf-8"))
        ahead += [f"{folder}/{name}" if folder else name for name in imported]
    return tuple(found)
