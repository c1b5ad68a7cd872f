"""The state of the page "Data sets"."""

from cnnviz.data import DATASETS
from cnnviz.data.published import CATALOGUE
from cnnviz.training.bias import DATASET, RARE, RARE_PERCENT
from cnnviz.ui.fields import Choice, Choices, Number, Text, titles_of
from cnnviz.ui.state import State

GRID, AUGMENT = {"view": "grid"}, {"view": "augment"}
CLOTHES = DATASETS[DATASET].classes
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
            "near": "images near to one of them",
            "augment": "augmentation",
        },
    )
    classes = Choices("Classes (none chosen: all)", None, ())
    part = Number("Page", 1, 1, 100_000, needs=GRID)
    asked = Number("Number of the image", 7, 0, 99_999_999, needs={"view": "near"})
    draw_number = Number("Draw", 0, 0, 100, help="Another number: other random changes.", needs=AUGMENT)
    rare = Choices("Classes with few images", {name: name for name in CLOTHES}, RARE)
    rare_percent = Number("Images of them, in percent", RARE_PERCENT, 1, 100)
    seeds = Number("Seeds", 1, 1, 3)
    race = Text("Race")
    published = Choice("Published data set", titles_of(CATALOGUE))
