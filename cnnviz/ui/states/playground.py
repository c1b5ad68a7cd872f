"""The state of the page "Playground": the properties of a link of TensorFlow Playground, under its own names, and more."""

from cnnviz.learning.links import HIDABLE, HIDE, MORE_PROPERTIES, PLAYGROUND_PROPERTIES
from cnnviz.learning.plane import PLANE_FEATURES
from cnnviz.ui.fields import Number, Switch, Text
from cnnviz.ui.state import State

PROPERTIES = tuple(Text(name).named(name) for name in (*PLAYGROUND_PROPERTIES, *MORE_PROPERTIES))
HIDES = tuple(Text(f"hide {name}").named(name + HIDE) for name in (*HIDABLE, *PLANE_FEATURES))


class Playground(State, page="pages/learning/playground.py"):
    """One experiment of the playground; ``seeds``: how many networks train beside each other."""

    said = PROPERTIES
    hides = HIDES
    seeds = Number("Networks at once, each with another seed", 1, 1, 10)
    compare = Switch("Give the same points to scikit-learn")
