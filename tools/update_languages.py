"""Brings the template's sentences into the catalogues ``locales/<language>/LC_MESSAGES/cnnviz.po`` and keeps what is
translated: ``python -m tools.update_languages``, after ``python -m tools.make_template``.

A sentence that is new has no translation yet, and a test names it; one that the app does not say any more goes.
"""

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from cnnviz.words import ENGLISH, LANGUAGES, LOCALES
from tools.make_template import template


def file_of(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "cnnviz.po"


def updated(language: str, sentences: Catalog) -> Catalog:
    """The catalogue of a language with all sentences of the template, and no others."""
    known = Catalog(locale=language, project="cnnviz", charset="utf-8")
    if file_of(language).is_file():
        with file_of(language).open("rb") as file:
            known = read_po(file, locale=language)
    # Without guesses: a translation of another sentence is none.
    known.update(sentences, no_fuzzy_matching=True)
    known.obsolete.clear()
    return known


def forms_of(message: Message) -> list[str]:
    """What a sentence is in the language: one text, or one for each form of many."""
    said = message.string
    return [str(one) for one in said] if isinstance(said, list | tuple) else [str(said or "")]


def main() -> None:
    sentences = template()
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        found = updated(language, sentences)
        file_of(language).parent.mkdir(parents=True, exist_ok=True)
        with file_of(language).open("wb") as file:
            write_po(file, found, width=0, include_lineno=False, ignore_obsolete=True)
        missing = sum(not all(forms_of(one)) for one in found if one.id)
        print(f"{language}: {len(found)} sentences, {missing} of them not translated")


if __name__ == "__main__":
    main()
