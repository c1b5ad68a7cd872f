"""Images may be given as bytes, as a data set holds them: the answers are those of the same images as numbers."""

import torch

from cnnviz.data import load
from cnnviz.features import layer_features
from cnnviz.features.composition import parts, peaks, stages
from cnnviz.features.nearest import nearest_regions
from cnnviz.training import trained

SHAPE = (1, 28, 28)


def test_bytes_are_taken_as_the_numbers_that_they_stand_for() -> None:
    network, test = trained("mini_vgg", "fashion"), load("fashion", "test", 60)
    numbers = test.floats()
    [*_, stage] = stages(network, SHAPE)
    assert test.images.dtype == torch.uint8
    assert torch.equal(
        layer_features(network, stage.layer, test.images), layer_features(network, stage.layer, numbers)
    )
    ours, theirs = (peaks(network, [stage.layer], images)[stage.layer] for images in (test.images, numbers))
    assert torch.equal(ours.values, theirs.values)
    assert torch.equal(ours.places, theirs.places)
    cut = [parts(images, theirs, stage, 3, 4, 32) for images in (test.images, numbers)]
    assert torch.equal(*cut)
    found = [
        nearest_regions(network, stage.layer, numbers[0], (1, 1), images, 5)
        for images in (test.images, numbers)
    ]
    assert torch.equal(found[0].images, found[1].images)
    assert torch.equal(found[0].similarity, found[1].similarity)
