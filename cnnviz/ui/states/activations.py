"""The state of the page "Activation functions"."""

from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.depth import INITIALISATIONS
from cnnviz.ui.fields import Choice, Choices, Number, Text, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.runs import WithRun

TITLES = titles_of(ACTIVATIONS)


class Activations(WithRun, page="pages/seeing/activations.py"):
    """Some functions; one of them on a real map; all of them in a deep stack; a race."""

    functions = Choices("Functions", TITLES, ("sigmoid", "tanh", "relu", "leaky_relu", "gelu"))
    function = Choice("Function", TITLES, "relu")
    images = image_fields()
    layer = Choice("Map of the layer", None)
    map = Number("Number of the map", 0, 0, 9999)
    init = Choice("Initialisation of the weights", titles_of(INITIALISATIONS))
    layers = Number("Layers", 20, 2, 50, slider=True)
    stack_seed = Number("Seed", 0, 0, 10**6)
    histogram = Choice("Histogram of", None)
    race = Text("Race")
