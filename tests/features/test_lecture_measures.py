"""Co-adaptation, Monte Carlo dropout, shift test and class evidence."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import (
    class_evidence,
    coadaptation,
    feature_maps,
    monte_carlo_dropout,
    shift_accuracy,
    shift_test,
    shifted,
    unit_correlations,
)
from cnnviz.models import build
from cnnviz.training import open_run


@pytest.fixture(scope="module")
def dropping():
    run = open_run("example_dropout")
    return run.network(run.steps[-1])


def test_correlations_are_numpys(dropping) -> None:
    test = load("mnist", "test", 200)
    with torch.inference_mode():
        units = dropping.relu1(dropping.fc1(dropping.flatten1(dropping.normalise(test.floats())))).numpy()
    expected = np.corrcoef(units[:, units.std(axis=0, ddof=1) > 1e-6].T)
    np.testing.assert_allclose(unit_correlations(dropping, test, "relu1"), expected, atol=1e-4)
    with pytest.raises(CnnvizError, match="no layer 'relu9'"):
        unit_correlations(dropping, test, "relu9")


def test_coadaptation_goes_from_none_to_all() -> None:
    assert coadaptation(torch.eye(5)) == 0
    assert coadaptation(torch.ones(5, 5)) == pytest.approx(1)
    assert coadaptation(torch.ones(1, 1)) == 0


def test_draws_have_the_mean_and_spread_of_torchs_dropout(dropping) -> None:
    image = load("mnist", "test", 1).floats()[0]
    ours = monte_carlo_dropout(dropping, image, 4000, 1)
    assert torch.equal(ours, monte_carlo_dropout(dropping, image, 4000, 1))
    assert not dropping.training
    theirs_network = open_run("example_dropout").network(600)
    for module in theirs_network.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    torch.manual_seed(0)
    with torch.inference_mode():
        theirs = theirs_network(image.expand(4000, -1, -1, -1)).softmax(1)
    torch.testing.assert_close(ours.mean(0), theirs.mean(0), atol=0.04, rtol=0)
    torch.testing.assert_close(ours.std(0), theirs.std(0), atol=0.04, rtol=0)


def test_two_students_with_one_network_get_each_his_own_result(dropping) -> None:
    test = load("mnist", "test", 300)
    image = test.floats()[0]
    alone = (
        unit_correlations(dropping, test, "relu1"),
        monte_carlo_dropout(dropping, image, 300, 5),
        feature_maps(dropping, image)["fc3"],
    )
    with ThreadPoolExecutor(6) as pool:
        jobs = [
            pool.submit(job)
            for _ in range(15)
            for job in (
                lambda: unit_correlations(dropping, test, "relu1"),
                lambda: monte_carlo_dropout(dropping, image, 300, 5),
                lambda: feature_maps(dropping, image)["fc3"],
            )
        ]
        for index, job in enumerate(jobs):
            assert torch.equal(job.result(), alone[index % 3])


def test_without_dropout_there_is_nothing_to_draw() -> None:
    with pytest.raises(CnnvizError, match="no dropout layer"):
        monte_carlo_dropout(build("tiny", (1, 28, 28), 10), torch.rand(1, 28, 28))


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (-2, 1), (4, -5)])
def test_shifting_is_rolling_without_coming_back(right: int, down: int) -> None:
    image = torch.zeros(1, 20, 20)
    image[:, 7:13, 7:13] = torch.rand(6, 6)
    expected = np.roll(image.numpy(), (down, right), axis=(1, 2))
    np.testing.assert_array_equal(shifted(image, right, down), expected)
    with pytest.raises(CnnvizError, match="out of sight"):
        shifted(image, 20)


def test_the_shift_test_is_zero_where_nothing_moves_and_pooling_softens_a_shift() -> None:
    network, images = open_run("example").network(624), load("mnist", "test", 20)
    before, after = [], []
    for image, label in zip(images.floats(), images.labels.tolist(), strict=True):
        found = shift_test(network, image, label, [0, 1])
        assert all(change[0] == pytest.approx(0, abs=1e-5) for change in found.change.values())
        before.append(found.change["relu1"][1])
        after.append(found.change["pool1"][1])
    assert sum(after) < sum(before)


def test_a_shift_changes_each_layer_as_one_image_alone_shows() -> None:
    network, images = open_run("example").network(624), load("mnist", "test", 20)
    image, label = images.floats()[7], int(images.labels[7])
    found = shift_test(network, image, label, [-2, 0, 5])
    here = feature_maps(network, image)
    assert found.change.keys() == here.keys()
    for place, right in enumerate((-2, 0, 5)):
        moved = feature_maps(network, shifted(image, right))
        for name, values in moved.items():
            cosine = functional.cosine_similarity(values.flatten(), here[name].flatten(), dim=0).item()
            assert found.change[name][place] == pytest.approx(1 - cosine, abs=1e-5)
        answer = torch.softmax(moved[next(reversed(moved))].flatten(), 0)[label].item()
        assert found.probability[place] == pytest.approx(answer, abs=1e-5)


def test_evidence_adds_up_to_the_logits() -> None:
    network = open_run("example_linear").network(624)
    image = load("mnist", "test", 1).floats()[0]
    evidence = class_evidence(network, image)
    with torch.inference_mode():
        torch.testing.assert_close(evidence.logits, network(image[None])[0], atol=1e-4, rtol=1e-4)
    with pytest.raises(CnnvizError, match="one fully connected layer"):
        class_evidence(build("tiny", (1, 28, 28), 10), image)


def test_accuracy_when_all_images_move_is_that_of_the_moved_images() -> None:
    test = load("mnist", "test", 200)
    network = open_run("example").network(624).eval()
    found = shift_accuracy(network, test.floats(), test.labels, [0, 3])
    moved = torch.from_numpy(np.roll(test.floats().numpy(), 3, axis=3))
    moved[..., :3] = 0
    with torch.inference_mode():
        for share, images in zip(found, (test.floats(), moved), strict=True):
            right = network(images).argmax(1) == test.labels
            assert share == pytest.approx(right.float().mean().item())
    assert found[1] < found[0]
