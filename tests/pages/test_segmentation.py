"""The page of segmentation over its states, its numbers against the functions behind it."""

import re

import pytest

from cnnviz.data import load
from cnnviz.saliency import attribute
from cnnviz.tasks import mask_scores, segment
from cnnviz.training import open_run, trained
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/wild/segmentation.py"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"beside": "no_skips", "scene": "196"},
        {"look": "class", "category": "7"},
        {"look": "errors", "at": "0"},
        {"look": "ups", "up": "upsample"},
        {"look": "ups", "up": "transposed", "scene": "5"},
        {"segmenter": "example_no_skips", "look": "ups"},
        {"objects": "fashion", "image": "3", "share": "0.9"},
    ],
)
def test_every_view(state: dict[str, str], open_page: Open) -> None:
    app = open_page(PAGE, **state)
    assert not app.exception
    assert not app.error
    assert "Mean IoU" in words(app)


def test_the_scores_are_those_of_the_masks(open_page: Open) -> None:
    run = open_run("example_unet")
    test = run.spec.load("test")
    found = mask_scores(segment(run.network(run.steps[-1]), test.floats()), test.targets["masks"], 11)
    said = words(open_page(PAGE))
    assert f"Mean IoU **{found.mean_iou:.1%}**, mean Dice **{found.mean_dice:.1%}**" in said
    assert f"| 7 | {found.iou[8]:.1%} | {found.dice[8]:.1%} |" in said


def test_class_activation_as_a_mask_is_measured_on_real_maps(open_page: Open) -> None:
    app = until(open_page(PAGE, objects="fashion", share="0.3"), at_rest)
    shown = re.search(r"Mean IoU over (\d+) test images: \*\*([\d.]+)\*\*", words(app))
    assert shown
    test, network, ious = load("fashion", "test"), trained("mini_resnet", "fashion"), []
    for number in range(int(shown[1])):
        image = test.floats([number])
        heat = attribute(network, image[0], int(network(image).argmax()), "grad_cam").map
        mask, ink = heat >= 0.3 * heat.max(), test.images[number, 0] > 64
        ious.append(float((mask & ink).sum() / (mask | ink).sum()))
    assert float(shown[2]) == pytest.approx(sum(ious) / len(ious), abs=0.006)
