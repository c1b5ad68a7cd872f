from dataclasses import dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.ops import convolution
from cnnviz.ops.layer_kinds import for_transposed, one_filter
from tests.properties import examples

HEIGHT, WIDTH = 7, 6


@dataclass(frozen=True)
class Numbers:
    """The numbers of a layer of four filters on four channels."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    groups: int
    transposed: bool

    @property
    def reach(self) -> int:
        return self.dilation * (self.kernel - 1)

    @property
    def exist(self) -> bool:
        """Whether the window fits, or, transposed, no more is cut off than the kernel adds."""
        return (
            self.padding <= self.reach
            if self.transposed
            else self.reach + 1 <= min(HEIGHT, WIDTH) + 2 * self.padding
        )


layers = st.builds(
    Numbers,
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    transposed=st.booleans(),
)
impossible = st.one_of(
    st.builds(
        Numbers,
        st.integers(4, 9),
        st.integers(1, 3),
        st.just(0),
        st.integers(2, 3),
        st.sampled_from([1, 2]),
        st.just(False),
    ),
    st.builds(
        Numbers,
        st.integers(1, 3),
        st.integers(1, 3),
        st.integers(5, 9),
        st.integers(1, 2),
        st.sampled_from([1, 2]),
        st.just(True),
    ),
)


def map_of_one_filter(
    image: torch.Tensor, weights: torch.Tensor, number: int, layer: Numbers
) -> torch.Tensor:
    """(H', W'): the filter as the plain convolution that the stepper plays."""
    part, one, stride, padding = one_filter(
        image,
        weights,
        number,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups,
        transposed=layer.transposed,
    )
    return convolution.trace(part, one, stride, padding, layer.dilation).output[0]


def image_and_weights(layer: Numbers) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(4, HEIGHT, WIDTH, generator=generator)
    return image, torch.randn(4, 4 // layer.groups, layer.kernel, layer.kernel, generator=generator)


@examples(60)
@given(layers.filter(lambda layer: layer.exist), st.integers(0, 3))
def test_one_filter_of_a_grouped_or_transposed_layer_is_a_plain_convolution(
    layer: Numbers, number: int
) -> None:
    image, weights = image_and_weights(layer)
    module = (nn.ConvTranspose2d if layer.transposed else nn.Conv2d)(
        4,
        4,
        layer.kernel,
        layer.stride,
        layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
        bias=False,
    )
    assert isinstance(module.weight, nn.Parameter)
    module.weight.data = for_transposed(weights, layer.groups) if layer.transposed else weights
    expected = module(image[None])[0, number].detach()
    torch.testing.assert_close(
        map_of_one_filter(image, weights, number, layer), expected, atol=1e-4, rtol=1e-4
    )


@examples(40)
@given(impossible, st.integers(0, 3))
def test_one_filter_of_a_layer_that_cannot_exist_is_a_sentence(layer: Numbers, number: int) -> None:
    assert not layer.exist
    sentence = (
        "cuts off more than a"
        if layer.transposed
        else "does not fit in a [67]×[67] image without padding. Use padding"
    )
    with pytest.raises(CnnvizError, match=sentence):
        map_of_one_filter(*image_and_weights(layer), number, layer)


@pytest.mark.parametrize("transposed", [False, True])
def test_a_kernel_of_4_with_dilation_2_needs_padding_on_6_pixels_unless_it_is_transposed(
    transposed: bool,
) -> None:
    layer = Numbers(kernel=4, stride=1, padding=0, dilation=2, groups=2, transposed=transposed)
    assert layer.exist == transposed
    if transposed:
        assert map_of_one_filter(*image_and_weights(layer), 0, layer).shape == (13, 12)
    else:
        with pytest.raises(
            CnnvizError, match=r"A 4×4 kernel \(it reaches over 7 pixels with dilation 2\) does not fit"
        ):
            map_of_one_filter(*image_and_weights(layer), 0, layer)


def test_too_much_padding_of_a_transposed_layer_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="Padding 3 cuts off more than a 3×3 kernel adds"):
        one_filter(torch.rand(1, 4, 4), torch.rand(1, 1, 3, 3), 0, 1, 3, 1, 1, transposed=True)
