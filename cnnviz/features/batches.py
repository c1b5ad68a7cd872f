"""How many images a network is given at once."""

from torch import Tensor

from cnnviz.data.dataset import floats

VALUES = 650_000
"""Of all images at once. The maps of EfficientNet-Lite0 for four images of 224×224 still fit in memory that is used
again and again; larger ones are asked of the system each time, which took three times as long as computing them.
"""


def images_at_once(images: Tensor, most: int) -> int:
    """At least 1 and at most ``most`` of the images (N, C, H, W)."""
    return max(1, min(most, VALUES // max(1, images[:1].numel())))


def as_floats(images: Tensor) -> Tensor:
    """Images as networks take them, of float images or of bytes: all of a set as numbers would fill four times its memory."""
    return images if images.is_floating_point() else floats(images)
