"""Pooling: one value a window, each channel on its own. A new kind of pooling is one entry in
``POOLINGS``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.expressions import script, table
from cnnviz.ops.convolution import output_size
from cnnviz.ops.trace import Trace, as_image, check_size, windows_of
from cnnviz.words import say

Combine = Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]
"""(windows (S, K, K), NaN beyond the edge; weights) -> value of each window (S,), and what was added up (S,
K, K) or nothing.
"""


@dataclass(frozen=True)
class Pooling:
    """A kind of pooling.

    Attributes:
        outside: what stands in the padding.
        combine: from windows to values.
        code: the same with torch's own functions: lines that make ``pooled`` (C, H', W') of ``image`` (C, H,
            W), with ``{window}``, ``{stride}``, ``{padding}``, ``{ceil}``, and ``{options}`` for all of them
            as torch's poolings call them.
        weights: (K, K) weights of a window that add up to 1, or ``None`` where nothing is weighted.
    """

    name: str
    title: str
    formula: str
    reference: str
    outside: float
    combine: Combine
    code: str
    weights: Callable[[int, int], Tensor] | None = None


def _largest(windows: Tensor, _: Tensor | None) -> tuple[Tensor, None]:
    return windows.nan_to_num(nan=-math.inf).amax(dim=(1, 2)), None


def _norm(windows: Tensor, _: Tensor | None) -> tuple[Tensor, Tensor]:
    squares = windows.nan_to_num(nan=0.0).square()
    return squares.sum(dim=(1, 2)).sqrt(), squares


def _weighted(windows: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    assert weights is not None
    shares = windows.isnan().logical_not() * weights
    products = windows.nan_to_num(nan=0.0) * shares / shares.sum(dim=(1, 2), keepdim=True)
    return products.sum(dim=(1, 2)), products


def distance_weights(rows: int, cols: int) -> Tensor:
    r"""(rows, cols): how much a cell counts by its distance from the middle of the window.

    .. math:: w_{mn} = \frac{1}{1 + d_{mn}} \Big/ \sum_{kl} \frac{1}{1 + d_{kl}}, \qquad
        d_{mn} = \sqrt{(m - \tfrac{K-1}{2})^2 + (n - \tfrac{K-1}{2})^2}

    in pixels: the middle pixel counts most. In a 2×2 window all four cells are equally far, and this is the
        average.
    """
    row = torch.arange(rows, dtype=torch.float32) - (rows - 1) / 2
    col = torch.arange(cols, dtype=torch.float32) - (cols - 1) / 2
    weights = 1 / (1 + (row[:, None].square() + col.square()).sqrt())
    return weights / weights.sum()


def even_weights(rows: int, cols: int) -> Tensor:
    return torch.full((rows, cols), 1 / (rows * cols))


_DISTANCE_CODE = """\
from cnnviz.ops.pooling import distance_weights
weights = distance_weights(*{window}).double()[None, None]
windows = lambda values: functional.conv2d(values[:, None], weights, stride={stride})[:, 0]
beyond = {stride} if {ceil} else 0  # zeros in the padding count, cells beyond the edge do not
inside = functional.pad(image, ({padding},) * 4)
there = functional.pad(torch.ones_like(inside), (0, beyond, 0, beyond))
pooled = windows(functional.pad(inside, (0, beyond, 0, beyond))) / windows(there)
rows, cols = functional.max_pool2d(image, {options}).shape[1:]
pooled = pooled[:, :rows, :cols]"""

POOLINGS: dict[str, Pooling] = {
    entry.name: entry
    for entry in (
        Pooling(
            name="max",
            title="Maximum",
            formula=r"y = \max_{m,n}\, x_{mn}",
            reference="Weng, Ahuja and Huang, Cresceptron, 1992",
            outside=-math.inf,
            combine=_largest,
            code="pooled = functional.max_pool2d(image, {options})",
        ),
        Pooling(
            name="average",
            title="Average",
            formula=r"y = \frac{1}{K^2} \sum_{m,n} x_{mn}",
            reference="LeCun et al., 1998",
            outside=0.0,
            combine=_weighted,
            code="pooled = functional.avg_pool2d(image, {options})",
            weights=even_weights,
        ),
        Pooling(
            name="distance",
            title="Weighted average, by distance from the central pixel",
            formula=r"y = \sum_{m,n} w_{mn}\, x_{mn}, \quad w_{mn} \propto \frac{1}{1 + d_{mn}}",
            reference="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.3",
            outside=0.0,
            combine=_weighted,
            code=_DISTANCE_CODE,
            weights=distance_weights,
        ),
        Pooling(
            name="l2",
            title="L2 norm",
            formula=r"y = \sqrt{\textstyle\sum_{m,n} x_{mn}^2}",
            reference="Sermanet, Chintala and LeCun, 2012",
            outside=0.0,
            combine=_norm,
            code="pooled = functional.avg_pool2d(image.square(), {options}, divisor_override=1).sqrt()",
        ),
    )
}


def trace(
    image: Any,
    size: int | tuple[int, int],
    stride: int | None = None,
    mode: str = "max",
    padding: int = 0,
    *,
    ceil: bool = False,
) -> Trace:
    """Pooling with every window, from one vectorised computation.

    Args:
        image: (H, W) or (C, H, W); each channel is pooled on its own.
        size: K, the side of the window, or (rows, columns) of it; the image's own size makes it global
            pooling.
        stride: the size, unless given.
        mode: a key of ``POOLINGS``: ``"max"``, ``"average"``, ``"distance"`` (see ``distance_weights``) or
            ``"l2"``.
        padding: cells on each side; at most half of the window. They count as zeros, and never for the
            maximum.
        ceil: a last window may reach beyond the edge; the cells beyond it do not count.

    Returns:
        a trace with output (H', W'), or (C, H', W') for an image with channels.
    """
    if mode not in POOLINGS:
        raise CnnvizError(
            say(
                "There is no pooling '{mode}'. Choose one of: {poolings}.",
                mode=mode,
                poolings=", ".join(POOLINGS),
            )
        )
    pixels, had_channels = as_image(image)
    window = (size, size) if isinstance(size, int) else size
    step = min(window) if stride is None else stride
    _check(window, step, padding)
    places = tuple(_places(n, k, step, padding, ceil) for n, k in zip(pixels.shape[1:], window, strict=True))
    rows, cols = places
    if min(places) < 1:
        raise CnnvizError(
            say(
                "A {window}×{window2} window does not fit in a {shape}×{shape2} image. Choose a smaller window.",
                window=window[0],
                window2=window[1],
                shape=pixels.shape[1],
                shape2=pixels.shape[2],
            )
        )
    check_size(len(pixels) * rows * cols * window[0] * window[1])
    entry = POOLINGS[mode]
    inside = functional.pad(pixels, (padding,) * 4, value=entry.outside)
    beyond = [
        max(0, (count - 1) * step + k - n)
        for count, k, n in zip(places, window, inside.shape[1:], strict=True)
    ]
    # Cells beyond the padded image do not count at all; NaN marks them.
    padded = functional.pad(inside, (0, beyond[1], 0, beyond[0]), value=math.nan)
    windows = windows_of(padded, window, step, 1, (rows, cols)).reshape(-1, *window)
    weights = entry.weights(*window).to(pixels.dtype) if entry.weights else None
    values, products = entry.combine(windows, weights)
    shape = (len(pixels), rows, cols)
    output = values.view(shape)
    return Trace(
        mode,
        pixels,
        padded,
        output,
        windows.view(*shape, 1, *window),
        None if products is None else products.view(*shape, 1, *window),
        None if weights is None else weights[None, None],
        step,
        padding,
        alone=not had_channels,
        flat=True,
    )


def _check(window: tuple[int, int], stride: int, padding: int) -> None:
    for name, value, least in (
        ("window size", min(window), 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
    ):
        if value < least:
            raise CnnvizError(
                say(
                    "The {name} is {value}, but it must be {least} or more.",
                    name=name,
                    value=value,
                    least=least,
                )
            )
    if padding > min(window) // 2:
        raise CnnvizError(
            say(
                "Padding {padding} is more than half of the {window}×{window2} window. Use {window3} or less.",
                padding=padding,
                window=window[0],
                window2=window[1],
                window3=min(window) // 2,
            )
        )


def pooled_size(n: int, window: int, stride: int, padding: int = 0, ceil: bool = False) -> int:
    r"""Length of one side of the result of a pooling; with ``ceil`` the quotient is rounded up.

    .. math:: o = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1

    Raises:
        CnnvizError: the window does not fit into the padded input.
    """
    places = _places(n, window, stride, padding, ceil)
    return places if ceil and places >= 1 else output_size(n, window, stride, padding)


def _places(n: int, window: int, stride: int, padding: int, ceil: bool) -> int:
    room = n + 2 * padding - window
    places = (-(-room // stride) if ceil else room // stride) + 1
    # With ceil, a window must still begin inside the image or its left padding, as in torch.
    if ceil and (places - 1) * stride >= n + padding:
        places -= 1
    return places


def pooling_code(
    image: Tensor, size: tuple[int, int], stride: int, padding: int, mode: str, ceil: bool
) -> str:
    """The pooling of the page, with torch's own functions."""
    values = "[" + ",\n                      ".join(table(channel) for channel in image) + "]"
    options = f"{size}, stride={stride}, padding={padding}, ceil_mode={ceil}"
    lines = POOLINGS[mode].code.format(
        options=options, window=size, stride=stride, padding=padding, ceil=ceil
    )
    return script(
        f"""\
image = torch.tensor({values}, dtype=torch.float64)
{lines}
print(pooled)
""",
        first=("import torch", "from torch.nn import functional"),
    )
