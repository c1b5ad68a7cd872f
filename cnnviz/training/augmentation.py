"""Augmentation: each training image is changed at random before it is learned, anew each time. One entry each
makes a menu item, the transform of torchvision and its code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnnviz.vision import transforms

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Augmentation:
    """A random change of an image.

    Attributes:
        words: what it does, and when it helps.
        transform, options: of ``torchvision.transforms.v2``: the class, and what it is made with. ``"size"``, ``"margin"``
            and ``"classes"`` stand for those of the data set.
        mixes: it takes a batch and its labels and gives shares of the classes; the others change one image.
    """

    name: str
    title: str
    words: str
    reference: str
    transform: str
    options: dict[str, Any]
    mixes: bool = False

    def options_for(self, shape: Shape, classes: int) -> dict[str, Any]:
        """``options`` with the numbers of a data set."""
        _, height, width = shape
        known = {"size": (height, width), "margin": max(1, min(height, width) // 8), "classes": classes}
        return {
            name: known[value] if isinstance(value, str) else value for name, value in self.options.items()
        }

    def code(self, shape: Shape, classes: int) -> str:
        """The transform as an expression of PyTorch."""
        options = ", ".join(f"{name}={value}" for name, value in self.options_for(shape, classes).items())
        return f"v2.{self.transform}({options})"


AUGMENTATIONS: dict[str, Augmentation] = {
    entry.name: entry
    for entry in (
        Augmentation(
            name="flip",
            title="Flip left and right",
            words="The mirror image, for half of the images. It helps where left and right mean nothing: clothes, cats. It hurts digits.",
            reference="Krizhevsky, Sutskever and Hinton, NeurIPS 2012",
            transform="RandomHorizontalFlip",
            options={},
        ),
        Augmentation(
            name="crop",
            title="Shift (crop with a margin)",
            words="A margin of black is put around the image, and a part of the old size is cut out at random.",
            reference="Krizhevsky, Sutskever and Hinton, NeurIPS 2012",
            transform="RandomCrop",
            options={"size": "size", "padding": "margin"},
        ),
        Augmentation(
            name="rotate",
            title="Rotate",
            words="By up to 15 degrees to either side.",
            reference="Simard, Steinkraus and Platt, ICDAR 2003",
            transform="RandomRotation",
            options={"degrees": 15},
        ),
        Augmentation(
            name="colour",
            title="Colour",
            words="Brightness, contrast and saturation change by up to 40 %.",
            reference="Howard, 2013, arXiv:1312.5402",
            transform="ColorJitter",
            options={"brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
        ),
        Augmentation(
            name="cutout",
            title="Cut-out",
            words="A rectangle of up to a fifth of the image becomes black, in half of the images.",
            reference="DeVries and Taylor, 2017, arXiv:1708.04552; Zhong et al., AAAI 2020",
            transform="RandomErasing",
            options={"p": 0.5, "scale": (0.02, 0.2)},
        ),
        Augmentation(
            name="mixup",
            title="Mixup",
            words="Two images are laid over each other, and so are their labels: 70 % a 3 and 30 % a 5.",
            reference="Zhang, Cisse, Dauphin and Lopez-Paz, ICLR 2018",
            transform="MixUp",
            options={"alpha": 0.2, "num_classes": "classes"},
            mixes=True,
        ),
    )
}


class Augment:
    """The chosen changes, in the order of ``AUGMENTATIONS``; draws from torch's random numbers."""

    def __init__(self, names: Sequence[str], shape: Shape, classes: int) -> None:
        v2 = transforms()
        single, mixing = split(names)
        made = {
            entry.name: getattr(v2, entry.transform)(**entry.options_for(shape, classes))
            for entry in (*single, *mixing)
        }
        self._single = v2.Compose([made[entry.name] for entry in single]) if single else None
        self._mixing = [made[entry.name] for entry in mixing]

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W) in [0, 1], each changed by itself, and their labels (B,), or shares of the classes
        (B, K).
        """
        if self._single is not None:
            images = torch.stack([self._single(image) for image in images])
        for mix in self._mixing:
            images, labels = mix(images, labels)
        return images, labels


def split(names: Sequence[str]) -> tuple[list[Augmentation], list[Augmentation]]:
    """What changes one image, and what mixes a batch."""
    chosen = [entry for name, entry in AUGMENTATIONS.items() if name in names]
    return [one for one in chosen if not one.mixes], [one for one in chosen if one.mixes]
