"""How well colours can be told apart: contrast (WCAG 2.1), colour vision deficiencies, and differences as eyes
see them.
"""

import numpy as np
from numpy.typing import NDArray

Linear = NDArray[np.float64]
"""(3,): red, green and blue as amounts of light, 0 to 1."""

LIGHT, DARK = "#ffffff", "#10161d"
"""The backgrounds of the two themes, as in ``.streamlit/config.toml``."""

VISION: dict[str, tuple[tuple[float, float, float], ...]] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What an eye makes of linear red, green and blue: Machado, Oliveira and Fernandes (2009), severity 1."""

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> Linear:
    """The light of ``#rrggbb``."""
    share = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    return float(_TO_XYZ[1] @ linear(colour))


def contrast(first: str, second: str) -> float:
    """1 (the same) to 21 (black on white). Text needs 4.5, lines and marks need 3."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever stands out more from it: by 4.58 to 1 or more."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))


def lab(colour: str, vision: str = "usual") -> NDArray[np.float64]:
    """(3,) CIE L*a*b* of a colour as this vision sees it; L* is the lightness, 0 to 100."""
    light = np.clip(np.array(VISION[vision]) @ linear(colour), 0, 1)
    x, y, z = (_TO_XYZ @ light) / _TO_XYZ.sum(axis=1)
    root = [
        value ** (1 / 3) if value > (6 / 29) ** 3 else value / (3 * (6 / 29) ** 2) + 4 / 29
        for value in (x, y, z)
    ]
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def difference(first: str, second: str, vision: str = "usual") -> float:
    """CIE ΔE*ab (1976); 2.3 is just seen where the colours touch."""
    return float(np.linalg.norm(lab(first, vision) - lab(second, vision)))
