"""Saliency over the image that it is about, and the curves that test it."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from torch import Tensor

from cnnviz.figures.colours import palette
from cnnviz.figures.comparisons import lines
from cnnviz.figures.curves import layout
from cnnviz.figures.line_styles import line_style
from cnnviz.figures.sheet import Sheet
from cnnviz.words import _

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

OUTERMOST = 0.995
"""Share of the pixels that the scale holds; the few beyond it have its last colour, so that one extreme pixel
does not make all others pale.
"""


def overlay(
    image: Tensor,
    saliency: Tensor,
    what: str,
    *,
    opacity: float = 1.0,
    absolute: bool = False,
    smooth: float = 0.0,
    most: float | None = None,
) -> Sheet:
    """A saliency map on its image in grey, on a scale with zero in the middle (at the left where sizes are
    shown).

    Args:
        image: (C, H, W) float in [0, 1].
        saliency: (H, W), signed.
        what: for the text alternative.
        opacity: 1 shows the map alone, 0 the image alone.
        absolute: sizes without signs, on the sequential scale.
        smooth: standard deviation of a blur, in pixels; 0 leaves the map as it is.
        most: the size at the end of the scale, to compare maps; if not given, the size that 99.5 % of the
            map's pixels do not exceed.
    """
    values = saliency.abs() if absolute else saliency
    array = values.numpy().astype(np.float32)
    if smooth > 0:
        from scipy.ndimage import gaussian_filter

        array = gaussian_filter(array, smooth)
    largest = (
        most
        if most is not None
        else float(np.quantile(np.abs(array), OUTERMOST)) or float(np.abs(array).max())
    )
    share = np.clip(array / (largest or 1.0), -1, 1)
    scale = palette().sequential if absolute else palette().diverging
    places = share if absolute else (share + 1) / 2
    colours = scale.colours(256)[np.rint(places * 255).astype(np.uint8)].astype(np.float32)
    grey = (image.mean(0) * 255).numpy()[..., None].repeat(3, axis=2)
    mixed = np.clip(opacity * colours + (1 - opacity) * grey, 0, 255).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(mixed).save(buffer, "PNG", compress_level=1)
    height, width = saliency.shape
    alt = _(
        "{what}: largest value {largest:.3g}; {float:.0%} of the pixels speak for the class, {float2:.0%} against",
        what=what,
        largest=largest,
        float=(saliency > 0).float().mean(),
        float2=(saliency < 0).float().mean(),
    )
    return Sheet(
        buffer.getvalue(), 1, 1, 1, height, width, 0.0 if absolute else -largest, largest, scale, alt
    )


def share_curves(curves: Mapping[str, tuple[float, ...]], shares: tuple[float, ...], title: str) -> "Figure":
    """Probability by share of pixels, one line a method."""
    return lines(curves, shares, _("share of the pixels"), title, percent=True)


def falling_similarity(checks: Mapping[str, tuple[float, ...]], layers: tuple[str, ...]) -> "Figure":
    """Similarity of the maps with the first one while the network forgets, one line a method."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for index, (title, values) in enumerate(checks.items()):
        figure.add_trace(
            Scatter(x=list(layers), y=list(values), name=title, mode="lines+markers", line=line_style(index))
        )
    figure.update_xaxes(title=_("weights shuffled from the answer down to"), type="category")
    figure.update_yaxes(title=_("rank correlation with the first map"), range=[-0.3, 1.05])
    return layout(figure, 300)
