"""The state of the page "Put together"."""

from cnnviz.ui.fields import Choice
from cnnviz.ui.images import image_fields
from cnnviz.ui.networks import WithNetwork


class Pipeline(WithNetwork, page="pages/wild/pipeline.py"):
    """A network, an image, and the class whose number is followed back."""

    images = image_fields()
    target = Choice(
        "Class that is followed back",
        None,
        help="The class whose logit is followed back through the layers, to what contributed to it.",
    )
