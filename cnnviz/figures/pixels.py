"""A picture as the numbers it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnnviz.data import DATASETS
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.models.pretrained import IMAGENET_MEAN, IMAGENET_STD
from cnnviz.words import _, say

MOST_EDITS = 300
"""In a link."""
CHANNELS = ("red", "green", "blue")
MEAN_STD = {1: (DATASETS["mnist"].mean, DATASETS["mnist"].std), 3: (IMAGENET_MEAN, IMAGENET_STD)}
"""Of MNIST for grey pictures, of ImageNet for colour: what networks are usually given is (x − mean) / std,
with x in [0, 1].
"""

VALUES: dict[str, str] = {"bytes": "0 – 255", "scaled": "0 – 1", "normalised": "normalised"}


@dataclass(frozen=True)
class PixelSheet:
    """One picture and its matrix.

    Attributes:
        colours: (rows, cols, 3) uint8, as the picture shows them.
        texts: the matrix's cells, row by row.
        channel: which channel a typed number changes; ``None`` if it cannot be typed over.
        lines: lines of text in a cell.
    """

    name: str
    colours: np.ndarray
    texts: tuple[str, ...]
    channel: int | None
    lines: int = 1
    changed: tuple[int, ...] = ()


def numbers(image: Tensor, kind: str, high: int = 255) -> Tensor:
    """The picture's values as they are (``bytes``), divided by ``high`` (``scaled``), or then (x − mean) /
    std (``normalised``).

    Args:
        image: (1 or 3, H, W) uint8.
    """
    if kind not in VALUES:
        raise CnnvizError(
            say("There are no values '{kind}'. Choose one of: {values}.", kind=kind, values=", ".join(VALUES))
        )
    if kind == "bytes":
        return image.float()
    scaled = image.float() / high
    if kind == "scaled":
        return scaled
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in MEAN_STD[len(image)])
    return (scaled - mean) / std


def with_edits(image: Tensor, edits: Mapping[tuple[int, int, int], int]) -> Tensor:
    """A copy with some (channel, row, column) changed."""
    changed = image.clone()
    for place, value in edits.items():
        changed[place] = value
    return changed


def edits_text(edits: Mapping[tuple[int, int, int], int]) -> str:
    """Edits for a link: ``channel.row.column.value`` with commas between."""
    return ",".join(".".join(map(str, (*place, value))) for place, value in edits.items())


def edits_from(text: str, shape: tuple[int, int, int], high: int = 255) -> dict[tuple[int, int, int], int]:
    """The edits of a link; what is no edit, or lies outside an image of this shape, is left out."""
    found = {}
    for word in text.split(",")[:MOST_EDITS]:
        parts = word.split(".")
        if len(parts) == 4 and all(part.isdecimal() and len(part) < 6 for part in parts):
            channel, row, col, value = map(int, parts)
            if channel < shape[0] and row < shape[1] and col < shape[2]:
                found[channel, row, col] = min(value, high)
    return found


def pixel_sheets(
    image: Tensor,
    window: tuple[int, int, int, int],
    kind: str,
    apart: bool,
    edits: Mapping[tuple[int, int, int], int],
    high: int = 255,
) -> list[PixelSheet]:
    """The window (top, left, rows, columns) of a picture as pictures with their matrices: one together, or
    one a channel.
    """
    top, left, rows, cols = window
    part = image[:, top : top + rows, left : left + cols]
    values = numbers(part, kind, high)
    texts = [
        [f"{value:.0f}" if kind == "bytes" else f"{value:.2f}" for value in channel]
        for channel in values.flatten(1).tolist()
    ]
    shown = (part.float() * (255 / high)).round().to(torch.uint8)
    inside = [
        (k, r - top, c - left) for k, r, c in edits if top <= r < top + rows and left <= c < left + cols
    ]
    changed = [tuple(r * cols + c for k, r, c in inside if k == channel) for channel in range(len(image))]
    if len(image) == 1:
        grey = shown.permute(1, 2, 0).expand(-1, -1, 3).numpy()
        two_digits = high == 99 and kind == "bytes"
        cells = tuple(text.zfill(2) if two_digits else text for text in texts[0])
        return [PixelSheet(_("What we see"), grey, cells, 0 if kind == "bytes" else None, changed=changed[0])]
    if not apart:
        cells = tuple("\n".join(triple) for triple in zip(*texts, strict=True))
        return [PixelSheet(_("What we see"), shown.permute(1, 2, 0).numpy(), cells, None, lines=3)]
    sheets = []
    for channel, name in enumerate(CHANNELS):
        tinted = np.zeros((*shown.shape[1:], 3), dtype=np.uint8)
        tinted[..., channel] = shown[channel].numpy()
        sheets.append(
            PixelSheet(
                _("Channel {channel}: {name}", channel=channel, name=name),
                tinted,
                tuple(texts[channel]),
                channel if kind == "bytes" else None,
                changed=changed[channel],
            )
        )
    return sheets


def as_csv(image: Tensor, kind: str, high: int = 255) -> str:
    """The whole matrix as text: a line a row; the channels below each other, with an empty line between."""
    form = "{:.0f}" if kind == "bytes" else "{:.6g}"
    blocks = (
        "\n".join(",".join(form.format(value) for value in row) for row in channel)
        for channel in numbers(image, kind, high).tolist()
    )
    return "\n\n".join(blocks) + "\n"


def pixels_code(image: Expression, kind: str, high: int, window: tuple[int, int, int, int]) -> str:
    """The numbers of the window, as the page shows them."""
    top, left, rows, cols = window
    steps = {
        "bytes": "numbers = image.float()",
        "scaled": f"numbers = image / {high}",
        "normalised": f"mean, std = (torch.tensor(values).view(-1, 1, 1) for values in MEAN_STD[len(image)])\nnumbers = (image / {high} - mean) / std",
    }
    names = {"MEAN_STD": __name__} if kind == "normalised" else {}
    return script(
        f"""\
image = {image}
{steps[kind]}
window = numbers[:, {top} : {top + rows}, {left} : {left + cols}]
print(image.shape, window)
""",
        image,
        **names,
    )
