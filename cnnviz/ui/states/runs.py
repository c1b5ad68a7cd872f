"""The state of the page "Runs"."""

from cnnviz.data import DATASETS
from cnnviz.models import PRESET_TITLES
from cnnviz.ui.fields import Choice, Choices, Number, Open, Real, Text, titles_of
from cnnviz.ui.state import State

SETTINGS = {
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "optimizer": "Optimiser",
    "schedule": "Schedule",
    "loss": "Loss",
    "initialisation": "First weights",
    "augmentation": "Augmentation",
    "weight_decay": "L2 penalty",
    "l1": "L1 penalty",
    "label_smoothing": "Label smoothing",
    "clip": "Longest gradient",
    "limit": "Number of images",
    "noise": "Share of random labels",
    "network": "Network",
}
"""What a comparison may be about."""
USUAL_VALUES = {
    "learning_rate": "0.003, 0.03, 0.3",
    "batch_size": "16, 64, 256",
    "optimizer": "sgd, momentum, adam",
    "schedule": "constant, cosine, one_cycle",
    "loss": "cross_entropy, squared_error",
    "initialisation": "default, xavier, he",
    "augmentation": "none, crop, flip",
    "weight_decay": "0, 0.0005, 0.01",
    "l1": "0, 0.0001, 0.001",
    "label_smoothing": "0, 0.1, 0.3",
    "clip": "none, 1, 0.1",
    "limit": "200, 500, 2000",
    "noise": "0, 0.2, 0.5",
    "network": "tiny, fast, lenet5",
}


class Runs(State, page="pages/learning/runs.py"):
    """A comparison of trainings that differ in one or two things, and the list of one's runs."""

    dataset = Choice(
        "Data set", titles_of(DATASETS), help="The images that all trainings of the comparison learn from."
    )
    network = Choice(
        "Network",
        PRESET_TITLES,
        "tiny",
        help="The network that is trained, the same in all trainings unless it is what differs.",
    )
    differs = Choice(
        "What differs",
        SETTINGS,
        help="The setting in which the trainings differ. All others are the same, so that it alone can be the reason.",
    )
    values = Text(
        "Values", help="The values of this setting, with commas between them; each gives one training."
    )
    second = Choice(
        "And in all combinations with",
        {"none": "nothing else", **SETTINGS},
        help="A second setting: every value of the first with every value of the second.",
    )
    second_values = Text(
        "Values of the second",
        needs={"second": "batch_size"},
        help="The values of the second setting, with commas between them.",
    )
    seeds = Number(
        "Seeds",
        2,
        1,
        5,
        help="How often each training is repeated with other random numbers; from 3 on a spread can be seen.",
    )
    epochs = Number("Epochs", 2, 1, 60, help="How often each training sees every training image.")
    limit = Open(
        "Only the first … images",
        1,
        whole=True,
        placeholder="2000",
        help="Trains with only so many images, so that the comparison ends sooner. Empty: the number shown.",
    )
    sample = Open(
        "Only … of the combinations, at random",
        1,
        whole=True,
        placeholder="all",
        help="Trains only so many of the combinations, drawn at random. Empty: all of them.",
    )
    goal = Real(
        "Test accuracy of at least, in percent",
        98.0,
        0.0,
        100.0,
        0.5,
        help="Of all runs that reach this test accuracy, the one with the fewest parameters comes first.",
    )
    race = Text(
        "Comparison",
        help="The name of the comparison that this page shows. It is set by the button that starts one.",
    )
    shown = Choices(
        "Runs to lay over each other",
        None,
        (),
        help="The runs whose curves are drawn into one chart, and whose settings are compared.",
    )
    one = Choice("Run", None, help="The run that can be renamed, pinned or deleted.")
