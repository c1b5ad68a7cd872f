"""The classic architectures as specifications, from LeNet-5 to EfficientNet; a new one is one ``architecture``."""

from cnnviz.models.architectures import deep, early, efficient, small  # noqa: F401 - they fill the registries
from cnnviz.models.architectures.history import COMPETITION, HUMAN_TOP5_ERROR, Entry, imagenet_top1
from cnnviz.models.architectures.registry import (
    ARCHITECTURES,
    Architecture,
    Figure,
    architecture,
    architecture_code,
    architecture_named,
    load_in_order,
)

__all__ = [
    "ARCHITECTURES",
    "COMPETITION",
    "HUMAN_TOP5_ERROR",
    "Architecture",
    "Entry",
    "Figure",
    "architecture",
    "architecture_code",
    "architecture_named",
    "imagenet_top1",
    "load_in_order",
]
