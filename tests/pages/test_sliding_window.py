"""The page of the sliding window over its states, its numbers against the functions behind it."""

import re

import pytest

from cnnviz.data import compose, load
from cnnviz.tasks import nms, scan
from cnnviz.training import open_run
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/wild/sliding_window.py"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"way": "once"},
        {"stride": "2", "picture": "19", "category": "3"},
        {"network": "trained_mini_resnet_fashion", "way": "once", "iou": "1"},
        {"network": "trained_mini_vgg_mnist", "threshold": "1"},
        {"network": "untrained_mlp", "way": "once"},
    ],
)
def test_every_way(state: dict[str, str], open_page: Open) -> None:
    app = until(open_page(PAGE, **state), at_rest)
    assert not app.exception
    assert not app.error
    assert "are left" in words(app)


def test_a_network_that_is_not_ours_is_shown_window_by_window(open_page: Open) -> None:
    app = open_page(PAGE, network="efficientnet_lite0", way="once")
    assert not app.exception
    assert "it is shown window by window only" in app.error[0].value


def test_the_windows_that_are_left_are_those_of_the_functions(open_page: Open) -> None:
    app = until(open_page(PAGE, threshold="0.8", iou="0.1", picture="2"), at_rest)
    shown = re.search(r"\*\*(\d+) windows\*\*.*\*\*(\d+)\*\* are left", words(app))
    assert shown
    scenes = compose(load("mnist", "test"), 20, side=98, most=6, scale=(1.0, 1.0), noise=0.1)
    run = open_run("example")
    found = scan(run.network(run.steps[-1]), scenes.floats([2])[0], (28, 28), 4)
    scores = found.probabilities.flatten(1).max(0).values
    sure = scores >= 0.8
    assert int(shown[1]) == len(scores)
    assert int(shown[2]) == len(nms(found.boxes()[sure], scores[sure], 0.1))
