"""The two colour scales of all pictures: one for signed values, one for the rest. Both are safe for
colour-blind eyes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ColourScale:
    """Colours from the lowest to the highest value.

    Attributes:
        name: as it is called in legends.
        stops: equally spaced colours, ``#rrggbb``.
    """

    name: str
    stops: tuple[str, ...]

    def colours(self, count: int) -> NDArray[np.uint8]:
        """(count, 3): the colours of ``count`` equally spaced values."""
        rgb = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in self.stops], dtype=float)
        places = np.linspace(0, len(self.stops) - 1, count)
        return (
            np.stack(
                [np.interp(places, np.arange(len(self.stops)), rgb[:, channel]) for channel in range(3)],
                axis=1,
            )
            .round()
            .astype(np.uint8)
        )

    @property
    def plotly(self) -> list[tuple[float, str]]:
        last = len(self.stops) - 1
        return [(index / last, stop) for index, stop in enumerate(self.stops)]

    @property
    def css(self) -> str:
        return f"linear-gradient(to right, {', '.join(self.stops)})"


DIVERGING = ColourScale(
    "blue – white – red",
    (
        "#053061",
        "#2166ac",
        "#4393c3",
        "#92c5de",
        "#d1e5f0",
        "#ffffff",
        "#fddbc7",
        "#f4a582",
        "#d6604d",
        "#b2182b",
        "#67001f",
    ),
)
"""ColorBrewer RdBu, reversed, with pure white in the middle: negative blue, zero white, positive red."""

SEQUENTIAL = ColourScale(
    "viridis",
    (
        "#440154",
        "#482475",
        "#414487",
        "#355f8d",
        "#2a788e",
        "#21918c",
        "#22a884",
        "#44bf70",
        "#7ad151",
        "#bddf26",
        "#fde725",
    ),
)
"""Viridis (van der Walt and Smith, 2015): dark is low, yellow is high."""

GREY = ColourScale("grey", ("#000000", "#ffffff"))
"""For pictures only: black is 0, white is 1."""

TRAIN, VALIDATION = "#0072b2", "#d55e00"
"""The two lines of every learning curve (Okabe and Ito, 2008)."""

RIGHT, WRONG = "#0072b2", "#d55e00"


def scale_for(low: float, high: float, signed: bool = False) -> tuple[ColourScale, float, float]:
    """The scale and limits for values from ``low`` to ``high``: diverging around zero if some are negative,
    or could be (``signed``).
    """
    if low < 0 or signed:
        most = max(-low, high) or 1.0
        return DIVERGING, -most, most
    return SEQUENTIAL, 0.0, high if high > 0 else 1.0
