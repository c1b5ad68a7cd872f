"""How far the colours of each palette stand out from both themes, and from each other for eyes of all kinds."""

from itertools import combinations

from cnnviz.figures import PALETTES
from cnnviz.figures.contrast import DARK, LIGHT, VISION, contrast, difference


def main() -> None:
    """Prints a line a palette. Lines need a contrast of 3 on their background; ΔE 2.3 is just seen."""
    print(
        "Contrast of the worst line on the light and the dark theme; smallest ΔE*ab of two of the first six lines,"
    )
    print(
        "and of the ends and the middle of the signed scale, for each kind of colour vision (Machado et al. 2009)."
    )
    print(
        f"{'palette':<18}{'light':>7}{'dark':>7}  "
        + "".join(f"{f'{name}: lines, scale':>30}" for name in VISION)
    )
    for entry in PALETTES.values():
        stops = entry.diverging.stops
        ends = (stops[0], stops[len(stops) // 2], stops[-1])
        light, dark = (min(contrast(one, paper) for one in entry.series) for paper in (LIGHT, DARK))
        apart = "".join(
            f"{_least(entry.series[:6], vision):>23.1f}{_least(ends, vision):>7.1f}" for vision in VISION
        )
        print(f"{entry.title:<18}{light:>7.2f}{dark:>7.2f}  {apart}")
    usual = PALETTES["usual"].train
    print(
        f"The training line on the dark theme: {contrast(usual, DARK):.2f} (before: {contrast('#0072b2', DARK):.2f})"
    )


def _least(colours: tuple[str, ...], vision: str) -> float:
    return min(difference(a, b, vision) for a, b in combinations(colours, 2))


if __name__ == "__main__":
    main()
