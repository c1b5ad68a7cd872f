"""Sentences that can be said in another language.

A sentence is written in English, where it is needed, with names for its values; this text is its key in the
catalogues ``locales/<language>/LC_MESSAGES/cnnviz.po``. Below the figures it stays what it is: ``say(key,
**values)`` is a text in English that remembers key and values, so that whoever shows it can say it in another
language. What is drawn for the screen is said at once: ``_(key, **values)``. Where a number decides between one
and many, these are ``say_many`` and ``many``.
"""

import re
import string
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

LANGUAGES: dict[str, str] = {"en": "English", "de": "Deutsch", "es": "Español", "zh_CN": "简体中文"}
"""Language -> what it calls itself."""
ENGLISH = "en"
_HERE = Path(__file__).resolve().parent
LOCALES = _HERE / "locales" if (_HERE / "locales").is_dir() else _HERE.parent / "locales"


class Sentence(str):
    """A text in English that can be said in another language.

    Attributes:
        key: the sentence with names for its values: ``"{count} images"``.
        values: name -> what stands there; a value may be a sentence itself, or an error that says one.
        one: the key where the number ``count`` is one, for a sentence that has two forms.
    """

    __slots__ = ("key", "one", "values")
    key: str
    values: Mapping[str, Any]
    one: str | None

    def __new__(cls, key: str, values: Mapping[str, Any], one: str | None = None) -> Self:
        values = {
            name: sentence_of(value) if isinstance(value, BaseException) else value
            for name, value in values.items()
        }
        form = one if one is not None and values["count"] == 1 else key
        made = super().__new__(cls, form.format(**values) if values else form)
        made.key, made.values, made.one = key, values, one
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, Mapping[str, Any], str | None]]:
        return type(self), (self.key, self.values, self.one)


def say(key: str, /, **values: Any) -> Sentence:
    """The sentence with its values: below the figures, such as in errors. Without values it may hold
    braces.
    """
    return Sentence(key, values)


def say_many(one: str, more: str, count: int, /, **values: Any) -> Sentence:
    """A sentence with a number: ``say_many("{count} image", "{count} images", n)``."""
    return Sentence(more, {"count": count, **values}, one)


def one_after_another(*sentences: str, between: str = " ") -> str:
    """The sentences that are not empty, in one text that each language says one by one."""
    said = [sentence for sentence in sentences if sentence]
    if len(said) < 2:
        return said[0] if said else ""
    values = {f"sentence{number}": sentence for number, sentence in enumerate(said)}
    return Sentence(between.join(f"{{{name}}}" for name in values), values)


def sentence_of(error: BaseException) -> Sentence:
    """What an error says; ``str(error)`` is only its English."""
    said = error.args[0] if len(error.args) == 1 else None
    return said if isinstance(said, Sentence) else Sentence(str(error), {})


def said_of(name: str, said: object) -> Sentence:
    """What a sentence or an error says, and of which part: ``"conv1: It needs maps."``"""
    return Sentence("{name}: {said}", {"name": name, "said": said})


def to_json(text: str) -> Any:
    """What a file keeps of a text, so that ``from_json`` can say it in another language."""
    if not isinstance(text, Sentence):
        return text
    values = {
        name: value
        if isinstance(value, int | float | None)
        else to_json(value if isinstance(value, str) else str(value))
        for name, value in text.values.items()
    }
    return {"key": text.key, "one": text.one, "values": values}


def from_json(kept: Any, english: str) -> str:
    """The text of ``to_json``; ``english`` where the file holds nothing that says the same in English."""
    try:
        said = _from_json(kept)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return english
    return said if said == english else english


def _from_json(kept: Any) -> str:
    if isinstance(kept, str):
        return kept
    values = {
        name: _from_json(value) if isinstance(value, str | dict) else value
        for name, value in kept["values"].items()
    }
    return Sentence(kept["key"], values, kept["one"])


def _(text: object, /, **values: Any) -> str:
    """The text in the language of whoever looks: a key with its values, a ``Sentence``, an error that carries
    one, or the word of a registry. What no catalogue knows stays as it is.
    """
    if isinstance(text, BaseException):
        text = sentence_of(text)
    return said_in(language(), text, values)


def many(one: str, more: str, count: int, /, **values: Any) -> str:
    """A sentence with a number, in the language of whoever looks: ``many("{count} image", "{count} images",
    n)``.
    """
    return said_in(language(), Sentence(more, {"count": count, **values}, one))


def said_in(name: str, text: object, values: Mapping[str, Any] | None = None) -> str:
    """The text in a language; English where its catalogue has no sentence that fits."""
    key, one = str(text), None
    if isinstance(text, Sentence) and not values:
        key, values, one = text.key, text.values, text.one
    if name == ENGLISH:
        form = one if one is not None and values and values["count"] == 1 else key
        return form.format(**values) if values else form
    known = catalogue(name)
    if not values:
        return known.words.get(key, key)
    told = {
        name_: said_in(name, value) if isinstance(value, Sentence) else value
        for name_, value in values.items()
    }
    for form in known.forms(key, one, values.get("count")):
        try:
            return known.write(form, told)
        except (KeyError, IndexError, ValueError):
            # A translation whose values do not fit is as good as none.
            continue
    return key.format(**told)


@dataclass(frozen=True)
class Catalogue:
    """What one language says.

    Attributes:
        words: key -> sentence.
        plurals: key of many -> its forms, in the order of the language.
        form: number -> which of the forms.
        write: puts the values into a sentence.
    """

    words: Mapping[str, str]
    plurals: Mapping[str, Sequence[str]]
    form: Callable[[int], int]
    write: Callable[[str, Mapping[str, Any]], str]

    def forms(self, key: str, one: str | None, count: Any) -> Iterator[str]:
        """What may be said, the best first."""
        if one is None:
            yield self.words.get(key, key)
            return
        if key in self.plurals and isinstance(count, int):
            yield self.plurals[key][self.form(count)]
        yield one if count == 1 else key


class _Written(string.Formatter):
    """Numbers as a language writes them: the sign between thousands is a thin space, because a comma means
    something else in German and in Spanish.
    """

    def format_field(self, value: Any, format_spec: str) -> Any:
        text = super().format_field(value, format_spec)
        return text.replace(",", "\N{NARROW NO-BREAK SPACE}") if re.search(r",[^,]*$", format_spec) else text


_spaced = _Written()
_lock = threading.Lock()
_catalogues: dict[str, Catalogue] = {}


def catalogue(name: str) -> Catalogue:
    """The catalogue of a language; read once, when somebody first asks in it."""
    found = _catalogues.get(name)
    if found is None:
        with _lock:
            found = _catalogues.get(name)
            if found is None:
                found = _catalogues[name] = read_catalogue(name)
    return found


def read_catalogue(name: str, folder: Path | None = None) -> Catalogue:
    """The catalogue of a language from its file; an empty one where there is none."""
    file = (folder or LOCALES) / name / "LC_MESSAGES" / "cnnviz.po"
    if name not in LANGUAGES or not file.is_file():
        return Catalogue({}, {}, lambda count: int(count != 1), str_format)
    # Not at the top: who reads English needs no Babel.
    from gettext import c2py

    from babel.messages.plurals import get_plural
    from babel.messages.pofile import read_po

    with file.open("rb") as opened:
        read = read_po(opened, locale=name)
    words: dict[str, str] = {}
    plurals: dict[str, Sequence[str]] = {}
    for message in read:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            if message.string:
                words[message.id] = str(message.string)
        elif isinstance(message.string, list | tuple) and all(message.string):
            plurals[message.id[1]] = tuple(message.string)
    write = str_format if name == "zh_CN" else _spaced_format
    return Catalogue(words, plurals, c2py(get_plural(name).plural_expr), write)


def str_format(text: str, values: Mapping[str, Any]) -> str:
    return text.format(**values)


def _spaced_format(text: str, values: Mapping[str, Any]) -> str:
    return _spaced.vformat(text, (), values)


def add_language(name: str, title: str, made: Catalogue) -> None:
    """A language that has no file, such as the one of the tests."""
    LANGUAGES[name] = title
    _catalogues[name] = made


_language: ContextVar[str | None] = ContextVar("language", default=None)
_asked: list[Callable[[], str]] = []


def language() -> str:
    """The language of whoever looks; English, unless somebody has said another one."""
    chosen = _language.get()
    if chosen is not None:
        return chosen
    return _asked[-1]() if _asked else ENGLISH


def ask_for_language(ask: Callable[[], str]) -> None:
    """Who is asked for the language of whoever looks, where ``in_language`` says none."""
    _asked[:] = [ask]


@contextmanager
def in_language(name: str) -> Iterator[None]:
    """All that is said inside is said in this language."""
    token = _language.set(name)
    try:
        yield
    finally:
        _language.reset(token)
