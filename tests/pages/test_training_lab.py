from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from cnnviz.data import download, fetch_all_images
from cnnviz.errors import CnnvizError
from cnnviz.training import TrainingSpec, open_run, runs, start
from cnnviz.training.recipes import RECIPES
from cnnviz.ui import runs as shown_runs
from cnnviz.ui.training_settings import lab_of
from tests.offline import no_way_out
from tests.pages.conftest import Open, until, words
from tests.pages.restored import assert_restored
from tests.test_subprocesses import write_set

PAGE = "pages/learning/training_lab.py"


@pytest.mark.parametrize(
    ("state", "instead"),
    [
        ({}, {}),
        (
            {
                "dataset": "patches",
                "network": "lenet5",
                "optimizer": "adam",
                "learning_rate": "0.01",
                "epochs": "7",
                "seed": "5",
                "batch_size": "32",
                "schedule": "constant",
            },
            {},
        ),
        (
            {"knobs": "data", "limit": "100", "classes": "3,5", "noise": "20", "augmentation": "flip,mixup"},
            {},
        ),
        ({"knobs": "loss", "loss": "squared_error", "l1": "0.001", "clip": "2"}, {}),
        ({"knobs": "stop", "patience": "3", "stop_accuracy": "97", "stop_joules": "0.5"}, {}),
        (
            {
                "dataset": "x",
                "network": "y",
                "optimizer": "z",
                "learning_rate": "fast",
                "epochs": "-1",
            },
            {
                "dataset": "mnist",
                "network": "fast",
                "optimizer": "nesterov",
                "learning_rate": "None",
                "epochs": "3",
            },
        ),
        ({"step": "0"}, {}),
        ({"run": "example", "step": "999999"}, {"step": "624"}),
    ],
)
def test_every_state_is_a_link(state: dict[str, str], instead: dict[str, str], open_page: Open) -> None:
    """``instead``: what the page holds for values of the link that are foreign to it."""
    app = open_page(PAGE, **state)
    assert not app.exception
    assert not app.error
    assert "Confusion matrix at step" in words(app)
    assert_restored(app, state, instead)


def test_a_negative_learning_rate_gives_a_sentence_when_it_is_used(open_page: Open) -> None:
    app = open_page(PAGE, learning_rate="-1")
    assert not app.exception
    assert not app.error
    before = [run.id for run in runs()]
    app.button(key="train").click().run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "The learning rate is -1.0, but it must be above 0 and at most 1000. Try 0.1 for SGD, 0.001 for Adam."
    ]
    assert app.number_input(key="learning_rate").value == -1
    assert [run.id for run in runs()] == before
    app.number_input(key="learning_rate").set_value(0.1).run()
    assert not app.error


def test_a_run_of_somebody_else_can_be_watched_and_not_commanded(open_page: Open) -> None:
    run = start(TrainingSpec("digits", "tiny", epochs=2), "a" * 32)
    run.wait(60)
    app = open_page(PAGE, run=run.id)
    assert not app.exception
    assert "Only the browser that started it" in words(app)
    assert not [button for button in app.button if button.key == "stop"]


def test_the_summary_is_that_of_the_network(open_page: Open) -> None:
    assert "**61,706** parameters" in words(open_page(PAGE, network="lenet5"))


def test_without_network_all_images_give_a_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    no_way_out(monkeypatch)
    tried: list[str] = []

    def fetch(name: str, progress: Callable[[int, int], None]) -> None:
        tried.append(name)
        fetch_all_images(name, progress)

    monkeypatch.setattr(shown_runs, "fetch_all_images", fetch)
    app = open_page(PAGE, knobs="data")
    app.toggle(key="full").set_value(True).run(timeout=60)
    assert not app.exception
    assert "could not be downloaded" in app.warning[0].value
    # Each try takes some seconds: moving another control does not try again.
    app.number_input(key="limit").set_value(3000).run()
    assert "could not be downloaded" in app.warning[0].value
    assert tried == ["mnist"]
    app.button(key="full_again").click().run(timeout=60)
    assert "could not be downloaded" in app.warning[0].value
    assert tried == ["mnist", "mnist"]


def test_a_run_that_learned_nothing_says_so_and_what_to_try(open_page: Open) -> None:
    run = start(TrainingSpec("patches", "tiny", limit=400, learning_rate=0.5))
    assert run.wait(60) == "finished"
    app = open_page("pages/learning/training_lab.py", run=run.id)
    assert not app.exception
    assert any("no better than chance" in warning.value for warning in app.warning)
    link = next(
        element.proto for element in app.get("page_link") if "learning rate 0.2" in element.proto.label
    )
    assert "dataset=patches&network=tiny&optimizer=nesterov&learning_rate=0.2" in link.query_string
    app = open_page("pages/learning/training_lab.py", run="example")
    assert not app.warning


def test_with_all_images_on_the_page_does_not_read_them_again_and_again(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    write_set(tmp_path / "data" / "MNIST")
    app = open_page(PAGE, knobs="data")
    before = download._read.cache_info()
    app.toggle(key="full").set_value(True).run()
    app.number_input(key="limit").set_value(3000).run()
    assert not app.exception
    assert not app.warning
    assert download._read.cache_info() == before


def test_the_settings_of_all_groups_are_trained(open_page: Open) -> None:
    state = {
        "dataset": "digits",
        "network": "tiny",
        "epochs": "1",
        "batch_size": "64",
        "schedule": "step",
        "initialisation": "he",
        "classes": "3,5",
        "share": "50",
        "augmentation": "crop",
        "noise": "10",
        "loss": "squared_error",
        "l1": "0.001",
        "label_smoothing": "0",
        "clip": "2",
        "patience": "4",
        "stop_accuracy": "99",
        "knobs": "stop",
    }
    app = open_page(PAGE, **state)
    assert not app.exception
    assert "Also set: Batch size: **64**" in words(app)
    app.button(key="train").click().run(timeout=60)
    assert not app.exception
    assert not app.error
    spec = runs(1)[0].spec
    assert spec == TrainingSpec(
        "digits",
        "tiny",
        1,
        64,
        schedule="step",
        initialisation="he",
        classes=("3", "5"),
        share=0.5,
        augmentation=("crop",),
        noise=0.1,
        loss="squared_error",
        l1=0.001,
        label_smoothing=0.0,
        clip=2.0,
        patience=4,
        stop_accuracy=0.99,
    )
    assert runs(1)[0].wait(60) == "finished"


def test_one_class_alone_is_a_sentence(open_page: Open) -> None:
    app = open_page(PAGE, classes="3")
    assert not app.exception
    assert "two or more" in app.error[0].value


def test_the_learning_rate_finder_suggests_a_rate_and_sets_it(open_page: Open) -> None:
    app = open_page(PAGE, dataset="digits", network="tiny", find="true")
    until(app, lambda app: any(button.key == "use_rate" for button in app.button))
    assert not app.exception
    button = app.button(key="use_rate")
    button.click().run()
    assert not app.exception
    assert app.number_input(key="learning_rate").value == float(button.label.removeprefix("Use "))
    assert not app.toggle(key="find").value


def test_a_knob_is_turned_in_mid_run(open_page: Open) -> None:
    app = open_page(PAGE, dataset="digits", network="tiny", epochs="1000", seed="3")
    app.button(key="train").click().run(timeout=60)
    run = runs(1)[0]
    try:
        app.selectbox(key="knob").set_value("l1").run()
        app.number_input(key="new_rate").set_value(0.002).run()
        app.button(key="set_rate").click().run()
        assert not app.exception
        assert "From the next step on: l1 penalty 0.002" in app.toast[0].value
    finally:
        run.stop()
    (change,) = run.folder.changes()
    assert (change.knob, change.value) == ("l1", 0.002)


def test_weights_that_were_taken_away_can_be_brought(open_page: Open) -> None:
    example = open_run("example")
    app = open_page(PAGE, network="tiny")
    labels = [element.proto.label for element in app.get("download_button")]
    assert labels == ["Weights", "PyTorch script", "Notebook", "Curves", "Report", "ONNX"]
    weights = ("mine.safetensors", example.export("safetensors", 0), "application/octet-stream")
    app.get("file_uploader")[0].set_value(weights).run()
    app.button(key="bring").click().run(timeout=60)
    assert not app.exception
    assert not app.error
    brought = runs(1)[0]
    assert torch.equal(brought.network(0).conv1.weight, example.network(0).conv1.weight)
    assert "brought from a file" in words(app)
    app = open_page(PAGE, network="lenet5")
    app.get("file_uploader")[0].set_value(weights).run()
    app.button(key="bring").click().run(timeout=60)
    assert "These weights do not fit the network 'lenet5': 'conv1.weight' is 6×1×5×5" in app.error[0].value
    assert runs(1)[0].id == brought.id


@pytest.mark.parametrize("name", RECIPES)
def test_the_link_of_a_recipe_sets_what_it_says(name: str, open_page: Open) -> None:
    spec = RECIPES[name].spec
    app = open_page(PAGE, **lab_of(spec).parameters())
    assert not app.exception
    assert not app.error
    app.button(key="train").click().run()
    started = max(runs(), key=lambda run: run.created)
    assert started.spec == spec
    with suppress(CnnvizError):  # the quick one may have come to its end
        started.stop()


def test_a_folder_that_cannot_be_written_gives_a_sentence_when_a_run_is_started(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "file" / "home"))
    app = open_page(PAGE)
    assert not app.exception
    next(button for button in app.button if button.label == "Train").click().run()
    assert not app.exception
    assert any("run folder cannot be written" in error.value for error in app.error)
