"""What a method works with: the network, the image, the class, and the small things all methods share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from skimage.segmentation import slic
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.inspection import Folded, Runner, accelerated
from cnnviz.words import say

Progress = Callable[[float], None]
"""Called now and then with the share done, 0 to 1; may raise to end the work."""

BASELINES = {
    "black": "black",
    "grey": "middle grey",
    "mean": "the image's mean colour",
    "blur": "the image, blurred",
}
PIXELS_AT_ONCE = 1_210_000
"""Values of images in one batch: measured on two cores, ResNet-18 at 224 px is fastest with eight images at
once.
"""
MOST_AT_ONCE = 256

LARGE_SIDE = 64
"""From here on convolutions are faster with channels last; on 28×28 digits they are 8 % slower."""


def is_large(images: Tensor) -> bool:
    """Whether (…, H, W) images are of the large kind."""
    return min(images.shape[-2:]) >= LARGE_SIDE


@dataclass(frozen=True)
class Question:
    """One question to one network.

    Attributes:
        image: (1, C, H, W).
        runner: of the network.
        layer: the call in the graph, for methods that look at a layer.
        options: those of the method, complete.
    """

    runner: Runner
    image: Tensor
    target: int
    layer: str
    options: dict[str, Any]
    progress: Progress | None

    @property
    def batch(self) -> int:
        """Images to run at once."""
        return max(1, min(MOST_AT_ONCE, PIXELS_AT_ONCE // self.image[0].numel()))

    def batches(self, count: int) -> list[int]:
        """Sizes of the batches in which so many images run."""
        return [min(self.batch, count - start) for start in range(0, count, self.batch)]

    def generator(self) -> torch.Generator:
        """What the method draws from; a new one at each call, and the same numbers on each device."""
        return torch.Generator().manual_seed(int(self.options["seed"]))

    def noise(self, size: int, generator: torch.Generator) -> Tensor:
        """(size, C, H, W) standard normal numbers."""
        return torch.randn(size, *self.image.shape[1:], generator=generator, dtype=self.image.dtype).to(
            self.image.device
        )

    def batch_of(self, count: int) -> int | None:
        """Images to run at once of so many; ``None``: all."""
        return None if count <= self.batch else self.batch

    @property
    def folded(self) -> Folded:
        """The network in its fastest form for images of this size."""
        return accelerated(self.runner).folded(is_large(self.image))

    @property
    def baseline(self) -> Tensor:
        """(1, C, H, W) the image in which nothing is to be seen."""
        return baseline(self.image, str(self.options.get("baseline", "black")))

    @contextmanager
    def module(self, passes: int = 1) -> Iterator[tuple[nn.Module, nn.Module]]:
        """The network as a module that may be hooked, and the chosen layer in it; nobody else hooks them
        meanwhile.

        Args:
            passes: images that will go through it.
        """
        with self.runner.lock:
            network, layer = accelerated(self.runner).hookable(self.layer, is_large(self.image))
            if self.progress is None:
                yield network, layer
                return
            counted = self._counter(passes, self.progress)
            handle = network.register_forward_pre_hook(lambda _, images: counted(len(images[0])))
            try:
                yield network, layer
            finally:
                handle.remove()

    def forward(
        self, passes: int, network: Callable[[Tensor], Tensor] | None = None
    ) -> Callable[[Tensor], Tensor]:
        """The network in its fastest form, or a part of it, as a function that reports its progress."""
        network = self.folded.network if network is None else network
        counted = None if self.progress is None else self._counter(passes, self.progress)

        # Captum asks a function for its arguments at each call, which is fast; a module it would take apart.
        def logits(images: Tensor) -> Tensor:
            if counted is not None:
                counted(len(images))
            result: Tensor = network(images)
            return result

        return logits

    @staticmethod
    def _counter(passes: int, progress: Progress) -> Callable[[int], None]:
        done = 0

        def count(images: int) -> None:
            nonlocal done
            progress(min(1.0, done / max(1, passes)))
            done += images

        return count

    def upsampled(self, maps: Tensor) -> Tensor:
        """(N, 1, h, w) to the size of the image."""
        return functional.interpolate(maps, self.image.shape[-2:], mode="bilinear", align_corners=False)

    def superpixels(self) -> Tensor:
        """(1, 1, H, W) int64: the image cut into pieces of like colour, numbered from 0 (SLIC, Achanta et
        al., 2012).
        """
        return superpixels(self.image[0].detach(), int(self.options.get("pieces", 50)))[None, None].to(
            self.image.device
        )


def superpixels(image: Tensor, pieces: int) -> Tensor:
    """(H, W) int64, on the CPU: numbers from 0 of about so many pieces of an image (C, H, W)."""
    pixels = image.permute(1, 2, 0).double().cpu().numpy()
    found = slic(
        pixels,
        n_segments=pieces,
        compactness=10 if len(image) == 3 else 0.1,
        start_label=0,
        channel_axis=-1,
        convert2lab=len(image) == 3,
    )
    numbers = torch.from_numpy(np.unique(found, return_inverse=True)[1].reshape(found.shape).astype(np.int64))
    if int(numbers.max()) + 1 >= min(4, pieces):
        return numbers
    # Noise, or almost one colour: SLIC joins all of it. Squares then.
    height, width = image.shape[-2:]
    side = max(1, round((height * width / pieces) ** 0.5))
    rows, cols = torch.arange(height) // side, torch.arange(width) // side
    return rows[:, None] * (int(cols.max()) + 1) + cols


def baseline(image: Tensor, name: str) -> Tensor:
    """An image (1, C, H, W) in which nothing is to be seen: a key of ``BASELINES``."""
    if name == "black":
        return torch.zeros_like(image)
    if name == "grey":
        return torch.full_like(image, 0.5)
    if name == "mean":
        return image.mean((2, 3), keepdim=True).expand_as(image).clone()
    if name == "blur":
        return blurred(image)
    raise CnnvizError(
        say(
            "There is no baseline '{name}'. Choose one of: {baselines}.",
            name=name,
            baselines=", ".join(BASELINES),
        )
    )


def blurred(image: Tensor) -> Tensor:
    """(1, C, H, W) through a Gaussian as wide as a twelfth of its side."""
    sigma = max(1.0, min(image.shape[-2:]) / 12)
    reach = min(int(3 * sigma), min(image.shape[-2:]) - 1)
    weights = torch.exp(
        -torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device).square() / (2 * sigma**2)
    )
    weights = weights / weights.sum()
    channels = image.shape[1]
    padded = functional.pad(image, (reach,) * 4, mode="reflect")
    rows = functional.conv2d(padded, weights.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return functional.conv2d(rows, weights.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
