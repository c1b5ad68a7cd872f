"""The state of the page "Mistakes"."""

from cnnviz.ui.fields import Choice, Open
from cnnviz.ui.runs import WithRun


class Mistakes(WithRun, page="pages/inside/mistakes.py"):
    """A run, a cell of its confusion matrix or its most confident mistakes, and one of their images."""

    view = Choice("Show", {"surest": "the most confident mistakes", "cell": "one cell"}, kind="buttons")
    true = Choice("True class", None)
    predicted = Choice("Predicted as", None)
    example = Open("Test image", 0, whole=True)
