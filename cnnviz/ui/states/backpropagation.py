"""The state of the page "Backpropagation"."""

from cnnviz.learning.cnn import CNN_ACTIVATIONS, CNN_POOLINGS
from cnnviz.learning.small import SMALL_ACTIVATIONS
from cnnviz.ui.fields import Choice, Number, Real, Text
from cnnviz.ui.state import State
from cnnviz.ui.stepping import Table

VIEWS = {"cnn": "A whole CNN", "network": "A small network", "expression": "Any expression"}
IMAGES = {"lecture": "The lecture's 5×5", "digit": "A digit, 8×8"}
CNN, NETWORK, EXPRESSION = ({"view": name} for name in VIEWS)


class Backpropagation(State, page="pages/learning/backpropagation.py"):
    """What goes forward and back, all its numbers, and the step to begin with."""

    view = Choice("What", VIEWS, kind="buttons")
    preset = Choice("Image", IMAGES, needs=CNN)
    activation = Choice("Activation", {name: name for name in CNN_ACTIVATIONS}, needs=CNN)
    pooling = Choice("Pooling", {name: name for name in CNN_POOLINGS}, needs=CNN)
    pool = Number("Window", 2, 1, 4, needs=CNN)
    stride = Number("Stride", 1, 1, 4, needs=CNN)
    target = Number("Right class", 0, 0, 9, needs=CNN)
    bias = Real("Bias b", 0.0, -10.0, 10.0, 0.1, needs=CNN)
    rate = Real("Learning rate η", 0.1, 0.001, 10.0, 0.1)
    image = Table("Image x", needs=CNN)
    kernel = Table("Kernel w", needs=CNN)
    weights = Table("Weights W of the fully connected layer", needs=CNN)
    biases = Table("Biases c", needs=CNN)
    function = Choice("Activation", {name: name for name in SMALL_ACTIVATIONS}, needs=NETWORK)
    wanted = Real("Target y", 1.0, -10.0, 10.0, 0.1, needs=NETWORK)
    inputs = Table("Inputs x", needs=NETWORK)
    first_weights = Table("Weights 1", needs=NETWORK)
    first_biases = Table("Biases 1", needs=NETWORK)
    last_weights = Table("Weights 2", needs=NETWORK)
    last_bias = Table("Bias 2", needs=NETWORK)
    text = Text("Expression", "(x + y) * sin(z)", needs=EXPRESSION)
    x = Real("x", 1.0, -100.0, 100.0, 0.1, needs=EXPRESSION)
    y = Real("y", 2.0, -100.0, 100.0, 0.1, needs=EXPRESSION)
    z = Real("z", 0.5, -100.0, 100.0, 0.1, needs=EXPRESSION)
    w = Real("w", -1.0, -100.0, 100.0, 0.1, needs=EXPRESSION)
    start = Number("Begin at step", 1, 1, 2000, help="For a link to a certain step.")
