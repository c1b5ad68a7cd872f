"""The state of the page "Feature maps"."""

from cnnviz.ui.fields import Choice, Switch, Text
from cnnviz.ui.images import image_fields
from cnnviz.ui.microscope import WithUnit
from cnnviz.ui.networks import WithNetwork


class FeatureMaps(WithNetwork, WithUnit, page="pages/inside/feature_maps.py"):
    """A network, an image or two, and the unit under the microscope."""

    images = image_fields()
    one_scale = Switch(
        "One colour scale for all layers",
        help="On: the same value has the same colour in all layers. Off: each layer uses the whole scale.",
    )
    draw_network = Switch(
        "Draw the network", help="Draws the layers as cards and lines; a click on a card opens the layer."
    )
    two = Switch(
        "A second image beside it",
        help="Shows the maps of another image beside the first one, on the same colour scale.",
    )
    second_images = image_fields(number=8, photograph="coffee", prefix="second_", needs={"two": "true"})
    edit = Switch(
        "Edit its pixels", help="Opens the pixels of the image as numbers; all maps follow what you type."
    )
    edits = Text(
        "Changed pixels",
        needs={"edit": "true"},
        help="The pixels that were changed: channel.row.column.value. It is set by typing into the image.",
    )
    shown = Choice(
        "Layer",
        None,
        needs={"network": "efficientnet_lite0"},
        help="The layer whose maps are shown, where the network has too many layers for one page.",
    )
