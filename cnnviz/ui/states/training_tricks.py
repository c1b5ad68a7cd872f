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

    trick = Choice(
        "Trick",
        Titles(lambda: {name: one.title for name, one in TRICKS.items()} | VIEW_TITLES),
        help="What makes a training better, or a network weaker, as an experiment: trainings that differ in it alone.",
    )
    curve = Choice(
        "Curves",
        {"accuracy": "test accuracy", "loss": "training loss"},
        kind="buttons",
        help="What is drawn over the steps: the accuracy on test images, or the loss on training images.",
    )
    image = Number(
        "First image",
        0,
        0,
        900,
        needs=AUGMENTED,
        help="The number of the first image that is changed at random, counted from 0.",
    )
    draw_number = Number("Draw", 0, 0, 100, help="Another number: other random changes.", needs=AUGMENTED)
    images = Choice(
        "Images",
        {name: DATASETS[name].title for name in ("fashion", "mnist")},
        needs=ATTACK,
        help="The data set whose test images are attacked.",
    )
    number = Number(
        "Test image",
        0,
        0,
        999,
        needs=ATTACK,
        help="The number of the test image that is attacked, counted from 0.",
    )
    epsilon = Real(
        "ε, of the range of pixels",
        0.1,
        0.0,
        0.3,
        0.01,
        slider=True,
        needs=ATTACK,
        help="How far each pixel moves: x + ε·sign(∂E/∂x), as a share of the range of pixels. 0: not at all.",
    )
    members = Number(
        "Networks asked together",
        5,
        1,
        10,
        slider=True,
        needs={"trick": "ensemble"},
        help="How many networks, trained with other seeds, are asked; their probabilities are averaged.",
    )
    draws = Number(
        "Masks that are drawn",
        10,
        1,
        2000,
        needs={"trick": "gelu"},
        help="How many masks of dropout are drawn; their mean comes closer to x·Φ(x), which is GELU.",
    )
    runs = Choices("Trainings", None, (), help="The trainings of the experiment that you start yourself.")
    seeds = Number(
        "Seeds",
        1,
        1,
        5,
        help="How often each training is repeated with other random numbers; from 3 on a spread can be seen.",
    )
    epochs = Number("Epochs", 2, 1, 60, help="How often each training sees every training image.")
    race = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
