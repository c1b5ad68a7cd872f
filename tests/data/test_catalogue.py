import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from cnnviz.data import DATASETS, PHOTOS, load, photo
from cnnviz.errors import CnnvizError
from tests.offline import no_way_out


@pytest.mark.parametrize(
    ("name", "train", "test", "shape"),
    [
        ("mnist", 20_000, 4_000, (1, 28, 28)),
        ("fashion", 20_000, 4_000, (1, 28, 28)),
        ("patches", 4_000, 1_000, (3, 32, 32)),
        ("digits", 1_437, 360, (1, 8, 8)),
    ],
)
def test_sizes_types_and_classes(name: str, train: int, test: int, shape: tuple[int, int, int]) -> None:
    for split, count in (("train", train), ("test", test)):
        dataset = load(name, split)
        assert len(dataset) == count
        assert dataset.images.shape == (count, *shape)
        assert dataset.images.dtype == torch.uint8
        assert dataset.labels.dtype == torch.int64
        assert len(dataset.classes) == 10
        assert dataset.licence
        assert dataset.source
        assert set(dataset.labels.tolist()) == set(range(10))


@pytest.mark.parametrize("name", ["mnist", "fashion", "patches"])
def test_every_block_of_ten_holds_each_class_once(name: str) -> None:
    labels = load(name).labels.view(-1, 10).sort(dim=1).values
    assert (labels == torch.arange(10)).all()


def test_digits_are_those_of_scikit_learn() -> None:
    ours = torch.cat([load("digits", split).images for split in ("train", "test")]).squeeze(1).numpy()
    theirs = np.round(load_digits().images * (255 / 16)).astype(np.uint8)
    assert sorted(image.tobytes() for image in ours) == sorted(image.tobytes() for image in theirs)


def test_mnist_train_and_test_share_no_image() -> None:
    train, test = (
        {image.numpy().tobytes() for image in load("mnist", split).images} for split in ("train", "test")
    )
    assert not train & test


def test_patches_of_train_and_test_share_no_pixel_block() -> None:
    """A test patch found among the training patches would be a leak, unless it is one even colour (a black
    sky).
    """
    train = {patch.numpy().tobytes() for patch in load("patches").images}
    found = [patch for patch in load("patches", "test").images if patch.numpy().tobytes() in train]
    assert all(len(patch.flatten(1).unique(dim=1)[0]) == 1 for patch in found)


@pytest.mark.parametrize("name", list(DATASETS))
def test_normalisation_constants_are_those_of_the_training_images(name: str) -> None:
    images = load(name).floats()
    assert images.mean(dim=(0, 2, 3)).tolist() == pytest.approx(DATASETS[name].mean, abs=2e-3)
    assert images.std(dim=(0, 2, 3)).tolist() == pytest.approx(DATASETS[name].std, abs=2e-3)


@pytest.mark.parametrize("name", list(PHOTOS))
def test_photographs_have_colour_and_an_author(name: str) -> None:
    pixels = photo(name)
    assert pixels.dtype == torch.uint8
    assert pixels.shape[0] == 3
    assert min(pixels.shape[1:]) >= 300
    assert PHOTOS[name].licence
    assert PHOTOS[name].source


@pytest.mark.parametrize(
    "call",
    [
        lambda: load("cifar"),
        lambda: load("mnist", "validation"),
        lambda: load("mnist", limit=0),
        lambda: load("digits", full=True),
        lambda: photo("lena"),
    ],
)
def test_what_does_not_exist_is_named(call) -> None:
    with pytest.raises(CnnvizError, match=r"[.]$"):
        call()


def test_without_network_the_download_fails_with_a_sentence_and_the_bundle_works(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    no_way_out(monkeypatch)
    with pytest.raises(CnnvizError, match="could not be downloaded"):
        load("mnist", full=True)
    assert len(load("mnist", limit=10)) == 10


def test_the_lectures_matrix_is_that_of_project_euler() -> None:
    """Its greatest product of four neighbours in a line is the published answer of problem 11, and of 20×20
    cells none is mistyped there.
    """
    from cnnviz.data.matrices import LECTURE_MATRIX

    grid = LECTURE_MATRIX.tolist()
    assert LECTURE_MATRIX.shape == (20, 20)
    lines = ((0, 1), (1, 0), (1, 1), (1, -1))
    products = [
        grid[r][c] * grid[r + dr][c + dc] * grid[r + 2 * dr][c + 2 * dc] * grid[r + 3 * dr][c + 3 * dc]
        for r in range(20)
        for c in range(20)
        for dr, dc in lines
        if r + 3 * dr < 20 and 0 <= c + 3 * dc < 20
    ]
    assert max(products) == 70_600_674


def test_the_lectures_matrix_has_34_in_row_10_column_2() -> None:
    from cnnviz.data.matrices import LECTURE_MATRIX

    assert LECTURE_MATRIX[9].tolist() == [
        21,
        34,
        23,
        9,
        75,
        0,
        76,
        44,
        20,
        45,
        35,
        14,
        0,
        61,
        33,
        97,
        34,
        31,
        33,
        95,
    ]
