"""The ImageNet competition (ILSVRC), and how accurate published networks are on ImageNet."""

from dataclasses import dataclass

from cnnviz.models.architectures.registry import ARCHITECTURES
from cnnviz.vision import torchvision


@dataclass(frozen=True)
class Entry:
    """A result in the classification task of a year.

    Attributes:
        top5_error: on the test images, in percent: the class is not among the five most probable ones.
        layers: with weights; 0: no neural network; ``None``: many networks together.
        place: 1 for the winner.
    """

    year: int
    name: str
    top5_error: float
    layers: int | None
    source: str
    place: int = 1


_RUSSAKOVSKY = "Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015, section 5.1"
COMPETITION = (
    Entry(2010, "NEC-UIUC", 28.2, 0, _RUSSAKOVSKY),
    Entry(2011, "XRCE", 25.8, 0, _RUSSAKOVSKY),
    Entry(2012, "AlexNet", 16.4, 8, "Krizhevsky, Sutskever and Hinton, 2012, table 2"),
    Entry(2012, "ISI", 26.2, 0, "Krizhevsky, Sutskever and Hinton, 2012, table 2", place=2),
    Entry(2013, "Clarifai (Zeiler)", 11.7, 8, _RUSSAKOVSKY),
    Entry(2014, "GoogLeNet", 6.7, 22, "Szegedy et al., 2015, table 2"),
    Entry(2014, "VGG", 7.3, 19, "Simonyan and Zisserman, 2015, table 7", place=2),
    Entry(2015, "ResNet", 3.57, 152, "He et al., 2016, table 5"),
    Entry(2016, "Trimps-Soushen", 2.99, None, "ILSVRC 2016, the organisers' table of results"),
    Entry(
        2017, "SENet", 2.25, 154, "Hu, Shen and Sun, Squeeze-and-excitation networks, CVPR 2018, section 6.1"
    ),
)
"""Winners of each year, and the second where the lecture speaks of it."""
HUMAN_TOP5_ERROR = 5.1
"""Percent: one trained person on 1,500 images (Russakovsky et al., 2015, section 6.4)."""
LAST_YEAR = 2017
_ELSEWHERE = {"octresnet50": 77.4, "efficientnet_lite0": 75.1}
"""Top-1 accuracies of the figures of the registry."""


def imagenet_top1(name: str) -> float | None:
    """Published top-1 accuracy on ImageNet's validation images, one crop, in percent; ``None``: not
    published for exactly this form.
    """
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    weights = ARCHITECTURES[name].weights
    if not weights:
        return None
    models = torchvision().models
    entry = models.get_model_weights(weights)["IMAGENET1K_V1"]
    return float(entry.meta["_metrics"]["ImageNet-1K"]["acc@1"])
