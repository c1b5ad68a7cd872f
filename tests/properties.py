"""How many examples a property test draws: its own number in ``make test``, ten times as many in ``make
fuzz``.
"""

from hypothesis import settings

USUAL_EXAMPLES = 100
"""What a property test draws that names no number."""


def examples(count: int) -> settings:
    """``@examples(40)``: 40 examples, times what the profile draws more than usual; no module names
    ``max_examples`` itself.
    """
    return settings(max_examples=count * settings().max_examples // USUAL_EXAMPLES)
