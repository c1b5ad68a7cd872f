"""What the page "Composition" shows of the bundled ImageNet network, computed before by ``tools/make_composition.py``: images
made for filters, and where filters fire most in the bundled photographs.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from cnnviz.features.composition import SIDE_MADE, Peaks
from cnnviz.features.maximisation import Progress, maximise_all
from cnnviz.settings import ASSETS

FOLDER = ASSETS / "composition"
COLUMNS = 16
STEPS, STEPS_SMALL = 100, 160


def make(
    model: nn.Module,
    layer: str,
    channel: int,
    input_shape: tuple[int, int, int],
    progress: Progress | None = None,
) -> Tensor:
    """(C, H, W) an image that fires the channel: of a large network 96 pixels wide, of a small one as large as its
    input.
    """
    return make_all(model, layer, [channel], input_shape, progress)[0]


def make_all(
    model: nn.Module,
    layer: str,
    channels: Sequence[int],
    input_shape: tuple[int, int, int],
    progress: Progress | None = None,
) -> list[Tensor]:
    """The same for several channels of a layer at one time."""
    planes, height, width = input_shape
    large = max(height, width) > SIDE_MADE
    shape = (planes, SIDE_MADE, SIDE_MADE) if large else input_shape
    steps = STEPS if large else STEPS_SMALL
    found = maximise_all(model, layer, channels, shape, steps=steps, progress=progress)
    return [one.image for one in found]


@cache
def _index(network: str) -> dict[str, dict[str, int]]:
    path = FOLDER / f"{network}.json"
    found: dict[str, dict[str, int]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


@cache
def _tiles(network: str) -> Tensor:
    """(3, rows · 96, columns · 96) uint8."""
    with Image.open(FOLDER / f"{network}.webp") as picture:
        rgb = picture.convert("RGB")
        flat = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8)
        return flat.view(rgb.height, rgb.width, 3).permute(2, 0, 1)


@lru_cache(maxsize=128)
def bundled_image(network: str, layer: str, channel: int) -> Tensor | None:
    """(3, 96, 96) float in [0, 1], what ``make`` gave, a little compressed; ``None`` if it is not bundled."""
    number = _index(network).get(layer, {}).get(str(channel))
    if number is None:
        return None
    row, col = divmod(number, COLUMNS)
    tile = _tiles(network)[
        :, row * SIDE_MADE : (row + 1) * SIDE_MADE, col * SIDE_MADE : (col + 1) * SIDE_MADE
    ]
    return tile.float() / 255


@cache
def bundled_peaks(network: str) -> dict[str, Peaks] | None:
    """Layer -> where its channels fire most in ``photo_parts``, as ``peaks`` finds it; ``None`` if it is not bundled."""
    path = FOLDER / f"{network}_peaks.safetensors"
    if not path.is_file():
        return None
    held = load_file(path)
    layers = [name.removesuffix("|values") for name in held if name.endswith("|values")]
    return {
        layer: Peaks(
            held[f"{layer}|values"],
            held[f"{layer}|places"].to(torch.int64),
            int(held[f"{layer}|width"]),
        )
        for layer in layers
    }


def bundle_peaks(network: str, found: Mapping[str, Peaks]) -> None:
    """Writes what ``bundled_peaks`` reads."""
    held: dict[str, Tensor] = {}
    for layer, one in found.items():
        held[f"{layer}|values"] = one.values.contiguous()
        held[f"{layer}|places"] = one.places.to(torch.int16)
        held[f"{layer}|width"] = torch.tensor(one.width)
    save_file(held, FOLDER / f"{network}_peaks.safetensors")
