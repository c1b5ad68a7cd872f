"""Convolution and pooling, step by step, against torch and SciPy on random cases."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.ops import convolution, pooling
from tests.properties import examples

LECTURE_IMAGE = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
LECTURE_KERNEL = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


sizes, seeds = st.integers(1, 12), st.integers(0, 10**6)


def test_the_example_of_the_lecture() -> None:
    traced = convolution.trace(LECTURE_IMAGE, LECTURE_KERNEL)
    assert traced.output.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert traced.output.dtype == torch.float64
    first = traced.steps[0]
    assert first.value == 4
    assert first.window.tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1]]
    assert first.products.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]
    assert [(step.row, step.col) for step in traced.steps] == [(r, c) for r in range(3) for c in range(3)]


@examples(150)
@given(
    seeds,
    sizes,
    sizes,
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(1, 3),
    st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    st.booleans(),
)
def test_convolution_is_that_of_torch(
    seed, height, width, channels, filters, kernel_h, kernel_w, stride, padding, dilation, padding_mode, flip
) -> None:
    image, kernel, bias = (
        numbers(seed, channels, height, width),
        numbers(seed + 1, filters, channels, kernel_h, kernel_w),
        numbers(seed + 2, filters),
    )
    module = torch.nn.Conv2d(
        channels,
        filters,
        (kernel_h, kernel_w),
        stride,
        padding,
        dilation,
        padding_mode=padding_mode,
        dtype=torch.float64,
    )
    with torch.no_grad():
        module.weight.copy_(kernel.flip(-2, -1) if flip else kernel)
        module.bias.copy_(bias)
        try:
            expected = module(image.unsqueeze(0))[0]
        except (RuntimeError, AssertionError):
            with pytest.raises(CnnvizError):
                convolution.trace(image, kernel, stride, padding, dilation, padding_mode, flip, bias)
            return
    traced = convolution.trace(image, kernel, stride, padding, dilation, padding_mode, flip, bias)
    torch.testing.assert_close(traced.output, expected)
    assert len(traced.steps) == expected.numel()
    step = traced.steps[seed % len(traced.steps)]
    assert step.products.sum().item() + bias[step.channel].item() == pytest.approx(step.value)
    assert expected[step.channel, step.row, step.col].item() == pytest.approx(step.value)
    last_row = step.top + (kernel_h - 1) * dilation
    assert torch.equal(
        step.window,
        traced.padded[
            :,
            step.top : last_row + 1 : dilation,
            step.left : step.left + (kernel_w - 1) * dilation + 1 : dilation,
        ],
    )


@examples(50)
@given(seeds, st.integers(3, 12), st.integers(3, 12), st.integers(1, 3))
def test_flipped_is_scipys_convolution_and_plain_its_correlation(seed, height, width, size) -> None:
    image, kernel = numbers(seed, height, width), numbers(seed + 1, size, size)
    expected = signal.convolve2d(image.numpy(), kernel.numpy(), "valid")
    torch.testing.assert_close(convolution.trace(image, kernel, flip=True).output, torch.from_numpy(expected))
    expected = signal.correlate2d(image.numpy(), kernel.numpy(), "valid")
    torch.testing.assert_close(convolution.trace(image, kernel).output, torch.from_numpy(expected))
    if size == 3:
        expected = ndimage.correlate(image.numpy(), kernel.numpy(), mode="nearest")
        torch.testing.assert_close(
            convolution.trace(image, kernel, padding=1, padding_mode="replicate").output,
            torch.from_numpy(expected),
        )


def test_an_image_with_channels_and_one_kernel_each_gives_one_map() -> None:
    image, kernel = numbers(1, 3, 8, 9), numbers(2, 3, 3, 3)
    traced = convolution.trace(image, kernel)
    torch.testing.assert_close(traced.output, functional.conv2d(image[None], kernel[None])[0, 0])
    assert traced.steps[0].window.shape == (3, 3, 3)


@examples(60)
@given(
    seeds,
    st.integers(5, 9),
    st.integers(1, 3),
    st.integers(1, 2),
    st.integers(0, 2),
    st.integers(1, 2),
    st.booleans(),
)
def test_the_gradient_is_that_of_finite_differences_and_its_own_convolution(
    seed, side, size, stride, padding, dilation, flip
) -> None:
    image, kernel = numbers(seed, side, side), numbers(seed + 1, size, size)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "flip": flip}
    output = convolution.trace(image, kernel, **options).output
    target = numbers(seed + 2, *output.shape)
    found = convolution.gradient(image, kernel, target, **options)
    assert found.loss == pytest.approx(0.5 * ((output - target) ** 2).sum().item())

    def loss(w: torch.Tensor) -> float:
        return convolution.gradient(image, w, target, **options).loss

    nudge = torch.zeros_like(kernel)
    place = (seed % size, (seed // 7) % size)
    nudge[place] = 1e-5
    assert found.kernel_gradient[place].item() == pytest.approx(
        (loss(kernel + nudge) - loss(kernel - nudge)) / 2e-5, rel=1e-4, abs=1e-5
    )
    assert torch.equal(found.trace.output, found.kernel_gradient)


@examples(100)
@given(
    seeds,
    st.integers(5, 9),
    st.integers(5, 9),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(1, 2),
    st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    st.booleans(),
)
def test_the_backward_stepper_shows_the_gradient_of_the_kernel_as_typed(
    seed, height, width, size, stride, padding, dilation, padding_mode, flip
) -> None:
    image, kernel = numbers(seed, height, width), numbers(seed + 1, size, size).requires_grad_()
    module = torch.nn.Conv2d(
        1, 1, size, stride, padding, dilation, bias=False, padding_mode=padding_mode, dtype=torch.float64
    )
    typed = kernel.flip(-2, -1) if flip else kernel
    output = torch.func.functional_call(module, {"weight": typed[None, None]}, image[None, None])[0, 0]
    target = numbers(seed + 2, *output.shape)
    (expected,) = torch.autograd.grad(0.5 * (output - target).square().sum(), kernel)
    found = convolution.gradient(
        image, kernel.detach(), target, stride, padding, dilation, padding_mode, flip
    )
    torch.testing.assert_close(found.trace.output, expected)
    assert torch.equal(found.trace.output, found.kernel_gradient)
    for step in found.trace.steps:
        assert step.value == pytest.approx(expected[step.row, step.col].item(), abs=1e-9)
        assert step.products.sum().item() == pytest.approx(step.value, abs=1e-9)


def test_sums_of_whole_numbers_up_to_a_million_are_exact() -> None:
    assert convolution.trace([[10**6, 1, 10**6]], [[10**6, 1, -(10**6)]]).output.tolist() == [[1]]
    image = [[999_999 - 7 * r - c for c in range(7)] for r in range(7)]
    kernel = [[(-1) ** (r + c) * (999_983 - r * c) for c in range(7)] for r in range(7)]
    exact = sum(
        x * w for line, weights in zip(image, kernel, strict=True) for x, w in zip(line, weights, strict=True)
    )
    assert convolution.trace(image, kernel).output.tolist() == [[exact]]
    assert convolution.trace(torch.tensor(image), torch.tensor(kernel)).output.tolist() == [[exact]]
    assert pooling.trace([[2**24, 1]], (1, 2), mode="average").output.tolist() == [[2**23 + 0.5]]
    assert torch.tensor(2.0**24) + 1 == 2**24  # what float32 makes of it


def test_gradient_steps_find_the_kernel() -> None:
    image = numbers(3, 8, 8)
    wanted = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=torch.float64)
    target, kernel = convolution.trace(image, wanted).output, torch.zeros(3, 3, dtype=torch.float64)
    first = convolution.gradient(image, kernel, target)
    once, _ = convolution.descent(image, kernel, target, rate=0.01)
    torch.testing.assert_close(once, kernel - 0.01 * first.kernel_gradient)
    kernel, losses = convolution.descent(image, kernel, target, steps=400)
    assert losses[0] == first.loss
    assert len(losses) == 400
    assert all(later <= earlier + 1e-12 for earlier, later in itertools.pairwise(losses))
    torch.testing.assert_close(kernel, wanted, atol=1e-3, rtol=0)


@examples(150)
@given(
    seeds,
    st.integers(1, 3),
    sizes,
    sizes,
    st.integers(1, 5),
    st.none() | st.integers(1, 4),
    st.integers(0, 2),
    st.sampled_from(["max", "average", "l2"]),
    st.booleans(),
)
def test_pooling_is_that_of_torch_and_keeps_channels_apart(
    seed, channels, height, width, size, stride, padding, mode, ceil
) -> None:
    image = numbers(seed, channels, height, width)
    options = {"kernel_size": size, "stride": stride or size, "padding": padding, "ceil_mode": ceil}
    try:
        if mode == "max":
            expected = functional.max_pool2d(image[None], **options)[0]
        elif mode == "average":
            expected = functional.avg_pool2d(image[None], **options)[0]
        else:
            # torch has no padding for its Lp pooling; the average of squares does the same where all cells
            # count.
            expected = functional.avg_pool2d(image[None].square(), divisor_override=1, **options)[0].sqrt()
    except RuntimeError:
        with pytest.raises(CnnvizError):
            pooling.trace(image, size, stride, mode, padding, ceil=ceil)
        return
    traced = pooling.trace(image, size, stride, mode, padding, ceil=ceil)
    torch.testing.assert_close(traced.output, expected)
    alone = pooling.trace(image[0], size, stride, mode, padding, ceil=ceil)
    torch.testing.assert_close(alone.output, traced.output[0])


def test_the_weights_of_distance_pooling_are_those_of_its_formula() -> None:
    weights = pooling.distance_weights(3, 3)
    expected = np.array([[1 / (1 + np.hypot(r - 1, c - 1)) for c in range(3)] for r in range(3)])
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-6)
    assert torch.allclose(pooling.distance_weights(2, 2), torch.full((2, 2), 0.25))
    image = numbers(5, 6, 6)
    filtered = signal.correlate2d(image.numpy(), expected / expected.sum(), "valid")
    torch.testing.assert_close(
        pooling.trace(image, 3, 1, "distance").output, torch.from_numpy(filtered), rtol=1e-5, atol=1e-6
    )


def test_global_pooling_is_the_mean() -> None:
    image = numbers(6, 3, 5, 7)
    torch.testing.assert_close(
        pooling.trace(image, (5, 7), mode="average").output.flatten(), image.mean(dim=(1, 2))
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: convolution.trace(torch.zeros(3, 3), torch.zeros(5, 5)), "does not fit in a 3×3 image"),
        (lambda: convolution.trace(torch.zeros(3, 3), torch.zeros(2, 2), stride=0), "The stride is 0"),
        (lambda: convolution.trace(torch.zeros(5, 5), torch.zeros(3, 3), dilation=9), "with dilation 9"),
        (lambda: convolution.trace([[1, "x"]], [[1]]), "table of numbers"),
        (lambda: convolution.trace([[1, 2], [3]], [[1]]), "table of numbers"),
        (lambda: convolution.trace([[float("nan")]], [[1]]), "not a finite number"),
        (lambda: convolution.trace([[1e12]], [[1]]), "larger than 1,000,000,000"),
        (lambda: convolution.trace([], [[1]]), "empty"),
        (lambda: convolution.trace([[1]], [[1]], padding_mode="mirror"), "There is no padding 'mirror'"),
        (
            lambda: convolution.trace([[1, 2], [3, 4]], [[1]], padding=2, padding_mode="reflect"),
            "Use 1 or less",
        ),
        (lambda: convolution.trace(torch.zeros(3, 5, 5), torch.zeros(2, 3, 3)), "one slice for each channel"),
        (
            lambda: convolution.gradient(torch.zeros(5, 5), torch.zeros(3, 3), torch.zeros(2, 2)),
            "The target is 2×2",
        ),
        (lambda: convolution.trace(torch.zeros(3, 2000, 2000), torch.zeros(3, 7, 7)), "too many to look at"),
        (lambda: pooling.trace(torch.zeros(4, 4), 5), "does not fit"),
        (lambda: pooling.trace(torch.zeros(4, 4), 2, 0), "The stride is 0"),
        (lambda: pooling.trace(torch.zeros(4, 4), 2, mode="median"), "There is no pooling 'median'"),
        (lambda: pooling.trace(torch.zeros(4, 4), 2, padding=2), "more than half"),
    ],
)
def test_what_does_not_fit_gives_a_sentence(call, sentence: str) -> None:
    with pytest.raises(CnnvizError) as caught:
        call()
    assert sentence in str(caught.value)
