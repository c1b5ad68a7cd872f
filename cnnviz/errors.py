"""The one exception that students see: its text is a sentence that says what is wrong and what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CnnvizError(ValueError):
    """Something the user can mend. ``str(error)`` is one or two plain sentences: what is wrong, and a
    cure.
    """


@contextmanager
def disk_errors(sentence: Callable[[str], str]) -> Iterator[None]:
    """A disk that is full, or a folder that cannot be written, is told as a sentence; also a decorator.

    Args:
        sentence: the one for a reason in the system's words.
    """
    try:
        yield
    except OSError as error:
        raise CnnvizError(sentence(error.strerror or "another process holds it")) from None
