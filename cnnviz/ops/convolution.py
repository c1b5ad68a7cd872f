"""Convolution, forward and backward: its size, every product of it, and the gradient of its kernel."""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.expressions import script, table
from cnnviz.ops.trace import Trace, as_image, as_numbers, check_size, windows_of
from cnnviz.words import say

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
PADDING_MODES: dict[str, str] = {
    "zeros": "zeros",
    "reflect": "mirror, without the edge (reflect)",
    "replicate": "repeat the edge (replicate)",
    "circular": "the other side (circular)",
}


def output_size(n: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""Length of one side of the result of a convolution or a pooling.

    .. math:: o = \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1

    Args:
        n: side of the input, in pixels.
        kernel, stride, padding, dilation: k, s, p and d of the formula, in pixels.

    Raises:
        CnnvizError: a number is out of range, or the window does not fit into the padded input.

    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, relationship 6
    (with dilation: section 5.1).
    """
    for name, value, least in (
        ("kernel", kernel, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
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
    reach = dilation * (kernel - 1) + 1
    room = n + 2 * padding
    if reach > room:
        with_padding = say("with padding {padding}", padding=padding) if padding else "without padding"
        spread = (
            say(" (it reaches over {reach} pixels with dilation {dilation})", reach=reach, dilation=dilation)
            if dilation > 1
            else ""
        )
        needed = -(-(reach - n) // 2)
        raise CnnvizError(
            say(
                "A {kernel}×{kernel} kernel{spread} does not fit in a {n}×{n} image {with_padding}. "
                "Use padding {needed} or more, or choose a smaller kernel.",
                kernel=kernel,
                spread=spread,
                n=n,
                with_padding=with_padding,
                needed=needed,
            )
        )
    return (room - reach) // stride + 1


def trace(
    image: Any,
    kernel: Any,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
    bias: Any = None,
) -> Trace:
    r"""A convolution with every product, from one vectorised computation.

    .. math:: s[i, j] = \sum_c \sum_m \sum_n x[c,\; i s + m d,\; j s + n d] \; w[c, m, n] + b

    This is what networks compute, a cross-correlation. With ``flip`` the kernel is turned by 180°:

    .. math:: s[i, j] = \sum_c \sum_m \sum_n x[c,\; i s + (K-1-m) d,\; j s + (K-1-n) d] \; w[c, m, n] + b

    which is mathematics' convolution, :math:`\sum_m x[i' - m d]\,w[m]`, with the index shifted, :math:`i' = i
    s + (K-1) d`, so that the window begins at i s. In both, x is the padded image.

    Args:
        image: (H, W) or (C, H, W).
        kernel: (K, K); (C, K, K), one kernel for each channel, added up; or (N, C, K, K), N filters. A (K, K)
            kernel on an image of several channels lies on each of them.
        bias: a number, or one for each of N filters.

    Returns:
        a trace with output (H', W'), or (N, H', W') for N filters.

    Raises:
        CnnvizError: numbers that do not fit together, with a cure.

    Source: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 9.1.
    """
    pixels, _ = as_image(image)
    weights = as_numbers(kernel, "kernel")
    filters = _filters(weights, pixels.shape[0])
    filters = filters.to(pixels.dtype)
    size = (filters.shape[-2], filters.shape[-1])
    rows, cols = (
        output_size(n, k, stride, padding, dilation) for n, k in zip(pixels.shape[1:], size, strict=True)
    )
    check_size(rows * cols * filters.numel())
    if flip:
        filters = filters.flip(-2, -1)
    padded = pad(pixels, padding, padding_mode)
    windows = windows_of(padded, size, stride, dilation, (rows, cols)).permute(1, 2, 0, 3, 4).unsqueeze(0)
    added = None if bias is None else as_numbers(bias, "bias").to(pixels.dtype).reshape(-1)
    if added is not None and len(added) not in (1, len(filters)):
        raise CnnvizError(
            say(
                "There are {count} biases for {filters} filters. Give one a filter.",
                count=len(added),
                filters=len(filters),
            )
        )
    products = windows * filters[:, None, None]
    output = products.flatten(3).sum(3)
    if added is not None:
        output = output + added.view(-1, 1, 1)
    return Trace(
        "convolution",
        pixels,
        padded,
        output,
        windows,
        products,
        filters,
        stride,
        padding,
        dilation,
        added,
        alone=weights.dim() != 4,
        flat=weights.dim() == 2 and len(pixels) == 1,
    )


def _filters(kernel: Tensor, channels: int) -> Tensor:
    if kernel.dim() == 2:
        return kernel.expand(1, channels, -1, -1)
    if kernel.dim() == 3:
        kernel = kernel.unsqueeze(0)
    if kernel.dim() != 4:
        raise CnnvizError(
            say(
                "The kernel has {dim} dimensions, but it must have 2, 3 (channels) or 4 (filters, channels).",
                dim=kernel.dim(),
            )
        )
    if kernel.shape[1] != channels:
        raise CnnvizError(
            say(
                "The kernel has {shape} channels, the image {channels}. Give the kernel one slice for each channel.",
                shape=kernel.shape[1],
                channels=channels,
            )
        )
    return kernel


def pad(image: Tensor, padding: int, mode: str = "zeros") -> Tensor:
    """(C, H, W) with ``padding`` cells on each side.

    Raises:
        CnnvizError: an unknown mode, or more padding than the image has cells to mirror or repeat.
    """
    if mode not in get_args(PaddingMode):
        raise CnnvizError(
            say(
                "There is no padding '{mode}'. Choose one of: {args}.",
                mode=mode,
                args=", ".join(get_args(PaddingMode)),
            )
        )
    most = {"reflect": min(image.shape[1:]) - 1, "circular": min(image.shape[1:])}.get(mode)
    if most is not None and padding > most:
        raise CnnvizError(
            say(
                "Padding {padding} is too much for '{mode}' on a {shape}×{shape2} image. Use {most} or less, or zeros.",
                padding=padding,
                mode=mode,
                shape=image.shape[1],
                shape2=image.shape[2],
                most=most,
            )
        )
    if padding == 0:
        return image.contiguous()
    return functional.pad(image.unsqueeze(0), (padding,) * 4, mode="constant" if mode == "zeros" else mode)[0]


@dataclass(frozen=True, eq=False)
class Gradient:
    """How a kernel must change so that its map comes nearer to a target.

    Attributes:
        output: s, the map now, (H', W').
        error: e = s − t, (H', W').
        loss: L = ½ Σ e².
        kernel_gradient: ∂L/∂w, of the kernel's shape.
        image_gradient: ∂L/∂x, of the image's shape.
        safe_rate: 1/λ with the largest eigenvalue λ of ∂²L/∂w²; a step w − η ∂L/∂w with any η below 2/λ makes
            L smaller.
        trace: ∂L/∂w as a convolution of the padded image with the error, step by step, both turned by 180°
            where the kernel is flipped; for images with one channel.
    """

    output: Tensor
    error: Tensor
    loss: float
    kernel_gradient: Tensor
    image_gradient: Tensor
    safe_rate: float
    trace: Trace | None = field(repr=False)


def gradient(
    image: Any,
    kernel: Any,
    target: Any,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Gradient:
    r"""The backward pass of one convolution for the loss :math:`L = \tfrac12 \sum_{ij} (s[i,j] - t[i,j])^2`.

    .. math:: \frac{\partial L}{\partial w[m, n]} = \sum_i \sum_j e[i, j] \; x[i s + m d,\; j s + n d], \qquad
    e = s - t

    which is itself a convolution: the image is the input, the error the kernel, and stride and dilation
        change places. With ``flip``
    m and n stand for K − 1 − m and K − 1 − n on the right, which is the same convolution of the image and the
    error both turned by 180°; the gradient is that of the kernel as it was given.

    Args:
        image, kernel: as for ``trace``, one filter.
        target: (H', W'), of the output's shape.

    Source: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 9.5, equation 9.11.
    """
    forward = trace(image, kernel, stride, padding, dilation, padding_mode, flip)
    wanted = as_numbers(target, "target").to(forward.output.dtype)
    if wanted.shape != forward.output.shape:
        given, needed = ("×".join(map(str, values.shape)) for values in (wanted, forward.output))
        raise CnnvizError(
            say(
                "The target is {given}, but the map is {needed}. Give the target the size of the map.",
                given=given,
                needed=needed,
            )
        )
    weights = as_numbers(kernel, "kernel")
    pixels, had_channels = as_image(image)
    error = forward.output - wanted
    with torch.enable_grad():
        x, w = pixels.clone().requires_grad_(), weights.to(pixels.dtype).clone().requires_grad_()
        filters = _filters(w.flip(-2, -1) if flip else w, len(pixels))
        output = functional.conv2d(
            pad(x, padding, padding_mode).unsqueeze(0), filters, stride=stride, dilation=dilation
        )
        image_gradient, kernel_gradient = torch.autograd.grad(
            (0.5 * (output.flatten() - wanted.flatten()).square()).sum(), (x, w)
        )
    backward = None
    if len(pixels) == 1 and error.dim() == 2:
        turned = (-2, -1) if flip else ()
        backward = trace(
            _needed(forward, error).flip(turned), error.flip(turned), stride=dilation, dilation=stride
        )
        kernel_gradient = backward.output.reshape(weights.shape)
    return Gradient(
        forward.output,
        error,
        0.5 * error.square().sum().item(),
        kernel_gradient,
        image_gradient if had_channels else image_gradient[0],
        _safe_rate(forward, weights.dim() == 2),
        backward,
    )


def descent(
    image: Any,
    kernel: Any,
    target: Any,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    padding_mode: str = "zeros",
    flip: bool = False,
    *,
    steps: int = 1,
    rate: float | None = None,
) -> tuple[Tensor, tuple[float, ...]]:
    r"""Gradient descent from ``kernel`` towards the map ``target``: w ← w − η ∂L/∂w.

    Args:
        image, kernel, target: and how the kernel moves, as for ``gradient``.
        rate: η; ``safe_rate``, with which the loss always falls, if not given.

    Returns:
        The kernel after the steps, and the loss before each of them.
    """
    weights, losses = as_numbers(kernel, "kernel"), []
    for _ in range(steps):
        found = gradient(image, weights, target, stride, padding, dilation, padding_mode, flip)
        losses.append(found.loss)
        weights = weights - (found.safe_rate if rate is None else rate) * found.kernel_gradient
    return weights, tuple(losses)


def _safe_rate(forward: Trace, shared: bool) -> float:
    """L is quadratic in w with Hessian XᵀX, where the rows of X are the windows; a (K, K) kernel sees the sum
    of the channels.
    """
    windows = forward.windows[0].flatten(0, 1)
    windows = windows.sum(1) if shared else windows
    largest = torch.linalg.matrix_norm(windows.flatten(1), 2).square().item()
    return 1 / largest if largest > 0 else 1.0


def _needed(forward: Trace, error: Tensor) -> Tensor:
    """The part of the padded image that the windows have touched: rows and columns left over by the stride do
    not count.
    """
    (kernel_rows, kernel_cols), (rows, cols) = forward.window_shape, error.shape
    height = (rows - 1) * forward.stride + (kernel_rows - 1) * forward.dilation + 1
    width = (cols - 1) * forward.stride + (kernel_cols - 1) * forward.dilation + 1
    return forward.padded[0, :height, :width]


def convolution_code(
    image: Tensor, kernel: Tensor, stride: int, padding: int, dilation: int, padding_mode: str, flip: bool
) -> str:
    """A convolution and the gradient of its kernel, on the page's numbers."""
    weights = "kernel.flip(-2, -1)" if flip else "kernel"
    note = "  # flipped: the convolution of mathematics" if flip else ""
    mode = "constant" if padding_mode == "zeros" else padding_mode
    padded = f'functional.pad(image, ({padding},) * 4, mode="{mode}")' if padding else "image"
    return script(
        f"""\
image = torch.tensor({table(image)}, dtype=torch.float64)[None, None]
kernel = torch.tensor({table(kernel)}, dtype=torch.float64)[None, None]

s = functional.conv2d({padded}, {weights}, stride={stride}, dilation={dilation}){note}
print(s[0, 0])
""",
        first=("import torch", "from torch.nn import functional"),
    )


def gradient_code(forward: str, target: Tensor, rate: float) -> str:
    """Continues ``convolution_code``: loss, gradient and one step."""
    call = next(line for line in forward.splitlines() if line.startswith("s = "))
    return f"""\
{forward}
target = torch.tensor({table(target)}, dtype=torch.float64)
kernel.requires_grad_()
{call}
loss = 0.5 * (s[0, 0] - target).square().sum()
loss.backward()
print(loss.item(), kernel.grad[0, 0])
new_kernel = (kernel - {rate:.7g} * kernel.grad).detach()[0, 0]
"""
