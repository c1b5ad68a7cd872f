"""The state of the page "Embedding"."""

from cnnviz.features import WAYS
from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.runs import WithRun


class Embedding(WithRun, page="pages/inside/embedding.py"):
    """A run, a layer, and how its features become points."""

    count = Number(
        "Test images",
        400,
        50,
        1000,
        50,
        help="How many test images become points. More take longer, with t-SNE above all.",
    )
    layer = Choice(
        "Layer",
        None,
        help="The layer whose features are laid out. In later layers the classes lie further apart.",
    )
    way = Choice(
        "Projection",
        WAYS,
        help="How many features become two numbers: PCA takes the two directions of largest spread; t-SNE keeps neighbours together.",
    )
    by = Choice(
        "Markers and colours by",
        {"class": "true class", "prediction": "prediction"},
        kind="buttons",
        help="Colour and marker say the true class, or the class that the network predicts.",
    )
