"""The state of the page "Volumes"."""

from cnnviz.data.volumes import SOLIDS, VOLUME_TITLES
from cnnviz.ops.volumes import AXES, VOLUME_KERNELS
from cnnviz.tasks.volumes import VIEWS
from cnnviz.ui.fields import Choice, Number, Switch, titles_of
from cnnviz.ui.state import State


class Volumes(State, page="pages/wild/volumes.py"):
    """A volume, a slice of it, a kernel, and the networks that learn what volumes are."""

    dataset = Choice(
        "Volumes",
        VOLUME_TITLES,
        SOLIDS,
        help="Solids are made by a rule. The sets of MedMNIST are measured; the page Data sets downloads them.",
    )
    number = Number("Test volume", 0, 0, 399, help="The number of the test volume, counted from 0.")
    axis = Choice(
        "Cut along",
        AXES,
        "depth",
        kind="buttons",
        help="The axis along which the slices lie one behind the other.",
    )
    cut = Number(
        "Slice",
        8,
        0,
        15,
        slider=True,
        help="The number of the slice along the chosen axis, counted from 0.",
    )
    kernel = Choice(
        "3D kernel",
        titles_of(VOLUME_KERNELS),
        "sobel_depth",
        help="The weights that are laid on 3×3×3 values: s = Σ x · w over three slices, three rows and three columns.",
    )
    deep = Choice(
        "Depth of the kernel",
        {"3": "3 slices", "1": "1 slice"},
        "3",
        kind="buttons",
        help="A kernel of depth 1 is the 2D convolution on each slice by itself.",
    )
    epochs = Number("Epochs", 10, 1, 30, help="How often a training sees every training volume.")
    seed = Number("Seed", 0, 0, 99, help="Of the first weights and of the order of the volumes.")
    live = Switch(
        "Trained here", help="Whether the networks are trained on this machine. It is set by the button."
    )
    network = Choice(
        "Network",
        titles_of(VIEWS),
        "volume",
        help="Which of the three networks is asked: with 3D convolutions, or with slices.",
    )
