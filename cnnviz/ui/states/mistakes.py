"""The state of the page "Mistakes"."""

from cnnviz.ui.fields import Choice, Open
from cnnviz.ui.runs import WithRun


class Mistakes(WithRun, page="pages/inside/mistakes.py"):
    """A run, a cell of its confusion matrix or its most confident mistakes, and one of their images."""

    view = Choice(
        "Show",
        {"surest": "the most confident mistakes", "cell": "one cell"},
        kind="buttons",
        help="Wrong answers that the network was surest of, or all images of one cell of the confusion matrix.",
    )
    true = Choice("True class", None, help="The row of the confusion matrix: the class that the images have.")
    predicted = Choice(
        "Predicted as", None, help="The column of the confusion matrix: the class that the network says."
    )
    example = Open(
        "Test image",
        0,
        whole=True,
        help="The number of the test image that is opened. It is set by a click on an image.",
    )
