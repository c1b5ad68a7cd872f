from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import fft

from cnnviz.data import DATASETS, ImageDataset, load
from cnnviz.data.look import (
    class_counts,
    extremes,
    mean_images,
    near_duplicates,
    perceptual_hashes,
    pixel_statistics,
    search_images,
)
from cnnviz.errors import CnnvizError


@pytest.mark.parametrize("name", DATASETS)
def test_statistics_are_those_of_torch_and_of_the_catalogue(name: str) -> None:
    train = load(name)
    found, pixels = pixel_statistics(train), train.floats().double()
    assert torch.allclose(found.mean, pixels.mean((0, 2, 3)).float(), atol=1e-6)
    assert torch.allclose(found.std, pixels.std((0, 2, 3), correction=0).float(), atol=1e-6)
    assert found.mean.tolist() == pytest.approx(DATASETS[name].mean, abs=0.006)
    assert int(found.histogram.sum()) == train.images.numel()
    assert class_counts(train).tolist() == [
        int((train.labels == one).sum()) for one in range(len(train.classes))
    ]


def test_the_mean_image_of_a_class() -> None:
    train = load("patches")
    found = mean_images(train)
    for label in (0, 7):
        wanted = train.floats()[train.labels == label].double().mean(0)
        assert torch.allclose(found[label], wanted.float(), atol=1e-6)


def test_extremes_are_the_ends() -> None:
    test = load("fashion", "test")
    found, pixels = extremes(test, 5), test.floats()
    brightness = pixels.mean((1, 2, 3))
    assert brightness[found.brightest[0]] == brightness.max()
    assert brightness[found.darkest[0]] == brightness.min()
    apart = (pixels - mean_images(test)[test.labels]).square().mean((1, 2, 3)).sqrt()
    assert torch.allclose(apart[found.odd], apart.sort(descending=True).values[:5])
    assert torch.allclose(apart[found.typical], apart.sort().values[:5])


def test_a_hash_is_the_sign_of_scipys_cosine_transform() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (20, 1, 32, 32), generator=generator, dtype=torch.uint8)
    found = perceptual_hashes(images)
    for image, bits in zip(images, found, strict=True):
        low = fft.dctn(image[0].double().numpy(), type=2)[:8, :8].flatten()
        order = np.argsort(low)
        assert not bits[order[:31]].any()
        assert bits[order[33:]].all()


def set_of(images: torch.Tensor, like: ImageDataset) -> ImageDataset:
    return replace(like, images=images, labels=torch.zeros(len(images), dtype=torch.int64))


def test_a_test_image_among_the_training_images_is_found() -> None:
    photos = load("patches")
    train, test = photos.images[:300], photos.images[400:440].clone()
    test[7] = train[123]
    brighter = train[200].int() + 4
    test[9] = brighter.clamp(0, 255).to(torch.uint8)
    found = near_duplicates(set_of(train, photos), set_of(test, photos), difference=0.02)
    pairs = list(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert (123, 7) in pairs
    assert (200, 9) in pairs
    assert found.bits[pairs.index((123, 7))] == 0
    assert found.difference[pairs.index((123, 7))] == 0
    assert found.difference.tolist() == sorted(found.difference.tolist())


def test_nothing_alike_gives_no_pairs_and_other_shapes_a_sentence() -> None:
    dark, photos = load("mnist", "test", 50), load("patches", "test", 50)
    light = replace(dark, images=255 - dark.images)
    assert len(near_duplicates(dark, light)) == 0
    with pytest.raises(CnnvizError, match="bring both to one size"):
        near_duplicates(dark, photos)


CLASSES = ("Café au lait", "7", "70", "Ankle boot", "李子", "3-5")
SOME = replace(
    load("mnist", "test", 12),
    classes=CLASSES,
    labels=torch.tensor([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]),
)


@pytest.mark.parametrize(
    ("text", "numbers", "classes"),
    [
        ("", list(range(12)), ()),
        ("  ", list(range(12)), ()),
        ("cafe", [0, 6], ("Café au lait",)),
        ("BOOT ankle", [3, 9], ("Ankle boot",)),
        ("李", [4, 10], ("李子",)),
        ("7", [1, 7], ("7",)),
        ("#7", [7], ()),
        ("8", [8], ()),
        ("3-5", [5, 11], ("3-5",)),
        ("#3-5", [3, 4, 5], ()),
        ("5 – 4", [4, 5], ()),
        ("10-99999", [10, 11], ()),
        ("#12", [], ()),
        ("٨", [8], ()),
        ("zebra", [], ()),
        ("9" * 40, [], ()),
    ],
)
def test_a_search_finds_classes_and_numbers(text: str, numbers: list[int], classes: tuple[str, ...]) -> None:
    found = search_images(SOME, text)
    assert found.numbers.tolist() == numbers
    assert found.classes == classes
