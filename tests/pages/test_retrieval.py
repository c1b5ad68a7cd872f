"""The page of retrieval against the functions behind it."""

import re

import pytest

from cnnviz.data import load
from cnnviz.features.nearest import nearest, precision_at
from cnnviz.training import open_run, trained
from cnnviz.ui.networks import network_of_run
from cnnviz.ui.retrieval import places_of
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/wild/retrieval.py"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"metric": "euclidean", "count": "24"},
        {"beside": "untrained"},
        {"beside": "photographs", "number": "3"},
        {"beside": "photographs", "number": "900", "metric": "euclidean"},
        {"layer": "normalise"},
        {"ask": "cell", "row": "3", "col": "5"},
        {"network": "trained_mini_resnet_fashion", "number": "11"},
        {"image": "photo"},
        {"network": "untrained_lenet5"},
    ],
)
def test_every_way_of_asking(state: dict[str, str], open_page: Open) -> None:
    app = until(open_page(PAGE, **state), at_rest)
    assert not app.exception
    assert not app.error
    said = words(app)
    assert "look most like cell (3, 5)" in said if "ask" in state else "Precision at" in said


def test_the_precision_is_that_of_the_function(open_page: Open) -> None:
    app = until(open_page(PAGE, network="trained_mini_resnet_fashion", layer="gap1", count="8"), at_rest)
    test, network = load("fashion", "test"), trained("mini_resnet", "fashion")
    near = nearest(network, "gap1", test.floats(), test.floats(), 9)
    others = [[one for one in row if one != number][:8] for number, row in enumerate(near.tolist())]
    wanted = precision_at(near.new_tensor(others), test.labels, test.labels).mean().item()
    shown = re.search(r"\*\*([\d.]+)%\*\* by gap1", words(app))
    assert shown
    assert float(shown[1]) == pytest.approx(100 * wanted, abs=0.06)


def test_a_cell_beyond_the_maps_goes_to_the_last_one(open_page: Open) -> None:
    app = until(open_page(PAGE, ask="cell", row="400"), at_rest)
    assert not app.exception
    assert not app.error
    assert open_run("example")


def test_the_image_that_asks_is_not_among_the_places_that_are_found() -> None:
    test, network = (
        load("fashion", "test"),
        network_of_run(open_run("example"), open_run("example").steps[-1]),
    )
    image = test.floats([7])[0]
    among = places_of(network, "conv2", image, (2, 2), test, 4, None, lambda _: None)
    others = places_of(network, "conv2", image, (2, 2), test, 4, 7, lambda _: None)
    assert int(among.images[0]) == 7
    assert len(others.images) == 4
    assert others.images[:3].tolist() == among.images[1:].tolist()
