"""The state of the page "Activation functions"."""

from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.ops.depth import INITIALISATIONS
from cnnviz.ui.fields import Choice, Choices, Number, Text, titles_of
from cnnviz.ui.images import image_fields
from cnnviz.ui.runs import WithRun

TITLES = titles_of(ACTIVATIONS)


class Activations(WithRun, page="pages/seeing/activations.py"):
    """Some functions; one of them on a real map; all of them in a deep stack; a race."""

    functions = Choices(
        "Functions",
        TITLES,
        ("sigmoid", "tanh", "relu", "leaky_relu", "gelu"),
        help="The functions φ that are drawn beside each other with their derivatives φ′. A layer computes φ(z) of each sum z = Σ w·x + b.",
    )
    function = Choice(
        "Function",
        TITLES,
        "relu",
        help="The function φ that is applied to each value of the map: a = φ(z). ReLU is max(0, z).",
    )
    images = image_fields()
    layer = Choice(
        "Map of the layer",
        None,
        help="The layer of the network whose map goes through the function; values before the activation show what it changes.",
    )
    map = Number(
        "Number of the map",
        0,
        0,
        9999,
        help="The number of the channel of this layer, counted from 0. Each channel is the map of one filter.",
    )
    init = Choice(
        "Initialisation of the weights",
        titles_of(INITIALISATIONS),
        help="How the random weights of the deep stack are drawn. Xavier: variance 1/n; He: variance 2/n, with n inputs of a unit.",
    )
    layers = Number(
        "Layers",
        20,
        2,
        50,
        slider=True,
        help="How many fully connected layers lie on top of each other. With each layer the values are multiplied by weights once more.",
    )
    stack_seed = Number(
        "Seed",
        0,
        0,
        10**6,
        help="The number from which the random weights are drawn. The same seed gives the same weights.",
    )
    histogram = Choice(
        "Histogram of",
        None,
        help="The function whose values are shown layer by layer: do they shrink to 0, grow, or stay as they are?",
    )
    race = Text(
        "Race",
        help="The name of a comparison of trainings that this page shows. It is set by the button that starts one.",
    )
