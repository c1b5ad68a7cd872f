"""What a convolutional layer costs, and what a fully connected one of the same output would."""

from dataclasses import dataclass
from math import prod

from cnnviz.errors import CnnvizError
from cnnviz.ops.convolution import output_size
from cnnviz.words import say


@dataclass(frozen=True)
class LayerCost:
    """Numbers of one layer; shapes are (C, H, W).

    Attributes:
        parameters: weights and biases.
        multiply_adds: for one image, without the additions of the biases.
        dense_parameters: of a fully connected layer from the whole input to as many outputs.
        parameters_formula, multiply_adds_formula, dense_formula: LaTeX with the numbers in it.
    """

    input_shape: tuple[int, int, int]
    output_shape: tuple[int, int, int]
    parameters: int
    multiply_adds: int
    dense_parameters: int
    parameters_formula: str
    multiply_adds_formula: str
    dense_formula: str


def layer_cost(
    input_shape: tuple[int, int, int],
    filters: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
    *,
    transposed: bool = False,
) -> LayerCost:
    r"""Size, parameters and multiply-adds of a (transposed) convolution with biases.

    .. math:: \text{parameters} = N \left(\tfrac{C}{g} k^2 + 1\right), \qquad \text{multiply-adds} =
    N\,H'W'\,\tfrac{C}{g}\,k^2

    A transposed convolution lays each input value, times the kernel, onto the output: N H W C k² / g
        multiply-adds, and
    o = (n − 1) s − 2p + d (k − 1) + 1.

    Raises:
        CnnvizError: what does not fit, with a cure.

    Source: Dumoulin and Visin, 2016; Howard et al., MobileNets, 2017 (depthwise: g = C).
    """
    channels, height, width = input_shape
    if filters < 1 or groups < 1 or channels % groups or filters % groups:
        raise CnnvizError(
            say(
                "{channels} input channels and {filters} filters cannot be shared between {groups} groups. Use a number of groups that divides both.",
                channels=channels,
                filters=filters,
                groups=groups,
            )
        )
    sides = []
    for n in (height, width):
        if transposed:
            output_size(max(n, kernel * dilation), kernel, stride, padding, dilation)
            side = (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
            if side < 1:
                raise CnnvizError(
                    say(
                        "Padding {padding} takes away all of the output. Use a smaller padding.",
                        padding=padding,
                    )
                )
        else:
            side = output_size(n, kernel, stride, padding, dilation)
        sides.append(side)
    shape = (filters, sides[0], sides[1])
    depth = channels // groups
    parameters = filters * (depth * kernel**2 + 1)
    # A transposed convolution lays its kernel down once for each input value, any other one once for each
    # output value.
    symbols, (rows, cols) = ("HW", (height, width)) if transposed else ("H'W'", (sides[0], sides[1]))
    multiply_adds = filters * rows * cols * depth * kernel**2
    dense = (prod(input_shape) + 1) * prod(shape)
    return LayerCost(
        input_shape,
        shape,
        parameters,
        multiply_adds,
        dense,
        rf"N\left(\tfrac{{C}}{{g}}k^2 + 1\right) = {filters}\left({depth}\cdot {kernel}^2 + 1\right) = {_grouped(parameters)}",
        rf"N\,{symbols}\,\tfrac{{C}}{{g}}k^2 = {filters}\cdot {rows}\cdot {cols}\cdot {depth}\cdot {kernel}^2 = {_grouped(multiply_adds)}",
        rf"({channels}\cdot {height}\cdot {width} + 1)\cdot {shape[0]}\cdot {shape[1]}\cdot {shape[2]} = {_grouped(dense)}",
    )


def _grouped(number: int) -> str:
    """1234567 as 1\\,234\\,567 for LaTeX."""
    return f"{number:,}".replace(",", r"\,")
