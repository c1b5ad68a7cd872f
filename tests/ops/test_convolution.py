import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.ops.convolution import output_size


@given(st.integers(1, 20), st.integers(1, 7), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
def test_output_size_is_that_of_torch(n: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    image, weight = torch.zeros(1, 1, n), torch.zeros(1, 1, kernel)
    try:
        expected = torch.nn.functional.conv1d(
            image, weight, stride=stride, padding=padding, dilation=dilation
        ).shape[-1]
    except RuntimeError:
        with pytest.raises(CnnvizError, match="does not fit"):
            output_size(n, kernel, stride, padding, dilation)
    else:
        assert output_size(n, kernel, stride, padding, dilation) == expected


@given(st.integers(1, 12), st.integers(2, 9), st.integers(1, 3))
def test_the_padding_that_the_sentence_names_is_the_smallest_that_fits(
    n: int, kernel: int, dilation: int
) -> None:
    try:
        output_size(n, kernel, dilation=dilation)
    except CnnvizError as error:
        needed = int(str(error).split("Use padding ")[1].split()[0])
        assert output_size(n, kernel, padding=needed, dilation=dilation) >= 1
        if needed > 1:
            with pytest.raises(CnnvizError):
                output_size(n, kernel, padding=needed - 1, dilation=dilation)
