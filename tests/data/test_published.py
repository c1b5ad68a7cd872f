"""The lecture's data sets against sums that their makers published."""

import importlib

import pytest

from cnnviz.data import CATALOGUE, DATASETS, load
from cnnviz.data.published import TASK_TITLES
from cnnviz.vision import torchvision

LECTURE = (
    "mnist", "cifar10", "imagenet", "ilsvrc", "imagenette", "imagewoof", "tiny_imagenet", "isic2017", "covid_ct", "chest_xray",
    "youtube8m", "fashion", "kmnist", "emnist", "cifar100", "svhn", "stl10", "tiny_images",
)  # fmt: skip
MEDICAL = [key for key in CATALOGUE if "medmnist" in CATALOGUE[key].loader]


def test_every_set_of_the_lecture_is_there() -> None:
    assert set(LECTURE) <= set(CATALOGUE)
    assert len(MEDICAL) == 12 + 6


@pytest.mark.parametrize("key", CATALOGUE)
def test_an_entry_is_whole(key: str) -> None:
    entry = CATALOGUE[key]
    assert entry.key == key
    assert entry.task in TASK_TITLES
    assert all((entry.title, entry.licence, entry.source, entry.get, entry.good_for))
    if entry.splits:
        assert sum(entry.splits.values()) == entry.images
    if entry.bundled:
        bundled = DATASETS[entry.bundled]
        assert bundled.licence == entry.licence
        assert bundled.shape == (entry.channels, *(entry.size or ()))
        assert len(bundled.classes) == entry.classes
        assert len(load(entry.bundled)) <= entry.splits["train"]


def test_the_sums_of_medmnist_are_those_of_its_paper() -> None:
    """Yang et al., 2023, abstract: 708,069 2D images and 9,998 3D images in total."""
    flat = sum(CATALOGUE[key].images for key in MEDICAL if not key.endswith("3d"))
    deep = sum(CATALOGUE[key].images for key in MEDICAL if key.endswith("3d"))
    assert (flat, deep) == (708_069, 9_998)


def test_the_numbers_that_the_lecture_names() -> None:
    assert CATALOGUE["mnist"].splits == {"train": 60_000, "test": 10_000}
    assert CATALOGUE["cifar10"].images / CATALOGUE["cifar10"].classes == 6_000
    assert tuple(CATALOGUE["isic2017"].splits.values()) == (374, 254, 1_372)
    assert CATALOGUE["tiny_imagenet"].splits == {"train": 100_000, "validation": 10_000, "test": 10_000}
    assert CATALOGUE["tiny_images"].withdrawn


@pytest.mark.parametrize("key", [key for key in CATALOGUE if CATALOGUE[key].loader.startswith("torchvision")])
def test_a_kept_library_loads_it(key: str) -> None:
    package, _, name = CATALOGUE[key].loader.partition(":")
    torchvision()
    assert hasattr(importlib.import_module(f"{package}.datasets"), name)
