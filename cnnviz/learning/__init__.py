"""Learning on small things whose every number can be seen: the playground, gradient descent, backpropagation."""

from cnnviz.learning.chain import ChainGrid, ChainStep, ChainTerm, ChainTrace
from cnnviz.learning.cnn import cnn_steps
from cnnviz.learning.experiment import (
    OUTPUTS,
    PENALTIES,
    PLANE_ACTIVATIONS,
    PLANE_INITIALISATIONS,
    SCHEDULES,
    Experiment2D,
    Layer2D,
)
from cnnviz.learning.expressions import Graph, graph
from cnnviz.learning.links import from_link, to_link
from cnnviz.learning.plane import PLANE_FEATURES, PLANE_SETS, PlaneFeature, PlaneSet, Point
from cnnviz.learning.points import along, from_csv
from cnnviz.learning.rules import RULES, Rule
from cnnviz.learning.small import expression_steps, network_steps
from cnnviz.learning.surfaces import SURFACES, Descent, DescentStep, Surface, descend
from cnnviz.learning.tape import OPERATIONS, Node, Tape
from cnnviz.learning.twin import Outcome2D, train

__all__ = [
    "OPERATIONS",
    "OUTPUTS",
    "PENALTIES",
    "PLANE_ACTIVATIONS",
    "PLANE_FEATURES",
    "PLANE_INITIALISATIONS",
    "PLANE_SETS",
    "RULES",
    "SCHEDULES",
    "SURFACES",
    "ChainGrid",
    "ChainStep",
    "ChainTerm",
    "ChainTrace",
    "Descent",
    "DescentStep",
    "Experiment2D",
    "Graph",
    "Layer2D",
    "Node",
    "Outcome2D",
    "PlaneFeature",
    "PlaneSet",
    "Point",
    "Rule",
    "Surface",
    "Tape",
    "along",
    "cnn_steps",
    "descend",
    "expression_steps",
    "from_csv",
    "from_link",
    "graph",
    "network_steps",
    "to_link",
    "train",
]
