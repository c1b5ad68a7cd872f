"""One's own images: every way in, and every bad file: a sentence, and nothing kept."""

import io
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.data import DATASETS, bring, brought_names, found_of, load, remove_brought
from cnnviz.data.brought import DRAFT
from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.training import Trainer, TrainingSpec, evaluate, start

COLOURS = {"red apple": (200, 30, 30), "green pear": (40, 180, 60), "blue <b>plum<i> 李": (50, 60, 190)}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def picture(colour: Any, size: tuple[int, int] = (20, 20), kind: str = "PNG", mode: str = "RGB") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).convert(mode).save(content, kind)
    return content.getvalue()


def fruits(count: int = 5, **more: Any) -> dict[str, bytes]:
    return {
        f"{name}/{number}.png": picture(tuple(min(255, part + 4 * number) for part in colour), **more)
        for name, colour in COLOURS.items()
        for number in range(count)
    }


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def table(path: Path, files: Mapping[str, bytes]) -> Path:
    folder(path, files)
    lines = ["path,label", *(f'"{name}","{name.partition("/")[0]}"' for name in files)]
    (path / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    return path / "list.csv"


def with_table(files: Mapping[str, bytes], *more: str) -> dict[str, bytes]:
    """All pictures in one folder, and a table that names their classes."""
    flat = {name: f"all/{number}.png" for number, name in enumerate(files)}
    lines = ["path,label", *(f'{new},"{old.partition("/")[0]}"' for old, new in flat.items()), *more]
    return {
        **{flat[name]: content for name, content in files.items()},
        "labels.csv": "\n".join(lines).encode(),
    }


def arrays(path: Path, files: Mapping[str, bytes]) -> Path:
    images = np.stack([np.asarray(Image.open(io.BytesIO(content))) for content in files.values()])
    np.savez(path, images=images, labels=np.array([name.partition("/")[0] for name in files]))
    return path


WAYS: dict[str, Callable[[Path], Path]] = {
    "folder": lambda path: folder(path / "fruits", fruits()),
    "folder in folders": lambda path: folder(path / "a" / "b", fruits()).parent,
    "zip": lambda path: archive(path / "fruits.zip", fruits()),
    "zip in a folder, as a Mac makes it": lambda path: archive(
        path / "f.zip",
        {
            **{f"fruits/{name}": content for name, content in fruits().items()},
            "__MACOSX/fruits/._x.png": b"x",
            "fruits/.DS_Store": b"x",
        },
    ),
    "table": lambda path: table(path / "t", fruits()),
    "arrays": lambda path: arrays(path / "fruits.npz", fruits()),
    "zip with a table": lambda path: archive(
        path / "f.zip", {f"set/{n}": c for n, c in with_table(fruits()).items()}
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_images(way: str, tmp_path: Path) -> None:
    train = bring(WAYS[way](tmp_path), "fruits")
    test = load("fruits", "test")
    assert train.classes == test.classes == tuple(sorted(COLOURS))
    assert (len(train), len(test)) == (12, 3)
    assert train.split == "train"
    assert train.images.shape == (12, 3, 20, 20)
    assert sorted(test.labels.tolist()) == [0, 1, 2]
    assert train.labels[:3].sort().values.tolist() == [0, 1, 2], "every beginning has all classes"
    seen = {tuple(image[:, 0, 0].tolist()) for one in (train, test) for image in one.images}
    assert seen == {
        tuple(min(255, part + 4 * number) for part in colour)
        for colour in COLOURS.values()
        for number in range(5)
    }
    for image, label in zip(train.images, train.labels, strict=True):
        colour = COLOURS[train.classes[label]]
        assert all(0 <= int(part) - base <= 16 for part, base in zip(image[:, 3, 7], colour, strict=True))
    pixels = train.images.float() / 255
    assert DATASETS["fruits"].mean == pytest.approx(pixels.mean((0, 2, 3)).tolist(), abs=1e-4)
    assert DATASETS["fruits"].std == pytest.approx(pixels.std((0, 2, 3), correction=0).tolist(), abs=1e-4)
    found = found_of("fruits")
    assert found
    assert found.left_out == ()
    assert found.sizes == {"20×20": 15}
    assert found.counts == {"train": (4, 4, 4), "test": (1, 1, 1)}


def test_all_ways_have_one_digest_and_the_seed_decides_the_split(tmp_path: Path) -> None:
    digests = set()
    for number, way in enumerate(("zip", "folder")):
        bring(WAYS[way](tmp_path), f"set{number}", seed=3)
        digests.add(DATASETS[f"set{number}"].digest)
    assert len(digests) == 1
    assert len(digests.pop()) == 64
    bring(WAYS["arrays"](tmp_path), "other", seed=4)
    assert DATASETS["other"].digest != DATASETS["set0"].digest
    assert brought_names()[0] == "other"
    remove_brought("other")
    assert "other" not in DATASETS
    with pytest.raises(CnnvizError, match="There is no data set 'other'"):
        load("other")


def test_folders_of_a_split_are_obeyed(tmp_path: Path) -> None:
    files = {f"set/train/{name}": content for name, content in fruits(4).items()}
    files |= {f"set/val/{name}": content for name, content in fruits(2).items()}
    train = bring(archive(tmp_path / "s.zip", files), "split")
    assert (len(train), len(load("split", "test"))) == (12, 6)
    files |= {f"set/test/{name}": content for name, content in fruits(1).items()}
    train = bring(archive(tmp_path / "s.zip", files), "split")
    assert (len(train), len(load("split", "test"))) == (18, 3)


def test_sizes_and_modes_may_be_mixed(tmp_path: Path) -> None:
    files = {
        "a/wide.jpg": picture((255, 0, 0), (90, 40), "JPEG"),
        "a/tall.png": picture((255, 0, 0), (50, 120)),
        "a/grey.png": picture((77, 77, 77), (64, 64), mode="L"),
        "b/palette.gif": picture((0, 0, 255), (60, 60), "GIF", "P"),
        "b/clear.png": picture((0, 0, 255), (70, 70), mode="RGBA"),
        "b/one.bmp": picture((255, 255, 255), (64, 64), "BMP", "1"),
    }
    train = bring(folder(tmp_path / "m", files), "mixed")
    assert train.shape == (3, 64, 64)
    assert found_of("mixed").sizes == {
        name: 1 if name != "64×64" else 2 for name in ("90×40", "50×120", "64×64", "60×60", "70×70")
    }  # type: ignore[union-attr]
    every = torch.cat([train.images, load("mixed", "test").images])
    colours = sorted(tuple(image[:, 32, 32].tolist()) for image in every)
    assert colours[2] == (77, 77, 77)
    assert colours[-1] == (255, 255, 255)
    assert bring(tmp_path / "m", "mixed", size=28).shape == (3, 28, 28)


def test_grey_pictures_stay_grey_unless_one_is_in_colour(tmp_path: Path) -> None:
    grey = {f"{name}/{number}.png": picture((90, 90, 90), mode="L") for name in "ab" for number in range(100)}
    assert bring(archive(tmp_path / "g.zip", grey), "grey").shape == (1, 20, 20)
    late = {**grey, "b/1.png": picture((200, 0, 0))}
    train = bring(archive(tmp_path / "l.zip", late), "late")
    assert train.shape == (3, 20, 20)
    pixels = torch.cat([train.images, load("late", "test").images])[:, :, 0, 0].tolist()
    assert [200, 0, 0] in pixels


def test_a_camera_picture_is_turned_upright(tmp_path: Path) -> None:
    turned = Image.new("RGB", (40, 40), "white")
    turned.paste((255, 0, 0), (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    content = io.BytesIO()
    turned.save(content, "JPEG", exif=exif)
    files = {
        **fruits(2, size=(40, 40)),
        "red apple/9.jpg": content.getvalue(),
        "red apple/8.jpg": content.getvalue(),
    }
    train = bring(folder(tmp_path / "c", files), "camera")
    images = torch.cat([train.images, load("camera", "test").images])
    assert any(image[1, 5, 20] > 240 and image[1, 35, 20] < 20 for image in images)


def test_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    files = {f"{label}/{number}.png": picture((label, 0, 0)) for label in (10, 9, 2) for number in range(2)}
    assert bring(folder(tmp_path / "n", files), "numbers").classes == ("2", "9", "10")


def test_many_files_are_decoded_by_several_processes(tmp_path: Path) -> None:
    files = {
        f"{number % 2}/{number}.png": picture((number % 256, number // 256, 7), (8, 8))
        for number in range(1700)
    }
    seen: list[tuple[int, int]] = []
    train = bring(
        archive(tmp_path / "many.zip", files), "many", progress=lambda done, of: seen.append((done, of))
    )
    images = torch.cat([train.images, load("many", "test").images])[:, :2, 0, 0]
    assert sorted(int(low) + 256 * int(high) for low, high in images) == list(range(1700))
    assert seen
    assert all(of == 1700 and done <= of for done, of in seen)


@pytest.mark.parametrize(
    ("parts", "shape"),
    [
        ({"images": np.zeros((6, 9, 9), np.uint8)}, (1, 9, 9)),
        ({"images": np.zeros((6, 9, 9, 3), np.uint8)}, (3, 9, 9)),
        ({"images": np.zeros((6, 3, 9, 9), np.float32)}, (3, 9, 9)),
        ({"x": np.ones((6, 9, 9)) * 0.5}, (1, 9, 9)),
    ],
)
def test_arrays_of_many_shapes(parts: dict[str, np.ndarray], shape: tuple[int, ...], tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz", **parts, y=np.array([0, 1, 0, 1, 0, 1])[:, None], classes=np.array(["cat", "dog"])
    )
    train = bring(tmp_path / "a.npz", "arrays")
    assert train.shape == shape
    assert train.classes == ("cat", "dog")
    if "x" in parts:
        assert int(train.images.max()) == 128


def test_the_parts_of_medmnist_are_found(tmp_path: Path) -> None:
    """The names and shapes of MedMNIST's own files."""
    parts = {
        f"{split}_{part}": np.zeros((count, 28, 28), np.uint8)
        if part == "images"
        else np.arange(count)[:, None] % 2
        for split, count in (("train", 8), ("val", 4), ("test", 6))
        for part in ("images", "labels")
    }
    np.savez(tmp_path / "pneumoniamnist.npz", **parts)
    assert len(bring(tmp_path / "pneumoniamnist.npz", "pneumonia")) == 12
    assert len(load("pneumonia", "test")) == 6


def test_a_network_learns_ones_own_images_here_and_in_another_process(tmp_path: Path) -> None:
    digits = load("mnist", "train", 900, classes=("3", "5", "8"))
    files = {}
    for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        content = io.BytesIO()
        Image.fromarray(image[0].numpy()).save(content, "PNG")
        files[f"class {digits.classes[label]}/{number}.png"] = content.getvalue()
    bring(archive(tmp_path / "d.zip", files), "own-digits")
    spec = TrainingSpec("own-digits", "fast", epochs=8, batch_size=32)
    trainer = Trainer(spec)
    while not trainer.done:
        trainer.step()
    accuracy = evaluate(trainer.network, trainer.validation).accuracy
    assert accuracy > 0.93
    run = start(spec)
    assert run.wait(120) == "finished", run.message
    assert (run.metrics()[-1].val_accuracy or 0) > 0.93
    two = TrainingSpec("own-digits", "fast", epochs=1, classes=("class 3", "class 8"))
    assert two.load("test").classes == ("class 3", "class 8")


# --- what is wrong with single files: they are left out, by name ---


def test_unreadable_files_are_left_out_by_name(tmp_path: Path) -> None:
    files = {
        **fruits(),
        "red apple/broken.png": picture((1, 1, 1))[:40],
        "red apple/words.png": b"no picture at all",
        "green pear/notes.txt": b"notes",
        "green pear/inner.zip": b"PK\x03\x04",
        "alone.png": picture((1, 1, 1)),
        "nothing here/empty.png": b"",
    }
    path = folder(tmp_path / "f", files)
    (path / "red apple" / "link.png").symlink_to("/etc/passwd")
    (path / "elsewhere").symlink_to("/etc")
    train = bring(path, "left")
    assert train.classes == tuple(sorted(COLOURS))
    assert len(train) == 12
    found = found_of("left")
    assert found
    assert dict(found.left_out) == {
        "red apple/broken.png": "it is no picture that can be read",
        "red apple/words.png": "it is no picture that can be read",
        "green pear/notes.txt": "it is no picture that can be read",
        "green pear/inner.zip": "it is an archive inside: unpack it first",
        "alone.png": "it lies in no class folder",
        "nothing here/empty.png": "it is no picture that can be read",
        "nothing here": "a class without a picture that can be read",
        "red apple/link.png": "it is a link to elsewhere",
        "elsewhere": "it is a link to elsewhere",
    }


def test_a_table_names_what_it_misses(tmp_path: Path) -> None:
    path = table(tmp_path / "t", fruits())
    with path.open("a", encoding="utf-8") as file:
        file.write("\ngone.png,red apple\n../../secret.png,red apple\n/etc/passwd,red apple\nalone\n")
    assert len(bring(path, "table")) == 12
    assert dict(found_of("table").left_out) == {  # type: ignore[union-attr]
        "gone.png": "there is no such file",
        "../../secret.png": "it leads out of the table's folder",
        "/etc/passwd": "it leads out of the table's folder",
        "line 19": "it does not name a path and a class",
    }


SEVERAL = {"0": "cat; dog", "1": "dog|cat", "2": "", "3": "dog", "4": "bird;cat;cat"}


def several(between: str, titles: str = "path,labels") -> dict[str, bytes]:
    """25 pictures whose table names several labels, with the first and the last brightness of each group for its number."""
    pictures = {f"{number}_{one}.png": picture((50 * int(number), one, 0)) for number in SEVERAL for one in range(5)}  # fmt: skip
    rows = [f"{name}{between}{SEVERAL[name[0]]}" for name in pictures]
    return {**pictures, "list.csv": "\n".join([*([titles] if titles else []), *rows]).encode()}


@pytest.mark.parametrize(
    ("between", "titles"), [(",", "path,labels"), ("\t", "file\tlabel"), (",", ""), (",", "class,image")]
)
def test_several_labels_in_a_table_are_many_labels(between: str, titles: str, tmp_path: Path) -> None:
    files = several(between, "" if titles == "class,image" else titles)
    if titles == "class,image":
        rows = [line.split(",") for line in files["list.csv"].decode().splitlines()]
        files["list.csv"] = "\n".join([titles, *(f"{labels},{name}" for name, labels in rows)]).encode()
    bring(archive(tmp_path / "s.zip", files), "pets")
    found = found_of("pets")
    assert found
    assert found.many_labels
    assert found.left_out == ()
    assert (found.images, dict(found.lengths)) == (25, {"train": 20, "test": 5})
    assert found.classes == ("bird", "cat", "dog")
    assert found.counts == {"train": (4, 12, 12), "test": (1, 3, 3)}
    for split in ("train", "test"):
        data = load("pets", split)  # type: ignore[arg-type]
        assert data.many_labels
        assert len(data.labels) == len(data.targets["labels"])
        for number, image in enumerate(data.images):
            group = str(int(image[0, 0, 0]) // 50)
            wanted = {part.strip() for part in SEVERAL[group].replace("|", ";").split(";")} - {""}
            assert set(data.names_of(number)) == wanted
            rarest = data.classes[int(data.labels[number])]
            assert rarest == ("bird" if "bird" in wanted or not wanted else rarest)
            assert not wanted or rarest in wanted
    some = load("pets", "train", classes=("dog", "bird"))
    assert some.classes == ("dog", "bird")
    assert torch.equal(some.targets["labels"], load("pets").targets["labels"][:, [2, 0]])
    assert some.only(slice(3)).targets["labels"].shape == (3, 2)


def test_arrays_of_0_and_1_are_many_labels_and_are_trained_on_as_such(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    targets = draw.integers(0, 2, (60, 3))
    # What is bright says the label: each third of the rows is one.
    images = (targets.repeat(4, 1)[:, :, None] * np.full((1, 1, 12), 200)).astype(np.uint8)
    np.savez(tmp_path / "m.npz", images=images, labels=targets, classes=["a", "b", "c"])
    train = bring(tmp_path / "m.npz", "thirds")
    assert torch.equal(train.targets["labels"], (train.images[:, 0, ::4, 0] > 0).byte())
    spec = TrainingSpec("thirds", "tiny", epochs=30, batch_size=8, task="labels")
    trainer = Trainer(spec)
    while not trainer.done:
        trainer.step()
    assert evaluate(trainer.network, load("thirds", "test"), "labels").accuracy > 0.95
    with pytest.raises(
        CnnvizError, match="An image of 'thirds' may have several labels, or none, so it has no class"
    ):
        TrainingSpec("thirds", "tiny").check()
    with pytest.raises(CnnvizError, match="Rare classes go with one class an image"):
        TrainingSpec("thirds", "tiny", task="labels", rare=("a",)).check()
    with pytest.raises(CnnvizError, match="has no grade, which the task 'ordinal' asks for"):
        TrainingSpec("thirds", "tiny", task="ordinal").check()


def test_classes_that_are_whole_numbers_have_an_order(tmp_path: Path) -> None:
    np.savez(tmp_path / "g.npz", images=np.zeros((33, 8, 8), np.uint8), labels=np.arange(33) % 11)
    train = bring(tmp_path / "g.npz", "graded")
    assert DATASETS["graded"].grades == tuple(map(str, range(11)))
    assert torch.equal(train.targets["grade"], train.labels)
    assert TrainingSpec("graded", "tiny", task="ordinal").check().layers[-1].output_shape == (10,)
    bring(WAYS["arrays"](tmp_path), "fruits")
    assert DATASETS["fruits"].grades == ()
    with pytest.raises(CnnvizError, match="has no grade"):
        TrainingSpec("fruits", "tiny", task="ordinal").check()
    with pytest.raises(CnnvizError, match="has no labels, which the task 'labels' asks for"):
        TrainingSpec("fruits", "tiny", task="labels").check()


def test_a_table_may_have_other_titles_and_a_split(tmp_path: Path) -> None:
    folder(tmp_path, fruits(3))
    rows = [
        f"{number};{name.partition('/')[0]};{name};{'test' if '/2' in name else 'train'}"
        for number, name in enumerate(fruits(3))
    ]
    (tmp_path / "t.csv").write_text("id;class;filename;split\n" + "\n".join(rows), encoding="utf-8")
    assert (len(bring(tmp_path / "t.csv", "semi")), len(load("semi", "test"))) == (6, 3)


@pytest.mark.parametrize(
    "packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_zip_files_may_be_packed_in_every_way(packed: int, tmp_path: Path) -> None:
    bring(WAYS["folder"](tmp_path), "wanted")
    with zipfile.ZipFile(tmp_path / "p.zip", "w", packed) as file:
        for name, content in fruits().items():
            file.writestr(name, content)
    bring(tmp_path / "p.zip", "packed")
    assert DATASETS["packed"].digest == DATASETS["wanted"].digest


def test_a_file_that_was_damaged_in_its_zip_file_is_left_out_by_name(tmp_path: Path) -> None:
    files = fruits()
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_STORED) as file:
        for name, content in files.items():
            file.writestr(name, content)
        spoilt = file.getinfo("red apple/3.png")
    raw = bytearray((tmp_path / "d.zip").read_bytes())
    raw[spoilt.header_offset + 30 + len(spoilt.filename) + 40] ^= 255
    (tmp_path / "d.zip").write_bytes(b"a word before" + raw)
    bring(tmp_path / "d.zip", "damaged")
    found = found_of("damaged")
    assert found
    assert found.left_out == (("red apple/3.png", "it is no picture that can be read"),)
    assert sum(map(sum, found.counts.values())) == len(files) - 1


def test_a_table_inside_a_zip_file_names_what_it_misses(tmp_path: Path) -> None:
    files = with_table(fruits(), "all/gone.png,x", "../../secret.png,x", "/etc/passwd,x", "alone")
    assert len(bring(archive(tmp_path / "t.zip", files), "table")) == 12
    assert dict(found_of("table").left_out) == {  # type: ignore[union-attr]
        "all/gone.png": "there is no such file",
        "../../secret.png": "it leads out of the zip file",
        "/etc/passwd": "it leads out of the zip file",
        "line 19": "it does not name a path and a class",
    }


def test_a_table_that_names_none_of_the_files_leaves_the_folders_to_name_the_classes(tmp_path: Path) -> None:
    files = {**fruits(), "red apple/prices.csv": b"path,label\nshop,expensive\n"}
    bring(archive(tmp_path / "t.zip", files), "folders")
    assert DATASETS["folders"].classes == tuple(sorted(COLOURS))


def test_labels_of_a_table_may_hold_anything(tmp_path: Path) -> None:
    labels = ["train", "a, b: c", "a, b: c", "train"] * 2
    lines = ["path,label", *(f'{number}.png,"{label}"' for number, label in enumerate(labels))]
    files = {f"{number}.png": picture((9 * number, 0, 0)) for number in range(8)}
    bring(archive(tmp_path / "t.zip", {**files, "t.csv": "\n".join(lines).encode()}), "anything")
    assert DATASETS["anything"].classes == ("a, b: c", "train")


# --- the budget ---


def sized(tmp_path: Path, seed: int, side: int = 8) -> Path:
    images = np.random.default_rng(seed).integers(0, 255, (40, side, side), dtype=np.uint8)
    np.savez(tmp_path / f"{seed}.npz", images=images, labels=np.arange(40) % 2)
    return tmp_path / f"{seed}.npz"


def test_the_one_not_used_for_longest_goes_and_one_in_use_stays(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BROUGHT", "3")
    for number, name in enumerate(("first", "second", "third", "somebody-elses")):
        bring(sized(tmp_path, number), name, owner="me" if number < 3 else "you")
        os.utime(home / "datasets" / name, (number + 1, number + 1))
    load("first")  # used now
    bring(sized(tmp_path, 4), "fourth", owner="me", in_use=lambda: {"second"})
    assert set(brought_names()) == {"first", "second", "fourth", "somebody-elses"}
    with pytest.raises(
        CnnvizError, match=r"The data sets of your browser are 3 .*at most 3 .*none of them may go"
    ):
        bring(sized(tmp_path, 5), "fifth", owner="me", in_use=lambda: {"first", "second", "fourth"})
    assert set(brought_names()) == {"first", "second", "fourth", "somebody-elses"}
    bring(
        sized(tmp_path, 6), "fourth", owner="me", in_use=lambda: {"first", "second", "fourth"}
    )  # in its own place
    bring(sized(tmp_path, 7), "from-python")
    assert len(brought_names()) == 5
    assert not [*(home / "datasets").glob(".draft*")]


def test_bytes_count_of_one_browser_and_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BROUGHT_BYTES", "20000")
    with pytest.raises(CnnvizError, match="the data sets of your browser may have"):
        bring(sized(tmp_path, 1, 32), "large", owner="me", in_use=set)
    bring(sized(tmp_path, 1, 16), "one", owner="me", in_use=set)
    bring(sized(tmp_path, 2, 16), "two", owner="me", in_use=set)
    assert brought_names() == ("two",)
    monkeypatch.setenv("CNNVIZ_MAX_BROUGHT_BYTES", "20000")
    with pytest.raises(CnnvizError, match="All data sets together are 1 with"):
        bring(sized(tmp_path, 3, 16), "three")  # from Python nothing is deleted unasked
    bring(sized(tmp_path, 3, 16), "three", in_use=set)
    assert brought_names() == ("three",)


# --- what is wrong with all of it: a sentence, and nothing is kept ---


def climbing(path: Path) -> Path:
    return archive(path / "x.zip", {**fruits(), "../../evil.png": picture((1, 1, 1))})


def absolute(path: Path) -> Path:
    return archive(path / "x.zip", {**fruits(), "/etc/evil.png": picture((1, 1, 1))})


def bomb(path: Path) -> Path:
    """A kilobyte that says it becomes ten gigabytes."""
    file = archive(path / "x.zip", fruits(2))
    content = bytearray(file.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 4_000_000_000)
    file.write_bytes(content)
    return file


def many(path: Path) -> Path:
    return archive(path / "x.zip", {f"{number % 2}/{number}": b"" for number in range(60)})


def objects(path: Path) -> Path:
    np.savez(path / "x.npz", images=np.array([{"a": 1}, None]), labels=np.array([0, 1]))
    return path / "x.npz"


def npz(**parts: Any) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        np.savez(path / "x.npz", **parts)
        return path / "x.npz"

    return write


def text(name: str, words: bytes) -> Callable[[Path], Path]:
    return lambda path: folder(path, {name: words}) / name


ONE = picture((9, 9, 9))
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a path that climbs out": (climbing, r"leads out of its folder: '\.\./\.\./evil\.png'. Nothing was read"),
    "an absolute path": (absolute, "leads out of its folder"),
    "a bomb": (bomb, r"Unpacked, the zip file has 4\.0 GB; at most 2\.0 GB are read"),
    "too many files": (many, "more than 50 files"),
    "no zip": (text("x.zip", b"Rar!\x1a\x07\x00"), "no zip file, or it is damaged"),
    "nothing": (lambda path: path / "gone.zip", "There is no file or folder 'gone.zip'"),
    "an empty zip": (lambda path: archive(path / "x.zip", {}), "No image in a class folder was found"),
    "no folders": (
        lambda path: archive(path / "x.zip", {"a.png": ONE, "b.png": ONE}),
        "a.png: it lies in no class folder",
    ),
    "one class": (
        lambda path: archive(path / "x.zip", {"cat/1.png": ONE, "cat/2.png": ONE}),
        "Only one class was found, 'cat'",
    ),
    "only one class that can be read": (
        lambda path: archive(path / "x.zip", {"cat/1.png": ONE, "cat/2.png": ONE, "dog/1.png": b"?"}),
        "Images of 1 classes can be read.*dog/1.png: it is no picture",
    ),
    "nothing to test with": (
        lambda path: archive(path / "x.zip", {"cat/1.png": ONE, "dog/1.png": ONE}),
        "no images to test with",
    ),
    "a class without training images": (
        lambda path: archive(
            path / "x.zip",
            {"train/cat/1.png": ONE, "train/dog/1.png": ONE, "test/cow/1.png": ONE, "test/dog/2.png": ONE},
        ),
        "The class 'cow' has no training images",
    ),
    "an empty table": (text("x.csv", b""), "is empty"),
    "a table of nothing": (
        text("x.csv", b"a.png,cat\nb.png,dog\n"),
        "None of the 2 images of 'x.csv' can be read; the first, 'a.png'",
    ),
    "a table in other letters": (text("x.csv", b"\xff\xfe\x00\x01"), "cannot be read as a table"),
    "objects": (objects, "holds Python objects, which may run code"),
    "no arrays": (text("x.npz", b"not a file"), "no NPZ file"),
    "other names": (npz(a=np.zeros(3)), "holds a. Name the arrays 'images' and 'labels'"),
    "flat images": (npz(images=np.zeros((4, 784)), labels=np.arange(4)), "have the shape 4×784"),
    "negative pixels": (npz(images=np.full((4, 8, 8), -1.0), labels=np.arange(4)), "lie between -1 and -1"),
    "not a number": (npz(images=np.full((4, 8, 8), np.nan), labels=np.arange(4)), "Scale them before"),
    "too few labels": (npz(images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(3)), "give each image one"),
    "two labels each": (
        npz(images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(8).reshape(4, 2)),
        "give each image one, or a row of 0 and 1",
    ),
    "no labels": (
        npz(images=np.zeros((4, 8, 8), np.uint8), labels=np.zeros((4, 2))),
        "Images of 0 classes can be read",
    ),
    "a label of test images alone": (
        npz(
            train_images=np.zeros((4, 8, 8), np.uint8),
            train_labels=[[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]],
            test_images=np.zeros((1, 8, 8), np.uint8),
            test_labels=[[0, 1, 1]],
            classes=["cat", "dog", "cow"],
        ),
        "No training image has the label 'cow'. Give it to more images",
    ),
    "words for pixels": (npz(images=np.full((4, 8, 8), "x"), labels=np.arange(4)), "numbers are needed"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_gives_a_sentence_and_nothing_is_kept(
    what: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if what == "too many files":
        monkeypatch.setenv("CNNVIZ_MAX_IMPORT_FILES", "50")
    make, words = BAD[what]
    path = make(tmp_path)
    with pytest.raises(CnnvizError, match=words):
        bring(path, "bad")
    assert "bad" not in DATASETS
    assert not [*home.glob("datasets/*")]
    assert not (tmp_path.parent / "evil.png").exists()


def test_a_file_that_lies_about_its_size_is_not_read_beyond_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_IMPORT_FILE_BYTES", "5000")
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "PNG")
    bring(archive(tmp_path / "x.zip", {**fruits(), "red apple/large.png": content.getvalue()}), "large")
    assert found_of("large").left_out == (("red apple/large.png", "it is too large"),)  # type: ignore[union-attr]


def test_a_picture_of_too_many_pixels_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_IMAGE_PIXELS", "10000")
    bring(
        archive(tmp_path / "x.zip", {**fruits(), "red apple/large.png": picture((1, 1, 1), (200, 200))}),
        "large",
    )
    assert found_of("large").left_out == (("red apple/large.png", "it is too large"),)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["", "Mine", "a/b", "..", "<script>", "x" * 41, "-a", "mnist", "ключ"])
def test_a_name_is_one_for_links_and_folders(name: str, tmp_path: Path, home: Path) -> None:
    with pytest.raises(CnnvizError, match=r"cannot be called|is the name of a bundled"):
        bring(folder(tmp_path / "f", fruits(2)), name)
    assert not home.exists()
    assert found_of(name) is None


@pytest.mark.parametrize("size", [3, 513, -1])
def test_a_size_has_limits(size: int, tmp_path: Path) -> None:
    with pytest.raises(CnnvizError, match="between 4 and 512"):
        bring(folder(tmp_path / "f", fruits(2)), "sized", size=size)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder(tmp_path / "f", fruits())
    first = bring(path, "fruits")
    original = np.save

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(CnnvizError, match=r"the disk is full: make room\. Nothing of it was kept"):
        bring(path, "fruits")
    monkeypatch.setattr(np, "save", original)
    assert torch.equal(load("fruits").images, first.images)
    assert not [*settings().brought.glob(f"{DRAFT}*")]


def test_too_many_pixels_in_all_give_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_IMPORT_BYTES", "17000")
    with pytest.raises(CnnvizError, match="15 images of 20×20 pixels are more than"):
        bring(folder(tmp_path / "f", fruits()), "fruits")
