"""Where images come from: one description, and all of them read part by part as they are in memory."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from cnnviz.data import DATASETS, DataSource, bring, found_of, load, source_from, source_of
from cnnviz.data.source import MIXED, Rows
from cnnviz.data.source_files import mapped_arrays
from cnnviz.errors import CnnvizError
from cnnviz.training import Trainer, TrainingSpec
from tests.data.test_bring import COLOURS, WAYS, archive, fruits, picture


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "home"))


def digits(path: Path, count: int = 300) -> Path:
    """Tiny digits as arrays, not packed."""
    some = load("digits", "train", count)
    np.savez(path, images=some.images[:, 0].numpy(), labels=some.labels.numpy())
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_source_is_what_bring_makes_of_the_same_files(way: str, tmp_path: Path) -> None:
    path = WAYS[way](tmp_path)
    here, train, test = source_from(path), bring(path, "fruits"), load("fruits", "test")
    assert here.classes == train.classes
    assert here.shape == train.shape
    assert (here.count("train"), here.count("test"), len(here)) == (12, 3, 15)
    for dataset in (train, test):
        found = here.load(dataset.split)
        assert torch.equal(found.images, dataset.images)
        assert torch.equal(found.labels, dataset.labels)
    about = found_of("fruits")
    assert about
    assert here.digest == about.digest == source_of("fruits").digest
    assert here.mean == pytest.approx(about.mean, abs=1e-4)
    assert here.targets == ("class",)
    assert "12 train, 3 test images 3×20×20, 3 classes" in repr(here)


@pytest.mark.parametrize("name", ["digits", "patches"])
def test_mean_deviation_and_counts_are_those_of_torch(name: str) -> None:
    source, train = source_of(name), load(name)
    pixels = train.floats().double()
    assert source.mean == pytest.approx(pixels.mean((0, 2, 3)).tolist(), abs=1e-6)
    assert source.std == pytest.approx(pixels.std((0, 2, 3), correction=0).tolist(), abs=1e-6)
    assert source.class_counts("train").tolist() == [int((train.labels == one).sum()) for one in range(10)]
    assert source.licence == DATASETS[name].licence
    assert source.load("train").images is train.images, "the very tensors, not a copy"


def test_scenes_say_which_targets_they_have() -> None:
    assert source_of("mnist_scenes").targets == (
        "class",
        "boxes",
        "masks",
        *source_of("mnist_scenes").targets[3:],
    )
    assert DataSource.of(load("digits", "test")).targets == ("class",)


@pytest.mark.parametrize("block", [1, 7])
@pytest.mark.parametrize("drop_last", [False, True])
def test_an_epoch_has_every_image_once_and_the_seed_decides_the_order(
    block: int, drop_last: bool, tmp_path: Path
) -> None:
    source = source_from(digits(tmp_path / "d.npz"))
    whole = source.load()

    def epoch(seed: int | None, number: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        found = list(source.batches(32, seed=seed, epoch=number, block=block, drop_last=drop_last))
        assert all(len(images) == 32 for images, _ in found[:-1])
        assert found[-1][0].dtype == torch.uint8
        return torch.cat([one for one, _ in found]), torch.cat([one for _, one in found])

    images, labels = epoch(3)
    count = len(whole) // 32 * 32 if drop_last else len(whole)
    assert len(images) == len(labels) == count
    known = {
        image.numpy().tobytes(): int(label) for image, label in zip(whole.images, whole.labels, strict=True)
    }
    assert all(
        known[image.numpy().tobytes()] == int(label) for image, label in zip(images, labels, strict=True)
    )
    if not drop_last:
        assert sorted(one.numpy().tobytes() for one in images) == sorted(
            one.numpy().tobytes() for one in whole.images
        )
    assert torch.equal(epoch(3)[0], images)
    assert not torch.equal(epoch(3, 1)[0], images)
    assert not torch.equal(epoch(4)[0], images)
    assert torch.equal(epoch(None)[0], whole.images[:count])


def test_blocks_come_in_a_random_order_and_are_mixed() -> None:
    numbers = torch.arange(1000)
    read: list[list[int]] = []

    def rows(chosen: torch.Tensor) -> torch.Tensor:
        read.append(chosen.tolist())
        return torch.zeros(len(chosen), 1, 4, 4, dtype=torch.uint8)

    source = DataSource("x", ("a",), "", "", {"train": lambda: Rows((1, 4, 4), numbers, rows)})
    labels = torch.cat([one for _, one in source.batches(50, seed=0, block=10)])
    assert sorted(labels.tolist()) == numbers.tolist()
    assert all(one == sorted(one) for one in read), "from the front to the back of the file"
    assert {len(one) for one in read} == {10 * MIXED, 1000 % (10 * MIXED)}
    assert all({number % 10 for number in one} == set(range(10)) for one in read), "whole blocks"
    assert (labels[:80].diff() == 1).float().mean() < 0.1, "mixed"


def test_the_order_is_that_of_the_trainer() -> None:
    spec = TrainingSpec("digits", "tiny", batch_size=64, epochs=3, seed=5)
    trainer = Trainer(spec)
    source = source_of("digits")
    for epoch in range(3):
        for images, _ in source.batches(64, seed=5, epoch=epoch, drop_last=True):
            assert torch.equal(images, trainer.dataset.images[trainer._batch()])
            trainer.step_count += 1
    assert trainer.done


def train(batches: Callable[[int], object], seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 10))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    for epoch in range(2):
        for images, labels in batches(epoch):  # type: ignore[attr-defined]
            optimizer.zero_grad()
            functional.cross_entropy(network(images / 255), labels).backward()
            optimizer.step()
    return network.state_dict()


@pytest.mark.parametrize("kind", ["npz", "zip"])
def test_a_network_learns_the_same_from_a_stream_as_from_memory_to_the_bit(kind: str, tmp_path: Path) -> None:
    some = load("digits", "train", 200)
    if kind == "npz":
        path = digits(tmp_path / "d.npz", 200)
    else:
        path = tmp_path / "d.zip"
        with zipfile.ZipFile(path, "w") as file:
            for number, (image, label) in enumerate(zip(some.images, some.labels, strict=True)):
                content = io.BytesIO()
                Image.fromarray(image[0].numpy()).save(content, "PNG")
                file.writestr(f"{label}/{number}.png", content.getvalue())
    stream = source_from(path, seed=1)
    memory = bring(path, "digits-own", seed=1)  # all of it as two tensors

    def from_memory(epoch: int) -> object:
        generator = torch.Generator().manual_seed(7)
        order = [torch.randperm(len(memory), generator=generator) for _ in range(epoch + 1)][-1]
        return ((memory.images[part], memory.labels[part]) for part in order.split(16))

    one = train(lambda epoch: stream.batches(16, seed=7, epoch=epoch))
    other = train(from_memory)
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_the_lines_of_the_documentation_train_on_a_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "package.md").read_text(encoding="utf-8")
    (lines,) = (one.partition("```")[0] for one in text.split("```python\n") if "source_from(" in one)
    archive(tmp_path / "photos.zip", fruits(size=(64, 64)))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(lines, names)
    network, source = names["network"], names["images"]
    assert isinstance(network, nn.Module)
    assert isinstance(source, DataSource)
    test = source.load("test")
    assert torch.equal(network(test.floats()).argmax(1), test.labels), (
        "the colours of three fruits are learned"
    )


def test_the_training_lab_learns_the_same_from_the_disk_as_from_memory(tmp_path: Path) -> None:
    bring(digits(tmp_path / "d.npz"), "mapped")
    trainers = [Trainer(TrainingSpec("mapped", "tiny", epochs=2, batch_size=32)) for _ in range(2)]
    trainers[1]._images = trainers[1]._images.clone()
    for trainer in trainers:
        while not trainer.done:
            trainer.step()
    one, other = (trainer.weights() for trainer in trainers)
    assert all(torch.equal(one[name], other[name]) for name in other)


MEASURE = """
import resource, sys, torch
from cnnviz.data import source_from
def anonymous():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon")) * 1024
source = source_from(sys.argv[1])
before = peak = anonymous()
seen = 0
for images, labels in source.batches(64, seed=0, block=int(sys.argv[2])):
    seen += len(images)
    peak = max(peak, anonymous())
print(seen, peak - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_set_is_gone_through_in_a_small_part_of_its_size(tmp_path: Path) -> None:
    """128 MB of pixels; what a process holds of its own stays below a quarter. Pages of a mapped file are the system's.

    Where the allocator puts the few copies of a group (2 MB each) differs from machine to machine: 13 to 21 MB were seen.
    """
    count, side = 8000, 128
    path = tmp_path / "large.npz"
    with zipfile.ZipFile(path, "w") as file:
        with file.open("images.npy", "w", force_zip64=True) as out:
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, side, side)}
            np.lib.format.write_array_header_1_0(out, header)
            for _ in range(count // 1000):
                out.write(bytes(1000 * side * side))
        with file.open("labels.npy", "w") as out:
            np.lib.format.write_array(out, np.arange(count) % 2)
    assert path.stat().st_size > 128e6
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path), "16"], check=True, capture_output=True, text=True
    )
    seen, grown = map(int, found.stdout.split())
    assert seen == 6400
    assert grown < 131e6 / 4, f"{grown / 1e6:.1f} MB"


def test_images_for_validation_train_where_there_are_tests(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    parts = {
        f"{part}_images": draw.integers(0, 255, (6, 5, 9, 3), np.uint8) for part in ("train", "val", "test")
    }
    np.savez(
        tmp_path / "v.npz",
        **parts,
        **{f"{part}_labels": np.arange(6) % 2 for part in ("train", "val", "test")},
    )
    source = source_from(tmp_path / "v.npz")
    assert (source.count("train"), source.count("test"), source.shape) == (12, 6, (3, 5, 9))
    bring(tmp_path / "v.npz", "v")
    assert source.digest == source_of("v").digest
    wanted = {
        image.tobytes()
        for part in ("train", "val")
        for image in parts[f"{part}_images"].transpose(0, 3, 1, 2)
    }
    assert {image.numpy().tobytes() for image in source.load().images} == wanted


def test_classes_of_ones_own_set_are_chosen_and_stay_on_the_disk(tmp_path: Path) -> None:
    bring(digits(tmp_path / "d.npz"), "mine")
    source, wanted = source_of("mine", classes=("7", "2")), load("mine", classes=("7", "2"))
    images, labels = next(source.batches(1000))
    assert torch.equal(images, wanted.images)
    assert torch.equal(labels, wanted.labels)


def test_all_of_mnist_is_a_source_where_it_was_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = torch.zeros(30, 1, 28, 28, dtype=torch.uint8), torch.arange(30) % 10
    monkeypatch.setattr("cnnviz.data.catalogue.fetch_full", lambda *_: (images, labels))
    source = source_of("mnist", full=True, classes=("3", "5"))
    assert source.count("train") == 6
    assert source.load().classes == ("3", "5")
    assert set(source.load().labels.tolist()) == {0, 1}


def packed(path: Path) -> Path:
    np.savez_compressed(
        path, images=np.zeros((70_000_000 // 64, 8, 8), np.uint8), labels=np.zeros(70_000_000 // 64, np.int8)
    )
    return path


def saved(path: Path, **parts: object) -> Path:
    np.savez(path, **parts)  # type: ignore[arg-type]
    return path


def cut(path: Path) -> Path:
    digits(path)
    path.write_bytes(path.read_bytes()[:5000])
    return path


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no file": (lambda path: path / "x.npz", "There is no file 'x.npz'"),
    "packed": (lambda path: packed(path / "x.npz"), "Save the file with np.savez, without 'compressed'"),
    "floats": (
        lambda path: saved(path / "x.npz", images=np.zeros((9, 8, 8)), labels=np.arange(9) % 2),
        "are of the type float64",
    ),
    "objects": (lambda path: saved(path / "x.npz", images=np.array([{}, {}])), "no NPZ file of plain arrays"),
    "cut off": (lambda path: cut(path / "x.npz"), "is no NPZ file"),
    "no labels": (
        lambda path: saved(path / "x.npz", images=np.zeros((9, 8, 8), np.uint8)),
        "Name the arrays",
    ),
    "labels that do not fit": (
        lambda path: saved(path / "x.npz", images=np.zeros((9, 8, 8), np.uint8), labels=np.arange(4)),
        "give each image one",
    ),
    "one class": (lambda path: archive(path / "x.zip", {"a/1.png": picture("red")}), "Only one class"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_a_source_is_told(name: str, tmp_path: Path) -> None:
    make, said = BAD[name]
    with pytest.raises(CnnvizError, match=said):
        source_from(make(tmp_path))


def test_a_bad_picture_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    source = source_from(
        archive(tmp_path / "f.zip", {**fruits(), f"{next(iter(COLOURS))}/x.png": b"no picture"})
    )
    with pytest.raises(CnnvizError, match=r"x.png' cannot be read: it is no picture"):
        list(source.batches(4))
    grey = {f"{name}/{number}.png": picture(9, mode="L") for name in "ab" for number in range(200)}
    mixed = {**grey, "b/199.png": picture((200, 0, 0))}
    path = archive(tmp_path / "g.zip", mixed)
    with pytest.raises(CnnvizError, match="is in colour, but the first pictures are grey"):
        source_from(path).digest  # noqa: B018
    assert source_from(path, channels=3).load().images.shape[1] == 3


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda source: next(source.batches(0)), "must be 1 or more"),
        (lambda source: next(source.batches(4, block=0)), "must be 1 or more"),
        (lambda source: source.count("validation"), "has no part 'validation'. Choose one of: train, test"),
    ],
)
def test_a_wrong_question_is_answered_by_a_sentence(call: Callable[[DataSource], object], said: str) -> None:
    with pytest.raises(CnnvizError, match=said):
        call(source_of("digits"))


def test_large_arrays_are_mapped_and_not_read(tmp_path: Path) -> None:
    found = mapped_arrays(digits(tmp_path / "d.npz"))
    assert isinstance(found["images"], np.memmap)
    with np.load(tmp_path / "d.npz") as wanted:
        assert all(np.array_equal(found[name], wanted[name]) for name in wanted.files)
