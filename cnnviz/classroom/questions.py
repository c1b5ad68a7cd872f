"""All questions: ``QUESTIONS`` by name, and ``question(name, seed)``.

A new question is one function with ``@asks(…)`` in ``seeing.py``, ``learning.py``, ``inside.py`` or ``wild.py``.
"""

from functools import lru_cache

from cnnviz.classroom import CHAPTERS, inside, learning, seeing, wild  # noqa: F401 - they register questions
from cnnviz.classroom.asking import LARGEST_SEED, REGISTERED, Entry, Question, Verdict
from cnnviz.errors import CnnvizError
from cnnviz.expressions import script
from cnnviz.words import say

__all__ = ["LARGEST_SEED", "QUESTIONS", "Entry", "Question", "Verdict", "question", "question_code"]

QUESTIONS: dict[str, Entry] = {
    name: entry for chapter in CHAPTERS for name, entry in REGISTERED.items() if entry.chapter == chapter
}
"""Name -> generator, chapter by chapter."""


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


def question_code(name: str, seed: int) -> str:
    """The lines that make the question of a page, and answer it."""
    return script(
        f'asked = question("{name}", {seed})\nasked.text\nasked.answer, asked.explanation',
        first=(),
        question="cnnviz.classroom.questions",
    ).strip()
