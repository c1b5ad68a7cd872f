"""The state of the page "Saliency"."""

from cnnviz.ui.attributions import WithMethods
from cnnviz.ui.fields import Choice, Real, Switch
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork

COMPARED = {"methods": "methods", "classes": "classes", "steps": "training steps"}


class Saliency(WithNetwork, WithMethods, page="pages/inside/saliency.py"):
    """A network, an image, the class that is asked for, the methods that answer, and how they are
    measured.
    """

    images = image_fields()
    target = Choice(
        "Class", None, help="The class that is asked about: which pixels speak for it, and which against it?"
    )
    compare = Choice(
        "Compare",
        COMPARED,
        kind="buttons",
        help="Several methods for one class, one method for several classes, or one method at several training steps.",
    )
    opacity = Real(
        "Opacity of the map",
        1.0,
        0.0,
        1.0,
        0.05,
        slider=True,
        help="0: the image alone. 1: the map alone. Between them the map lies over the grey image.",
    )
    photo_opacity = Real(
        "Opacity of the map",
        0.7,
        0.0,
        1.0,
        0.05,
        slider=True,
        needs={"network": "efficientnet_lite0"},
        help="0: the photograph alone. 1: the map alone. Between them the map lies over the grey photograph.",
    )
    absolute = Switch(
        "Absolute values only",
        help="Shows the size |a| of each value without its sign: where something matters, for or against.",
    )
    smooth = Real(
        "Smoothing, in pixels",
        0.0,
        0.0,
        8.0,
        0.5,
        slider=True,
        help="Standard deviation of a Gaussian blur over the map, in pixels. 0: the map as it is.",
    )
    trust = Switch(
        "Measure how far to trust them",
        help="Removes the most important pixels first and watches the probability fall (deletion), and adds them first (insertion).",
    )
    sanity = Switch(
        "Sanity check: shuffle the weights",
        help="Shuffles the weights layer by layer, from the answer down. A map that stays the same does not explain the network.",
    )
    bench = Switch(
        "Test bench: networks with a known answer",
        help="Asks every method on networks for which the right map is known.",
    )
