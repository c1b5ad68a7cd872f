"""The state of the page "Training lab"."""

from cnnviz.data import DATASETS
from cnnviz.models import INITIALISATIONS, PRESET_TITLES
from cnnviz.training import OPTIMIZERS, SCHEDULES
from cnnviz.training.augmentation import AUGMENTATIONS
from cnnviz.training.losses import LOSSES
from cnnviz.ui.fields import Choice, Choices, Number, Open, Switch, titles_of
from cnnviz.ui.runs import WithRun

STEPS, DATA, LOSS, STOP = ({"knobs": name} for name in ("steps", "data", "loss", "stop"))
GROUPS = {
    "steps": ("batch_size", "schedule", "seed", "initialisation", "precision"),
    "data": ("classes", "limit", "share", "augmentation", "noise"),
    "loss": ("loss", "weight_decay", "l1", "label_smoothing", "clip"),
    "stop": ("patience", "stop_accuracy", "stop_seconds", "stop_joules"),
}
"""Group of settings -> the names of its fields, in the order of the page."""


class TrainingLab(WithRun, page="pages/learning/training_lab.py"):
    """What to train and how; and the run that is shown."""

    dataset = Choice(
        "Data set",
        titles_of(DATASETS),
        help="The images that the network learns from, and the test images that measure it.",
    )
    network = Choice(
        "Network",
        PRESET_TITLES,
        help="The network that is trained. Its layers can be drawn below; the page “Builder” makes others.",
    )
    optimizer = Choice(
        "Optimiser",
        titles_of(OPTIMIZERS),
        help="How a step is made of the gradient g. SGD: w ← w − η·g; momentum and Adam remember earlier gradients.",
    )
    learning_rate = Open(
        "Learning rate", help="Empty: the value that usually works for this optimiser and network."
    )
    find = Switch("Find a learning rate", help="One short training in which the rate grows at each step.")
    epochs = Number(
        "Epochs",
        3,
        1,
        1000,
        help="How often the training sees every training image. One epoch is N / batch size steps.",
    )
    knobs = Choice(
        "More settings",
        {
            "steps": "Steps and first weights",
            "data": "Data and augmentation",
            "loss": "Loss and penalties",
            "stop": "When to stop",
        },
        help="The other settings, in groups. What is set in another group stays, and is named below.",
    )
    batch_size = Number(
        "Batch size",
        128,
        1,
        10_000,
        needs=STEPS,
        help="How many images give the gradient of one step. Larger batches: fewer, less noisy, slower steps.",
    )
    schedule = Choice(
        "Learning-rate schedule",
        titles_of(SCHEDULES),
        needs=STEPS,
        help="How the learning rate changes from step to step; one cycle rises first and then falls to nearly 0.",
    )
    seed = Number(
        "Seed",
        0,
        0,
        2**31,
        needs=STEPS,
        help="The number from which first weights and the order of images are drawn. The same seed gives the same training.",
    )
    initialisation = Choice(
        "First weights",
        titles_of(INITIALISATIONS),
        needs=STEPS,
        help="How the first weights are drawn. He: variance 2/n, with n inputs of a unit; it keeps the size of values with ReLU.",
    )
    precision = Choice(
        "Numerical precision",
        {"float32": "32 bits (float32)", "mixed": "Mixed: products in bfloat16"},
        help="Mixed precision is for a GPU; on most processors it is slower.",
        needs=STEPS,
    )
    classes = Choices(
        "Classes (none chosen: all)",
        None,
        (),
        needs=DATA,
        help="The network learns only images of these classes. None chosen: all classes.",
    )
    limit = Open(
        "Only the first … images",
        1,
        whole=True,
        placeholder="all",
        needs=DATA,
        help="Uses only so many of the training images. Empty: all of them. With few the network learns them by heart.",
    )
    share = Number(
        "Share of them, %",
        100,
        1,
        100,
        slider=True,
        needs=DATA,
        help="Of these images, the part that is used for training.",
    )
    augmentation = Choices(
        "Augmentation",
        titles_of(AUGMENTATIONS),
        (),
        needs=DATA,
        help="Random changes of each training image, new ones at each epoch. The class stays the same.",
    )
    noise = Number(
        "Random labels, %",
        0,
        0,
        100,
        slider=True,
        needs=DATA,
        help="This share of the training labels is replaced by random classes: can the network learn them by heart?",
    )
    loss = Choice(
        "Loss",
        titles_of(LOSSES),
        needs=LOSS,
        help="The number that the training makes small. Cross entropy: E = −ln p of the true class.",
    )
    weight_decay = Open(
        "L2 penalty λ (weight decay)",
        0,
        1,
        placeholder="0.0005",
        needs=LOSS,
        help="Adds ½·λ·Σ w² to the loss, so that weights stay small. Empty: the value shown.",
    )
    l1 = Open(
        "L1 penalty λ",
        0,
        1,
        placeholder="0",
        needs=LOSS,
        help="Adds λ·Σ |w| to the loss, so that many weights become 0. Empty: the value shown.",
    )
    label_smoothing = Open(
        "Label smoothing ε",
        0,
        0.99,
        placeholder="0.1",
        needs=LOSS,
        help="The target is 1 − ε for the true class and shares ε among all classes. Empty: the value shown.",
    )
    clip = Open(
        "Longest gradient (clipping)",
        0,
        placeholder="any length",
        needs=LOSS,
        help="A gradient that is longer than this is shortened to it: g ← g · c/|g|. Empty: it may have any length.",
    )
    patience = Open(
        "Early stopping: validations without a smaller loss",
        1,
        1000,
        whole=True,
        placeholder="off",
        needs=STOP,
        help="The training ends after so many validations in a row without a smaller validation loss. Empty: it does not.",
    )
    stop_accuracy = Open(
        "Stop at a validation accuracy of … %",
        1,
        100,
        placeholder="off",
        needs=STOP,
        help="The training ends when the validation accuracy has reached this. Empty: it does not.",
    )
    stop_seconds = Open(
        "Stop after … seconds",
        0.1,
        placeholder="off",
        needs=STOP,
        help="The training ends after so many seconds of work. Empty: it does not.",
    )
    stop_joules = Open(
        "Stop after … joules",
        0.001,
        placeholder="off",
        help="An estimate: three passes of multiply-adds an image, and 3·10⁻¹⁰ joules each.",
        needs=STOP,
    )
    draw_network = Switch(
        "Draw the network",
        help="Draws the layers of the chosen network as cards and lines, with their numbers.",
    )
    true = Open(
        "True class",
        0,
        whole=True,
        help="The row of the confusion matrix that is opened. It is set by a click on a cell.",
    )
    predicted = Open(
        "Predicted class",
        0,
        whole=True,
        help="The column of the confusion matrix that is opened. It is set by a click on a cell.",
    )
