"""The state of the page "Data sets"."""

from cnnviz.data import DATASETS
from cnnviz.data.published import CATALOGUE
from cnnviz.ui.fields import Choice, Choices, Number, titles_of
from cnnviz.ui.state import State

GRID = {"view": "grid"}
SPLITS = {"train": "training", "test": "test"}


class Datasets(State, page="pages/wild/datasets.py"):
    """A data set, and what of it is looked at; a published one."""

    dataset = Choice("Data set", titles_of(DATASETS))
    split = Choice("Images", SPLITS, kind="buttons")
    view = Choice(
        "Look at",
        {
            "grid": "the images",
            "means": "mean images",
            "extremes": "typical and odd ones",
            "twins": "images that are there twice",
        },
    )
    classes = Choices("Classes (none chosen: all)", None, ())
    part = Number("Page", 1, 1, 100_000, needs=GRID)
    published = Choice("Published data set", titles_of(CATALOGUE))
