"""The state of the page "Ablation"."""

from cnnviz.ui.channels import WithEdit
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork


class Ablation(WithNetwork, WithEdit, page="pages/inside/ablation.py"):
    """A network, an image, and what is done to the channels of a layer."""

    images = image_fields()
