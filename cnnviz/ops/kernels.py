"""Kernels made by hand: one table drives the gallery, formulas and tests. A new kernel is one entry in
``KERNELS``.

Every entry is a function of the side K, an angle in degrees and a wavelength in pixels; most use only K.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.ops.convolution import pad
from cnnviz.ops.trace import as_image, as_numbers
from cnnviz.words import say

LARGEST_SIDE = 31


@dataclass(frozen=True)
class Kernel:
    """A kernel of the gallery.

    Attributes:
        make: (K, angle, wavelength, seed) -> (K, K) float32.
        uses: which of ``"angle"``, ``"wavelength"``, ``"seed"`` it listens to.
        sides: the sides it exists in; any odd side if empty.
    """

    name: str
    title: str
    does: str
    formula: str
    reference: str
    make: Callable[[int, float, float, int], Tensor]
    uses: frozenset[str] = frozenset()
    sides: tuple[int, ...] = ()


def _grid(side: int) -> tuple[Tensor, Tensor]:
    """(row, column) distances from the middle, (K, K) each."""
    place = torch.arange(side, dtype=torch.float32) - (side - 1) / 2
    return place[:, None].expand(side, side), place[None, :].expand(side, side)


def _identity(side: int, *_: Any) -> Tensor:
    kernel = torch.zeros(side, side)
    kernel[side // 2, side // 2] = 1
    return kernel


def _box(side: int, *_: Any) -> Tensor:
    return torch.full((side, side), 1 / side**2)


def gaussian(side: int, *_: Any) -> Tensor:
    row, col = _grid(side)
    sigma = max(side / 5, 0.4)
    kernel = torch.exp(-(row.square() + col.square()) / (2 * sigma**2))
    return kernel / kernel.sum()


def _sharpen(side: int, *_: Any) -> Tensor:
    return 2 * _identity(side) - _box(side)


def _binomial(side: int) -> Tensor:
    """Row of Pascal's triangle: 1 2 1, 1 4 6 4 1, …"""
    return torch.tensor([float(math.comb(side - 1, index)) for index in range(side)])


def _derivative(side: int) -> Tensor:
    """Smoothed difference: −1 0 1, −1 −2 0 2 1, … (a binomial row of two less, convolved with −1 0 1)."""
    row = torch.zeros(side)
    row[2:] += _binomial(side - 2)
    row[:-2] -= _binomial(side - 2)
    return row


def _sobel_x(side: int, *_: Any) -> Tensor:
    return _binomial(side)[:, None] * _derivative(side)[None, :]


def _sobel_y(side: int, *_: Any) -> Tensor:
    return _sobel_x(side).T.contiguous()


def _laplacian(side: int, *_: Any) -> Tensor:
    """Side 3: the four neighbours minus the middle; larger: Laplacian of Gaussian, which adds up to zero."""
    if side == 3:
        return torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    row, col = _grid(side)
    sigma = side / 6
    square = (row.square() + col.square()) / (2 * sigma**2)
    kernel = (square - 1) * torch.exp(-square)
    kernel = kernel - kernel.mean()
    return kernel / kernel.abs().max() * 4


def _emboss(side: int, *_: Any) -> Tensor:
    row, col = _grid(side)
    return ((row + col).sign() * (row.sign() * col.sign() >= 0) * torch.maximum(row.abs(), col.abs())) / (
        side // 2
    ) + _identity(side)


def gabor(side: int, angle: float, wavelength: float, *_: Any) -> Tensor:
    row, col = _grid(side)
    theta = math.radians(angle)
    along = col * math.cos(theta) + row * math.sin(theta)
    across = -col * math.sin(theta) + row * math.cos(theta)
    sigma = max(side / 5, 0.5)
    kernel = torch.exp(-(along.square() + 0.5 * across.square()) / (2 * sigma**2)) * torch.cos(
        2 * math.pi * along / wavelength
    )
    return kernel - kernel.mean()


def _motion(side: int, angle: float, *_: Any) -> Tensor:
    """A line of light through the middle, as a moving camera draws it; each cell gets what of the line falls
    near it.
    """
    row, col = _grid(side)
    theta = math.radians(angle)
    away = (-col * math.sin(theta) + row * math.cos(theta)).abs()
    kernel = (1 - away).clamp(min=0) * ((col * math.cos(theta) + row * math.sin(theta)).abs() <= side / 2)
    return kernel / kernel.sum()


def _random(side: int, _angle: float, _wavelength: float, seed: int) -> Tensor:
    return torch.randn(side, side, generator=torch.Generator().manual_seed(seed)) / side


KERNELS: dict[str, Kernel] = {
    entry.name: entry
    for entry in (
        Kernel(
            name="identity",
            title="Identity",
            does="leaves the picture as it is",
            formula=r"w[m,n] = \delta_{m,c}\,\delta_{n,c}",
            reference="Goodfellow et al., 2016",
            make=_identity,
        ),
        Kernel(
            name="box",
            title="Box blur",
            does="replaces each pixel by the mean around it",
            formula=r"w[m,n] = 1/K^2",
            reference="Szeliski, Computer Vision, section 3.2",
            make=_box,
        ),
        Kernel(
            name="gaussian",
            title="Gaussian blur",
            does="blurs softly: near pixels count more",
            formula=r"w[m,n] \propto e^{-(m^2+n^2)/2\sigma^2},\; \sigma = K/5",
            reference="Szeliski, Computer Vision, section 3.2",
            make=gaussian,
        ),
        Kernel(
            name="sharpen",
            title="Sharpen",
            does="adds what a blur takes away",
            formula=r"w = 2\,\delta - \text{box}",
            reference="Szeliski, Computer Vision, section 3.2",
            make=_sharpen,
        ),
        Kernel(
            name="sobel_x",
            title="Sobel x",
            does="answers to vertical edges: red where it gets brighter to the right",
            formula=r"w = (1, 2, 1)^\top (-1, 0, 1)",
            reference="Sobel and Feldman, 1968",
            make=_sobel_x,
        ),
        Kernel(
            name="sobel_y",
            title="Sobel y",
            does="answers to horizontal edges",
            formula=r"w = (-1, 0, 1)^\top (1, 2, 1)",
            reference="Sobel and Feldman, 1968",
            make=_sobel_y,
        ),
        Kernel(
            name="laplacian",
            title="Laplacian",
            does="answers where brightness bends: spots and both sides of edges",
            formula=r"w = \nabla^2,\;\; \nabla^2 G_\sigma \text{ for } K > 3",
            reference="Marr and Hildreth, 1980",
            make=_laplacian,
        ),
        Kernel(
            name="emboss",
            title="Emboss",
            does="looks lit from one corner",
            formula=r"w[m,n] \sim \operatorname{sign}(m+n) + \delta",
            reference="folklore of image editors",
            make=_emboss,
        ),
        Kernel(
            name="gabor",
            title="Gabor",
            does="answers to stripes of one direction and width, as cells of the visual cortex do",
            formula=r"w = e^{-(u^2 + v^2/2)/2\sigma^2} \cos(2\pi u/\lambda)",
            reference="Daugman, 1985; Hubel and Wiesel, 1962",
            make=gabor,
            uses=frozenset({"angle", "wavelength"}),
        ),
        Kernel(
            name="motion",
            title="Motion blur",
            does="smears along one direction",
            formula=r"w = 1 \text{ on a line},\; \sum w = 1",
            reference="Szeliski, Computer Vision, section 3.4",
            make=_motion,
            uses=frozenset({"angle"}),
        ),
        Kernel(
            name="random",
            title="Random",
            does="what a network starts with",
            formula=r"w \sim \mathcal N(0, 1/K^2)",
            reference="Glorot and Bengio, 2010",
            make=_random,
            uses=frozenset({"seed"}),
        ),
    )
}


@dataclass(frozen=True)
class Pattern:
    """Something that a kernel may answer to: what lies on its window, from −1 (dark) to 1 (bright).

    Attributes:
        make: (2, K, K) distances from the middle, in rows and in columns -> (K, K).
    """

    name: str
    title: str
    make: Callable[[Tensor], Tensor]


def _spot(place: Tensor) -> Tensor:
    near = place.square().sum(0) <= (place.max() / 2).square()
    return torch.where(near, 1.0, -1.0)


PATTERNS: dict[str, Pattern] = {
    entry.name: entry
    for entry in (
        Pattern("vertical", "a vertical edge", lambda place: place[1].sign()),
        Pattern("horizontal", "a horizontal edge", lambda place: place[0].sign()),
        Pattern("diagonal", "a diagonal edge", lambda place: place.sum(0).sign()),
        Pattern("spot", "a bright spot", _spot),
        Pattern("flat", "an even area", lambda place: torch.ones_like(place[0])),
    )
}
"""A new pattern is one entry."""


def strength(weights: Tensor, pattern: str) -> float:
    r"""How strongly a kernel (K, K) answers to a pattern on its window, whichever of the two sides is bright:
    1 where all its weights speak for it, 0 where it does not see it.

    $|\sum_{mn} w_{mn} p_{mn}| \,/\, \sum_{mn} |w_{mn}|$ for a pattern $p$ with values from −1 to 1.
    """
    template = PATTERNS[pattern].make(torch.stack(_grid(weights.shape[0]))).to(weights.dtype)
    whole = weights.abs().sum().item()
    return abs((weights * template).sum().item()) / whole if whole else 0.0


def kernel(name: str, side: int = 3, angle: float = 0.0, wavelength: float = 4.0, seed: int = 0) -> Tensor:
    """(K, K) float32, by name.

    Raises:
        CnnvizError: an unknown name, an even or too large side, a wavelength that is not above 0.
    """
    if name not in KERNELS:
        raise CnnvizError(
            say(
                "There is no kernel '{name}'. Choose one of: {kernels}.",
                name=name,
                kernels=", ".join(KERNELS),
            )
        )
    if side < 3 or side % 2 == 0 or side > LARGEST_SIDE:
        raise CnnvizError(
            say(
                "The side of the kernel is {side}, but it must be odd, from 3 to {largest_side}, so that it has a middle.",
                side=side,
                largest_side=LARGEST_SIDE,
            )
        )
    if not wavelength > 0:
        raise CnnvizError(
            say("The wavelength is {wavelength}, but it must be above 0 pixels.", wavelength=wavelength)
        )
    return KERNELS[name].make(side, angle, wavelength, seed)


def apply(image: Any, weights: Any, padding_mode: str = "replicate") -> Tensor:
    """A kernel over a picture, each channel on its own, of the same size (cross-correlation, as in networks).

    Args:
        image: (H, W) or (C, H, W) float.
        weights: (K, K) with odd K.

    Returns:
        the image's shape; values may be negative or above 1.
    """
    pixels, had_channels = as_image(image)
    table = as_numbers(weights, "kernel").to(pixels.dtype)
    if table.dim() != 2 or table.shape[0] != table.shape[1] or table.shape[0] % 2 == 0:
        raise CnnvizError(
            say(
                "The kernel is {str}, but it must be square with an odd side, so that it has a middle.",
                str="×".join(map(str, table.shape)),
            )
        )
    padded = pad(pixels, table.shape[0] // 2, padding_mode)
    height, width = pixels.shape[1:]
    # For one channel, adding up shifted pictures is ten times faster than torch's conv2d and as exact.
    output = torch.zeros_like(pixels)
    for row, weights_of_row in enumerate(table.tolist()):
        for col, weight in enumerate(weights_of_row):
            if weight:
                output.add_(padded[:, row : row + height, col : col + width], alpha=weight)
    return output if had_channels else output[0]


def grey(image: Tensor) -> Tensor:
    """(1, H, W) brightness of (C, H, W): 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601); bytes give whole numbers
    from 0 to 255.
    """
    if image.shape[0] == 1:
        return image
    red, green, blue = image
    brightness = torch.add(red * 0.299, green, alpha=0.587).add_(blue, alpha=0.114).unsqueeze(0)
    return brightness.round_() if image.dtype == torch.uint8 else brightness


def kernel_code(image: Expression, weights: Expression) -> str:
    """A kernel over the brightness of a picture."""
    return script(
        f"""\
image = {image}
brightness = grey(image) / 255
weights = {weights}
half = weights.shape[0] // 2

padded = functional.pad(brightness[None], (half,) * 4, mode="replicate")
result = functional.conv2d(padded, weights[None, None])[0]
print(result.shape, result.min(), result.max())
""",
        image,
        weights,
        first=("import torch", "from torch.nn import functional"),
        grey=__name__,
    )
