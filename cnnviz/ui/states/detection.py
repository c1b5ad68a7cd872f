"""The state of the page "Detection"."""

from cnnviz.data import PHOTOS, SCENES
from cnnviz.ui.fields import Choice, Number, Open, Real, Text, Titles, titles_of
from cnnviz.ui.state import State

VIEWS = {
    "found": "Boxes found",
    "nms": "Non-maximum suppression",
    "anchors": "Anchors",
    "roi": "RoI pooling",
}
SCENE_TITLES = Titles(lambda: {name: entry.title for name, entry in SCENES.items()})


class Detection(State, page="pages/wild/detection.py"):
    """A scene, a detector at a step of its training, and what is looked at."""

    detector = Text("Training run", sticky=True)
    at = Open("Training step", 0, whole=True)
    look = Choice("Look at", VIEWS)
    scene = Number("Test scene", 0, 0, 199)
    threshold = Real("Probability at least", 0.3, 0.05, 1.0, 0.05)
    iou = Real("A box goes if its IoU is above", 0.45, 0.0, 1.0, 0.05)
    row = Number("Row of the cell", 3, 0, 7, needs={"look": "anchors"})
    col = Number("Column of the cell", 3, 0, 7, needs={"look": "anchors"})
    box = Number("Box", 0, 0, 59, needs={"look": "roi"})
    bins = Number("Bins a side", 2, 1, 7, needs={"look": "roi"})
    map = Number("Map", 0, 0, 63, needs={"look": "roi"})
    category = Choice("Precision and recall of", None)
    scenes = Choice("Scenes", SCENE_TITLES)
    epochs = Number("Epochs", 4, 1, 20)
    photograph = Choice("Photograph", titles_of(PHOTOS), "coffee")
    sure = Real("Probability of its boxes at least", 0.4, 0.05, 1.0, 0.05)
