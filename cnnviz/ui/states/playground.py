"""The state of the page "Playground": the properties of a link of TensorFlow Playground, under its own names, and more."""

from cnnviz.learning.links import HIDABLE, HIDE, MORE_PROPERTIES, PLAYGROUND_PROPERTIES
from cnnviz.learning.plane import PLANE_FEATURES
from cnnviz.ui.fields import Number, Switch, Text
from cnnviz.ui.state import State

PROPERTIES = tuple(
    Text(name, help=words).named(name) for name, words in {**PLAYGROUND_PROPERTIES, **MORE_PROPERTIES}.items()
)
HIDES = tuple(
    Text(f"hide {name}", help=f"“true” takes this control away: {words}.").named(name + HIDE)
    for name, words in {
        **HIDABLE,
        **{feature: entry.title for feature, entry in PLANE_FEATURES.items()},
    }.items()
)


class Playground(State, page="pages/learning/playground.py"):
    """One experiment of the playground; ``seeds``: how many networks train beside each other."""

    said = PROPERTIES
    hides = HIDES
    seeds = Number(
        "Networks at once, each with another seed",
        1,
        1,
        10,
        help="How many networks with other first weights are trained at the same time; their curves show the spread.",
    )
    compare = Switch(
        "Give the same points to scikit-learn",
        help="Trains scikit-learn's classifiers on the same points, for comparison.",
    )
