"""The colours of all pictures, and the choice between several palettes of them.

Each palette has one scale for signed values, with zero in the middle, one for the rest, and colours for lines
and groups. A figure asks for ``palette()`` when it is drawn; which one is in use, whoever shows it says
(``use_palette``, or ``in_palette`` around some lines of a notebook).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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


@dataclass(frozen=True)
class Palette:
    """Colours that belong together.

    Attributes:
        title: in the menu.
        words: whom it helps.
        diverging: for signed values; negative first, zero in the middle.
        sequential: for values from zero up; its lightness only rises, or only falls.
        series: of lines and groups, ten at most different ones. All stand out from the backgrounds of both
            themes by 3 to 1; the first two are training and validation, and right and wrong.
        fills: of classes as areas on a grey image.
        boxes: of boxes on an image: the true one, one that waits, a wrong one.
        line: width of a line.
    """

    name: str
    title: str
    words: str
    diverging: ColourScale
    sequential: ColourScale
    series: tuple[str, ...]
    fills: tuple[str, ...]
    boxes: tuple[str, str, str] = ("#f0e442", "#56b4e9", "#d55e00")
    line: float = 3

    @property
    def train(self) -> str:
        return self.series[0]

    @property
    def validation(self) -> str:
        return self.series[1]

    right, wrong = train, validation

    def of(self, index: int) -> str:
        """The colour of a line or group; after the last one they begin again."""
        return self.series[index % len(self.series)]


OKABE_ITO = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#b15928",
    "#9e9ac8",
    "#e5e5e5",
)
"""Okabe and Ito (2008), and three more."""

USUAL = "usual"
PALETTES: dict[str, Palette] = {
    entry.name: entry
    for entry in (
        Palette(
            USUAL,
            "Blue and red",
            "Blue – white – red and viridis: safe for colour-blind eyes.",
            DIVERGING,
            SEQUENTIAL,
            (
                *("#1e8afb", "#d97a15", "#0da75c", "#d468cb", "#895b17"),
                *("#6f5f88", "#497154", "#a98498", "#6f47fa", "#9f39b8"),
            ),
            OKABE_ITO,
        ),
        Palette(
            "purple",
            "Purple and green",
            "Purple – white – green and cividis: another pair that is safe for colour-blind eyes.",
            ColourScale(
                "purple – white – green",
                (
                    *("#40004b", "#762a83", "#9970ab", "#c2a5cf", "#e7d4e8", "#ffffff"),
                    *("#d9f0d3", "#a6dba0", "#5aae61", "#1b7837", "#00441b"),
                ),
            ),
            ColourScale(
                "cividis",
                (
                    *("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678"),
                    *("#a59c74", "#c3b369", "#e1cc55", "#f1dd44", "#fee838"),
                ),
            ),
            (
                *("#6f52ff", "#1da63c", "#e82e0c", "#8f6795", "#c97a80"),
                *("#ae27b6", "#3988fe", "#4b6e3f", "#8391cc", "#955d6f"),
            ),
            OKABE_ITO,
        ),
        Palette(
            "contrast",
            "High contrast",
            "Blue – white – orange in steep steps, black to pale yellow, and thick lines: for weak eyes and weak projectors.",
            ColourScale(
                "blue – white – orange",
                (
                    *("#00104d", "#001f99", "#0033cc", "#2e5cff", "#8fa8ff", "#ffffff"),
                    *("#ffb08a", "#d95f00", "#a84400", "#7a2f00", "#4a1c00"),
                ),
            ),
            ColourScale(
                "inferno",
                (
                    *("#000004", "#160b39", "#420a68", "#6a176e", "#932667", "#bc3754"),
                    *("#dd513a", "#f37819", "#fca50a", "#f6d746", "#fcffa4"),
                ),
            ),
            (
                *("#7247fc", "#ce252c", "#309e57", "#ac68f1", "#d46502"),
                *("#496eaf", "#7e6764", "#8286a4", "#f35252", "#d4448e"),
            ),
            OKABE_ITO,
            ("#ffff00", "#00e5ff", "#ff4d00"),
            5,
        ),
        Palette(
            "grey",
            "Grey, for print",
            "Black – grey – white for signed values, white to black for the rest; lines differ by their dashes.",
            ColourScale("black – grey – white", ("#000000", "#3b3b3b", "#777777", "#b9b9b9", "#ffffff")),
            ColourScale("white – black", ("#ffffff", "#c6c6c6", "#919191", "#5e5e5e", "#303030", "#000000")),
            ("#656565", "#939393", "#7b7b7b"),
            (
                *("#ffffff", "#a0a0a0", "#d8d8d8", "#808080", "#ececec"),
                *("#b4b4b4", "#909090", "#c6c6c6", "#707070", "#f6f6f6"),
            ),
            ("#ffffff", "#b4b4b4", "#6e6e6e"),
        ),
    )
}
"""Name -> palette: the lecture's own, one more that colour-blind eyes can read, one of high contrast, and grey."""

_in_use: ContextVar[str] = ContextVar("palette", default=USUAL)
_asked: ContextVar["Asked | None"] = ContextVar("palette_asked", default=None)


@dataclass
class Asked:
    """Whether colours were asked for."""

    colours: bool = False


def palette() -> Palette:
    """The palette in use, for whoever draws."""
    note_palette()
    return PALETTES[_in_use.get()]


def palette_in_use() -> str:
    """Its name, for whoever keeps pictures."""
    return _in_use.get()


def use_palette(name: str) -> None:
    """From now on this thread, or this asynchronous task, draws in the palette; an unknown name is the usual
    one.
    """
    _in_use.set(name if name in PALETTES else USUAL)


@contextmanager
def in_palette(name: str) -> Iterator[None]:
    """Inside, all figures are drawn in the palette."""
    before = _in_use.set(name)
    try:
        yield
    finally:
        _in_use.reset(before)


@contextmanager
def noticing_colours() -> Iterator[Asked]:
    """Notices whether colours are asked for inside: then what is made there belongs to one palette."""
    outer, inside = _asked.get(), Asked()
    before = _asked.set(inside)
    try:
        yield inside
    finally:
        _asked.reset(before)
        if outer is not None:
            outer.colours |= inside.colours


def note_palette() -> None:
    """What is being made depends on the palette."""
    asked = _asked.get()
    if asked is not None:
        asked.colours = True


def scale_for(low: float, high: float, signed: bool = False) -> tuple[ColourScale, float, float]:
    """The scale and limits for values from ``low`` to ``high``: diverging around zero if some are negative,
    or could be (``signed``).
    """
    if low < 0 or signed:
        most = max(-low, high) or 1.0
        return palette().diverging, -most, most
    return palette().sequential, 0.0, high if high > 0 else 1.0
