"""The page of data sets: looking, one's own images, and the published ones."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnviz.data import CATALOGUE, bring, brought_names, found_of, load
from cnnviz.data.brought import remove_brought
from cnnviz.data.look import search_images
from cnnviz.data.medmnist_files import FILES
from cnnviz.data.records import read_videos
from cnnviz.errors import CnnvizError
from cnnviz.features.nearest import nearest_pixels
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress
from cnnviz.tasks.videos import compare_classifiers
from cnnviz.training.bias import bias_result
from cnnviz.training.run import owner_hash
from cnnviz.ui.dataset_views import SHOW, wall_of
from cnnviz.ui.outside import plain
from cnnviz.ui.own_images import zip_of
from cnnviz.ui.states.datasets import Datasets
from tests.pages.conftest import BROWSER, Open, at_rest, until, words
from tests.videos import made_up, tfrecord

PAGE = "pages/wild/datasets.py"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))


def zipped(classes: dict[str, tuple[int, int, int]], count: int = 5) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, colour in classes.items():
            for number in range(count):
                picture = io.BytesIO()
                Image.new("RGB", (20, 20), (*colour[:2], colour[2] + number)).save(picture, "PNG")
                file.writestr(f"{name}/{number}.png", picture.getvalue())
        file.writestr(f"{next(iter(classes))}/notes.txt", b"words")
    return content.getvalue()


STRANGE = {"<b>plum</b>, [a](b)".replace("/", "|"): (50, 60, 100), "李, green": (40, 180, 60)}


@pytest.mark.parametrize("view", list(SHOW))
@pytest.mark.parametrize("dataset", ["mnist", "patches"])
def test_every_view_of_a_set(view: str, dataset: str, open_page: Open) -> None:
    app = until(open_page(PAGE, dataset=dataset, view=view, split="test"), at_rest)
    assert not app.exception
    assert not app.error
    assert f"{len(load(dataset, 'test')):,} test images" in words(app)


def test_every_view_of_the_menu_is_shown() -> None:
    assert set(SHOW) == set(Datasets.view.titles or ())


def test_the_nearest_images_are_counted_as_the_function_finds_them(open_page: Open) -> None:
    app = until(open_page(PAGE, dataset="digits", split="test", view="near", asked="11"), at_rest)
    test = load("digits", "test")
    near = nearest_pixels(test, 11, 24).indices[0]
    same = int((test.labels[near] == test.labels[11]).sum())
    assert f"Of the 24 nearest by their pixels (Euclidean distance) **{same}** are of its class." in words(
        app
    )


def test_some_classes_are_looked_at_and_trained_on(open_page: Open) -> None:
    app = open_page(PAGE, classes="3,5")
    chosen = sum(int((load("mnist").labels == label).sum()) for label in (3, 5))
    assert f"{chosen:,} of them chosen" in words(app)


@pytest.mark.parametrize("key", CATALOGUE)
def test_every_published_set_is_told(key: str, open_page: Open) -> None:
    app = open_page(PAGE, published=key)
    assert not app.exception
    assert f"{CATALOGUE[key].images:,}" in words(app)
    assert CATALOGUE[key].licence.replace("|", "\\|") in words(app)


def test_a_published_set_is_got_and_looked_at(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def write(file: Path, key: str, progress: Progress | None) -> Iterator[Path]:
        asked.append(key)
        if len(asked) == 1:
            raise CnnvizError("No answer from the network.")
        assert progress
        progress(1, 2)
        generator = np.random.default_rng(0)
        names = np.array(["airplane", "bird"])
        np.savez(file, images=generator.integers(0, 255, (10, 32, 32, 3), np.uint8), labels=np.arange(10) % 2, classes=names)  # fmt: skip
        yield file

    @contextmanager
    def downloaded(key: str, progress: Progress | None) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            yield from write(Path(folder) / f"{key}-published.npz", key, progress)

    monkeypatch.setattr("cnnviz.data.fetch._downloaded", downloaded)
    app = open_page(PAGE, published="cifar10")
    assert app.button(key="published_get").label == "Get it (170 MB)"
    app.button(key="published_get").click()
    until(app.run(), at_rest)
    assert [error.value for error in app.error] == ["No answer from the network."]
    app.run()
    assert asked == ["cifar10"]
    app.button(key="published_get").click()
    until(app.run(), lambda app: not any(button.key == "published_get" for button in app.button))
    assert not app.exception
    assert not app.error
    assert [one.value for one in app.success] == ["10 of 60,000 images are here."]
    assert "Look at it" in [one.label for one in app.get("page_link")]
    assert asked == ["cifar10"] * 2
    app = open_page(PAGE, published="cifar10", dataset="cifar10")
    assert app.success
    assert "**CIFAR-10**: 8 training images" in words(app)
    assert f"Licence: {plain(CATALOGUE['cifar10'].licence)}" in words(app)


def test_what_cannot_be_got_has_no_button(open_page: Open) -> None:
    app = open_page(PAGE, published="ilsvrc")
    assert not any(button.key == "published_get" for button in app.button)
    assert "after its terms were accepted" in words(app)


def test_images_with_several_labels_are_got_and_looked_at(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.eye(14, dtype=np.int64)[np.arange(42) % 14]
    labels[3::14, 5] = 1
    labels[0::14] = 0
    labels[1::14, 0] = 1

    @contextmanager
    def downloaded(key: str, _: Progress | None) -> Iterator[Path]:
        file = settings().downloads / "published" / f"{key}-published.npz"
        file.parent.mkdir(parents=True, exist_ok=True)
        levels = np.arange(42, dtype=np.uint8)[:, None, None] + np.zeros((1, 28, 28), np.uint8)
        np.savez(file, train_images=levels, train_labels=labels, test_images=levels[:5], test_labels=labels[:5], classes=FILES[key].labels)  # fmt: skip
        yield file

    monkeypatch.setattr("cnnviz.data.fetch._downloaded", downloaded)
    app = open_page(PAGE, published="chestmnist")
    app.button(key="published_get").click()
    until(app.run(), lambda app: not any(button.key == "published_get" for button in app.button))
    assert not app.exception
    assert not app.error
    assert [one.value for one in app.success] == ["47 of 112,120 images are here."]
    train = [one.proto for one in app.get("page_link") if one.proto.page == "labels"]
    assert [one.query_string for one in train] == ["data=chestmnist"]
    for view in ("grid", "means", "twins", "augment", "extremes", "near"):
        app = until(open_page(PAGE, dataset="chestmnist", view=view, classes="nodule"), at_rest)
        assert not app.exception
        assert "42 training images, 6 of them chosen" in words(app)
        assert ("compares an image with its class" in words(app)) == (view in ("extremes", "near"))
    every = [
        text for item in wall_of(load("chestmnist"), range(42), numbered=False) for text, _ in item.labels
    ]
    assert sorted(every)[:4] == ["atelectasis\ncardiomegaly"] * 3 + ["consolidation"]
    assert every.count("none") == 3
    assert every.count("infiltration\nnodule") == 3


def test_ones_own_table_of_many_labels_is_shown_before_it_is_used(open_page: Open) -> None:
    rows = [
        "path,labels",
        *(f"{number}.png,{'cup;pen' if number % 2 else 'pen'}" for number in range(10)),
        "10.png,",
    ]
    files = {f"{number}.png": shot(20 * number) for number in range(11)}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, one in {**files, "list.csv": "\n".join(rows).encode()}.items():
            file.writestr(name, one)
    app = open_page(PAGE)
    app.get("file_uploader")[0].set_value(("things.zip", content.getvalue(), "application/zip"))
    until(app.run(), at_rest)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "11 images of 2 classes" in said
    assert "| cup | 4 | 1 |" in said
    assert "| pen | 8 | 2 |" in said
    assert (
        "An image may have several of them, or none, and counts for each it has: 9 images to train, 2 to test."
        in said
    )
    links = [one.proto for one in app.get("page_link")]
    assert [one.query_string.startswith("data=own-") for one in links if one.page == "labels"] == [True]
    assert not [one for one in links if one.page in ("faces", "training_lab") and "own-" in one.query_string]


def test_ones_own_images_are_shown_before_they_are_used(open_page: Open) -> None:
    app = open_page(PAGE)
    app.get("file_uploader")[0].set_value(("fruits.zip", zipped(STRANGE), "application/zip"))
    until(app.run(), at_rest)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "10 images of 2 classes" in said
    assert "1 file was left out" in said
    assert "notes.txt: it is no picture that can be read" in said
    assert "<b>" not in said
    judge = [link.proto for link in app.get("page_link") if link.proto.page == "faces"]
    assert [link.query_string.startswith("people=own-") for link in judge] == [True]


def test_ones_own_set_is_looked_at_by_its_link_and_its_classes_may_hold_commas(
    open_page: Open, tmp_path: Path
) -> None:
    (tmp_path / "f.zip").write_bytes(zipped(STRANGE))
    train = bring(tmp_path / "f.zip", "own-fruits")
    first = train.classes[0].replace(",", "\\,")
    second = train.classes[1].replace(",", "\\,")
    app = open_page(PAGE, dataset="own-fruits", classes=f"{first},{second}")
    assert not app.exception
    assert "8 training images, 8 of them chosen" in words(app)
    assert app.selectbox(key="dataset").value == "own-fruits"
    app = open_page(PAGE, dataset="own-fruits", classes=second)
    assert "8 training images, 4 of them chosen" in words(app)
    for page in ("pages/learning/training_lab.py", "pages/learning/builder.py", "pages/learning/runs.py"):
        app = open_page(page, dataset="own-fruits")
        assert not app.exception
        assert app.selectbox(key="dataset").value == "own-fruits"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.zip", b"Rar!", "is no zip file, or it is damaged"),
        ("x.npz", b"Rar!", "is no NPZ file, or it is damaged"),
        ("x.zip", zipped({"cat": (1, 2, 3)}), "Only one class was found, 'cat'"),
    ],
)
def test_a_bad_file_gives_a_sentence(name: str, content: bytes, said: str, open_page: Open) -> None:
    app = open_page(PAGE)
    app.get("file_uploader")[0].set_value((name, content, "application/zip"))
    until(app.run(), at_rest)
    assert not app.exception
    assert said in " ".join(error.value for error in app.error)


def test_the_skewed_sample_is_told_by_its_numbers(open_page: Open) -> None:
    app = open_page(PAGE)
    about, said = bias_result(), words(app)
    for name in about.rare:
        place = about.classes.index(name)
        assert f"**{about.found['skewed'].by_class[place].mean:.0%}** of the class {name}" in said
    assert (
        f"{about.found['skewed'].accuracy.mean:.1%} against {about.found['balanced'].accuracy.mean:.1%}"
        in said
    )
    assert "withdrew it in 2020" in said


def test_without_a_rare_class_there_is_nothing_to_train(open_page: Open) -> None:
    app = open_page(PAGE, rare="")
    assert app.button(key="race_start").disabled
    app = open_page(PAGE, rare="Bag", seeds="2")
    assert not app.button(key="race_start").disabled
    assert app.button(key="race_start").label == "Train 4 networks"


def shot(level: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (level, 90, 90)).save(content, "JPEG")
    return content.getvalue()


def test_the_same_shots_make_the_same_file() -> None:
    shots = {"cup": [shot(1), shot(40)], "book": [shot(80)]}
    assert zip_of(shots) == zip_of(shots)
    assert zip_of(shots) != zip_of({**shots, "book": [shot(90)]})


def test_shots_of_the_camera_become_a_set(open_page: Open) -> None:
    app = open_page(PAGE)
    app.toggle(key="own_with_camera").set_value(True)
    app.session_state["own_shots"] = {
        "my, cup": [shot(level) for level in range(0, 100, 20)],
        "train": [shot(level) for level in range(150, 250, 20)],
    }
    app.run()
    assert app.button(key="own_keep").disabled
    app.button(key="own_use").click()
    until(app.run(), at_rest)
    assert not app.exception
    assert not app.error
    assert "10 images of 2 classes" in words(app)
    (name,) = brought_names()
    assert load(name).classes == ("my, cup", "train")
    assert found_of(name).owner == owner_hash(BROWSER)  # type: ignore[union-attr]
    app.button(key="own_forget").click()
    app.run()
    assert not app.exception
    assert "10 images of 2 classes" not in words(app)


def test_a_set_that_had_to_go_is_brought_again_from_the_same_file(open_page: Open) -> None:
    """Once, its name was remembered, and the page showed nothing at all."""
    app = open_page(PAGE)
    app.get("file_uploader")[0].set_value(("fruits.zip", zipped(STRANGE), "application/zip"))
    until(app.run(), at_rest)
    (name,) = brought_names()
    remove_brought(name)
    assert not brought_names()
    until(app.run(), at_rest)
    assert "10 images of 2 classes" in words(app)
    assert brought_names() == (name,)


def test_a_browser_that_brings_too_many_sets_is_told_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_BROUGHT_BYTES", "1000")
    app = open_page(PAGE)
    app.get("file_uploader")[0].set_value(("fruits.zip", zipped(STRANGE), "application/zip"))
    until(app.run(), at_rest)
    assert "the data sets of your browser may have" in " ".join(error.value for error in app.error)
    assert not brought_names()


@pytest.mark.parametrize(
    ("dataset", "text", "count"),
    [
        ("fashion", "sHiRt", 4000),
        ("fashion", "120-180", 61),
        ("mnist", "7", None),
        ("mnist", "#7", 1),
    ],
)
def test_a_search_is_in_the_link_and_shows_what_it_means(
    dataset: str, text: str, count: int | None, open_page: Open
) -> None:
    app = until(open_page(PAGE, dataset=dataset, search=text), at_rest)
    assert not app.exception
    found = search_images(load(dataset), text)
    assert count is None or len(found.numbers) == count
    said = words(app)
    many = "image" if len(found.numbers) == 1 else "images"
    assert f"Found: {len(found.numbers):,} {many}" in said
    assert all(plain(name) in said for name in found.classes)
    assert ("nearest by their pixels" in said) == (len(found.numbers) == 1)


def test_a_search_that_finds_nothing_is_told_so_and_classes_hold(open_page: Open) -> None:
    app = open_page(PAGE, dataset="mnist", search="zebra <b>[x](y)")
    assert not app.exception
    assert "Nothing was found for" in " ".join(one.value for one in app.info)
    assert "<b>[x]" not in words(app)
    label = int(load("mnist").labels[7])
    other = next(name for name in load("mnist").classes if name != load("mnist").classes[label])
    app = open_page(PAGE, dataset="mnist", search="#7", classes=other)
    assert "Nothing was found for" in " ".join(one.value for one in app.info)


def test_classes_of_a_brought_set_are_found_in_any_script(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "f.zip").write_bytes(zipped(STRANGE))
    train = bring(tmp_path / "f.zip", "own-fruits")
    app = open_page(PAGE, dataset="own-fruits", search="李")
    assert f"Found: {int((train.labels == 1).sum())} images" in words(app)


def test_videos_are_read_and_two_classifiers_learn_from_them(open_page: Open) -> None:
    app = open_page(PAGE, published="youtube8m", video_epochs="3")
    content = tfrecord(made_up(60))
    table = b"Index,Name\n0,Game\n7,[Concert](x)\n"
    files = [
        ("train00.tfrecord", content, "application/octet-stream"),
        ("train01.tfrecord", content[:-9], "application/octet-stream"),
        ("vocabulary.csv", table, "text/csv"),
    ]
    app.file_uploader(key="video_files").set_value(files)
    until(app.run(), at_rest)
    assert not app.exception
    assert not app.error
    videos = read_videos([(name, content) for name, content, _ in files[:2]])
    said = words(app)
    assert f"**60 videos** were read. A video has {sum(map(len, videos.labels)) / 60:.2f} labels" in said
    assert "60 records were left out" in said
    assert "train01.tfrecord, record 59: the file is cut off here" not in said, (
        "only the first ones are named"
    )
    for label, count in videos.label_counts():
        assert f"| {count} | {count / 60:.1%} |" in said, label
    assert "| Game |" in said
    assert r"\[Concert\](x)" in said
    assert "GAP@20" not in said
    app.button(key="videos_train").click()
    until(app.run(), at_rest)
    assert not app.exception
    for one in compare_classifiers(videos, epochs=3).scores:
        assert f"| {one.parameters:,} | {one.hit:.1%} | {one.perr:.1%} | {one.gap:.1%} |" in words(app)
    assert "compare_classifiers(videos, experts=2, epochs=3)" in " ".join(code.value for code in app.code)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tfrecord", b"Rar!", "No video can be read"),
        ("vocabulary.csv", b"a,b\n", "'Index' and 'Name'"),
        ("a.tfrecord", tfrecord(made_up(2)), "2 videos"),
    ],
)
def test_files_without_videos_are_told_in_a_sentence(
    name: str, content: bytes, said: str, open_page: Open
) -> None:
    app = open_page(PAGE, published="youtube8m")
    app.file_uploader(key="video_files").set_value([(name, content, "application/octet-stream")])
    until(app.run(), at_rest)
    if not app.button(key="videos_train").disabled:
        app.button(key="videos_train").click()
        until(app.run(), at_rest)
    assert not app.exception
    assert said in " ".join(error.value for error in app.error)
