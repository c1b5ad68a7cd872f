"""The page of detection over its states, its numbers against the functions behind it."""

import re
from pathlib import Path

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.random_numbers import drawing_from
from cnnviz.tasks import candidates, coco, mean_average_precision, nms, suppressed
from cnnviz.training import open_run
from cnnviz.ui import published_detector
from cnnviz.vision import torchvision
from tests.pages.conftest import Open, at_rest, until, words

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


def test_a_published_detector_is_asked_for_and_then_looks_at_photographs(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))

    def get(_: object) -> Path:
        with drawing_from(torch.Generator().manual_seed(1)):
            network = torchvision().models.detection.ssdlite320_mobilenet_v3_large(
                weights=None, weights_backbone=None
            )
        path = tmp_path / "weights" / coco.FILE
        path.parent.mkdir()
        torch.save(network.state_dict(), path.with_suffix(".draft"))
        return path.with_suffix(".draft").replace(path)

    monkeypatch.setattr(published_detector, "get_coco", get)
    app = open_page(PAGE, sure="0.05", photograph="chelsea")
    assert not app.exception
    assert "Its weights are not on this machine yet: 13 MB" in words(app)
    app.button(key="get_coco").click().run()
    until(app, at_rest)
    assert not app.exception
    assert not app.error
    assert "finds **0** things: none. It knows 80 kinds." in words(app)


def test_damaged_weights_are_a_sentence_and_asked_for_again(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    path = tmp_path / "weights" / coco.FILE
    path.parent.mkdir()
    path.write_bytes(b"half of the weights")
    app = open_page(PAGE, photograph="coffee")
    assert not app.exception
    assert "on this machine are damaged" in app.error[0].value
    app.run()
    assert not app.error
    assert app.button(key="get_coco")


def test_no_answer_from_the_network_is_a_sentence(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))

    def refuse(_: object) -> Path:
        raise CnnvizError("could not be downloaded: no answer from the network")

    monkeypatch.setattr(published_detector, "get_coco", refuse)
    app = open_page(PAGE)
    app.button(key="get_coco").click().run()
    until(app, at_rest)
    assert not app.exception
    assert "no answer from the network" in app.warning[0].value
