"""Every palette, as eyes of all kinds see it: measured, not looked at."""

import colorsys
import re
import tomllib
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import torch

from cnnviz.figures import PALETTES, USUAL, in_palette, map_sheet, palette, scale_for
from cnnviz.figures.colours import Palette, noticing_colours, use_palette
from cnnviz.figures.contrast import DARK, LIGHT, VISION, contrast, difference, lab
from cnnviz.figures.curves import loss_curve
from cnnviz.figures.line_styles import line_style
from cnnviz.figures.network_drawing import kind_colours
from cnnviz.ui.memory import remember, remembered

ROOT = Path(__file__).resolve().parents[2]
SEEN_AT_ONCE = 20.0
"""ΔE*ab of two colours that nobody takes for each other, also where they do not touch."""
TOLD_APART = 12.0
"""Of the later colours of many lines, which have dashes or letters as well."""
each_palette = pytest.mark.parametrize("chosen", PALETTES.values(), ids=lambda one: one.name)
each_vision = pytest.mark.parametrize("vision", VISION)


def test_contrast_and_difference_have_their_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab("#ffffff")[0] == pytest.approx(100, abs=0.01)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    # Red and green of the same lightness are one colour to who lacks one of the two cones.
    assert difference("#c86400", "#7d7d00", "deuteranopia") < 12 < difference("#c86400", "#7d7d00")
    assert [difference("#808080", "#808080", vision) for vision in VISION] == pytest.approx([0] * 4)


@each_vision
@each_palette
def test_low_high_and_zero_are_three_colours(chosen: Palette, vision: str) -> None:
    stops = chosen.diverging.stops
    assert len(stops) % 2 == 1
    for first, second in combinations((stops[0], stops[len(stops) // 2], stops[-1]), 2):
        assert difference(first, second, vision) > SEEN_AT_ONCE
    # Also halfway the sign can be seen.
    quarter = len(stops) // 4
    assert difference(stops[quarter], stops[-1 - quarter], vision) > SEEN_AT_ONCE


@each_palette
def test_zero_stands_in_the_middle(chosen: Palette) -> None:
    with in_palette(chosen.name):
        scale, low, high = scale_for(-1.0, 3.0)
    assert (scale, low, high) == (chosen.diverging, -3.0, 3.0)
    middle = scale.colours(255)[127]
    assert colorsys.rgb_to_hsv(*(int(part) / 255 for part in middle))[1] == pytest.approx(0, abs=0.01)


@each_vision
@each_palette
def test_lightness_runs_one_way_in_sequential_scales(chosen: Palette, vision: str) -> None:
    colours = ["#" + bytes(rgb.tolist()).hex() for rgb in chosen.sequential.colours(64)]
    lightness = [lab(colour, vision)[0] for colour in colours]
    steps = [b - a for a, b in pairwise(lightness)]
    assert all(step > 0 for step in steps) or all(step < 0 for step in steps)
    assert abs(lightness[-1] - lightness[0]) > 60


@each_palette
def test_lightness_falls_or_rises_on_both_sides_of_zero(chosen: Palette) -> None:
    stops = chosen.diverging.stops
    middle = len(stops) // 2
    for side in (stops[: middle + 1], stops[middle:]):
        steps = [lab(b)[0] - lab(a)[0] for a, b in pairwise(side)]
        assert all(step > 0 for step in steps) or all(step < 0 for step in steps)


@each_palette
def test_lines_stand_out_from_both_themes(chosen: Palette) -> None:
    for colour in chosen.series:
        assert min(contrast(colour, LIGHT), contrast(colour, DARK)) >= 3, colour
    # Training on the dark theme was hard to see.
    assert contrast(chosen.train, DARK) > (3 if chosen.name == "grey" else 3.3)


@each_vision
@each_palette
def test_lines_are_told_apart_by_everybody(chosen: Palette, vision: str) -> None:
    with in_palette(chosen.name):
        styles = [line_style(index) for index in range(6)]
    for first, second in combinations(styles, 2):
        assert first["dash"] != second["dash"]
    if chosen.name == "grey":
        assert difference(chosen.series[0], chosen.series[1], vision) > 15
        return
    for number, (first, second) in enumerate(combinations(chosen.series, 2)):
        assert difference(first, second, vision) > TOLD_APART, (number, first, second)
    for first, second in combinations(chosen.series[:6], 2):
        assert difference(first, second, vision) > SEEN_AT_ONCE - 2, (first, second)


def test_the_themes_themselves_have_contrast() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    styles = (ROOT / "assets" / "style" / "pages.css").read_text()
    ring = re.findall(r"outline: 2px solid (#\w{6})", styles)
    mark = re.findall(r"--mark: (#\w{6})", (ROOT / "assets" / "components" / "common.css").read_text())
    assert (theme["light"]["backgroundColor"], theme["dark"]["backgroundColor"]) == (LIGHT, DARK)
    for one in (theme["light"], theme["dark"]):
        for paper in (one["backgroundColor"], one["secondaryBackgroundColor"]):
            assert contrast(one["textColor"], paper) >= 4.5
            assert contrast(one["primaryColor"], paper) >= 3
            assert all(contrast(colour, paper) >= 3 for colour in ring)
        assert contrast(mark[0], one["backgroundColor"]) >= 3
        # Text on a button that is pressed has the colour of the page.
        assert contrast(one["primaryColor"], one["backgroundColor"]) >= 4.5
    assert ring


def test_text_of_a_colour_is_readable() -> None:
    """``ink`` of colours.css: half of the colour, half of the text's own."""

    def mixed(colour: str, text: str, share: float = 0.5) -> str:
        parts = zip(bytes.fromhex(colour[1:]), bytes.fromhex(text[1:]), strict=True)
        return "#" + bytes(round(share * a + (1 - share) * b) for a, b in parts).hex()

    for chosen in PALETTES.values():
        for colour in chosen.series:
            assert contrast(mixed(colour, "#14202b"), LIGHT) >= 4.5, colour
            assert contrast(mixed(colour, "#eef3f8"), DARK) >= 4.5, colour


@each_palette
def test_pictures_figures_and_drawings_take_their_colours_from_the_palette(chosen: Palette) -> None:
    maps = torch.tensor([[[-1.0, 0.0, 1.0]]])
    with in_palette(chosen.name):
        sheet, figure, kinds = map_sheet(maps), loss_curve([3.0, 1.0]), kind_colours()
    assert sheet.scale == chosen.diverging
    assert chosen.diverging.name in sheet.alt
    assert figure.data[0].line.color == chosen.train
    assert kinds["conv"] == chosen.of(0)
    assert palette() is PALETTES[USUAL]


def test_a_foreign_palette_is_the_usual_one() -> None:
    use_palette("pink")
    assert palette().name == USUAL


def drawn(values: torch.Tensor, calls: list[str]) -> object:
    calls.append(palette().name)
    return map_sheet(values)


def counted(values: torch.Tensor) -> float:
    return float(values.sum())


def around(values: torch.Tensor) -> object:
    return remember(map_sheet, values)


def test_what_is_kept_of_pictures_is_kept_for_each_palette() -> None:
    values = torch.rand(1, 4, 5) - 0.5
    usual = remember(map_sheet, values)
    with in_palette("grey"):
        assert remembered(map_sheet, values) is None
        grey = remember(map_sheet, values)
        assert remember(map_sheet, values) is grey
        assert remembered(map_sheet, values) is grey
        assert remember(counted, values) == counted(values)
    assert grey.scale != usual.scale
    assert remember(map_sheet, values) is usual
    # What needs no colours is kept once.
    assert remembered(counted, values) == counted(values)


def test_what_is_made_of_kept_pictures_belongs_to_their_palette() -> None:
    values = torch.rand(1, 3, 5) - 0.5
    with in_palette("purple"):
        inner = remember(map_sheet, values)
        # The inner one is taken from what is kept: nobody asks for colours, and yet the outer one has some.
        assert remember(around, values) is inner
    assert remember(around, values) is not inner
    with noticing_colours() as asked:
        remember(around, values)
    assert asked.colours
