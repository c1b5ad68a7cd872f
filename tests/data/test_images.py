import contextlib
import io
import struct
import subprocess
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import center_of_mass

from cnnviz.data import centre_by_mass, crop_box, decode, embed, embedded, fit, load
from cnnviz.errors import CnnvizError
from tests.properties import examples


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(mode: str, size: tuple[int, int] = (40, 30)) -> Image.Image:
    ramp = np.tile(np.linspace(0, 255, size[0]).astype(np.uint8), (size[1], 1))
    return Image.fromarray(ramp).convert(mode)


@pytest.mark.parametrize(
    "content",
    [
        encoded(gradient("L")),
        encoded(gradient("RGB"), "JPEG"),
        encoded(gradient("CMYK"), "JPEG"),
        encoded(gradient("P")),
        encoded(gradient("RGBA")),
        encoded(gradient("LA")),
        encoded(gradient("1")),
        encoded(gradient("RGB"), "WEBP"),
        encoded(gradient("RGB"), "GIF", save_all=True, append_images=[gradient("RGB")]),
        encoded(Image.fromarray(np.full((30, 40), 40_000, dtype=np.uint16))),
    ],
)
def test_every_kind_of_picture_becomes_rgb(content: bytes) -> None:
    pixels = decode(content)
    assert pixels.shape == (3, 30, 40)
    assert pixels.dtype == torch.uint8


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    assert decode(encoded(Image.fromarray(np.full((4, 4), 32_768, dtype=np.uint16)))).unique().tolist() == [
        127
    ]


def test_transparent_parts_become_white() -> None:
    assert decode(encoded(Image.new("RGBA", (2, 2), (255, 0, 0, 0)))).unique().tolist() == [255]


def test_exif_turns_the_picture_upright() -> None:
    picture, exif = Image.new("RGB", (40, 30)), Image.Exif()
    exif[0x0112] = 6
    assert decode(encoded(picture, "JPEG", exif=exif)).shape == (3, 40, 30)


def test_large_pictures_are_reduced_and_tiny_ones_stay() -> None:
    assert max(decode(encoded(Image.new("RGB", (8000, 6000)), "JPEG")).shape[1:]) == 2048
    assert decode(encoded(Image.new("RGB", (1, 1)))).shape == (3, 1, 1)


@pytest.mark.parametrize(
    "content", [b"", b"hello", encoded(gradient("RGB", (400, 300)), "JPEG")[:900], b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_gives_a_sentence(content: bytes) -> None:
    with pytest.raises(CnnvizError):
        decode(content)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that claims a size and holds no pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["EPS", "TIFF", "BMP", "ICO", "PPM", "TGA", "PCX", "JPEG2000", "PDF"])
def test_other_kinds_of_files_are_not_decoded_and_the_sentence_names_those_that_are(kind: str) -> None:
    with pytest.raises(CnnvizError, match=r"Use a PNG, JPEG, WebP or GIF file\.$"):
        decode(encoded(gradient("RGB"), kind))


def test_a_postscript_file_reaches_no_other_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("another program was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    for start in (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", b"\xc5\xd0\xd3\xc6" + bytes(28)):
        with pytest.raises(CnnvizError):
            decode(start + b"%%EndComments\nshowpage\n%%EOF\n")


@pytest.mark.parametrize(("width", "height"), [(9_000, 9_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_claims_to_be_huge_is_called_too_large_with_its_size_and_the_limit(
    width: int, height: int
) -> None:
    with pytest.raises(CnnvizError) as caught:
        decode(png_header(width, height))
    assert str(caught.value).startswith(
        f"The picture has {width * height / 1e6:.0f} million pixels; at most 60 million are read."
    )


@examples(60)
@given(st.data(), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
def test_a_damaged_file_gives_a_picture_or_a_sentence(data: st.DataObject, kind: str) -> None:
    content = bytearray(encoded(gradient("RGB"), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CnnvizError):
        assert decode(bytes(content)).shape[0] == 3


def test_too_many_pixels_give_a_sentence(monkeypatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_IMAGE_PIXELS", "1000")
    with pytest.raises(CnnvizError, match="million pixels"):
        decode(encoded(gradient("RGB")))


def test_fit_takes_the_central_square_and_keeps_the_range() -> None:
    wide = torch.zeros(3, 20, 60, dtype=torch.uint8)
    wide[:, :, 20:40] = 255
    seen = fit(wide, (1, 10, 10))
    assert seen.shape == (1, 10, 10)
    assert seen.min() == 1.0


def test_mnist_digits_are_already_centred_by_mass() -> None:
    """Applied to MNIST's own digits, the preparation moves the centre of mass by less than a pixel."""
    for image in load("mnist", "test", 50).floats():
        row, column = center_of_mass(centre_by_mass(image)[0].numpy())
        assert abs(row - 13.5) < 1
        assert abs(column - 13.5) < 1


@examples(40)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(0, 50), st.integers(0, 50))
def test_a_drawing_anywhere_ends_in_the_middle_20_pixels_large(
    height: int, width: int, top: int, left: int
) -> None:
    drawing = torch.zeros(1, 112, 112)
    drawing[0, top : top + height, left : left + width] = 1
    centred = centre_by_mass(drawing)[0]
    row, column = center_of_mass(centred.numpy())
    assert abs(row - 13.5) <= 0.51
    assert abs(column - 13.5) <= 0.51
    ink = centred.nonzero()
    assert max((ink.amax(0) - ink.amin(0) + 1).tolist()) == 20


def test_an_empty_drawing_stays_empty() -> None:
    assert centre_by_mass(torch.zeros(1, 112, 112)).sum() == 0


@examples(30)
@given(
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_an_embedded_picture_comes_back_to_the_bit(channels: int, height: int, width: int, seed: int) -> None:
    image = torch.randint(
        256, (channels, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )
    assert torch.equal(embedded(embed(image)), image)


@examples(30)
@given(st.integers(8, 60), st.integers(8, 60), st.sampled_from([(1, 8, 8), (3, 6, 12), (3, 10, 5)]))
def test_what_is_kept_of_a_picture_is_the_box(height: int, width: int, shape: tuple[int, int, int]) -> None:
    """Cut out first and fitted then, it is the same, but for a pixel at the edges that is cut through."""
    picture = torch.arange(3 * height * width).reshape(3, height, width).mul(7).remainder(256).byte()
    top, left, bottom, right = crop_box(picture, shape)
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    assert (top == 0 and bottom == height) or (left == 0 and right == width)
    assert (right - left) / (bottom - top) == pytest.approx(shape[2] / shape[1], abs=1 / min(bottom - top, 4))


def test_a_wide_photograph_is_cut_left_and_right() -> None:
    picture = torch.zeros(3, 300, 451, dtype=torch.uint8)
    assert crop_box(picture, (3, 224, 224)) == (0, 75, 300, 375)
    picture[:, :, 75:375] = 200
    assert (fit(picture, (3, 60, 60))[:, :, 1:-1] * 255).round().eq(200).all()
    assert crop_box(picture[:, :, :100], (3, 224, 224)) == (100, 0, 200, 100)
