"""The published detector's way from a photograph to its boxes, on weights in the true file format, against torchvision's own."""

from pathlib import Path

import pytest
import torch
from torch import nn

from cnnviz.data import photo
from cnnviz.errors import CnnvizError
from cnnviz.random_numbers import drawing_from
from cnnviz.tasks import coco
from cnnviz.tasks.detection import suppressed
from cnnviz.vision import torchvision


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like the published one, of a network with random weights."""
    with drawing_from(torch.Generator().manual_seed(1)):
        network = torchvision().models.detection.ssdlite320_mobilenet_v3_large(
            weights=None, weights_backbone=None
        )
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches
    with torch.no_grad():  # so that signals do not fade on their way, and boxes differ
        network.train().head(list(network.backbone(torch.rand(2, 3, 320, 320)).values()))
        for weights in network.head.classification_head.parameters():
            weights.mul_(3)
    path = tmp_path_factory.mktemp("home") / "weights" / coco.FILE
    path.parent.mkdir()
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture
def home(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(weights.parents[1]))


@pytest.mark.usefixtures("home")
def test_its_boxes_are_those_of_torchvision_before_suppression(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = photo("coffee").float() / 255
    threshold = float(coco.coco_candidates(picture, 0.0).scores[40:42].mean())
    found = coco.coco_candidates(picture, threshold)
    assert len(found) == 41
    package = torchvision()
    network = package.models.detection.ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, score_thresh=threshold, topk_candidates=coco.MOST
    )
    network.detections_per_img = 10**6
    network.load_state_dict(torch.load(weights, weights_only=True))
    monkeypatch.setattr(
        package.ops.boxes, "batched_nms", lambda _, scores, *__: scores.argsort(descending=True, stable=True)
    )
    with torch.inference_mode():
        (theirs,) = network.eval()([picture])
    torch.testing.assert_close(found.scores, theirs["scores"])
    # Scores that agree in all digits but the last may stand in another order: each box beside its nearest one.
    others = found.labels[:, None] != theirs["labels"][None]
    nearest = (torch.cdist(found.boxes, theirs["boxes"]) + 1e6 * others).argmin(1)
    assert nearest.unique().numel() == len(found)
    assert torch.equal(found.labels, theirs["labels"][nearest])
    torch.testing.assert_close(found.boxes, theirs["boxes"][nearest], atol=1e-2, rtol=1e-4)
    torch.testing.assert_close(found.scores, theirs["scores"][nearest])
    kept = suppressed(found, 0.3)
    assert 0 < len(kept) <= len(found)


@pytest.mark.usefixtures("home")
def test_a_grey_picture_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="takes a colour picture"):
        coco.coco_candidates(torch.zeros(1, 50, 50))


def test_without_the_weights_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    assert not coco.coco_here()
    with pytest.raises(CnnvizError, match="are not here yet"):
        coco.coco_candidates(torch.zeros(3, 50, 50))
    names = coco.coco_classes()
    assert (len(names), names[0], names[1], names[17]) == (91, "__background__", "person", "cat")


def test_a_download_that_fails_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(coco, "fetch", lambda *_: False)
    with pytest.raises(CnnvizError, match="could not be downloaded"):
        coco.get_coco()
    assert not coco.coco_here()
