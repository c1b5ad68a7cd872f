"""A language for tests: each sentence of the catalogue with accents, between marks, and 40 % longer, so that a text
without marks was forgotten, and one that is cut off had no room.
"""

import re
from collections.abc import Mapping
from typing import Any

from cnnviz.words import Catalogue, add_language, str_format
from tools.make_template import template

NAME = "xx"
OPEN, CLOSE = "⟦", "⟧"
KEPT = re.compile(
    r"\{[^{}]*\}|%\{[^}]*\}|\$\$.*?\$\$|\$(?!\d)[^$]*\$|`[^`]*`|\]\([^)]*\)|:material/\w+:|:\w+\[|<[^>]*>|https?://\S+|\w*\.\w+\(|&\w+;",
    re.DOTALL,
)
"""Values, formulas, code, addresses and marks of the text."""
ACCENTS = str.maketrans("aeioucnszyAEIOUCNSZY", "áéíóúçñšžýÁÉÍÓÚÇÑŠŽÝ")


def pseudo(text: str) -> str:
    """The sentence in the language of the tests."""
    said, place = "", 0
    for kept in KEPT.finditer(text):
        said += text[place : kept.start()].translate(ACCENTS) + kept.group()
        place = kept.end()
    said += text[place:].translate(ACCENTS)
    room = max(2, round(0.4 * len(KEPT.sub("", text))) - 2)
    longer = (" ůů" * room)[:room]
    begin, end = len(said) - len(said.lstrip()), len(said.rstrip())
    # A mark of the text stays the first: "- " and "> " begin a line.
    return f"{said[:begin]}{OPEN}{said[begin:end]}{longer.rstrip()}{CLOSE}{said[end:]}"


def pseudo_catalogue() -> Catalogue:
    words: dict[str, str] = {}
    plurals: dict[str, tuple[str, str]] = {}
    for message in template():
        if isinstance(message.id, tuple | list):
            plurals[message.id[1]] = (pseudo(message.id[0]), pseudo(message.id[1]))
        elif message.id:
            words[message.id] = pseudo(message.id)
    return Catalogue(words, plurals, lambda count: int(count != 1), str_format)


def install() -> None:
    """From now on ``?language=xx`` is possible."""
    add_language(NAME, "Pseudo", pseudo_catalogue())


def unsaid(text: str) -> str:
    """What of a text stands outside the marks, and is a word: nothing where it was said in the language of the tests."""
    depth, outside = 0, ""
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        outside += sign if depth == 0 and sign != CLOSE else " " if sign in (OPEN, CLOSE) else ""
    bare = KEPT.sub(" ", outside)
    bare = re.sub(r"\\[a-zA-Z]+|!?\[[^\]]*\]\([^)]*\)", " ", bare)
    return " ".join(re.findall(r"[A-Za-z]{3,}", bare))


Texts = Mapping[str, Any]
