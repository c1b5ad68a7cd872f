"""The detector against its definition written once more, plainly; and trained for real."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cnnviz.data import load, objects_of
from cnnviz.errors import CnnvizError
from cnnviz.models import build, summary
from cnnviz.tasks import (
    ANCHORS,
    all_suppressed,
    anchors_for,
    box_iou,
    candidates,
    decode,
    detect,
    detection_loss,
    detector,
    encode,
    match,
    mean_average_precision,
    nms_steps,
    precision_recall_of,
    suppressed,
)
from cnnviz.tasks.detection import IGNORE, MATCH, NEGATIVES, split_outputs
from cnnviz.training import Trainer, TrainingSpec, detection_training
from tests.properties import examples


def test_anchors_stand_at_the_middle_of_each_cell() -> None:
    anchors = anchors_for(64)
    assert anchors.shape == (8 * 8 * 3, 4)
    for row, column, size in ((0, 0, 0), (3, 5, 1), (7, 7, 2)):
        left, top, right, bottom = anchors[(row * 8 + column) * 3 + size].tolist()
        assert ((left + right) / 2, (top + bottom) / 2) == (8 * column + 4, 8 * row + 4)
        assert (right - left, bottom - top) == ANCHORS[size]


numbers = st.floats(1, 40, width=32)


@examples(60)
@given(numbers, numbers, numbers, numbers)
def test_a_box_is_what_its_offsets_make_of_the_anchor(
    left: float, top: float, wide: float, high: float
) -> None:
    box = torch.tensor([[left, top, left + wide, top + high]])
    anchor = torch.tensor([[10.0, 12.0, 30.0, 40.0]])
    offsets = encode(box, anchor)
    assert offsets[0, 0].item() == pytest.approx(((left + wide / 2) - 20) / 20 / 0.1, rel=1e-3, abs=1e-3)
    assert offsets[0, 3].item() == pytest.approx(math.log(high / 28) / 0.2, rel=1e-3, abs=1e-3)
    torch.testing.assert_close(decode(offsets, anchor), box, rtol=1e-3, atol=1e-3)


def plainly(anchors: Tensor, boxes: Tensor) -> list[int]:
    """Class of each anchor of one scene, by loops."""
    places, labels = objects_of(boxes)
    overlaps = box_iou(anchors, places)
    found = []
    for row in overlaps:
        best = row.max().item()
        found.append(int(labels[row.argmax()]) + 1 if best >= MATCH else -1 if best >= IGNORE else 0)
    for number in range(len(places)):
        found[int(overlaps[:, number].argmax())] = int(labels[number]) + 1
    return found


def test_each_anchor_says_what_it_overlaps_and_each_object_has_one() -> None:
    scenes, anchors = load("mnist_scenes", "test", 50), anchors_for(64)
    targets = match(anchors, scenes.targets["boxes"])
    for number in range(50):
        boxes = scenes.targets["boxes"][number]
        assert targets[number, :, 0].int().tolist() == plainly(anchors, boxes)
        good = targets[number, :, 0] > 0
        made = decode(targets[number, good, 1:], anchors[good])
        places, labels = objects_of(boxes)
        nearest = box_iou(made, places).max(1)
        torch.testing.assert_close(nearest.values, torch.ones(len(made)), rtol=1e-3, atol=1e-3)
        assert (labels[nearest.indices] + 1 == targets[number, good, 0]).all()


def test_the_loss_is_the_formula() -> None:
    generator = torch.Generator().manual_seed(1)
    scenes = load("mnist_scenes", "test", 3)
    targets = match(anchors_for(64), scenes.targets["boxes"])
    outputs = torch.randn(3, 45, 8, 8, generator=generator)
    what, where = split_outputs(outputs)
    shares, positive, empty, moved = what.log_softmax(-1), 0.0, [], 0.0
    count = 0
    for scene in range(3):
        for anchor in range(192):
            label = int(targets[scene, anchor, 0])
            if label > 0:
                count += 1
                positive -= shares[scene, anchor, label].item()
                for one in (where[scene, anchor] - targets[scene, anchor, 1:]).abs().tolist():
                    moved += 0.5 * one**2 if one < 1 else one - 0.5
            elif label == 0:
                empty.append(-shares[scene, anchor, 0].item())
    hard = sum(sorted(empty, reverse=True)[: NEGATIVES * count])
    assert detection_loss(outputs, targets).item() == pytest.approx(
        (positive + hard + moved) / count, rel=1e-4
    )


def test_perfect_outputs_give_the_true_boxes_and_average_precision_one() -> None:
    scenes = load("mnist_scenes", "test", 30)
    targets = match(anchors_for(64), scenes.targets["boxes"])
    outputs = torch.zeros(30, 192, 15)
    outputs.scatter_(2, targets[:, :, :1].clamp(min=0).long(), 20.0)
    outputs[:, :, 11:] = targets[:, :, 1:]
    maps = outputs.view(30, 8, 8, 45).permute(0, 3, 1, 2)
    found = [suppressed(one, 0.45) for one in candidates(maps, 64, 0.3)]
    assert mean_average_precision(found, scenes.targets["boxes"], 10) == pytest.approx(1.0)
    for one, boxes in zip(found, scenes.targets["boxes"], strict=True):
        places, labels = objects_of(boxes)
        assert len(one) == len(places)
        order = box_iou(places, one.boxes).argmax(1)
        torch.testing.assert_close(one.boxes[order], places, atol=0.05, rtol=0.01)
        assert torch.equal(one.labels[order], labels)


def test_boxes_of_two_classes_do_not_suppress_each_other() -> None:
    scenes = load("mnist_scenes", "test", 40)
    network = build(detector(10), (1, 64, 64), (45, 8, 8))
    with torch.inference_mode():
        every = candidates(network.eval()(scenes.floats()), 64, 0.05)
    for before in every:
        after = suppressed(before, 0.3)
        for label in before.labels.unique():
            own, theirs = (one.boxes[one.labels == label] for one in (before, after))
            alone = box_iou(theirs, theirs).fill_diagonal_(0)
            assert float(alone.max()) <= 0.3
            assert len(theirs) >= 1
            assert (box_iou(own, theirs).max(1).values > 0.3).all()


def test_many_images_are_suppressed_as_each_class_of_each_step_by_step() -> None:
    scenes = load("mnist_scenes", "test", 40)
    network = build(detector(10), (1, 64, 64), (45, 8, 8))
    with torch.inference_mode():
        every = candidates(network.eval()(scenes.floats()), 64, 0.05)
    every[3] = every[3].only(torch.empty(0, dtype=torch.int64))
    for before, after in zip(every, all_suppressed(every, 0.3), strict=True):
        kept = []
        for label in before.labels.unique():
            numbers = (before.labels == label).nonzero()[:, 0]
            steps = nms_steps(before.boxes[numbers], before.scores[numbers], 0.3)
            kept += [int(numbers[step.kept]) for step in steps]
        expected = before.only(torch.tensor(sorted(kept), dtype=torch.int64))
        for name in ("boxes", "labels", "scores", "anchors"):
            assert torch.equal(getattr(after, name), getattr(expected, name))
    assert all_suppressed([], 0.3) == []


def test_all_classes_together_ask_for_place_and_class() -> None:
    scenes = load("mnist_scenes", "test", 20)
    right = [suppressed(one, 0.5) for one in candidates(torch.zeros(20, 45, 8, 8), 64, 0.99)]
    assert precision_recall_of(right, scenes.targets["boxes"]).average_precision == 0.0


@pytest.mark.parametrize("name", ["mnist_scenes", "fashion_scenes"])
def test_the_detector_has_the_outputs_that_its_task_asks_for(name: str) -> None:
    plan = detection_training(name).check()
    assert plan.layers[-1].output_shape == (3 * 15, 8, 8)
    assert summary(detector(2), (3, 32, 32), (21, 4, 4)).layers[-1].output_shape == (21, 4, 4)


def test_a_network_of_another_head_and_a_set_without_boxes_are_sentences() -> None:
    with pytest.raises(CnnvizError, match="must end with maps of shape 45×8×8"):
        TrainingSpec("mnist_scenes", "fast", task="detection").check()
    with pytest.raises(CnnvizError, match="'mnist' has no boxes, which the task 'detection' asks for"):
        TrainingSpec("mnist", detector(10), task="detection").check()
    with pytest.raises(CnnvizError, match="go with classes of whole images, not with detection"):
        TrainingSpec("mnist_scenes", detector(10), task="detection", noise=0.1).check()


@pytest.mark.usefixtures("one_thread")
def test_a_detector_reaches_average_precision_0_8() -> None:
    """On scenes of four digits, to be quick; the benchmark does it with ten."""
    trainer = Trainer(detection_training(classes=("0", "1", "4", "7"), epochs=3, limit=1800))
    while not trainer.done:
        trainer.step()
    assert trainer.record(validate=True).val_accuracy > 0.8
    test = trainer.validation
    found = detect(trainer.network, test.floats(), threshold=0.05)
    measured = mean_average_precision(found, test.targets["boxes"], 4)
    assert measured == pytest.approx(trainer.record(validate=True).val_accuracy, abs=1e-6)
