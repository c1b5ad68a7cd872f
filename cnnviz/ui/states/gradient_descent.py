"""The state of the page "Gradient descent"."""

from cnnviz.learning.rules import RULES
from cnnviz.learning.surfaces import SURFACES
from cnnviz.ui.fields import Choice, Choices, Number, Open, Text, titles_of
from cnnviz.ui.state import State


class GradientDescent(State, page="pages/learning/gradient_descent.py"):
    """A loss, the rules that walk down it, and where and how fast."""

    surface = Choice(
        "Loss E(w)",
        titles_of(SURFACES),
        help="The function of two weights that is made small. Its gradient points uphill.",
    )
    rules = Choices(
        "Update rules",
        titles_of(RULES),
        ("sgd", "momentum", "adam"),
        help="How a step is made of the gradient g. Plain: w ← w − η·g; the others remember earlier gradients.",
    )
    rate = Open(
        "Learning rate η",
        1e-3,
        10.0,
        help="How far one step goes: w ← w − η·g. Too small is slow, too large goes up and away.",
    )
    batch = Number(
        "Examples a step (0: all)",
        0,
        0,
        24,
        help="How many examples give the gradient of one step. 0: all. Fewer make the way noisy.",
    )
    begin = Text("Start", help="The weights to begin with, w₁,w₂. It is set by a click into the picture.")
    steps = Number("Steps in the table", 10, 1, 200, help="How many steps the table below the picture shows.")
