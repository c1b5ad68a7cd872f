"""The state of the page "Time machine"."""

from cnnviz.ui.fields import Choice, Number, Open, Switch
from cnnviz.ui.runs import WithRun


class TimeMachine(WithRun, page="pages/inside/time_machine.py"):
    """A run at any of its steps: what it learns from, and what that does to each layer."""

    layer = Choice(
        "Layer", None, help="The layer whose weights, gradients and values are shown at this step."
    )
    number = Number(
        "Image of the batch",
        0,
        0,
        23,
        help="The number of the image in the batch of this step, counted from 0.",
    )
    other = Open(
        "Beside it: step",
        0,
        whole=True,
        placeholder="none",
        help="A second saved step beside the first one. Empty: none.",
    )
    surface = Switch(
        "Loss surface around these weights",
        help="Changes the weights along two random directions and computes the loss at each point.",
    )
    reach = Open(
        "Reach of the surface",
        0.05,
        5,
        placeholder="1",
        needs={"surface": "true"},
        help="How far the surface goes from the weights, as a share of their norm. Empty: the number shown.",
    )
