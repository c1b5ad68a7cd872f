"""The state of the page "Dropout"."""

from cnnviz.ui.fields import Choice, Number, Real, Text
from cnnviz.ui.state import State


class Dropout(State, page="pages/seeing/dropout.py"):
    """A probability and a mask; draws of one unit; a race; two digits."""

    p = Real(
        "Probability p of dropping a unit",
        0.5,
        0.0,
        0.9,
        0.05,
        slider=True,
        help="In training each unit is set to 0 with probability p, and the others are multiplied by 1/(1 − p). p = 0 switches it off.",
    )
    mode = Choice(
        "Mode",
        {"train": "training", "evaluation": "evaluation"},
        kind="buttons",
        former={"use": "evaluation"},
        help="Training: a random mask. Evaluation: all units stay, nothing is random.",
    )
    step_number = Number(
        "Training step (each has a new mask)",
        1,
        1,
        10**6,
        help="Each training step draws a new mask; the same number gives the same mask again.",
    )
    draws = Number(
        "Draws",
        300,
        10,
        2000,
        10,
        slider=True,
        help="How often a mask is drawn for the histogram. The mean comes closer to the true one with 1/√draws.",
    )
    race = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
    clear = Number(
        "Clear digit", 2, 0, 999, help="The number of a test image that the network is sure about."
    )
    unclear = Number(
        "Unclear digit",
        0,
        0,
        999,
        help="The number of a test image that could be several digits; its answers vary more from mask to mask.",
    )
    seeds = Number(
        "Seeds",
        1,
        1,
        5,
        help="How often each training is repeated with other random numbers; from 3 on a spread can be seen.",
    )
