"""The page of faces: verification on what is bundled, on face sets, and on one's own images."""

import re
from pathlib import Path

import numpy as np
import pytest

from cnnviz.data import bring, load
from cnnviz.data.faces import images_to_verify, is_here
from cnnviz.features import layer_features
from cnnviz.features.verification import by_class, draw_pairs, verification
from cnnviz.training import trained
from tests.faces import lfw_folder, olivetti_file
from tests.offline import no_way_out
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/wild/faces.py"


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, no files of scikit-learn yet, and a way to the internet that leads nowhere."""
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    no_way_out(monkeypatch)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"people": "fashion", "pairs": "100", "seed": "3"},
        {"people": "patches", "portrait": "5"},
        {"people": "faces-or-not"},
        {"network": "trained_mini_resnet_fashion", "people": "mnist", "layer": "gap1"},
        {"network": "untrained_lenet5"},
        {"layer": "normalise", "threshold": "0.3"},
        {"people": "olivetti"},
        {"people": "lfw"},
        {"people": "nobody"},
        {"network": "efficientnet_lite0", "people": "faces-or-not"},
    ],
)
def test_every_way_of_judging(state: dict[str, str], open_page: Open) -> None:
    app = until(open_page(PAGE, **state), at_rest)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "Equal error rate" in said
    assert "**Early: " in said
    assert "In the training" in said
    assert "GDPR, article 9" in said


def test_the_numbers_are_those_of_the_functions(open_page: Open) -> None:
    app = until(
        open_page(PAGE, network="trained_mini_resnet_fashion", people="mnist", layer="gap1", threshold="0.2"),
        at_rest,
    )
    data = images_to_verify("mnist", False, 1000)
    vectors = layer_features(trained("mini_resnet", "fashion"), "gap1", data.floats())
    found = verification(vectors, draw_pairs(data.labels, 400, 0))
    now, said = found.at(0.2), words(app)
    assert f"**{now.false_accept:.1%}** of the pairs of two" in said
    assert f"**{now.false_reject:.1%}** of the pairs of one" in said
    assert f"Equal error rate: **{found.equal_error_rate:.1%}**" in said
    worst = by_class(found, data.labels, 0.2)[0]
    assert f"| {worst.label} | {worst.rejected} of {worst.same} " in said
    assert "each digit is a stranger" in said


def test_the_slider_begins_at_the_equal_error_rate_and_moves_both_rates(open_page: Open) -> None:
    app = until(open_page(PAGE), at_rest)
    slider = app.slider(key="threshold")
    rates = re.findall(r"\*\*([\d.]+)%\*\* of the pairs", words(app))
    assert abs(float(rates[0]) - float(rates[1])) < 1
    slider.set_value(0.0)
    app.run()
    assert "**0.0%** of the pairs of two" in words(app)
    app.slider(key="threshold").set_value(1.5)
    app.run()
    assert "**100.0%** of the pairs of two" in words(app)
    assert "**0.0%** of the pairs of one" in words(app)
    assert app.query_params["threshold"] == "1.5"


def test_the_images_just_beyond_the_threshold_are_said_to_be_none_where_there_are_none(
    open_page: Open,
) -> None:
    app = until(open_page(PAGE, threshold="0"), at_rest)
    assert "Not the same digit, but accepted**: none at this threshold" in words(app)


@pytest.mark.parametrize(("name", "make"), [("olivetti", olivetti_file), ("lfw", lfw_folder)])
def test_a_face_set_is_fetched_by_its_button_and_then_judged(
    name: str, make: object, open_page: Open, tmp_path: Path
) -> None:
    make(tmp_path / "sklearn")  # type: ignore[operator]
    app = until(open_page(PAGE, people=name), at_rest)
    assert "It is not on this machine yet" in words(app)
    app.button(key="fetch_faces_button").click()
    app = until(app.run(), lambda app: is_here(name) and at_rest(app))
    app.run()
    app = until(app, at_rest)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "Same person, up to a distance" in said
    assert "each person is a stranger" in said
    assert app.selectbox(key="people").value == name


def test_without_internet_there_is_a_sentence_and_the_page_goes_on(open_page: Open) -> None:
    app = until(open_page(PAGE, people="olivetti"), at_rest)
    app.button(key="fetch_faces_button").click()
    app = until(app.run(), lambda app: "could not be downloaded" in words(app))
    app = until(app, at_rest)
    assert not app.exception
    assert "Check the connection and try again" in words(app)
    assert "Equal error rate" in words(app)
    assert app.button(key="fetch_faces_button")
    app.run()
    assert "Equal error rate" in words(app)


def own_set(path: Path, each: int) -> None:
    images = load("digits", "train", 40).images[:, 0].numpy()
    np.savez(path, images=images[: 4 * each], labels=np.arange(4 * each) % 4)


def test_ones_own_set_is_judged_by_its_link(open_page: Open, tmp_path: Path) -> None:
    own_set(tmp_path / "own.npz", 6)
    bring(tmp_path / "own.npz", "own-people")
    app = until(open_page(PAGE, people="own-people", pairs="50"), at_rest)
    assert not app.exception
    assert not app.error
    assert "Same class, up to a distance" in words(app)
    assert app.selectbox(key="people").value == "own-people"
