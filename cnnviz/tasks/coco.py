"""A published detector for photographs: SSDlite with MobileNet v3, trained on the 80 kinds of things of COCO.

Its weights (13 MB) are downloaded when they are asked for; without them nothing here runs but the sentence that says so.

Source: Howard et al., Searching for MobileNetV3, ICCV 2019; Sandler et al., MobileNetV2 (SSDlite), CVPR 2018; Lin et al., Microsoft
COCO, ECCV 2014; weights: torchvision, BSD 3-Clause.
"""

import socket
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.models.pretrained import CONNECT_SECONDS, load_published, weights_folder
from cnnviz.random_numbers import drawing_from
from cnnviz.subprocesses import Progress, bytes_below, fetch
from cnnviz.tasks.detection import Detection
from cnnviz.vision import torchvision
from cnnviz.words import say

TITLE = "SSDlite320 with MobileNet v3 (COCO)"
FILE, MEGABYTES = "ssdlite320_mobilenet_v3_large_coco-a79551df.pth", 13.4
MOST = 100
"""Boxes of each kind that are looked at, the surest."""


def coco_here() -> bool:
    """Whether the weights need no download."""
    return (weights_folder() / FILE).is_file()


def coco_classes() -> tuple[str, ...]:
    """The names of the kinds, by their number; number 0 is the ground, and some numbers have no kind."""
    return tuple(_weights().meta["categories"])


def _weights() -> Any:
    return torchvision().models.detection.SSDLite320_MobileNet_V3_Large_Weights.COCO_V1


def get_coco(progress: Progress | None = None) -> Path:
    """Downloads the weights, once; cheap if they are there.

    Args:
        progress: called with (bytes so far, bytes in all).

    Raises:
        CnnvizError: no answer from the network, or the file is not the published one.
    """
    path = weights_folder() / FILE

    def command(folder: Path) -> list[str]:
        return [sys.executable, "-m", "cnnviz.tasks.coco", str(folder)]

    if not fetch(path, command, Path.is_file, bytes_below, int(MEGABYTES * 1e6), progress):
        raise CnnvizError(
            say(
                "The weights of {title} ({megabytes:.0f} MB) could not be downloaded: no answer from the network. "
                "Check the connection and try again; the detectors of scenes work without them.",
                title=TITLE,
                megabytes=MEGABYTES,
            )
        )
    return path


@lru_cache(maxsize=1)
def _network(path: Path) -> Any:
    with drawing_from(torch.Generator()):
        network = torchvision().models.detection.ssdlite320_mobilenet_v3_large(
            weights=None, weights_backbone=None
        )
    load_published(network, path, TITLE)
    return network.eval()


def coco_candidates(picture: Tensor, threshold: float = 0.3) -> Detection:
    """What could stand in a photograph: all boxes above the threshold, before any suppression (``suppressed`` does it).

    Args:
        picture: (3, H, W) in [0, 1]; it is shown to the network at 320×320 pixels.
        threshold: least probability.

    Returns:
        boxes in pixels of the picture; labels count ``coco_classes()``; the surest first.

    Raises:
        CnnvizError: the weights are not here or damaged, or the picture has another shape.
    """
    if not coco_here():
        raise CnnvizError(
            say(
                "The weights of {title} are not here yet. Get them first ({megabytes:.0f} MB).",
                title=TITLE,
                megabytes=MEGABYTES,
            )
        )
    if picture.dim() != 3 or picture.shape[0] != 3:
        raise CnnvizError(
            say(
                "The detector takes a colour picture (3, H, W), but got {str}.",
                str="×".join(map(str, picture.shape)),
            )
        )
    network = _network(weights_folder() / FILE)
    with torch.inference_mode():
        images, _ = network.transform([picture])
        maps = list(network.backbone(images.tensors).values())
        outputs = network.head(maps)
        (anchors,) = network.anchor_generator(images, maps)
        boxes = network.box_coder.decode_single(outputs["bbox_regression"][0], anchors)
        scores = outputs["cls_logits"][0].softmax(1)
    high, wide = images.image_sizes[0]
    scale = torch.tensor([picture.shape[2] / wide, picture.shape[1] / high]).repeat(2)
    most = torch.tensor([picture.shape[2], picture.shape[1]], dtype=torch.float32).repeat(2)
    boxes = torch.minimum((boxes * scale).clamp(min=0), most)
    kinds = scores[:, 1:]
    best = kinds.topk(min(MOST, len(kinds)), dim=0)
    sure = best.values > threshold
    anchor, label = best.indices[sure], (sure.nonzero()[:, 1] + 1)
    score = best.values[sure]
    order = score.argsort(descending=True, stable=True)
    return Detection(
        boxes[anchor][order].clone(), label[order].clone(), score[order].clone(), anchor[order].clone()
    )


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    _weights().get_state_dict(progress=False, check_hash=True, model_dir=sys.argv[1])
