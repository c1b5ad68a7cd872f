"""The state of the page "Training lab"."""

from cnnviz.data import DATASETS
from cnnviz.models import PRESET_TITLES
from cnnviz.training import OPTIMIZERS, SCHEDULES
from cnnviz.ui.fields import Choice, Number, Open, Switch, titles_of
from cnnviz.ui.runs import WithRun


class TrainingLab(WithRun, page="pages/learning/training_lab.py"):
    """What to train and how; and the run that is shown."""

    dataset = Choice("Data set", titles_of(DATASETS))
    network = Choice("Network", PRESET_TITLES)
    optimizer = Choice("Optimiser", titles_of(OPTIMIZERS))
    learning_rate = Open("Learning rate", help="Empty: the value that usually works for this optimiser.")
    epochs = Number("Epochs", 3, 1, 1000)
    seed = Number("Seed", 0, 0, 2**31)
    batch_size = Number("Batch size", 128, 1, 10_000)
    schedule = Choice("Learning-rate schedule", titles_of(SCHEDULES))
    limit = Open("Only the first … images", 1, whole=True, placeholder="all")
    draw_network = Switch("Draw the network")
    true = Open("True class", 0, whole=True)
    predicted = Open("Predicted class", 0, whole=True)
