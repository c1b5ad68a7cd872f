"""The state of the page "Data sets"."""

from cnnviz.data import DATASETS
from cnnviz.data.published import CATALOGUE
from cnnviz.tasks.videos import EPOCHS, EXPERTS
from cnnviz.training.bias import DATASET, RARE, RARE_PERCENT
from cnnviz.ui.fields import Choice, Choices, Number, Text, titles_of
from cnnviz.ui.state import State

GRID, AUGMENT, VIDEOS = {"view": "grid"}, {"view": "augment"}, {"published": "youtube8m"}
CLOTHES = DATASETS[DATASET].classes
SPLITS = {"train": "training", "test": "test"}


class Datasets(State, page="pages/wild/datasets.py"):
    """A data set, and what of it is looked at; a published one."""

    dataset = Choice(
        "Data set", titles_of(DATASETS), help="The set of images with their classes that is looked at."
    )
    split = Choice(
        "Images",
        SPLITS,
        kind="buttons",
        help="Training images are those that a network learns from; test images are kept back to measure it.",
    )
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
        help="What is shown of the images: themselves, the mean of each class, the odd ones, copies, neighbours, or random changes.",
    )
    classes = Choices(
        "Classes (none chosen: all)",
        None,
        (),
        help="Only images of these classes are shown. None chosen: all classes.",
    )
    part = Number("Page", 1, 1, 100_000, needs=GRID, help="The page of the list of images, counted from 1.")
    search = Text(
        "Search",
        needs=GRID,
        help="A part of a class's name, the number of an image (7, or #7 where a class is called 7), or numbers from one to another "
        "(120-180). Only what is found is shown; of one image also its nearest neighbours.",
    )
    asked = Number(
        "Number of the image",
        7,
        0,
        99_999_999,
        needs={"view": "near"},
        help="The number of the image whose nearest neighbours are searched, counted from 0.",
    )
    draw_number = Number("Draw", 0, 0, 100, help="Another number: other random changes.", needs=AUGMENT)
    rare = Choices(
        "Classes with few images",
        {name: name for name in CLOTHES},
        RARE,
        help="Classes of which the training sees only few images; their recall falls.",
    )
    rare_percent = Number(
        "Images of them, in percent",
        RARE_PERCENT,
        1,
        100,
        help="How many of the images of these classes the training keeps. With 100 all classes are balanced.",
    )
    seeds = Number(
        "Seeds",
        1,
        1,
        3,
        help="How often each training is repeated with other random numbers; from 3 on a spread can be seen.",
    )
    race = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
    published = Choice(
        "Published data set",
        titles_of(CATALOGUE),
        help="A data set of the literature: its counts, size, licence, and how to get it.",
    )
    experts = Number(
        "Experts of each label",
        EXPERTS,
        1,
        8,
        needs=VIDEOS,
        help="How many logistic regressions the mixture of experts has for each label; a softmax decides which of them is asked.",
    )
    video_epochs = Number(
        "Passes over the videos",
        EPOCHS,
        1,
        100,
        needs=VIDEOS,
        help="How often the classifiers see all videos that they learn from (epochs).",
    )
