"""Convolution: how large its result is."""

from cnnviz.errors import CnnvizError


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
    for name, value, least in (("kernel", kernel, 1), ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1)):
        if value < least:
            raise CnnvizError(f"The {name} is {value}, but it must be {least} or more.")
    reach = dilation * (kernel - 1) + 1
    room = n + 2 * padding
    if reach > room:
        with_padding = f"with padding {padding}" if padding else "without padding"
        spread = f" (it reaches over {reach} pixels with dilation {dilation})" if dilation > 1 else ""
        needed = -(-(reach - n) // 2)
        raise CnnvizError(
            f"A {kernel}×{kernel} kernel{spread} does not fit in a {n}×{n} image {with_padding}. "
            f"Use padding {needed} or more, or choose a smaller kernel."
        )
    return (room - reach) // stride + 1
