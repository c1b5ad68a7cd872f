"""The sentences of the components: ``say("…")`` of their scripts, text and labels of their HTML."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = ROOT / "assets" / "components"
LABELS = ("aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription")
SAID = re.compile(r"\bsay\(\s*(\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*(\"(?:[^\"\\]|\\.)*\"))?")
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


def in_components() -> Iterator[tuple[str | tuple[str, str], str]]:
    """Each sentence, and its file."""
    for path in sorted([*COMPONENTS.glob("*.js"), *COMPONENTS.glob("lib/*.js"), *COMPONENTS.glob("*.html")]):
        text, file = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        if path.suffix == ".html":
            yield from ((found, file) for found in _Texts(text).found)
        elif path.name not in FOREIGN:
            for one, more in SAID.findall(text):
                yield (json.loads(one), json.loads(more)) if more else json.loads(one), file
