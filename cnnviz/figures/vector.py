"""Line charts as SVG: for files that are read without the app, and can be printed at any size."""

import html
import math
from collections.abc import Mapping, Sequence

from cnnviz.figures.colours import palette
from cnnviz.words import _

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 46
DASHES = ("", "8 5", "2 5", "8 5 2 5", "14 5", "14 5 2 5")
Points = Sequence[tuple[float, float]]


def line_chart(series: Mapping[str, Points], x_title: str, y_title: str) -> str:
    """Lines with their names above, axes with round numbers; an ``<svg>`` element with its text alternative."""
    points = [point for line in series.values() for point in line if math.isfinite(point[1])]
    if not points:
        return ""
    x_low, x_high = _span([x for x, __ in points])
    y_low, y_high = _span([y for __, y in points])

    def x(value: float) -> float:
        return LEFT + (value - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for tick in ticks(y_low, y_high):
        parts.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    parts += [
        f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>'
        for tick in ticks(x_low, x_high)
    ]
    parts.append(
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333"/>'
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(x_title)}</text>'
    )
    place = float(LEFT)
    for number, (name, line) in enumerate(series.items()):
        style = f'stroke="{palette().of(number)}" stroke-width="2" stroke-dasharray="{DASHES[number % len(DASHES)]}"'
        path = "L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in line if math.isfinite(b))
        parts.append(f'<path d="M{path}" fill="none" {style}/>')
        parts.append(f'<path d="M{place:.0f} 16h26" {style}/>')
        parts.append(f'<text x="{place + 32:.0f}" y="20">{html.escape(name)}</text>')
        place += 48 + 8 * len(name)
    words = "; ".join(
        _("{name}: from {line:.4g} to {line2:.4g}", name=name, line=line[0][1], line2=line[-1][1])
        for name, line in series.items()
        if line
    )
    described = _("{y_title} against {x_title}. {words}", y_title=y_title, x_title=x_title, words=words)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{html.escape(described)}</title>'
        + "".join(parts)
        + "</svg>"
    )


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]
