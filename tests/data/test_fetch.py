"""Published data sets, loaded from small files in their makers' formats: the real code, and no network."""

import gzip
import hashlib
import io
import pickle
import struct
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torch
from filelock import FileLock
from PIL import Image

from cnnviz.data import CATALOGUE, DATASETS, bring, found_of, load, source_of
from cnnviz.data import fetch as fetching
from cnnviz.data.fetch import (
    GETTABLE,
    WOOF_CLASSES,
    arrays,
    clear_downloads,
    fetch,
    is_downloaded,
    is_got,
    kept_words,
    megabytes,
    slices,
)
from cnnviz.data.medmnist_files import FILES
from cnnviz.data.volumes import load_volumes
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training import Trainer, TrainingSpec
from cnnviz.training.volumes import VolumeTraining, begin, next_epoch
from cnnviz.vision import torchvision

GENERATOR = np.random.default_rng(3)
Sets = dict[str, tuple[np.ndarray, list[str]]]
"""Split -> images (N, C, H, W) and the names of their classes."""
Made = tuple[str, Sets]
"""Code that points the library at the files, and what is in them."""
Make = Callable[[Path], Made]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of the folder below which all files of these tests lie, on this machine."""
    root = tmp_path_factory.mktemp("served")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as here:
        threading.Thread(target=here.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{here.server_port}", root
        here.shutdown()


_served: dict[str, Any] = {}


def uri(path: Path) -> str:
    """The address of a file."""
    return f"{_served['address']}/{path.relative_to(_served['root'])}"


@pytest.fixture
def files(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is served."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    _served["address"], _served["root"] = server
    return Path(tempfile.mkdtemp(dir=server[1]))


@pytest.fixture
def point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """``point(code)`` makes the process of a download run some code before; gives a file that has a line for each process."""

    def point_it(code: str) -> Path:
        log = tmp_path / "log.txt"
        log.touch()
        driver = (
            "import sys\nfrom pathlib import Path\nfrom cnnviz.data import fetch, medmnist_files\nfrom cnnviz.vision import torchvision\n"
            f"datasets = torchvision().datasets\nwith open({str(log)!r}, 'a') as file: file.write('started\\n')\n"
            f"{code}\nfetch.write(sys.argv[1], Path(sys.argv[2]))"
        )
        monkeypatch.setattr(
            fetching, "_command", lambda key, folder: [sys.executable, "-c", driver, key, str(folder)]
        )
        return log

    return point_it


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def pixels(*shape: int) -> np.ndarray:
    return GENERATOR.integers(0, 256, shape, dtype=np.uint8)


def packed(file: Path, contents: Mapping[str, bytes]) -> str:
    """Writes a tar.gz; returns its MD5."""
    with tarfile.open(file, "w:gz") as out:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return md5(file.read_bytes())


def cifar(files: Path, key: str = "cifar10") -> Made:
    ten = key == "cifar10"
    names = ["airplane", "automobile", "bird"] if ten else ["apple", "aquarium_fish", "baby"]
    folder = "cifar-10-batches-py" if ten else "cifar-100-python"
    batches = {"train": ["data_batch_1", "data_batch_2"], "test": ["test_batch"]}
    if not ten:
        batches = {"train": ["train"], "test": ["test"]}
    contents, sets, lists = {}, {}, {}
    for split, its in batches.items():
        images, labels = [], []
        lists[split] = []
        for name in its:
            here, numbers = pixels(6, 3, 32, 32), [0, 1, 2, 0, 1, 2]
            fields = {"data": here.reshape(6, -1), "labels" if ten else "fine_labels": numbers}
            content = pickle.dumps(fields)
            contents[f"{folder}/{name}"] = content
            lists[split].append([name, md5(content)])
            images.append(here)
            labels += [names[number] for number in numbers]
        sets[split] = np.concatenate(images), labels
    meta_name, meta_key = ("batches.meta", "label_names") if ten else ("meta", "fine_label_names")
    meta = pickle.dumps({meta_key: names})
    contents[f"{folder}/{meta_name}"] = meta
    total = packed(files / "c.tar.gz", contents)
    about = {"filename": meta_name, "key": meta_key, "md5": md5(meta)}
    code = (
        f"one = datasets.{key.upper()}\none.url, one.tgz_md5 = {uri(files / 'c.tar.gz')!r}, {total!r}\n"
        f"one.train_list, one.test_list, one.meta = {lists['train']!r}, {lists['test']!r}, {about!r}"
    )
    return code, sets


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes())


def kmnist(files: Path) -> Made:
    names = torchvision().datasets.KMNIST.classes
    sets, resources = {}, []
    for split, start in (("train", "train"), ("test", "t10k")):
        images, labels = pixels(20, 28, 28), np.arange(20) % 10
        for name, content in (
            (f"{start}-images-idx3-ubyte.gz", idx(images)),
            (f"{start}-labels-idx1-ubyte.gz", idx(labels)),
        ):
            (files / name).write_bytes(content)
            resources.append((name, md5(content)))
        sets[split] = images[:, None], [names[label] for label in labels]
    return (
        f"datasets.KMNIST.mirrors, datasets.KMNIST.resources = [{uri(files) + '/'!r}], {resources!r}",
        sets,
    )


def emnist(files: Path) -> Made:
    names = torchvision().datasets.EMNIST.classes_split_dict["balanced"]
    sets = {}
    with zipfile.ZipFile(files / "gzip.zip", "w") as out:
        for split in ("train", "test"):
            images, labels = pixels(94, 28, 28), np.arange(94) % 47
            # Its rows are columns.
            out.writestr(f"gzip/emnist-balanced-{split}-images-idx3-ubyte.gz", idx(images.transpose(0, 2, 1)))
            out.writestr(f"gzip/emnist-balanced-{split}-labels-idx1-ubyte.gz", idx(labels))
            sets[split] = images[:, None], [names[label] for label in labels]
    total = md5((files / "gzip.zip").read_bytes())
    return (
        f"datasets.EMNIST.url, datasets.EMNIST.md5 = {uri(files / 'gzip.zip')!r}, {total!r}",
        sets,
    )


def svhn(files: Path) -> Made:
    sets, lists = {}, {}
    for split in ("train", "test"):
        images, labels = pixels(20, 3, 32, 32), np.arange(20) % 10 + 1  # 10 means the digit 0
        name = f"{split}_32x32.mat"
        scipy.io.savemat(files / name, {"X": images.transpose(2, 3, 1, 0), "y": labels[:, None]})
        lists[split] = [uri(files / name), name, md5((files / name).read_bytes())]
        sets[split] = images, [str(label % 10) for label in labels]
    return f"datasets.SVHN.split_list = {lists!r}", sets


def stl10(files: Path) -> Made:
    contents = {"stl10_binary/class_names.txt": b"airplane\nbird\n"}
    sets, lists = {}, {}
    for split in ("train", "test"):
        images, labels = pixels(4, 3, 96, 96), np.array([1, 2, 1, 2], np.uint8)
        parts = {f"{split}_X.bin": images.transpose(0, 1, 3, 2).tobytes(), f"{split}_y.bin": labels.tobytes()}
        contents |= {f"stl10_binary/{name}": content for name, content in parts.items()}
        lists[split] = [[name, md5(content)] for name, content in parts.items()]
        sets[split] = images, [("airplane", "bird")[label - 1] for label in labels]
    total = packed(files / "s.tar.gz", contents)
    return (
        f"one = datasets.STL10\none.url, one.tgz_md5 = {uri(files / 's.tar.gz')!r}, {total!r}\n"
        f"one.train_list, one.test_list = {lists['train']!r}, {lists['test']!r}",
        sets,
    )


def medical(files: Path, key: str, channels: int = 1, count: int = 12) -> Made:
    names = FILES[key].labels
    contents: dict[str, np.ndarray] = {}
    sets: Sets = {"train": (np.empty((0, channels, 28, 28), np.uint8), []), "test": (pixels(0), [])}
    for split in ("train", "val", "test"):
        shape = (28, 28, 28) if key.endswith("3d") else (28, 28, 3) if channels == 3 else (28, 28)
        images, labels = pixels(count, *shape), np.arange(count)[:, None] % len(names)
        contents |= {f"{split}_images": images, f"{split}_labels": labels.astype(np.uint8)}
        flat = images[:, 14] if key.endswith("3d") else images
        flat = flat.transpose(0, 3, 1, 2) if channels == 3 else flat[:, None]
        said = [names[label] for label in labels[:, 0]]
        into = "test" if split == "test" else "train"  # no others are for validation here
        before = sets[into] if split != "test" else (flat[:0], [])
        sets[into] = np.concatenate([before[0], flat]), [*before[1], *said]
    return with_med(files, key, contents), sets


def with_med(files: Path, key: str, contents: Mapping[str, Any]) -> str:
    np.savez_compressed(files / f"{key}.npz", **contents)
    total = md5((files / f"{key}.npz").read_bytes())
    return (
        f"medmnist_files.URL = {uri(files) + '/{key}.npz'!r}\n"
        f"medmnist_files.FILES = {{{key!r}: medmnist_files.FILES[{key!r}]._replace(md5={total!r})}}"
    )


ARRAYS: dict[str, Make] = {
    "cifar10": cifar,
    "cifar100": lambda files: cifar(files, "cifar100"),
    "kmnist": kmnist,
    "emnist": emnist,
    "svhn": svhn,
    "stl10": stl10,
    "bloodmnist": lambda files: medical(files, "bloodmnist", 3, 16),
    "breastmnist": lambda files: medical(files, "breastmnist"),
    "retinamnist": lambda files: medical(files, "retinamnist", 3),
    "nodulemnist3d": lambda files: medical(files, "nodulemnist3d", 1, 6),
}


def content_of(images: np.ndarray, names: list[str]) -> list[tuple[str, bytes]]:
    return sorted((name, image.tobytes()) for name, image in zip(names, images, strict=True))


@pytest.mark.thorough(3)
@pytest.mark.parametrize("key", ARRAYS)
def test_a_set_of_arrays_is_got_and_used_by_name(key: str, files: Path, point: Callable[[str], Path]) -> None:
    code, sets = ARRAYS[key](files)
    log = point(code)
    heard: list[tuple[int, int]] = []
    train = fetch(key, lambda done, of: heard.append((done, of)))
    for split, (images, names) in sets.items():
        found = load(key, split)  # type: ignore[arg-type]
        here = [found.classes[label] for label in found.labels.tolist()]
        assert content_of(found.images.numpy(), here) == content_of(images, names)
    assert train.licence == CATALOGUE[key].licence
    assert DATASETS[key].title == CATALOGUE[key].title
    assert heard[-1][0] == heard[-1][1]
    assert is_got(key)
    count = sum(len(names) for _, names in sets.values())
    assert kept_words(key).startswith(f"{count:,} of {CATALOGUE[key].images:,} images are here.")
    assert fetch(key).images is load(key).images
    assert log.read_text() == "started\n"
    TrainingSpec(dataset=key)
    stream = fetching.source(key)
    assert stream.digest == source_of(key).digest
    assert stream.licence == train.licence


# --- pictures ---


def jpeg(colour: tuple[int, int, int], side: tuple[int, int] = (64, 64)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", side, colour).save(content, "JPEG")
    return content.getvalue()


WORDS = {"n01443537": "goldfish, Carassius auratus", "n02012849": "crane", "n03126707": "crane", "n9": "else"}
TINY_CLASSES = ("crane (n02012849)", "crane (n03126707)", "goldfish")


def tiny(per_class: int = 4) -> dict[str, bytes]:
    """As Stanford packed it."""
    contents = {
        "wnids.txt": "\n".join(list(WORDS)[:3]).encode(),
        "words.txt": "".join(f"{key}\t{words}\n" for key, words in WORDS.items()).encode(),
    }
    table = []
    for number, key in enumerate(list(WORDS)[:3]):
        contents[f"train/{key}/{key}_boxes.txt"] = b"a\t0\t0\t9\t9\n"
        for one in range(per_class):
            contents[f"train/{key}/images/{key}_{one}.JPEG"] = jpeg((60 * number, 100 + one, 0))
        for one in range(2):
            name = f"val_{2 * number + one}.JPEG"
            contents[f"val/images/{name}"] = jpeg((60 * number, 0, 100 + one))
            table.append(f"{name}\t{key}\t0\t32\t44\t62\n")
    contents["val/val_annotations.txt"] = "".join(table).encode()
    contents |= {f"test/images/test_{one}.JPEG": jpeg((one, one, one)) for one in range(3)}
    return {f"tiny-imagenet-200/{name}": content for name, content in contents.items()}


def zipped(file: Path, contents: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as out:
        for name, content in contents.items():
            out.writestr(name, content)
    return file


def laid_out(folder: Path, contents: Mapping[str, bytes]) -> Path:
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def check_tiny(name: str) -> None:
    for split, count in (("train", 12), ("test", 6)):
        found = load(name, split)  # type: ignore[arg-type]
        assert found.classes == TINY_CLASSES
        assert found.shape == (3, 64, 64)
        assert len(found) == count
        for image, label in zip(found.images, found.labels.tolist(), strict=True):
            red = {"goldfish": 0, "crane (n02012849)": 60, "crane (n03126707)": 120}[TINY_CLASSES[label]]
            assert abs(int(image[0, 32, 32]) - red) < 6


@pytest.mark.parametrize("way", ["zip", "folder", "folder inside"])
def test_tiny_imagenet_is_recognised_when_it_is_brought(way: str, tmp_path: Path) -> None:
    if way == "zip":
        path = zipped(tmp_path / "tiny-imagenet-200.zip", tiny())
    else:
        path = laid_out(tmp_path / "x", tiny()) / ("" if way == "folder inside" else "tiny-imagenet-200")
    bring(path, "tiny")
    check_tiny("tiny")
    left = dict(found_of("tiny").left_out)  # type: ignore[union-attr]
    assert list(left.values()) == ["they have no labels"]


def test_tiny_imagenet_is_thinned_out_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_IMPORT_FILES", "9")
    bring(zipped(tmp_path / "t.zip", tiny()), "tiny")
    assert found_of("tiny").counts == {"train": (2, 2, 2), "test": (1, 1, 1)}  # type: ignore[union-attr]
    assert ("9 images", "at most 9 are read, the same share of each class") in found_of("tiny").left_out  # type: ignore[union-attr]
    with pytest.raises(CnnvizError, match="more than 9 files"):
        bring(zipped(tmp_path / "u.zip", {f"{n % 2}/{n}.jpg": b"" for n in range(10)}), "other")


def test_tiny_imagenet_is_got(files: Path, point: Callable[[str], Path]) -> None:
    file = zipped(files / "tiny-imagenet-200.zip", tiny())
    point(f"fetch.TINY_URL, fetch.TINY_MD5 = {uri(file)!r}, {md5(file.read_bytes())!r}")
    fetch("tiny_imagenet")
    check_tiny("tiny_imagenet")
    assert "3 images below 'test': they have no labels" in kept_words("tiny_imagenet")
    with pytest.raises(CnnvizError, match="consists of pictures"):
        arrays("tiny_imagenet")


def test_imagenette_is_got_with_the_words_of_its_classes(
    files: Path, point: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {
        f"imagenette2-160/{split}/{key}/{key}_{one}.JPEG": jpeg((number * 90, one, 0), (200, 160))
        for split, count in (("train", 4), ("val", 2))
        for number, key in enumerate(("n01440764", "n03417042"))
        for one in range(count)
    }
    total = packed(files / "imagenette2-160.tgz", contents)
    address = uri(files / "imagenette2-160.tgz")
    point(f"datasets.Imagenette._ARCHIVES = {{'160px': ({address!r}, {total!r})}}")
    monkeypatch.setenv("CNNVIZ_MAX_IMPORT_FILES", "6")
    train, test = fetch("imagenette"), load("imagenette", "test")
    assert train.classes == ("garbage truck", "tench")
    assert (len(train), len(test), train.shape) == (4, 2, (3, 64, 64))
    assert all(abs(int(image[0, 9, 9]) - 90 * (1 - label)) < 6 for image, label in zip(test.images, test.labels.tolist(), strict=True))  # fmt: skip


def test_imagewoof_is_got_with_the_names_of_its_breeds(files: Path, point: Callable[[str], Path]) -> None:
    contents = {
        f"imagewoof2-160/{split}/{key}/{key}_{one}.JPEG": jpeg((20 * number, one, 0), (160, 200))
        for split, count in (("train", 2), ("val", 1))
        for number, key in enumerate(WOOF_CLASSES)
        for one in range(count)
    }
    total = packed(files / "imagewoof2-160.tgz", contents)
    point(f"fetch.WOOF_URL = {uri(files / 'imagewoof2-160.tgz')!r}\nfetch.WOOF_MD5 = {total!r}")  # fmt: skip
    train, test = fetch("imagewoof"), load("imagewoof", "test")
    assert set(train.classes) == set(WOOF_CLASSES.values())
    assert (len(train), len(test), train.shape) == (20, 10, (3, 64, 64))
    for image, label in zip(test.images, test.labels.tolist(), strict=True):
        number = list(WOOF_CLASSES.values()).index(train.classes[label])
        assert abs(int(image[0, 9, 9]) - 20 * number) < 6


def test_another_file_than_imagewoof_is_not_kept(files: Path, point: Callable[[str], Path]) -> None:
    packed(files / "imagewoof2-160.tgz", {"imagewoof2-160/train/n02086240/a.JPEG": jpeg((1, 2, 3), (9, 9))})
    point(f"fetch.WOOF_URL = {uri(files / 'imagewoof2-160.tgz')!r}")
    with pytest.raises(CnnvizError, match="another file than its makers published"):
        fetch("imagewoof")
    assert not is_downloaded("imagewoof")


# --- what is no class, and volumes ---


def test_several_labels_are_trained_on_as_such(files: Path, point: Callable[[str], Path]) -> None:
    targets = GENERATOR.integers(0, 2, (12, 14))
    contents = {f"{split}_images": pixels(12, 28, 28) for split in ("train", "val", "test")}
    point(
        with_med(
            files,
            "chestmnist",
            {**contents, **{f"{split}_labels": targets for split in ("train", "val", "test")}},
        )
    )
    train = fetch("chestmnist")
    assert is_downloaded("chestmnist")
    assert is_got("chestmnist")
    assert kept_words("chestmnist").startswith("36 of 112,120 images are here.")
    assert len(train) == 24, "no others are for validation here"
    assert train.many_labels
    assert train.licence == CATALOGUE["chestmnist"].licence
    names = FILES["chestmnist"].labels
    for split, whose in (("train", ("train", "val")), ("test", ("test",))):
        data = load("chestmnist", split)  # type: ignore[arg-type]
        wanted = {image.tobytes(): row for part in whose for image, row in zip(contents[f"{part}_images"], targets, strict=True)}  # fmt: skip
        for number, image in enumerate(data.images):
            row = wanted[image[0].numpy().tobytes()]
            assert set(data.names_of(number)) == {
                name for name, there in zip(names, row, strict=True) if there
            }
    found = found_of("chestmnist")
    assert found
    assert sum(found.counts["train"]) == 2 * targets.sum()
    plan = TrainingSpec("chestmnist", "tiny", task="labels").check()
    assert plan.layers[-1].output_shape == (14,)
    with pytest.raises(CnnvizError, match="may have several labels, or none, so it has no class to learn"):
        TrainingSpec("chestmnist", "tiny").check()
    raw = arrays("chestmnist")
    assert np.array_equal(raw["train_images"], contents["train_images"])
    assert np.array_equal(raw["test_labels"], targets)
    assert raw["classes"][13] == "hernia"


def test_grades_are_trained_on_in_their_order(files: Path, point: Callable[[str], Path]) -> None:
    code, _ = medical(files, "retinamnist", 3)
    point(code)
    train = fetch("retinamnist")
    assert DATASETS["retinamnist"].grades == train.classes == ("0", "1", "2", "3", "4")
    assert torch.equal(train.targets["grade"], train.labels)
    trainer = Trainer(TrainingSpec("retinamnist", "tiny", epochs=2, batch_size=8, task="ordinal"))
    assert trainer.network(train.floats(slice(2))).shape == (2, 4)
    first = trainer.step()
    while not trainer.done:
        last = trainer.step()
    assert last < first
    assert TrainingSpec("retinamnist", "tiny").check(), "also without their order"


def test_volumes_stay_beside_their_slices(files: Path, point: Callable[[str], Path]) -> None:
    code, sets = medical(files, "organmnist3d", 1, 22)
    point(code)
    fetch("organmnist3d")
    found = arrays("organmnist3d")
    assert found["test_volumes"].shape == (22, 28, 28, 28)
    assert np.array_equal(found["test_images"], sets["test"][0][:, 0])
    assert "middle slice" in kept_words("organmnist3d")


def test_volumes_are_loaded_with_their_labels_and_a_network_learns_from_them(
    files: Path, point: Callable[[str], Path]
) -> None:
    code, sets = medical(files, "organmnist3d", 1, 32)
    point(code)
    arrays("organmnist3d")
    train, test = load_volumes("organmnist3d"), load_volumes("organmnist3d", "test")
    assert train.shape == test.shape == (28, 28, 28)
    assert [test.classes[label] for label in test.labels] == sets["test"][1]
    assert np.array_equal(test.volumes[:, 14].numpy(), sets["test"][0][:, 0])
    assert not test.made
    spec = VolumeTraining("volume", epochs=1)
    state = next_epoch(spec, begin(spec, train), train, test)
    assert (state.steps, len(state.accuracy)) == (1, 1)


def test_slices_are_the_middle_ones() -> None:
    volumes = pixels(3, 4, 5, 6)
    assert np.array_equal(slices(volumes), volumes[:, 2])
    assert np.array_equal(slices(volumes, 1), volumes[:, :, 2])
    assert np.array_equal(slices(volumes, 2), volumes[:, :, :, 3])
    for wrong in ((volumes[0], 0), (volumes, 3), (volumes, -1)):
        with pytest.raises(CnnvizError, match="along the axis 0, 1 or 2"):
            slices(*wrong)


def test_large_arrays_are_thinned_out_evenly(
    files: Path, point: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = medical(files, "breastmnist", 1, 40)
    point(code)
    monkeypatch.setenv("CNNVIZ_MAX_IMPORT_BYTES", "52000")
    fetch("breastmnist")
    counts = found_of("breastmnist").counts  # type: ignore[union-attr]
    assert all(len(set(its)) == 1 and 0 < its[0] < 40 for its in counts.values())
    assert sum(map(sum, counts.values())) * 784 > 40_000
    assert kept_words("breastmnist").startswith(f"{sum(map(sum, counts.values()))} of 780 images")


# --- downloads that go wrong ---


def downloads() -> list[str]:
    return [file.name for file in settings().downloads.rglob("*") if not file.name.endswith(".lock") and file.name != "published"]  # fmt: skip


@pytest.mark.parametrize("fault", ["cut", "changed", "offline", "hidden pickle"])
def test_a_broken_download_leaves_nothing_and_starts_anew(
    fault: str, files: Path, point: Callable[[str], Path]
) -> None:
    code, sets = medical(files, "breastmnist")
    file = files / "breastmnist.npz"
    whole = file.read_bytes()
    if fault == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif fault == "changed":
        file.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    elif fault == "offline":
        file.unlink()
    wrong = code
    if fault == "hidden pickle":
        objects = {f"{split}_{part}": np.array([{}], dtype=object) for split in ("train", "val", "test") for part in ("images", "labels")}  # fmt: skip
        wrong = with_med(files, "breastmnist", objects)
    point(wrong)
    with pytest.raises(
        CnnvizError, match=r"is not on this machine and could not be downloaded.*Check the connection"
    ):
        fetch("breastmnist")
    assert not downloads()
    assert found_of("breastmnist") is None
    file.write_bytes(whole)
    point(code)
    assert len(fetch("breastmnist")) == len(sets["train"][1])


def test_a_changed_cifar_is_never_unpickled(
    files: Path, point: Callable[[str], Path], tmp_path: Path
) -> None:
    code, _ = cifar(files)
    packed(files / "c.tar.gz", {"cifar-10-batches-py/data_batch_1": b"cos\nsystem\n(S'touch %s'\ntR." % str(tmp_path / "ran").encode()})  # fmt: skip
    point(code)
    with pytest.raises(CnnvizError, match="CIFAR-10 is not on this machine"):
        fetch("cifar10")
    assert not downloads()
    assert not (tmp_path / "ran").exists()


def test_who_ends_a_download_leaves_nothing(point: Callable[[str], Path]) -> None:
    point("import time; (Path(sys.argv[2]) / 'raw-bytes').write_bytes(b'x' * 99); time.sleep(60)")

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("breastmnist", stop)
    assert not downloads()


def test_two_at_once_download_once(files: Path, point: Callable[[str], Path]) -> None:
    code, sets = medical(files, "breastmnist")
    log = point(code)
    gate = threading.Barrier(2)

    def ask(_: int) -> int:
        gate.wait()
        return len(fetch("breastmnist"))

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(ask, range(2))) == [len(sets["train"][1])] * 2
    assert log.read_text() == "started\n"


def test_a_damaged_file_on_the_disk_is_downloaded_anew(files: Path, point: Callable[[str], Path]) -> None:
    code, sets = medical(files, "breastmnist")
    log = point(code)
    arrays("breastmnist")
    (file,) = settings().downloads.rglob("*.npz")
    content = bytearray(file.read_bytes())
    content[5000] ^= 255
    file.write_bytes(content)
    assert len(fetch("breastmnist")) == len(sets["train"][1])
    assert log.read_text() == "started\n" * 2


def test_clearing_frees_bytes_and_keeps_the_data_set(files: Path, point: Callable[[str], Path]) -> None:
    assert clear_downloads() == 0
    point(medical(files, "breastmnist")[0])
    before = fetch("breastmnist").images
    (file,) = settings().downloads.rglob("*.npz")
    (settings().downloads / "MNIST" / "raw").mkdir(parents=True)
    (settings().downloads / "MNIST" / "raw" / "images").write_bytes(b"x" * 77)
    size = file.stat().st_size
    with FileLock(file.with_name(f"{file.name}.lock")):  # somebody reads it
        assert clear_downloads() == 77
        assert file.exists()
    assert clear_downloads() == size
    assert not downloads()
    assert load("breastmnist").images is before


def test_ones_own_set_of_this_name_is_not_lost(tmp_path: Path) -> None:
    bring(zipped(tmp_path / "t.zip", tiny()), "breastmnist")
    assert not is_got("breastmnist")
    assert kept_words("breastmnist") == ""
    with pytest.raises(CnnvizError, match="would be lost"):
        fetch("breastmnist")
    check_tiny("breastmnist")
    assert DATASETS["breastmnist"].licence == "that of its owner"


def test_what_cannot_be_got_is_said() -> None:
    with pytest.raises(CnnvizError, match="after its terms were accepted"):
        fetch("ilsvrc")
    with pytest.raises(CnnvizError, match="Choose one of: kmnist"):
        fetch("nothing")


def test_a_folder_that_cannot_be_written_is_said(home: Path) -> None:
    home.write_text("a file")
    with pytest.raises(CnnvizError, match="cannot be written"):
        fetch("breastmnist")


@pytest.mark.parametrize("key", GETTABLE)
def test_an_entry_has_its_words(key: str) -> None:
    entry = CATALOGUE[key]
    assert megabytes(entry) > 0
    assert not entry.withdrawn
    assert not entry.bundled
    if key in FILES:
        assert len(FILES[key].labels) == entry.classes
        assert len(FILES[key].md5) == 32
