"""The state of the page "Many labels, and grades"."""

from cnnviz.data import COUNTS, DATASETS, SCENES
from cnnviz.ui.fields import Choice, Number, Open, Real, Text, Titles
from cnnviz.ui.state import State


def _titles(names: tuple[str, ...]) -> dict[str, str]:
    return {name: DATASETS[name].title for name in names}


def _many(name: str) -> str:
    """The title of a set whose images have several labels.

    Raises:
        KeyError: there is none of this name.
    """
    if not DATASETS[name].many_labels:
        raise KeyError(name)
    return DATASETS[name].title


def _graded(name: str) -> str:
    """The title of a set whose classes have an order.

    Raises:
        KeyError: there is none of this name.
    """
    entry = DATASETS[name]
    if entry.grades != entry.classes:
        raise KeyError(name)
    return entry.title


class Labels(State, page="pages/wild/labels.py"):
    """An image, what a threshold makes of its labels, and how high its grade is."""

    labeller = Text(
        "Training run of labels",
        sticky=True,
        help="The training run whose network says the labels. It is set by the list of runs.",
    )
    at = Open(
        "Training step",
        0,
        whole=True,
        help="The saved step of the training of labels whose weights are used. Empty: the newest one.",
    )
    scene = Number(
        "First test image",
        54,
        0,
        99_999,
        help="The number of the first test image that is shown, counted from 0.",
    )
    threshold = Real(
        "Threshold: a label is said from this probability on",
        0.5,
        0.02,
        0.98,
        0.02,
        slider=True,
        help="A label is said where σ(z) is at least this. A lower threshold finds more and is wrong more often.",
    )
    grader = Text(
        "Training run of grades",
        sticky=True,
        help="The training run whose network says the grades. It is set by the list of runs.",
    )
    grade_at = Open(
        "Training step of the grades",
        0,
        whole=True,
        help="The saved step of the training of grades whose weights are used. Empty: the newest one.",
    )
    picture = Number(
        "Graded test image",
        0,
        0,
        99_999,
        help="The number of the first test image whose grade is shown, counted from 0.",
    )
    learn = Choice(
        "What to learn",
        {"labels": "Labels", "ordinal": "Grades"},
        kind="buttons",
        help="Yes or no for each label, or how high the grade is: which of the two trainings is shown and started.",
    )
    data = Choice(
        "Images with labels",
        Titles(lambda: _titles(tuple(SCENES)), _many),
        needs={"learn": "labels"},
        help="The images that a training of labels learns from: composed scenes, or a set of which an image may have several labels.",
    )
    graded = Choice(
        "Images with grades",
        Titles(lambda: _titles(tuple(COUNTS)), _graded),
        needs={"learn": "ordinal"},
        help="The images that a training of grades learns from: composed scenes and how many objects they hold, or a set whose classes have an order.",
    )
    epochs = Number("Epochs", 8, 1, 40, help="How often the training sees every training image.")
    most = Number(
        "Training images at most",
        3000,
        100,
        100_000,
        100,
        help="The training learns from the first so many images. With few of them it counts most that grades have an order.",
    )
