import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.errors import CnnvizError
from cnnviz.ops.layer_cost import layer_cost
from tests.properties import examples


@examples(80)
@given(
    st.sampled_from([1, 3, 4]),
    st.integers(4, 12),
    st.integers(4, 12),
    st.sampled_from([2, 3, 4, 6, 12]),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(1, 2),
    st.sampled_from([1, 2, 3, 4]),
    st.booleans(),
)
def test_costs_are_those_of_torch(
    channels, height, width, filters, kernel, stride, padding, dilation, groups, transposed
) -> None:
    call = (channels, height, width), filters, kernel, stride, padding, dilation, groups
    try:
        module = (nn.ConvTranspose2d if transposed else nn.Conv2d)(
            channels, filters, kernel, stride, padding, dilation=dilation, groups=groups
        )
        with FlopCounterMode(display=False) as counter:
            output = module(torch.rand(1, channels, height, width))
        if output.numel() == 0:
            raise RuntimeError("an empty output is none")
    except (ValueError, RuntimeError):
        with pytest.raises(CnnvizError):
            layer_cost(*call, transposed=transposed)
        return
    cost = layer_cost(*call, transposed=transposed)
    assert cost.output_shape == tuple(output.shape[1:])
    assert cost.parameters == sum(p.numel() for p in module.parameters())
    assert 2 * cost.multiply_adds == counter.get_total_flops()
    symbols, numbers, result = cost.multiply_adds_formula.split(" = ")
    (out_height, out_width), depth = output.shape[2:], channels // groups
    named = {
        "N": filters,
        "H'": out_height,
        "W'": out_width,
        "H": height,
        "W": width,
        r"\tfrac{C}{g}": depth,
        "k^2": kernel**2,
    }
    factors = re.findall(r"\\tfrac\{C\}\{g\}|k\^2|[A-Z]'?", symbols)
    assert "".join(factors) == symbols.replace(r"\,", "")
    assert [named[symbol] for symbol in factors] == [
        eval(number.replace("^", "**")) for number in numbers.split(r"\cdot ")
    ]
    assert int(result.replace(r"\,", "")) == cost.multiply_adds
    assert cost.dense_parameters == (channels * height * width + 1) * output.numel()


def test_the_lectures_layer() -> None:
    cost = layer_cost((3, 32, 32), 6, 5)
    assert cost.output_shape == (6, 28, 28)
    assert cost.parameters == 6 * (5 * 5 * 3 + 1)
    assert cost.multiply_adds == 6 * 28 * 28 * 75
