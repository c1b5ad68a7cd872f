"""Sentences that can be said in another language.

A sentence is written in English, where it is needed, with names for its values; this text is its key in the
catalogues. Below the figures it stays what it is: ``say(key, **values)`` is a text in English that remembers
key and values, so that whoever shows it can say it in another language. What is drawn for the screen is said
at once: ``_(key, **values)``.
"""

from collections.abc import Mapping
from typing import Any, Self


class Sentence(str):
    """A text in English that can be said in another language.

    Attributes:
        key: the sentence with names for its values: ``"{count} images"``.
        values: name -> what stands there; a value may be a sentence itself.
    """

    __slots__ = ("key", "values")
    key: str
    values: Mapping[str, Any]

    def __new__(cls, key: str, values: Mapping[str, Any]) -> Self:
        made = super().__new__(cls, key.format(**values) if values else key)
        made.key, made.values = key, dict(values)
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, Mapping[str, Any]]]:
        return type(self), (self.key, self.values)


def say(key: str, /, **values: Any) -> Sentence:
    """The sentence with its values: below the figures, such as in errors. Without values it may hold
    braces.
    """
    return Sentence(key, values)


def _(text: object, /, **values: Any) -> str:
    """The text in the language of whoever looks: a key with its values, a ``Sentence``, an error that carries
    one, or the word of a registry.
    """
    if isinstance(text, BaseException):
        text = text.args[0] if text.args else ""
    if values:
        return str(text).format(**values)
    return str(text)
