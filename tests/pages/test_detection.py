"""The page of detection over its states, its numbers against the functions behind it."""

import re

import pytest

from cnnviz.tasks import candidates, mean_average_precision, nms, suppressed
from cnnviz.training import open_run
from tests.pages.conftest import Open, words

PAGE = "pages/wild/detection.py"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"look": "nms", "threshold": "0.1"},
        {"look": "anchors", "row": "7", "col": "0"},
        {"look": "roi", "box": "40", "bins": "7", "map": "63"},
        {"look": "roi", "at": "0", "iou": "0"},
        {"scene": "199", "threshold": "1"},
        {"at": "0"},
        {"category": "7", "iou": "1"},
        {"category": "nothing", "scene": "9999"},
    ],
)
def test_every_view(state: dict[str, str], open_page: Open) -> None:
    app = open_page(PAGE, **state)
    assert not app.exception
    assert not app.error
    assert "mAP" in words(app)


def test_the_average_precision_is_that_of_the_functions(open_page: Open) -> None:
    run = open_run("example_detector")
    network, test = run.network(run.steps[-1]), run.spec.load("test")
    found = [suppressed(one, 0.3) for one in candidates(network(test.floats()).detach(), 64, 0.05)]
    app = open_page(PAGE, iou="0.3")
    shown = re.search(r"mAP: \*\*([\d.]+)%\*\*", words(app))
    assert shown
    wanted = mean_average_precision(found, test.targets["boxes"], 10)
    assert float(shown[1]) == pytest.approx(100 * wanted, abs=0.06)


def test_precision_and_recall_at_the_threshold_are_counts(open_page: Open) -> None:
    run = open_run("example_detector")
    network, test = run.network(run.steps[-1]), run.spec.load("test")
    boxes = sum(
        len(nms(one.boxes[one.labels == 4], one.scores[one.labels == 4], 0.45))
        for one in candidates(network(test.floats()).detach(), 64, 0.6)
    )
    objects = int((test.targets["boxes"][:, :, 4] == 4).sum())
    app = open_page(PAGE, threshold="0.6", category="4")
    shown = re.search(r"precision \*\*([\d.]+)%\*\*.*recall \*\*([\d.]+)%\*\*", words(app))
    assert shown
    right = float(shown[2]) / 100 * objects
    assert right == pytest.approx(round(right), abs=0.2)
    assert round(right) / boxes == pytest.approx(float(shown[1]) / 100, abs=0.006)


def test_a_run_of_another_task_is_a_sentence_and_the_example_is_shown(open_page: Open) -> None:
    app = open_page(PAGE, detector="example_unet")
    assert "This run learns segmentation, not detection" in app.error[0].value
    assert "mAP" in words(app)
    app = open_page("pages/inside/mistakes.py", network="run", run="example_detector")
    assert not app.exception
    assert "This run learns detection, so it has no class for a whole image" in app.error[0].value
