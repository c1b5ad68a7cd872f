"""The state of the page "Ideas"."""

from cnnviz.models.architectures.ideas import IDEAS
from cnnviz.ui.fields import Choice, Choices, Number, Switch, Text, Titles
from cnnviz.ui.state import State


class Ideas(State, page="pages/wild/ideas.py"):
    """One idea of the classic architectures as an experiment, and one's own trainings of it."""

    idea = Choice(
        "Idea",
        Titles(lambda: {name: entry.title for name, entry in IDEAS.items()}),
        "residual",
        help="What one group of published networks brought, as an experiment: networks that differ in it alone.",
    )
    curve = Choice(
        "Curves",
        {"loss": "training loss", "accuracy": "test accuracy"},
        kind="buttons",
        help="What is drawn over the steps: the loss on training images, or the accuracy on test images.",
    )
    measured = Switch(
        "Measure their time here",
        help="Measures how long each network takes for one image on this machine; it takes some seconds.",
    )
    number = Number(
        "Test image",
        3,
        0,
        999,
        needs={"idea": "octave"},
        help="The number of the test image that goes through the octave convolutions, counted from 0.",
    )
    networks = Choices(
        "Networks to train", None, (), help="The networks of the experiment that you train yourself."
    )
    seeds = Number(
        "Seeds",
        1,
        1,
        3,
        help="How often each training is repeated with other random numbers; from 3 on a spread can be seen.",
    )
    epochs = Number("Epochs", 2, 1, 20, help="How often the training sees every training image.")
    race = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
