"""The bundled photographs, and the data set of patches cut from them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnviz.data.images import fit
from cnnviz.errors import CnnvizError
from cnnviz.settings import ASSETS
from cnnviz.words import say


@dataclass(frozen=True)
class Photo:
    """A bundled photograph: its file in ``assets/images``, what it shows, and whose it is."""

    name: str
    file: str
    title: str
    licence: str
    source: str


PHOTOS: dict[str, Photo] = {
    photo.name: photo
    for photo in (
        Photo(
            name="astronaut",
            file="astronaut.png",
            title="Astronaut",
            licence="public domain",
            source="Eileen Collins, NASA Great Images",
        ),
        Photo(
            name="brick", file="brick.png", title="Brick wall", licence="CC0", source="CC0Textures, Bricks25"
        ),
        Photo(name="camera", file="camera.png", title="Photographer", licence="CC0", source="Lav Varshney"),
        Photo(
            name="chelsea",
            file="chelsea.png",
            title="Chelsea the cat",
            licence="CC0",
            source="Stefan van der Walt",
        ),
        Photo(
            name="china",
            file="china.jpg",
            title="Summer palace",
            licence="CC BY 2.0",
            source="danielbuechele, Flickr 6061409035",
        ),
        Photo(name="coffee", file="coffee.png", title="Espresso", licence="CC0", source="Rachel Michetti"),
        Photo(
            name="flower",
            file="flower.jpg",
            title="Dahlia",
            licence="CC BY 2.0",
            source="vultilion, Flickr 6056698931",
        ),
        Photo(
            name="hubble",
            file="hubble.jpg",
            title="Deep field",
            licence="public domain",
            source="NASA, Hubble eXtreme Deep Field",
        ),
        Photo(
            name="retina",
            file="retina.jpg",
            title="Retina",
            licence="CC0",
            source="Mikael Häggström, WikiJournal of Medicine 1 (2), 2014",
        ),
        Photo(
            name="rocket",
            file="rocket.jpg",
            title="Rocket",
            licence="public domain",
            source="SpaceX, Falcon 9 with DSCOVR",
        ),
    )
}


def photo(name: str) -> Tensor:
    """A bundled photograph in full size: (3, H, W) uint8; grey ones have three equal channels."""
    if name not in PHOTOS:
        raise CnnvizError(
            say(
                "There is no photograph '{name}'. Choose one of: {photos}.",
                name=name,
                photos=", ".join(PHOTOS),
            )
        )
    with Image.open(ASSETS / "images" / PHOTOS[name].file) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).contiguous()


def photo_parts(shape: tuple[int, int, int]) -> Tensor:
    """Each bundled photograph whole, and three parts of it of half its height."""
    found: list[Tensor] = []
    for name in PHOTOS:
        pixels = photo(name)
        height, width = pixels.shape[1:]
        half = min(height, width) // 2
        corners = (
            (0, 0),
            ((height - half) // 2, (width - half) // 2),
            (height - half, width - half),
        )
        found.append(fit(pixels, shape))
        found += [fit(pixels[:, top : top + half, left : left + half], shape) for top, left in corners]
    return torch.stack(found)


PATCH = 32
SIDE = 480
BLOCK = 96
PER_PHOTO = {"train": 400, "test": 100}


@lru_cache(maxsize=2)
def patches(split: Literal["train", "test"], seed: int = 2026) -> tuple[Tensor, Tensor]:
    """32×32 crops of the ten photographs; the class is the photograph.

    Each photograph is scaled until its shorter side has 480 pixels and is cut into blocks of 96×96. Every
    fifth block, counted along the diagonals, is for testing. No crop crosses a block's border, so train and
    test share no pixel.

    Returns:
        images (N, 3, 32, 32) uint8 and labels (N,) int64, interleaved by class.
    """
    rng = np.random.default_rng([seed, split == "test"])
    per_class = []
    for name in PHOTOS:
        pixels = _scaled(name)
        rows, columns = pixels.shape[0] // BLOCK, pixels.shape[1] // BLOCK
        blocks = [
            (r, c) for r in range(rows) for c in range(columns) if ((r + 2 * c) % 5 == 0) == (split == "test")
        ]
        chosen = rng.integers(len(blocks), size=PER_PHOTO[split])
        corners = (
            rng.integers(BLOCK - PATCH + 1, size=(PER_PHOTO[split], 2)) + np.array(blocks)[chosen] * BLOCK
        )
        per_class.append(np.stack([pixels[r : r + PATCH, c : c + PATCH] for r, c in corners]))
    images = torch.from_numpy(np.stack(per_class, axis=1)).flatten(0, 1).permute(0, 3, 1, 2).contiguous()
    return images, torch.arange(len(PHOTOS)).repeat(PER_PHOTO[split])


def _scaled(name: str) -> np.ndarray:
    pixels = photo(name)
    height, width = pixels.shape[1:]
    scale = SIDE / min(height, width)
    picture = Image.fromarray(pixels.permute(1, 2, 0).numpy())
    return np.asarray(
        picture.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    )
