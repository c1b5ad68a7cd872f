"""Stages of networks, their strongest filters, and the images made for them."""

from itertools import islice

import pytest
import torch
from torch import nn

from cnnviz.data import PHOTOS, fit, load, photo, photo_parts
from cnnviz.errors import CnnvizError
from cnnviz.features import feature_maps, maximise
from cnnviz.features.composition import SIDE_MADE, Peaks, parts, peaks, stages, strongest
from cnnviz.features.made import STEPS, bundled_image, bundled_peaks, make
from cnnviz.models import pretrained
from cnnviz.models.pretrained import BUNDLED
from cnnviz.training import trained, trained_networks

SHAPE = (3, 224, 224)


def test_the_large_network_has_five_stages_that_see_more_and_more() -> None:
    found = stages(pretrained(BUNDLED), SHAPE)
    assert [stage.shape[1] for stage in found] == [112, 56, 28, 14, 7]
    sizes = [stage.field.size for stage in found]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 5


@pytest.mark.parametrize(("name", "dataset"), list(trained_networks()))
def test_every_trained_network_has_stages_that_are_layers_of_it(name: str, dataset: str) -> None:
    network = trained(name, dataset)
    image = load(dataset, "test").floats(slice(0, 1))[0]
    maps = feature_maps(network, image)
    found = stages(network, (1, 28, 28))
    assert found
    for stage in found:
        assert tuple(maps[stage.layer].shape) == stage.shape


def test_a_network_without_convolution_has_no_stages() -> None:
    with pytest.raises(CnnvizError, match="no convolution"):
        stages(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), (1, 28, 28))


def test_peaks_are_the_largest_values_of_the_maps_in_batches_as_alone() -> None:
    network, images = trained("mini_vgg", "fashion"), load("fashion", "test").floats(slice(0, 7))
    layers = [stage.layer for stage in stages(network, (1, 28, 28))]
    told: list[float] = []
    found = peaks(network, layers, images, batch=3, progress=told.append)
    assert told == [0, 3 / 7, 6 / 7]
    for number, image in enumerate(images):
        maps = feature_maps(network, image)
        for layer in layers:
            torch.testing.assert_close(
                found[layer].values[number], maps[layer].amax((1, 2)), rtol=1e-4, atol=1e-5
            )
            row, col = found[layer].place(number, 3)
            assert maps[layer][3, row, col].item() == pytest.approx(maps[layer][3].max().item(), abs=1e-5)


def test_the_strongest_filter_is_the_one_that_this_image_fires_beyond_the_usual() -> None:
    usual = Peaks(
        torch.tensor([[4.0, 1.0, 0.001], [6.0, 1.0, 0.001]]), torch.zeros(2, 3, dtype=torch.long), 1
    )
    here = Peaks(torch.tensor([[6.0, 3.0, 0.02]]), torch.zeros(1, 3, dtype=torch.long), 1)
    # 6/5, 3/1; the third is twenty times above its mean, but silent everywhere.
    assert strongest(here, usual, 2) == [1, 0]


def test_parts_are_the_receptive_fields_of_the_images_that_fire_most() -> None:
    network, images = trained("mini_vgg", "fashion"), load("fashion", "test").floats(slice(0, 20))
    stage = stages(network, (1, 28, 28))[0]
    found = peaks(network, [stage.layer], images)[stage.layer]
    cut = parts(images, found, stage, 2, 3, 10)
    assert cut.shape == (3, 1, 10, 10)
    best = int(found.values[:, 2].argmax())
    top, left, bottom, right = stage.field.box(*found.place(best, 2))
    assert (bottom - top, right - left) == (5, 5)
    # Each pixel of a field of five is two pixels of ten.
    torch.testing.assert_close(cut[0, :, ::2, ::2], images[best, :, top:bottom, left:right])


def test_the_searched_photographs_are_whole_and_in_parts() -> None:
    images = photo_parts((3, 64, 64))
    assert images.shape == (4 * len(PHOTOS), 3, 64, 64)
    torch.testing.assert_close(images[0], fit(photo("astronaut"), (3, 64, 64)))


def test_a_bundled_image_is_what_is_made_now() -> None:
    """But for its compression, and the last bits of another machine's arithmetic, which grow over the steps."""
    network = pretrained(BUNDLED)
    [layer, *_] = [stage.layer for stage in stages(network, SHAPE)]
    bundled = (bundled_image(BUNDLED, layer, number) for number in range(96))
    (channel, before), (_, other) = islice(((n, one) for n, one in enumerate(bundled) if one is not None), 2)
    now = make(network, layer, channel, SHAPE)
    assert now.shape == before.shape == (3, SIDE_MADE, SIDE_MADE)
    alike = torch.corrcoef(torch.stack([one.flatten() for one in (now, before, other)]))[0]
    assert alike[1] > 0.7
    assert alike[2] < 0.5


def test_for_the_usual_photographs_nobody_waits() -> None:
    network = pretrained(BUNDLED)
    found = stages(network, SHAPE)
    layers = [stage.layer for stage in found]
    usual = peaks(network, layers, photo_parts(SHAPE), batch=5)
    bundled = bundled_peaks(BUNDLED)
    assert bundled is not None
    assert set(bundled) == set(layers)
    here = peaks(network, layers, fit(photo("coffee"), SHAPE).unsqueeze(0))
    for layer in layers:
        torch.testing.assert_close(bundled[layer].values, usual[layer].values, rtol=1e-3, atol=1e-3)
        assert (bundled[layer].places == usual[layer].places).float().mean() > 0.99  # but for ties
        assert bundled[layer].width == usual[layer].width
        for channel in strongest(here[layer], usual[layer], 4):
            assert bundled_image(BUNDLED, layer, channel) is not None


def test_an_image_that_is_made_fires_its_filter() -> None:
    network = trained("mini_vgg", "fashion")
    [*_, stage] = stages(network, (1, 28, 28))
    made = maximise(network, stage.layer, 3, (1, 28, 28), steps=STEPS)
    assert made.history[-1] > made.history[0] + 1
    assert bundled_image("mini_vgg", stage.layer, 3) is None
