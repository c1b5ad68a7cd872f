"""The state of the page "Gradient descent"."""

from cnnviz.learning.rules import RULES
from cnnviz.learning.surfaces import SURFACES
from cnnviz.ui.fields import Choice, Choices, Number, Open, Text, titles_of
from cnnviz.ui.state import State


class GradientDescent(State, page="pages/learning/gradient_descent.py"):
    """A loss, the rules that walk down it, and where and how fast."""

    surface = Choice("Loss E(w)", titles_of(SURFACES))
    rules = Choices("Update rules", titles_of(RULES), ("sgd", "momentum", "adam"))
    rate = Open("Learning rate η", 1e-3, 10.0)
    batch = Number("Examples a step (0: all)", 0, 0, 24)
    begin = Text("Start")
    steps = Number("Steps in the table", 10, 1, 200)
