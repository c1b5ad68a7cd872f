"""Formulas on the screen, evaluated, give the numbers on the screen."""

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.ops import convolution
from cnnviz.ui.formulas import convolution_formula, kernel_gradient_formula

sides = st.integers(1, 3)


def indices(formula: str, **values: int) -> tuple[int, int]:
    """The two indices of x in a formula, such as 2i + 3(K-1-m), with numbers for its letters."""
    both = re.search(r"x\[(.*?),\\, (.*?)\]", formula)
    assert both is not None
    row, col = (eval(re.sub(r"(\d)([a-z(])", r"\1*\2", text), {}, values) for text in both.groups())
    return row, col


@given(st.integers(0, 999), sides, sides, sides, st.integers(0, 1), st.booleans())
def test_the_formula_gives_the_numbers_of_the_stepper_and_of_the_gradient(
    seed: int, size: int, stride: int, dilation: int, padding: int, flip: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    image, kernel = (
        torch.randint(-9, 10, shape, generator=generator).double() for shape in ((9, 8), (size, size))
    )
    traced = convolution.trace(image, kernel, stride, padding, dilation, flip=flip)
    target = torch.randint(-9, 10, tuple(traced.output.shape), generator=generator).double()
    found = convolution.gradient(image, kernel, target, stride, padding, dilation, flip=flip)
    x, formula, backward = (
        traced.padded[0],
        convolution_formula(stride, dilation, flip),
        kernel_gradient_formula(stride, dilation, flip),
    )
    cells = [(m, n) for m in range(size) for n in range(size)]
    places = [(i, j) for i in range(traced.output.shape[0]) for j in range(traced.output.shape[1])]
    for i, j in places:
        total = sum(
            x[indices(formula, i=i, j=j, m=m, n=n, K=size)].item() * kernel[m, n].item() for m, n in cells
        )
        assert traced.output[i, j].item() == total
    for m, n in cells:
        total = sum(
            x[indices(backward, i=i, j=j, m=m, n=n, K=size)].item() * found.error[i, j].item()
            for i, j in places
        )
        assert found.kernel_gradient[m, n].item() == total
        assert found.trace is not None
        assert found.trace.output[m, n].item() == total


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((1, 1, False), r"x[i + m,\, j + n]\; w[m,n]"),
        ((2, 3, False), r"x[2i + 3m,\, 2j + 3n]\; w[m,n]"),
        ((1, 1, True), r"x[i + K-1-m,\, j + K-1-n]\; w[m,n]"),
        ((2, 3, True), r"x[2i + 3(K-1-m),\, 2j + 3(K-1-n)]\; w[m,n]"),
    ],
)
def test_stride_dilation_and_flip_stand_in_the_formula(numbers: tuple[int, int, bool], shown: str) -> None:
    assert convolution_formula(*numbers).endswith(shown)
