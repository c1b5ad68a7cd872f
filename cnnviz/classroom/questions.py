"""All questions: ``QUESTIONS`` by name, and ``question(name, seed)``.

A new question is one function with ``@asks(…)`` in ``seeing.py``, ``learning.py``, ``inside.py`` or ``wild.py``.
"""

from functools import lru_cache

from cnnviz.classroom import inside, learning, seeing, wild  # noqa: F401 - they register their questions
from cnnviz.classroom.asking import LARGEST_SEED, QUESTIONS, Entry, Question, Verdict
from cnnviz.errors import CnnvizError
from cnnviz.words import say

__all__ = ["LARGEST_SEED", "QUESTIONS", "Entry", "Question", "Verdict", "question"]


@lru_cache(maxsize=4096)
def question(name: str, seed: int = 0) -> Question:
    """The question of a generator and a seed: the same one each time.

    Raises:
        CnnvizError: there is no such generator, or the seed is out of range.
    """
    if name not in QUESTIONS:
        raise CnnvizError(
            say(
                "There is no question “{name}”. Choose one of: {names}.",
                name=name[:40],
                names=", ".join(QUESTIONS),
            )
        )
    if not 0 <= seed <= LARGEST_SEED:
        raise CnnvizError(
            say("The seed is {seed}, but it must lie between 0 and {most}.", seed=seed, most=LARGEST_SEED)
        )
    return QUESTIONS[name].question(seed)
