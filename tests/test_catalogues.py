"""The catalogues hold what the app says: all of it, with the same values, and nothing unsure."""

import re
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from cnnviz.words import ENGLISH, LANGUAGES
from tests import pseudo
from tools.make_template import FILE, template
from tools.update_languages import file_of

TRANSLATED = [name for name in LANGUAGES if name not in (ENGLISH, pseudo.NAME)]
KEPT = re.compile(r"\$(?!\d)[^$]+\$|`[^`]+`|%\{[^}]*\}|https?://[^\s)]+|:material/\w+:")
"""Formulas, code, what Plotly fills in, and addresses."""


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    return template()


def values(text: str) -> set[tuple[str, str, str]]:
    """(name, how it is written, conversion) of each value. A sentence without values may hold braces."""
    try:
        return {
            (name, form or "", conversion or "")
            for _, name, form, conversion in Formatter().parse(text)
            if name is not None
        }
    except ValueError:
        return set()


def pairs(message: Message) -> list[tuple[str, str]]:
    """(sentence, its translation); a language may have other forms of many than English."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return [(message.id[1], one) for one in message.string]


def test_the_template_is_current(sentences: Catalog) -> None:
    with FILE.open("rb") as file:
        written = read_po(file)
    assert {one.id for one in written} == {one.id for one in sentences}, "Run python -m tools.make_template"


@pytest.mark.parametrize("language", TRANSLATED)
def test_says_everything(language: str, sentences: Catalog) -> None:
    with file_of(language).open("rb") as file:
        known = read_po(file, locale=language)
    missing = [
        one.id
        for one in sentences
        if one.id and ((said := known.get(one.id)) is None or not all(text for _, text in pairs(said)))
    ]
    assert not missing, f"Run python -m tools.update_languages, and translate: {missing[:10]}"
    assert not [one.id for one in known if one.id and one.fuzzy]
    assert not [one.id for one in known if one.id and one.id not in sentences]


@pytest.mark.parametrize("language", TRANSLATED)
def test_has_the_same_values(language: str) -> None:
    with file_of(language).open("rb") as file:
        known = read_po(file, locale=language)
    for message in known:
        for sentence, said in pairs(message) if message.id else ():
            if not said:
                continue  # the test above names it
            if "{" in sentence:
                extra = values(said) - values(sentence)
                assert not extra, (sentence, said)
                # A form of many may leave the number out: "one image".
                lost = values(sentence) - values(said)
                assert {name for name, _, _ in lost} <= ({"count"} if message.pluralizable else set()), (
                    sentence,
                    said,
                )
            assert sorted(KEPT.findall(sentence)) == sorted(KEPT.findall(said)), (sentence, said)
            assert len(sentence) - len(sentence.lstrip()) == len(said) - len(said.lstrip()), (sentence, said)
            assert len(sentence) - len(sentence.rstrip()) == len(said) - len(said.rstrip()), (sentence, said)
