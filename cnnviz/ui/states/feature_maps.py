"""The state of the page "Feature maps"."""

from cnnviz.ui.fields import Choice, Switch, Text
from cnnviz.ui.images import image_fields
from cnnviz.ui.microscope import WithUnit
from cnnviz.ui.networks import WithNetwork


class FeatureMaps(WithNetwork, WithUnit, page="pages/inside/feature_maps.py"):
    """A network, an image or two, and the unit under the microscope."""

    images = image_fields()
    one_scale = Switch("One colour scale for all layers")
    draw_network = Switch("Draw the network")
    two = Switch("A second image beside it")
    second_images = image_fields(number=8, photograph="coffee", prefix="second_", needs={"two": "true"})
    edit = Switch("Edit its pixels")
    edits = Text("Changed pixels", needs={"edit": "true"})
    shown = Choice("Layer", None, needs={"network": "efficientnet_lite0"})
