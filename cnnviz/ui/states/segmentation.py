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

    segmenter = Text("Training run", sticky=True)
    at = Open("Training step", 0, whole=True)
    look = Choice("Look at", VIEWS)
    scene = Number("First test scene", 0, 0, 196)
    beside = Choice("Beside it", {"none": "nothing", "no_skips": "a network without skips"})
    category = Choice("Class", None, needs={"look": "class"})
    up = Choice("Maps are made larger by", UPS, "overlapping", needs={"look": "ups"})
    scenes = Choice("Scenes", SCENE_TITLES)
    epochs = Number("Epochs", 5, 1, 20)
    variants = Choices("Networks", VARIANTS, ("unet",))
    race = Text("Comparison")
    objects = Choice("Images", {"mnist": "Digits", "fashion": "Clothes"})
    image = Number("Test image", 0, 0, 1999)
    share = Real("Share of the largest activation", 0.5, 0.05, 0.95, 0.05)
