"""The state of the page "Embedding"."""

from cnnviz.features import WAYS
from cnnviz.ui.fields import Choice, Number
from cnnviz.ui.runs import WithRun


class Embedding(WithRun, page="pages/inside/embedding.py"):
    """A run, a layer, and how its features become points."""

    count = Number("Test images", 400, 50, 1000, 50)
    layer = Choice("Layer", None)
    way = Choice("Projection", WAYS)
    by = Choice("Markers and colours by", {"class": "true class", "prediction": "prediction"}, kind="buttons")
