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

    view = Choice(
        "What",
        VIEWS,
        kind="buttons",
        help="What is computed forward and back: a small CNN, a network of two layers, or any expression of your own.",
    )
    preset = Choice(
        "Image",
        IMAGES,
        needs=CNN,
        help="The image that goes into the CNN: the 5×5 example of the lecture, or a handwritten digit of 8×8 pixels.",
    )
    activation = Choice(
        "Activation",
        {name: name for name in CNN_ACTIVATIONS},
        needs=CNN,
        help="The function φ after the convolution: a = φ(z). Going back, the gradient is multiplied by φ′(z).",
    )
    pooling = Choice(
        "Pooling",
        {name: name for name in CNN_POOLINGS},
        needs=CNN,
        help="How a window becomes one number. Max: the gradient goes to the largest value alone; average: each value gets 1/k² of it.",
    )
    pool = Number(
        "Window", 2, 1, 4, needs=CNN, help="Height and width k of the pooling window, in values of the map."
    )
    stride = Number(
        "Stride",
        1,
        1,
        4,
        needs=CNN,
        help="How many places the pooling window moves from one output to the next.",
    )
    target = Number(
        "Right class",
        0,
        0,
        9,
        needs=CNN,
        help="The class that the image has. Its probability p enters the loss E = −ln p.",
    )
    bias = Real(
        "Bias b",
        0.0,
        -10.0,
        10.0,
        0.1,
        needs=CNN,
        help="The number that is added to each sum of the convolution: z = Σ w·x + b.",
    )
    rate = Real(
        "Learning rate η",
        0.1,
        0.001,
        10.0,
        0.1,
        help="How far one update goes against the gradient: w ← w − η·∂E/∂w.",
    )
    image = Table(
        "Image x",
        needs=CNN,
        help="The numbers of the image. Type over any of them; all values and gradients follow.",
    )
    kernel = Table(
        "Kernel w",
        needs=CNN,
        help="The weights of the convolution, which the gradient changes: z = Σ w·x + b.",
    )
    weights = Table(
        "Weights W of the fully connected layer",
        needs=CNN,
        help="One row a class, one column an input of the fully connected layer: z = W·a + c.",
    )
    biases = Table("Biases c", needs=CNN, help="One number a class, added to its sum: z = W·a + c.")
    function = Choice(
        "Activation",
        {name: name for name in SMALL_ACTIVATIONS},
        needs=NETWORK,
        help="The function φ of the hidden units: a = φ(z). Going back, the gradient is multiplied by φ′(z).",
    )
    wanted = Real(
        "Target y",
        1.0,
        -10.0,
        10.0,
        0.1,
        needs=NETWORK,
        help="The number that the network should give. The loss is E = ½·(output − y)².",
    )
    inputs = Table(
        "Inputs x",
        needs=NETWORK,
        help="The numbers that go into the network. Each is multiplied by a weight of every hidden unit.",
    )
    first_weights = Table(
        "Weights 1",
        needs=NETWORK,
        help="Weights from the inputs to the hidden units: one row a hidden unit, one column an input.",
    )
    first_biases = Table(
        "Biases 1",
        needs=NETWORK,
        help="One number a hidden unit, added to its sum before the activation function.",
    )
    last_weights = Table(
        "Weights 2",
        needs=NETWORK,
        help="Weights from the hidden units to the output: one number a hidden unit.",
    )
    last_bias = Table("Bias 2", needs=NETWORK, help="The number that is added to the sum of the output unit.")
    text = Text(
        "Expression",
        "(x + y) * sin(z)",
        needs=EXPRESSION,
        help="A formula of x, y, z and w with + − * / ^, sin, cos, exp, log, tanh, relu, max. Its derivatives follow by the chain rule.",
    )
    x = Real(
        "x", 1.0, -100.0, 100.0, 0.1, needs=EXPRESSION, help="The value of the variable x in the expression."
    )
    y = Real(
        "y", 2.0, -100.0, 100.0, 0.1, needs=EXPRESSION, help="The value of the variable y in the expression."
    )
    z = Real(
        "z", 0.5, -100.0, 100.0, 0.1, needs=EXPRESSION, help="The value of the variable z in the expression."
    )
    w = Real(
        "w", -1.0, -100.0, 100.0, 0.1, needs=EXPRESSION, help="The value of the variable w in the expression."
    )
    start = Number(
        "Begin at step",
        1,
        1,
        2000,
        help="The step that is shown first, counted from 1: for a link to a certain step.",
    )
