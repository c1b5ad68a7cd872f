import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.ops import convolution
from cnnviz.ops.layers import for_transposed, one_filter


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2), st.sampled_from([1, 2]), st.booleans(), st.integers(0, 3))
def test_one_filter_of_a_grouped_or_transposed_layer_is_a_plain_convolution(kernel, stride, padding, dilation, groups, transposed, number) -> None:
    generator = torch.Generator().manual_seed(1)
    image, weights = torch.randn(4, 7, 6, generator=generator), torch.randn(4, 4 // groups, kernel, kernel, generator=generator)
    layer = (nn.ConvTranspose2d if transposed else nn.Conv2d)(4, 4, kernel, stride, padding, dilation=dilation, groups=groups, bias=False)
    assert isinstance(layer.weight, nn.Parameter)
    layer.weight.data = for_transposed(weights, groups) if transposed else weights
    assume(not transposed or padding <= dilation * (kernel - 1))
    part, one, by, border = one_filter(image, weights, number, stride, padding, dilation, groups, transposed=transposed)
    output = convolution.trace(part, one, by, border, dilation).output
    torch.testing.assert_close(output[0] if output.dim() == 3 else output, layer(image[None])[0, number].detach(), atol=1e-4, rtol=1e-4)


def test_too_much_padding_of_a_transposed_layer_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="Padding 3 cuts off more than a 3×3 kernel adds"):
        one_filter(torch.rand(1, 4, 4), torch.rand(1, 1, 3, 3), 0, 1, 3, 1, 1, transposed=True)
