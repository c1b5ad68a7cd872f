"""The state of the page "Training tricks"."""

from cnnviz.data import DATASETS
from cnnviz.training.tricks import TRICKS
from cnnviz.ui.fields import Choice, Choices, Number, Real, Text, Titles
from cnnviz.ui.state import State

VIEW_TITLES = {
    "views": "Averaging over crops and flips",
    "ensemble": "Ensembles",
    "fgsm": "Adversarial images (FGSM)",
    "gelu": "GELU: dropout meets ReLU",
}
"""Tricks that need no new training."""
AUGMENTED, ATTACK = {"trick": "augmentation"}, {"trick": "fgsm"}


class TrainingTricks(State, page="pages/learning/training_tricks.py"):
    """One trick of training as an experiment, and one's own trainings of it."""

    trick = Choice("Trick", Titles(lambda: {name: one.title for name, one in TRICKS.items()} | VIEW_TITLES))
    curve = Choice("Curves", {"accuracy": "test accuracy", "loss": "training loss"}, kind="buttons")
    image = Number("First image", 0, 0, 900, needs=AUGMENTED)
    draw_number = Number("Draw", 0, 0, 100, help="Another number: other random changes.", needs=AUGMENTED)
    images = Choice("Images", {name: DATASETS[name].title for name in ("fashion", "mnist")}, needs=ATTACK)
    number = Number("Test image", 0, 0, 999, needs=ATTACK)
    epsilon = Real("ε, of the range of pixels", 0.1, 0.0, 0.3, 0.01, slider=True, needs=ATTACK)
    members = Number("Networks asked together", 5, 1, 10, slider=True, needs={"trick": "ensemble"})
    draws = Number("Masks that are drawn", 10, 1, 2000, needs={"trick": "gelu"})
    runs = Choices("Trainings", None, ())
    seeds = Number("Seeds", 1, 1, 5)
    epochs = Number("Epochs", 2, 1, 60)
    race = Text("Race")
