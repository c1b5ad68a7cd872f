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
    target = Choice("Class", None)
    compare = Choice("Compare", COMPARED, kind="buttons")
    opacity = Real("Opacity of the map", 1.0, 0.0, 1.0, 0.05, slider=True)
    photo_opacity = Real(
        "Opacity of the map", 0.7, 0.0, 1.0, 0.05, slider=True, needs={"network": "efficientnet_lite0"}
    )
    absolute = Switch("Absolute values only")
    smooth = Real("Smoothing, in pixels", 0.0, 0.0, 8.0, 0.5, slider=True)
    trust = Switch("Measure how far to trust them")
    sanity = Switch("Sanity check: shuffle the weights")
    bench = Switch("Test bench: networks with a known answer")
