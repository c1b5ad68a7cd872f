"""The state of the page "Dropout"."""

from cnnviz.ui.fields import Choice, Number, Real, Text
from cnnviz.ui.state import State


class Dropout(State, page="pages/seeing/dropout.py"):
    """A probability and a mask; draws of one unit; a race; two digits."""

    p = Real("Probability p of dropping a unit", 0.5, 0.0, 0.9, 0.05, slider=True)
    mode = Choice(
        "Mode",
        {"train": "training", "evaluation": "evaluation"},
        kind="buttons",
        former={"use": "evaluation"},
    )
    step_number = Number("Training step (each has a new mask)", 1, 1, 10**6)
    draws = Number("Draws", 300, 10, 2000, 10, slider=True)
    seeds = Number("Seeds", 1, 1, 5)
    race = Text("Race")
    clear = Number("Clear digit", 2, 0, 999)
    unclear = Number("Unclear digit", 0, 0, 999)
