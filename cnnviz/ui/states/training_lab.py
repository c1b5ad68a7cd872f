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

    dataset = Choice("Data set", titles_of(DATASETS))
    network = Choice("Network", PRESET_TITLES)
    optimizer = Choice("Optimiser", titles_of(OPTIMIZERS))
    learning_rate = Open(
        "Learning rate", help="Empty: the value that usually works for this optimiser and network."
    )
    find = Switch("Find a learning rate", help="One short training in which the rate grows at each step.")
    epochs = Number("Epochs", 3, 1, 1000)
    knobs = Choice(
        "More settings",
        {
            "steps": "Steps and first weights",
            "data": "Data and augmentation",
            "loss": "Loss and penalties",
            "stop": "When to stop",
        },
    )
    batch_size = Number("Batch size", 128, 1, 10_000, needs=STEPS)
    schedule = Choice("Learning-rate schedule", titles_of(SCHEDULES), needs=STEPS)
    seed = Number("Seed", 0, 0, 2**31, needs=STEPS)
    initialisation = Choice("First weights", titles_of(INITIALISATIONS), needs=STEPS)
    precision = Choice(
        "Precision",
        {"float32": "32 bits (float32)", "mixed": "Mixed: products in bfloat16"},
        help="Mixed precision is for a GPU; on most processors it is slower.",
        needs=STEPS,
    )
    classes = Choices("Classes (none chosen: all)", None, (), needs=DATA)
    limit = Open("Only the first … images", 1, whole=True, placeholder="all", needs=DATA)
    share = Number("Share of them, %", 100, 1, 100, slider=True, needs=DATA)
    augmentation = Choices("Augmentation", titles_of(AUGMENTATIONS), (), needs=DATA)
    noise = Number("Random labels, %", 0, 0, 100, slider=True, needs=DATA)
    loss = Choice("Loss", titles_of(LOSSES), needs=LOSS)
    weight_decay = Open("L2 penalty λ (weight decay)", 0, 1, placeholder="0.0005", needs=LOSS)
    l1 = Open("L1 penalty λ", 0, 1, placeholder="0", needs=LOSS)
    label_smoothing = Open("Label smoothing ε", 0, 0.99, placeholder="0.1", needs=LOSS)
    clip = Open("Longest gradient (clipping)", 0, placeholder="any length", needs=LOSS)
    patience = Open(
        "Early stopping: validations without a smaller loss",
        1,
        1000,
        whole=True,
        placeholder="off",
        needs=STOP,
    )
    stop_accuracy = Open("Stop at a validation accuracy of … %", 1, 100, placeholder="off", needs=STOP)
    stop_seconds = Open("Stop after … seconds", 0.1, placeholder="off", needs=STOP)
    stop_joules = Open(
        "Stop after … joules",
        0.001,
        placeholder="off",
        help="An estimate: three passes of multiply-adds an image, and 3·10⁻¹⁰ joules each.",
        needs=STOP,
    )
    draw_network = Switch("Draw the network")
    true = Open("True class", 0, whole=True)
    predicted = Open("Predicted class", 0, whole=True)
