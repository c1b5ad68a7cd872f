"""The state of the page "Time machine"."""

from cnnviz.ui.fields import Choice, Number, Open, Switch
from cnnviz.ui.runs import WithRun


class TimeMachine(WithRun, page="pages/inside/time_machine.py"):
    """A run at any of its steps: what it learns from, and what that does to each layer."""

    layer = Choice("Layer", None)
    number = Number("Image of the batch", 0, 0, 23)
    other = Open("Beside it: step", 0, whole=True, placeholder="none")
    surface = Switch("Loss surface around these weights")
    reach = Open("Reach of the surface", 0.05, 5, placeholder="1", needs={"surface": "true"})
