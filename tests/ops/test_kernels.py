import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

from cnnviz.errors import CnnvizError
from cnnviz.ops.kernels import KERNELS, PATTERNS, apply, grey, kernel, strength
from tests.properties import examples


@examples(40)
@given(
    st.sampled_from(list(KERNELS)),
    st.sampled_from([3, 5, 7]),
    st.integers(8, 20),
    st.integers(8, 20),
    st.floats(0, 180),
    st.integers(0, 99),
)
def test_applying_is_scipys_correlation(
    name: str, side: int, height: int, width: int, angle: float, seed: int
) -> None:
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))
    weights = kernel(name, side, angle, 4.0, seed)
    expected = np.stack(
        [ndimage.correlate(channel, weights.numpy(), mode="nearest") for channel in image.numpy()]
    )
    torch.testing.assert_close(apply(image, weights), torch.from_numpy(expected), atol=1e-4, rtol=1e-4)


def test_sobel_is_scipys() -> None:
    image = torch.rand(12, 9)
    for name, axis in (("sobel_x", 1), ("sobel_y", 0)):
        torch.testing.assert_close(
            apply(image, kernel(name)),
            torch.from_numpy(ndimage.sobel(image.numpy(), axis=axis, mode="nearest")),
            atol=1e-5,
            rtol=1e-5,
        )


def test_the_laplacian_is_scipys_and_bends_nothing_on_a_plane() -> None:
    image = torch.rand(12, 9)
    torch.testing.assert_close(
        apply(image, kernel("laplacian")),
        torch.from_numpy(ndimage.laplace(image.numpy(), mode="nearest")),
        atol=1e-5,
        rtol=1e-5,
    )
    for side in (3, 5, 7, 9):
        assert kernel("laplacian", side).sum().item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("side", [3, 5, 7, 9])
def test_blurs_keep_the_brightness_and_edges_ignore_it(side: int) -> None:
    for name in ("identity", "box", "gaussian", "sharpen", "motion"):
        assert kernel(name, side, 30).sum().item() == pytest.approx(1, abs=1e-5)
    for name in ("sobel_x", "sobel_y", "gabor"):
        assert kernel(name, side).sum().item() == pytest.approx(0, abs=1e-4)


def test_the_gaussian_has_the_spread_of_its_formula() -> None:
    window = signal.windows.gaussian(7, 7 / 5)
    expected = np.outer(window, window)
    np.testing.assert_allclose(kernel("gaussian", 7), expected / expected.sum(), atol=1e-6)


def test_a_gabor_kernel_answers_to_its_own_stripes_only() -> None:
    column = torch.arange(60, dtype=torch.float32)
    upright = torch.cos(2 * torch.pi * column / 6).expand(60, 60)
    own, other = (
        apply(upright, kernel("gabor", 11, angle, 6.0))[20:40, 20:40].abs().max().item() for angle in (0, 90)
    )
    assert own > 10 * other


def test_random_kernels_have_a_seed() -> None:
    assert torch.equal(kernel("random", 5, seed=3), kernel("random", 5, seed=3))
    assert not torch.equal(kernel("random", 5, seed=3), kernel("random", 5, seed=4))


def test_grey_is_pillows() -> None:
    from PIL import Image

    pixels = torch.randint(0, 256, (3, 8, 9), dtype=torch.uint8)
    expected = np.asarray(Image.fromarray(pixels.permute(1, 2, 0).numpy()).convert("L"))
    assert np.abs(grey(pixels.float())[0].numpy() - expected).max() < 1.01


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernel("blur"),
        lambda: kernel("box", 4),
        lambda: kernel("box", 33),
        lambda: kernel("gabor", 5, 0, 0.0),
        lambda: apply(torch.zeros(5, 5), torch.zeros(2, 2)),
    ],
)
def test_what_cannot_be_gives_a_sentence(call) -> None:
    with pytest.raises(CnnvizError):
        call()


def test_sobel_answers_to_its_own_edge_alone_and_a_blur_to_brightness() -> None:
    for side in (3, 5, 7):
        assert strength(kernel("sobel_x", side), "vertical") == pytest.approx(1)
        assert strength(kernel("sobel_x", side), "horizontal") == pytest.approx(0)
        assert strength(kernel("sobel_y", side), "horizontal") == pytest.approx(1)
        assert strength(kernel("box", side), "flat") == pytest.approx(1)
        assert strength(kernel("sobel_x", side), "flat") == pytest.approx(0)
    assert strength(torch.zeros(3, 3), "vertical") == 0


def test_the_strength_is_what_the_kernel_makes_of_the_pattern_in_the_middle_of_its_window() -> None:
    weights = kernel("random", 5, seed=1)
    edge = np.repeat([[-1.0, -1, 0, 1, 1]], 5, axis=0)
    made = ndimage.correlate(edge, weights.numpy(), mode="constant")[2, 2]
    assert strength(weights, "vertical") == pytest.approx(abs(made) / weights.abs().sum().item(), rel=1e-5)
    assert set(PATTERNS) == {"vertical", "horizontal", "diagonal", "spot", "flat"}
