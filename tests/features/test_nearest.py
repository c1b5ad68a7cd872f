import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from cnnviz.data import load
from cnnviz.errors import CnnvizError
from cnnviz.features import nearest as module
from cnnviz.features.embedding import layer_features
from cnnviz.features.nearest import METRICS, nearest, nearest_pixels, nearest_vectors, precision_at
from cnnviz.training import open_run


@given(st.integers(1, 60), st.integers(1, 8), st.sampled_from(sorted(METRICS)), st.integers(0, 10_000))
def test_the_nearest_are_scikit_learns(count: int, k: int, metric: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    vectors, queries = (torch.randn(number, 5, generator=generator) for number in (count, 4))
    k = min(k, count)
    distances, indices = (
        NearestNeighbors(n_neighbors=k, algorithm="brute", metric=metric)
        .fit(vectors.double().numpy())
        .kneighbors(queries.double().numpy())
    )
    found = nearest_vectors(queries, vectors, k, metric)
    assert found.distances.numpy() == pytest.approx(distances, abs=1e-5)
    assert found.indices.tolist() == indices.tolist()


@pytest.mark.parametrize("metric", METRICS)
def test_many_vectors_are_searched_block_by_block(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(1)
    vectors, queries = (torch.randn(number, 6, generator=generator) for number in (103, 5))
    whole = nearest_vectors(queries, vectors, 9, metric)
    monkeypatch.setattr(module, "BLOCK", 7)
    assert torch.equal(nearest_vectors(queries, vectors, 9, metric).indices, whole.indices)


def test_an_image_is_nearest_to_itself_and_its_class_is_near() -> None:
    network, test = open_run("example").network(624).eval(), load("mnist", "test")
    layer = "flatten" if "flatten" in dict(network.named_children()) else "relu2"
    images = test.floats()
    found = nearest(network, layer, images[:50], images, 11)
    assert found[:, 0].tolist() == list(range(50))
    near = precision_at(found[:, 1:], test.labels[:50], test.labels)
    pixels = nearest_vectors(images[:50].flatten(1), images.flatten(1), 11).indices
    assert near.mean() > precision_at(pixels[:, 1:], test.labels[:50], test.labels).mean() > 0.5
    features = layer_features(network, layer, images)
    assert torch.equal(nearest_vectors(features[:50], features, 11).indices, found)


@pytest.mark.parametrize(
    ("k", "metric", "size", "words"),
    [
        (0, "cosine", 3, "must be 1 or more"),
        (1, "taxi", 3, "There is no metric"),
        (1, "cosine", 4, "equally long"),
    ],
)
def test_what_does_not_fit_gives_a_sentence(k: int, metric: str, size: int, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        nearest_vectors(torch.zeros(2, 3), torch.zeros(5, size), k, metric)


def test_nearest_pixels_are_those_of_scikit_learn_without_the_image_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PIXEL_BLOCK", 300)  # more than one block
    test = load("digits", "test")
    table = test.floats().flatten(1).numpy()
    distances, indices = NearestNeighbors(n_neighbors=13, algorithm="brute").fit(table).kneighbors(table[[5]])
    found = nearest_pixels(test, 5, 12)
    assert indices[0, 0] == 5
    assert torch.equal(found.indices[0].sort().values, torch.from_numpy(indices[0, 1:]).sort().values)
    assert found.distances[0].numpy() == pytest.approx(distances[0, 1:], rel=1e-4)
    assert nearest_pixels(test, 5, 10**6).indices.shape == (1, len(test) - 1)
    with pytest.raises(CnnvizError, match="There is no image 9,999"):
        nearest_pixels(test, 9999, 3)
