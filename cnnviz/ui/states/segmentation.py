"""The state of the page "Segmentation"."""

from cnnviz.tasks import UPS
from cnnviz.ui.fields import Choice, Choices, Number, Open, Real, Text
from cnnviz.ui.state import State
from cnnviz.ui.states.detection import SCENE_TITLES

VIEWS = {"masks": "Masks", "class": "One class", "errors": "Wrong pixels", "ups": "Making maps larger"}
VARIANTS = {
    "unet": "with skips",
    "no_skips": "without skips",
    "overlapping": "transposed convolution 3×3",
    "upsample": "upsampling",
}


class Segmentation(State, page="pages/wild/segmentation.py"):
    """A scene, a segmenter at a step of its training, and what is looked at."""

    segmenter = Text(
        "Training run",
        sticky=True,
        help="The training run whose network is shown. It is set by the list of runs.",
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
        help="The class of each pixel, the probability of one class, the wrong pixels, or how maps become larger.",
    )
    scene = Number(
        "First test scene",
        0,
        0,
        196,
        help="The number of the first test scene that is shown, counted from 0.",
    )
    beside = Choice(
        "Beside it",
        {"none": "nothing", "no_skips": "a network without skips"},
        help="Another network that answers for the same scenes.",
    )
    category = Choice(
        "Class", None, needs={"look": "class"}, help="The class whose probability is shown at each pixel."
    )
    up = Choice(
        "Maps are made larger by",
        UPS,
        "overlapping",
        needs={"look": "ups"},
        help="How a small map becomes a large one: a transposed convolution of 2×2 or 3×3, or upsampling and then a convolution.",
    )
    scenes = Choice(
        "Scenes", SCENE_TITLES, help="The set of scenes with true masks that the network learns from."
    )
    epochs = Number("Epochs", 5, 1, 20, help="How often the training sees every training scene.")
    variants = Choices(
        "Networks",
        VARIANTS,
        ("unet",),
        help="The networks that are trained and compared. Skips carry fine maps over to the end.",
    )
    race = Text(
        "Comparison",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
    objects = Choice(
        "Images",
        {"mnist": "Digits", "fashion": "Clothes"},
        help="Images whose only object is searched by the activations of a classifier, without any mask to learn from.",
    )
    image = Number("Test image", 0, 0, 1999, help="The number of the test image, counted from 0.")
    share = Real(
        "Share of the largest activation",
        0.5,
        0.05,
        0.95,
        0.05,
        help="Pixels above this share of the largest activation count as object: a > share · max a.",
    )
