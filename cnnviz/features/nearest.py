"""The nearest images to an image, by what a layer of a network makes of them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features.embedding import layer_features

METRICS = {"cosine": "Cosine distance, 1 − a·b / (|a||b|)", "euclidean": "Euclidean distance, |a − b|"}
"""Name -> title with its formula."""
BLOCK = 20_000
"""Vectors that are compared at one time."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest vectors, the nearest first.

    Attributes:
        indices: (Q, k) int64.
        distances: (Q, k) float32.
    """

    indices: Tensor
    distances: Tensor


def nearest_vectors(queries: Tensor, vectors: Tensor, k: int, metric: str = "cosine") -> Neighbours:
    """Exact search: each query is compared with every vector. Of two equally near ones either may come first.

    Args:
        queries: (Q, D) float.
        vectors: (N, D) float.
        k: how many, at most N are given.
        metric: a key of ``METRICS``.

    Raises:
        CnnvizError: an unknown metric, ``k`` below 1, shapes that do not fit, or no vectors.
    """
    if metric not in METRICS:
        raise CnnvizError(f"There is no metric '{metric}'. Choose one of: {', '.join(METRICS)}.")
    if k < 1 or not len(vectors):
        raise CnnvizError(f"The {k} nearest of {len(vectors)} cannot be found: both must be 1 or more.")
    if queries.dim() != 2 or vectors.dim() != 2 or queries.shape[1] != vectors.shape[1]:
        here, there = ("×".join(map(str, found.shape)) for found in (queries, vectors))
        raise CnnvizError(
            f"Queries and vectors must be tables of equally long rows, but are {here} and {there}."
        )
    k = min(k, len(vectors))
    if metric == "cosine":
        queries = functional.normalize(queries)
    best = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.int64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        # Larger is nearer: a·b, or a·b − |b|²/2, which orders as −|a − b|².
        if metric == "cosine":
            scores = (queries @ block.T) / block.norm(dim=1).clamp(min=1e-12)
        else:
            scores = torch.addmm(-0.5 * block.square().sum(1), queries, block.T)
        top = scores.topk(min(k, len(block)))
        values = torch.cat([best[0], top.values], 1)
        indices = torch.cat([best[1], top.indices + start], 1)
        kept = values.topk(k if values.shape[1] >= k else values.shape[1])
        best = kept.values, indices.gather(1, kept.indices)
    return _measured(queries, vectors, best[1], metric)


def _measured(queries: Tensor, vectors: Tensor, indices: Tensor, metric: str) -> Neighbours:
    """The distances of those that were found, measured one by one: the sums of the search are not that exact."""
    found = vectors[indices]
    if metric == "cosine":
        distances = 1 - (functional.normalize(found, dim=2) * queries[:, None]).sum(2)
    else:
        distances = (found - queries[:, None]).norm(dim=2)
    order = torch.argsort(distances, dim=1, stable=True)
    return Neighbours(indices.gather(1, order), distances.gather(1, order))


def nearest(
    network: nn.Module, layer: str, queries: Tensor, images: Tensor, k: int, metric: str = "cosine"
) -> Tensor:
    """The ``k`` images nearest to each query by the values of a layer: their numbers (Q, k), the nearest first.

    Args:
        layer: its maps or units are compared as one vector an image (``layer_features``).
        queries: (Q, C, H, W) float in [0, 1].
        images: (N, C, H, W) float in [0, 1].
        metric: a key of ``METRICS``.

    Raises:
        CnnvizError: what ``nearest_vectors`` says, or there is no such layer.
    """
    return nearest_vectors(
        layer_features(network, layer, queries), layer_features(network, layer, images), k, metric
    ).indices


def precision_at(indices: Tensor, wanted: Tensor, labels: Tensor) -> Tensor:
    """Precision at k: the share of the k found images that have the class of the query, (Q,).

    Args:
        indices: (Q, k) of the found images.
        wanted: (Q,) classes of the queries.
        labels: (N,) classes of all images.
    """
    return (labels[indices] == wanted[:, None]).float().mean(1)
