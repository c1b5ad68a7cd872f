"""The index against exact search."""

import importlib.util

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.features.nearest import METRICS, nearest_vectors
from cnnviz.features.vector_index import VectorIndex


@pytest.mark.parametrize("metric", METRICS)
def test_the_index_finds_nearly_all_that_exact_search_finds(metric: str) -> None:
    generator = torch.Generator().manual_seed(0)
    middles = torch.randn(60, 24, generator=generator) * 3
    vectors = middles.repeat(50, 1) + torch.randn(3000, 24, generator=generator)
    queries = vectors[:40] + 0.1
    index, exact = VectorIndex(vectors, metric), nearest_vectors(queries, vectors, 10, metric)
    found = index.search(queries, 10)
    assert index.recall(exact.indices, found.indices) > 0.97
    assert index.recall(exact.indices, exact.indices) == 1.0
    same = found.indices == exact.indices
    torch.testing.assert_close(found.distances[same], exact.distances[same], rtol=1e-3, atol=1e-4)
    assert (found.distances.diff(dim=1) >= 0).all()
    every = index.search(queries[:2], 10**6).indices
    assert every.sort(1).values.tolist() == [list(range(3000))] * 2


@pytest.mark.parametrize(
    ("vectors", "metric", "k", "words"),
    [
        (torch.zeros(4, 3), "taxi", 1, "There is no metric"),
        (torch.zeros(0, 3), "cosine", 1, "An index takes a table of vectors"),
        (torch.ones(4, 2), "euclidean", 1, "among vectors of 2 numbers"),
        (torch.ones(4, 3), "euclidean", 0, "The 0 nearest"),
    ],
)
def test_what_does_not_fit_is_a_sentence(vectors: torch.Tensor, metric: str, k: int, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        VectorIndex(vectors, metric).search(torch.ones(1, 3), k)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CnnvizError, match=r"pip install -r requirements-index\.txt"):
        VectorIndex(torch.ones(4, 3))
