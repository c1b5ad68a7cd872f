"""Text that comes from outside (a link, a file, a class, a run's name) where Streamlit reads Markdown."""

import re
import unicodedata
from functools import lru_cache

from cnnviz.words import Sentence, _

LONGEST = 1000
"""Characters that are shown of one text."""
MOST_MARKS = 3
"""Accents on one letter; with hundreds of them a word covers the page."""
_MARKUP = re.compile(r"[\\`*_\[\]<>~$|#]|:(?=\S)|&(?=[#\w])|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
"""What would be read as markup, in the middle of a line or at its beginning."""
_JOINER = "\u2060"
"""Has no width, and no line ends there."""
_ACTIVE = re.compile(r":(?=\S)|@(?=\S)|[<>=~-](?=[<>=~-])|\bwww(?=\.)", re.IGNORECASE)
"""What Streamlit or GitHub's Markdown looks for in the finished text, where a backslash is gone: addresses,
``:material/home:``, arrows.
"""


def plain(text: object) -> str:
    """The text for Markdown and for labels: each character stands for itself, on one line. Errors and sentences are said in
    the language of whoever looks.

    What has no place in a line is left out: control characters, marks that turn the direction of writing, more
    than three accents on one letter; and what is longer than 1000 characters is cut.
    """
    return _plain(_said(text))


def _said(text: object) -> str:
    return _(text) if isinstance(text, BaseException | Sentence) else str(text)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """A page says the same names, classes and labels at each drawing."""
    line = printable(text)
    if len(line) > LONGEST:
        line = line[: LONGEST - 1] + "…"
    return _MARKUP.sub(r"\\\g<0>", _ACTIVE.sub(rf"\g<0>{_JOINER}", line))


def printable(text: object) -> str:
    """The text on one line, for where nobody reads Markdown (options of a menu, a picture's words); in the language of
    whoever looks, as in ``plain``.
    """
    kept: list[str] = []
    marks = 0
    for letter in " ".join(_said(text).split()):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind in ("Cc", "Cf", "Cs", "Co") and letter not in "\u200c\u200d\u00ad":
            continue
        if marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)
