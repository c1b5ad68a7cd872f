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

    detector = Text(
        "Training run",
        sticky=True,
        help="The training run whose detector is shown. It is set by the list of runs.",
    )
    at = Open(
        "Training step",
        0,
        whole=True,
        help="The saved step of the training whose weights are used. Empty: the newest one.",
    )
    look = Choice(
        "Look at",
        VIEWS,
        help="The boxes that are found, how overlapping boxes go, the anchors of one cell, or how a box becomes a fixed number of values.",
    )
    scene = Number("Test scene", 0, 0, 199, help="The number of the test scene, counted from 0.")
    threshold = Real(
        "Probability at least",
        0.3,
        0.05,
        1.0,
        0.05,
        help="Boxes with a smaller probability are left out. A higher value gives fewer false boxes and more misses.",
    )
    iou = Real(
        "A box goes if its IoU is above",
        0.45,
        0.0,
        1.0,
        0.05,
        help="Non-maximum suppression: a box goes if its IoU with a surer box of its class is above this. IoU = intersection / union.",
    )
    row = Number(
        "Row of the cell",
        3,
        0,
        7,
        needs={"look": "anchors"},
        help="The row of the cell of the grid whose anchors are shown, counted from 0 at the top.",
    )
    col = Number(
        "Column of the cell",
        3,
        0,
        7,
        needs={"look": "anchors"},
        help="The column of the cell of the grid whose anchors are shown, counted from 0 at the left.",
    )
    box = Number(
        "Box",
        0,
        0,
        59,
        needs={"look": "roi"},
        help="The number of the box that is pooled, in the order of their probabilities.",
    )
    bins = Number(
        "Bins a side",
        2,
        1,
        7,
        needs={"look": "roi"},
        help="The box is divided into bins × bins parts; of each part the largest value stays. So every box gives as many numbers.",
    )
    map = Number(
        "Map", 0, 0, 63, needs={"look": "roi"}, help="The channel of the maps that is pooled, counted from 0."
    )
    category = Choice(
        "Precision and recall of",
        None,
        help="The class whose precision TP/(TP + FP) and recall TP/(TP + FN) are drawn.",
    )
    scenes = Choice(
        "Scenes", SCENE_TITLES, help="The set of scenes with true boxes that the detector learns from."
    )
    epochs = Number("Epochs", 4, 1, 20, help="How often the training sees every training scene.")
    photograph = Choice(
        "Photograph", titles_of(PHOTOS), "coffee", help="A photograph on which a published detector is tried."
    )
    sure = Real(
        "Probability of its boxes at least",
        0.4,
        0.05,
        1.0,
        0.05,
        help="Boxes of the published detector with a smaller probability are left out.",
    )
