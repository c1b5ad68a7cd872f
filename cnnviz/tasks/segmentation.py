"""A class for each pixel: a small encoder and decoder with skips (U-Net).

Source: Ronneberger, Fischer and Brox, U-Net: Convolutional networks for biomedical image segmentation, MICCAI 2015.
"""

import time
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.random_numbers import drawing_from
from cnnviz.tasks.masks import MaskScores, mask_scores
from cnnviz.tasks.scenes import Scenes

UPS: dict[str, str] = {
    "transposed": "Transposed convolution, 2×2, stride 2",
    "overlapping": "Transposed convolution, 3×3, stride 2 (its windows overlap unevenly: checkerboard)",
    "upsample": "Upsampling to the nearest, then convolution 3×3",
}
"""How the decoder makes maps larger: name -> title."""
Up = Literal["transposed", "overlapping", "upsample"]


def _block(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def _larger(before: int, after: int, kind: str) -> nn.Module:
    if kind == "transposed":
        return nn.ConvTranspose2d(before, after, 2, 2)
    if kind == "overlapping":
        return nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1)
    if kind == "upsample":
        return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1))
    raise CnnvizError(f"There is no way '{kind}' to make maps larger. Choose one of: {', '.join(UPS)}.")


class Segmenter(nn.Module):
    """Two halvings down and two doublings up; with ``skips`` the maps of the way down are laid beside those of the way up."""

    def __init__(
        self, channels: int, classes: int, *, width: int = 16, skips: bool = True, up: Up = "transposed"
    ) -> None:
        super().__init__()
        self.skips = skips
        self.down1, self.down2 = _block(channels, width), _block(width, 2 * width)
        self.bottom = _block(2 * width, 4 * width)
        self.up2, self.up1 = _larger(4 * width, 2 * width, up), _larger(2 * width, width, up)
        both = 2 if skips else 1
        self.join2, self.join1 = _block(both * 2 * width, 2 * width), _block(both * width, width)
        self.head = nn.Conv2d(width, classes + 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) in [0, 1], sides that 4 divides -> logits (B, classes + 1, H, W); class 0 is the ground."""
        if images.shape[-1] % 4 or images.shape[-2] % 4:
            raise CnnvizError(
                f"The sides of the image are {images.shape[-2]} and {images.shape[-1]} pixels, but 4 must divide them."
            )
        first = self.down1((images - 0.2) / 0.3)
        second = self.down2(functional.max_pool2d(first, 2))
        maps = self.bottom(functional.max_pool2d(second, 2))
        for larger, join, skip in ((self.up2, self.join2, second), (self.up1, self.join1, first)):
            maps = larger(maps)
            maps = join(torch.cat([maps, skip], 1) if self.skips else maps)
        logits: Tensor = self.head(maps)
        return logits


def segment(network: Segmenter, images: Tensor, batch: int = 50) -> Tensor:
    """The class of each pixel, (N, H, W) int64: 0 for the ground, else 1 + the class."""
    mode = network.training
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(part).argmax(1) for part in images.split(batch)])
    network.train(mode)
    return found.clone()


def evaluate_masks(network: Segmenter, scenes: Scenes) -> MaskScores:
    """IoU and Dice of each class (the ground is class 0), all pixels of all scenes counted together."""
    return mask_scores(segment(network, scenes.floats()), scenes.masks, len(scenes.classes) + 1)


class SegmenterTrainer:
    """One training of a segmenter in this process: ``step()`` until ``done``."""

    def __init__(
        self,
        scenes: Scenes,
        *,
        epochs: int = 4,
        batch_size: int = 32,
        learning_rate: float = 0.01,
        skips: bool = True,
        up: Up = "transposed",
        seed: int = 0,
    ) -> None:
        self.scenes = scenes
        with drawing_from(torch.Generator().manual_seed(seed)):
            self.network = Segmenter(scenes.images.shape[1], len(scenes.classes), skips=skips, up=up)
        self.order = torch.Generator().manual_seed(seed)
        self.batch_size, self.steps_per_epoch = batch_size, len(scenes) // batch_size
        self.total_steps, self.step_count, self.seconds = epochs * self.steps_per_epoch, 0, 0.0
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=learning_rate, weight_decay=1e-4)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, learning_rate, total_steps=max(1, self.total_steps), pct_start=0.2
        )
        self._permutation = torch.empty(0, dtype=torch.int64)

    @property
    def done(self) -> bool:
        return self.step_count >= self.total_steps

    def step(self) -> float:
        """One batch forward, backward, update. Returns the loss: cross-entropy, of all pixels in the mean."""
        started = time.perf_counter()
        place = self.step_count % self.steps_per_epoch
        if place == 0:
            self._permutation = torch.randperm(len(self.scenes), generator=self.order)
        batch = self._permutation[place * self.batch_size : (place + 1) * self.batch_size]
        self.network.train()
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.network(self.scenes.floats(batch)), self.scenes.masks[batch])
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.step_count += 1
        self.seconds += time.perf_counter() - started
        return loss.item()
