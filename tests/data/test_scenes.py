"""Composed scenes: what stands in them is what their boxes and masks say."""

import pytest
import torch

from cnnviz.data import COUNTS, DATASETS, SCENES, bring, compose, load, objects_of
from cnnviz.data.scenes import INK, OVERLAP
from cnnviz.errors import CnnvizError
from cnnviz.tasks import box_iou


@pytest.mark.parametrize("name", SCENES)
def test_boxes_hold_the_ink_of_their_objects_and_nothing_else_is_marked(name: str) -> None:
    scenes = load(name, "test")
    assert len(scenes.targets["boxes"]) == len(scenes.targets["masks"]) == len(scenes)
    for number in range(60):
        boxes, labels = objects_of(scenes.targets["boxes"][number])
        mask = scenes.targets["masks"][number]
        assert len(boxes) >= 1
        inside = torch.zeros_like(mask)
        for (left, top, right, bottom), label in zip(boxes.int().tolist(), labels.tolist(), strict=True):
            assert 0 <= left < right <= 64
            assert 0 <= top < bottom <= 64
            part = mask[top:bottom, left:right]
            inside[top:bottom, left:right] = 1
            assert (part == label + 1).any()
        assert not mask[inside == 0].any()
        assert (scenes.images[number].amax(0)[mask > 0] > INK).all()
        overlaps = box_iou(boxes, boxes).fill_diagonal_(0)
        assert float(overlaps.max()) <= OVERLAP + 1e-6
        largest = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).argmax()
        assert int(scenes.labels[number]) == int(labels[largest])


def test_a_box_touches_the_ink_on_all_four_sides() -> None:
    scenes = compose(load("mnist", limit=50), 20, most=1, noise=0.0)
    for number in range(20):
        boxes, _ = objects_of(scenes.targets["boxes"][number])
        rows, columns = (scenes.images[number, 0] > INK).nonzero(as_tuple=True)
        ends = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]
        assert boxes[0].tolist() == ends


def test_the_seed_decides_and_each_number_of_objects_occurs() -> None:
    objects = load("mnist", limit=200)
    first, again, other = (compose(objects, 40, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.targets["boxes"], again.targets["boxes"])
    assert not torch.equal(first.images, other.images)
    counts = (first.targets["boxes"][:, :, 4] >= 0).sum(1)
    assert set(counts.tolist()) == {1, 2, 3, 4}


@pytest.mark.parametrize("name", SCENES)
def test_mean_and_deviation_are_those_of_the_training_scenes(name: str) -> None:
    pixels, entry = load(name).floats(), DATASETS[name]
    assert pixels.mean().item() == pytest.approx(entry.mean[0], abs=2e-4)
    assert pixels.std().item() == pytest.approx(entry.std[0], abs=2e-4)


def test_scenes_of_some_classes_and_their_limits_keep_what_belongs_together() -> None:
    scenes = load("fashion_scenes", "test", 12, classes=("Trousers", "Bag"))
    assert scenes.classes == ("Trousers", "Bag")
    assert len(scenes) == len(scenes.targets["boxes"]) == 12
    assert set(scenes.targets["masks"].unique().tolist()) <= {0, 1, 2}
    some = scenes.only(torch.tensor([5, 2]))
    assert torch.equal(some.targets["boxes"][1], scenes.targets["boxes"][2])
    assert "mnist_scenes" not in list(DATASETS)
    assert "mnist_scenes" in DATASETS


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"count": 0}, "0 scenes of up to 4 objects cannot be drawn"),
        (
            {"count": 3, "side": 20},
            "An object may be 31 pixels wide, but the scene has 20. Make the scene larger",
        ),
    ],
)
def test_scenes_that_cannot_be_drawn(options: dict[str, int], sentence: str) -> None:
    with pytest.raises(CnnvizError, match=sentence):
        compose(load("mnist", limit=10), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SCENES)
def test_labels_and_grade_of_a_scene_are_what_its_boxes_say(name: str) -> None:
    scenes = load(name, "test")
    for number in range(len(scenes)):
        _, labels = objects_of(scenes.targets["boxes"][number])
        here = scenes.targets["labels"][number].nonzero().flatten().tolist()
        assert here == sorted(set(labels.tolist()))
        assert int(scenes.targets["grade"][number]) == len(labels) - 1
    assert set(scenes.targets["grade"].tolist()) == {0, 1, 2, 3}
    assert DATASETS[name].grades == ("1", "2", "3", "4")


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_the_same_scenes_with_the_number_of_objects_for_a_class(name: str) -> None:
    counts, scenes = load(name, "test"), load(COUNTS[name].scenes, "test")
    assert counts.images is scenes.images
    assert torch.equal(counts.labels, scenes.targets["grade"])
    assert torch.equal(counts.targets["grade"], counts.labels)
    assert DATASETS[name].grades == counts.classes == ("1", "2", "3", "4")
    assert name not in list(DATASETS)
    some = load(name, "test", classes=("1", "3"))
    assert len(some) == int(((counts.labels == 0) | (counts.labels == 2)).sum())
    assert torch.equal(some.targets["grade"], some.labels)
    assert DATASETS[name].of_classes(("1", "3")).grades == ("1", "3")
    with pytest.raises(CnnvizError, match="is the name of a bundled data set"):
        bring("nowhere", name)
