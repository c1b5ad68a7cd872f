"""The classic architectures as specifications, from LeNet-5 to EfficientNet; a new one is one ``architecture``."""

from cnnviz.models.architectures import deep, early, efficient  # noqa: F401 - they fill the registry
from cnnviz.models.architectures.registry import (
    ARCHITECTURES,
    Architecture,
    Figure,
    architecture,
    architecture_named,
    load_in_order,
)

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "Figure",
    "architecture",
    "architecture_named",
    "load_in_order",
]
