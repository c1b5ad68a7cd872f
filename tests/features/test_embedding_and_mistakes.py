import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix
from sklearn.neighbors import NearestNeighbors

from cnnviz.data import ImageDataset, load
from cnnviz.errors import CnnvizError
from cnnviz.features import Answers, answers, feature_maps, layer_features, project, separation
from cnnviz.training import open_run


@pytest.fixture(scope="module")
def features() -> torch.Tensor:
    return layer_features(open_run("example").network(624), "flatten1", load("mnist", "test", 200).floats())


def test_features_are_the_layers_values(features: torch.Tensor) -> None:
    image = load("mnist", "test", 4).floats()[3]
    torch.testing.assert_close(
        features[3], feature_maps(open_run("example").network(624), image)["flatten1"].flatten()
    )


def test_pca_is_scikit_learns_up_to_signs(features: torch.Tensor) -> None:
    ours, theirs = (
        project(features).double().numpy(),
        PCA(2, svd_solver="full").fit_transform(features.double().numpy()),
    )
    for axis in (0, 1):
        assert abs(np.corrcoef(ours[:, axis], theirs[:, axis])[0, 1]) > 0.99999
    assert np.allclose(np.abs(ours), np.abs(theirs), atol=1e-2)


def test_a_large_set_gives_the_same_plane() -> None:
    values = torch.randn(900, 700, generator=torch.Generator().manual_seed(0)) * torch.linspace(3, 0.1, 700)
    values[:, 0] *= 9
    values[:, 1] *= 5
    theirs = PCA(2, svd_solver="full").fit_transform(values.double().numpy())
    ours = project(values).numpy()
    assert ours.shape == (900, 2)
    for axis in (0, 1):
        assert abs(np.corrcoef(ours[:, axis], theirs[:, axis])[0, 1]) > 0.99


def test_points_keep_their_place(features: torch.Tensor) -> None:
    base = project(features)
    turned = base @ torch.tensor([[0.0, -1.0], [1.0, 0.0]])
    again = project(features, start=turned)
    assert (again - turned).norm() < 0.05 * turned.norm()


def test_tsne_keeps_neighbours_reports_and_may_end(features: torch.Tensor) -> None:
    shares: list[float] = []
    points = project(features, "tsne", progress=shares.append)
    assert points.shape == (200, 2)
    assert len(shares) >= 5
    labels = load("mnist", "test", 200).labels.numpy()

    def same(values: np.ndarray) -> float:
        nearest = NearestNeighbors(n_neighbors=6).fit(values).kneighbors(values)[1][:, 1:]
        return float((labels[nearest] == labels[:, None]).mean())

    assert same(points.numpy()) > 0.6

    class EndError(Exception):
        pass

    def end(_: float) -> None:
        raise EndError

    with pytest.raises(EndError):
        project(features, "tsne", progress=end)


def test_classes_come_apart_while_the_network_learns() -> None:
    test = load("mnist", "test", 400)
    run = open_run("example")
    first, last = (
        separation(layer_features(run.network(step), "relu2", test.floats()), test.labels)
        for step in (0, 624)
    )
    assert last.spread > first.spread
    assert last.neighbours > first.neighbours > 0.3


def test_bad_features_are_sentences() -> None:
    with pytest.raises(CnnvizError, match="2 images are too few"):
        project(torch.rand(2, 5))
    with pytest.raises(CnnvizError, match="same values for all images"):
        project(torch.ones(9, 5))
    with pytest.raises(CnnvizError, match="not finite"):
        project(torch.full((9, 5), math.nan))
    with pytest.raises(CnnvizError, match="Choose one of: pca"):
        project(torch.rand(9, 5), "umap")


def test_confusion_is_scikit_learns_and_cells_hold_their_images() -> None:
    test = load("mnist", "test", 1000)
    found = answers(
        open_run("example").network(90 if 90 in open_run("example").steps else open_run("example").steps[40]),
        test,
    )
    assert np.array_equal(
        found.confusion.numpy(),
        confusion_matrix(test.labels.numpy(), found.predicted.numpy(), labels=list(range(10))),
    )
    assert found.accuracy == pytest.approx((found.predicted == test.labels).float().mean().item())
    for true in range(10):
        for predicted in range(10):
            numbers = found.cell(true, predicted)
            assert len(numbers) == found.confusion[true, predicted]
            assert all(test.labels[i] == true and found.predicted[i] == predicted for i in numbers)
    wrong = found.confident_mistakes(5)
    assert all(found.predicted[i] != test.labels[i] for i in wrong)
    assert [found.confidence[i].item() for i in wrong] == sorted(
        (found.confidence[i].item() for i in wrong), reverse=True
    )


def test_calibration_counts_every_answer_and_a_perfect_forecast_has_no_error() -> None:
    generator = torch.Generator().manual_seed(0)
    sure = torch.rand(20000, generator=generator) * 0.5 + 0.5
    right = torch.rand(20000, generator=generator) < sure
    found = Answers(torch.stack([sure, 1 - sure], 1), torch.where(right, 0, 1))
    calibration = found.calibration()
    assert sum(calibration.counts) == 20000
    assert calibration.error < 0.02
    assert math.isnan(calibration.accuracy[0])
    over = Answers(torch.tensor([[0.99, 0.01]] * 100), torch.tensor([0, 1] * 50))
    assert over.calibration().error == pytest.approx(0.49, abs=1e-3)


def test_a_class_with_one_image_and_no_image_at_all() -> None:
    test = load("mnist", "test", 30)
    few = ImageDataset("few", test.images[:21], torch.tensor([0] * 20 + [9]), test.classes, "", "")
    found = answers(open_run("example").network(624), few)
    assert found.confusion[9].sum() == 1
    assert separation(torch.rand(21, 4), few.labels).spread > 0
    with pytest.raises(CnnvizError, match="no images"):
        answers(
            open_run("example").network(624),
            ImageDataset("none", test.images[:0], test.labels[:0], test.classes, "", ""),
        )
