"""Drawings as SVG: volumes of maps, and the units of a small network."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from PIL import Image, ImageDraw
from torch import Tensor

from cnnviz.figures.colours import palette, scale_for
from cnnviz.figures.contrast import ink_on
from cnnviz.ops.receptive_field import ReceptiveField
from cnnviz.words import _

INK, FAINT = "#76869a", "#9aa7b3"
FONT = 'font-family="Source Sans, DejaVu Sans, sans-serif" font-size="18" font-weight="600" fill="#76869a"'


def volumes(shapes: Sequence[tuple[int, int, int]], between: Sequence[str]) -> str:
    """Boxes (C, H, W) from left to right, drawn to one scale, with what happens between them written on
    arrows.

    Args:
        shapes: of the image and of each layer's maps.
        between: one text an arrow.
    """
    most = max(max(height, width) for __, height, width in shapes)
    unit = 150 / most
    parts, left, bottom = [], 20.0, 220.0
    for index, (channels, height, width) in enumerate(shapes):
        tall, deep = max(4, height * unit), max(4, width * unit) * 0.45
        wide = min(120, max(6, channels * unit * 1.6))
        top = bottom - tall
        shift = deep * 0.6
        colour = palette().of(index)
        back, over = left + deep, top - shift
        parts += [
            _polygon([(left, bottom), (left, top), (back, over), (back, bottom - shift)], colour, 0.5),
            _polygon([(left, top), (back, over), (back + wide, over), (left + wide, top)], colour, 0.3),
            _polygon([(left, bottom), (left, top), (left + wide, top), (left + wide, bottom)], colour, 0.42),
            f'<text x="{left}" y="{bottom + 24}" {FONT}>{height}×{width}×{channels}</text>',
        ]
        left += max(wide + deep, 110) + 12
        if index < len(between):
            lines = between[index].split("\n")
            middle = bottom - most * unit / 2
            parts.append(
                f'<line x1="{left}" y1="{middle}" x2="{left + 120}" y2="{middle}" stroke="{INK}" stroke-width="2"/>'
            )
            parts.append(
                f'<polygon points="{left + 120},{middle - 6} {left + 132},{middle} {left + 120},{middle + 6}" fill="{INK}"/>'
            )
            parts += [
                f'<text x="{left}" y="{middle - 12 - 20 * (len(lines) - 1 - i)}" {FONT}>{escape(line)}</text>'
                for i, line in enumerate(lines)
            ]
            left += 150
    return _svg(parts, left, 260)


def receptive_squares(
    image: Tensor, fields: Sequence[ReceptiveField], width: int = 640
) -> tuple[Image.Image, str]:
    """The squares that the middle unit of each layer sees, drawn on an image (3, H, W) in [0, 1]; and the
    picture in words.
    """
    height, width_px = image.shape[1:]
    boxes, words = [], []
    for index, field in enumerate(fields):
        row, col = (
            max(0, round((n / 2 - field.offset - field.size / 2) / field.stride)) for n in (height, width_px)
        )
        (top, bottom), (left, right) = field.span(row), field.span(col)
        boxes.append((top, left, bottom + 1, right + 1))
        words.append(_("layer {index} sees {size}×{size} pixels", index=index + 1, size=field.size))
    picture = boxes_on(image, boxes, [str(index + 1) for index in range(len(boxes))], width)
    return picture, _("Receptive fields of the middle unit: ") + ", ".join(words)


def boxes_on(
    image: Tensor, boxes: Sequence[tuple[int, int, int, int]], titles: Sequence[str], width: int = 640
) -> Image.Image:
    """Boxes (top, left, bottom, right), the last two exclusive, drawn on an image (C, H, W) in [0, 1]."""
    zoom = max(1, round(width / image.shape[2]))
    pixels = (image.clamp(0, 1) * 255).byte().expand(3, -1, -1).permute(1, 2, 0).numpy()
    picture = Image.fromarray(pixels).resize(
        (pixels.shape[1] * zoom, pixels.shape[0] * zoom), Image.Resampling.NEAREST
    )
    pen = ImageDraw.Draw(picture)
    for number, ((top, left, bottom, right), title) in enumerate(zip(boxes, titles, strict=True)):
        box = [left * zoom, top * zoom, right * zoom - 1, bottom * zoom - 1]
        # Boxes that begin at the edge have their numbers side by side.
        shift = 26 * number if left == 0 else 0
        pen.rectangle(box, outline="#10161d", width=5)
        pen.rectangle(box, outline=palette().boxes[0], width=3)
        pen.text(
            (box[0] + 6 + shift, box[3] - 26),
            title,
            fill=palette().boxes[0],
            stroke_fill="#10161d",
            stroke_width=2,
            font_size=20,
        )
    return picture


def unit_network(
    values: Sequence[Tensor], masks: Sequence[Tensor], weights: Sequence[Tensor], names: Sequence[str]
) -> str:
    """Layers of units as circles with their numbers; dropped units are crossed out, and their connections are
    gone.

    Args:
        values, masks: one (units,) tensor a layer; a mask holds 1 for a unit that stays.
        weights: (units of l, units of l + 1), for the width and colour of the connections.
    """
    most = max(len(layer) for layer in values)
    step, radius, height = 74, 26, 74 * most + 60
    parts = []

    def centre(layer: int, unit: int) -> tuple[float, float]:
        return 80 + layer * 220, 50 + step * (unit + 0.5) + step * (most - len(values[layer])) / 2

    # Neither white on white nor black on black: not the scale's very ends.
    stops = palette().diverging.stops
    ends = (stops[len(stops) // 8], stops[-1 - len(stops) // 8])
    strongest = max(weight.abs().max().item() for weight in weights)
    for index, (first, second) in enumerate(pairwise(range(len(values)))):
        for a in range(len(values[first])):
            for b in range(len(values[second])):
                if not (masks[first][a] and masks[second][b]):
                    continue
                weight = weights[index][a, b].item()
                (x1, y1), (x2, y2) = centre(first, a), centre(second, b)
                colour, width = ends[weight > 0], 0.4 + 3.5 * abs(weight) / strongest
                look = f'stroke="{colour}" stroke-opacity="0.55" stroke-width="{width:.2f}"'
                parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {look}/>')
    highest = max(layer.abs().max().item() for layer in values) or 1.0
    __, low, high = scale_for(-highest, highest)
    for index, layer in enumerate(values):
        parts.append(
            f'<text x="{centre(index, 0)[0]}" y="22" text-anchor="middle" {FONT}>{escape(names[index])}</text>'
        )
        for unit, value in enumerate(layer.tolist()):
            x, y = centre(index, unit)
            if masks[index][unit]:
                place = round(255 * (value - low) / (high - low))
                fill = "#" + bytes(palette().diverging.colours(256)[place].tolist()).hex()
                parts.append(
                    f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="{INK}" stroke-width="2"/>'
                )
                parts.append(
                    f'<text x="{x}" y="{y + 6}" text-anchor="middle" {FONT.replace(INK, ink_on(fill))}>{value:.2f}</text>'
                )
            else:
                parts.append(
                    f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{FAINT}" stroke-width="2" stroke-dasharray="5 4"/>'
                )
                parts += [
                    f'<line x1="{x - d * 14}" y1="{y - 14}" x2="{x + d * 14}" y2="{y + 14}" stroke="{FAINT}" stroke-width="4"/>'
                    for d in (1, -1)
                ]
    return _svg(parts, 160 + 220 * (len(values) - 1), height)


def _polygon(corners: Sequence[tuple[float, float]], colour: str, opacity: float) -> str:
    points = " ".join(f"{x},{y}" for x, y in corners)
    return f'<polygon points="{points}" fill="{colour}" fill-opacity="{opacity}" stroke="{INK}"/>'


def _svg(parts: Sequence[str], width: float, height: float) -> str:
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
