"""An index for the nearest of millions of vectors, which looks at a few of them only. Needs faiss-cpu (requirements-index.txt).

Exact search (``nearest_vectors``) is what pages use: it is fast enough for 100,000 images, and always right.

Source: Malkov and Yashunin, Efficient and robust approximate nearest neighbor search using hierarchical navigable small world
graphs, 2018; Douze et al., The Faiss library, 2024.
"""

import importlib
import importlib.util
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features.nearest import METRICS, Neighbours, measured, nearest_vectors
from cnnviz.words import say

LINKS, BUILDING, SEARCHING = 32, 80, 64
"""Of each vector in the graph; candidates while it is built, and while it is searched: more find more, and take longer."""


def _faiss() -> Any:
    if importlib.util.find_spec("faiss") is None:
        raise CnnvizError(
            "An index needs one more package. Run: pip install -r requirements-index.txt, then try again. Exact search works without it."
        )
    return importlib.import_module("faiss")


class VectorIndex:
    """A graph of near vectors (HNSW): built once, then each search follows its links to the nearest.

    It may miss one now and then: ``recall`` says how many it finds.
    """

    def __init__(self, vectors: Tensor, metric: str = "cosine", *, searching: int = SEARCHING) -> None:
        """Builds the index.

        Args:
            vectors: (N, D) float.
            metric: a key of ``cnnviz.features.nearest.METRICS``.
            searching: candidates that a search keeps.

        Raises:
            CnnvizError: faiss is missing, an unknown metric, or no vectors.
        """
        if metric not in METRICS:
            raise CnnvizError(
                say(
                    "There is no metric '{metric}'. Choose one of: {metrics}.",
                    metric=metric,
                    metrics=", ".join(METRICS),
                )
            )
        if vectors.dim() != 2 or not len(vectors):
            raise CnnvizError(
                say(
                    "An index takes a table of vectors, but got {str}.",
                    str="×".join(map(str, vectors.shape)) or say("one number"),
                )
            )
        faiss = _faiss()
        self.vectors, self.metric = vectors.float(), metric
        kind = faiss.METRIC_INNER_PRODUCT if metric == "cosine" else faiss.METRIC_L2
        self._index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, kind)
        self._index.hnsw.efConstruction, self._index.hnsw.efSearch = BUILDING, searching
        self._index.add(self._rows(self.vectors))

    def _rows(self, vectors: Tensor) -> Any:
        return np.ascontiguousarray(
            (functional.normalize(vectors) if self.metric == "cosine" else vectors).numpy()
        )

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, queries: Tensor, k: int) -> Neighbours:
        """The ``k`` nearest that the graph leads to, the nearest first.

        Args:
            queries: (Q, D) float.
            k: how many, at most ``len(self)`` are given.

        Raises:
            CnnvizError: ``k`` below 1, or vectors of another length.
        """
        if k < 1 or queries.dim() != 2 or queries.shape[1] != self.vectors.shape[1]:
            raise CnnvizError(
                say(
                    "The {k} nearest to {str} cannot be found among vectors of {shape} numbers.",
                    k=k,
                    str="×".join(map(str, queries.shape)),
                    shape=self.vectors.shape[1],
                )
            )
        _, indices = self._index.search(self._rows(queries.float()), min(k, len(self)))
        found = torch.from_numpy(indices.astype(np.int64))
        if (found < 0).any():  # the graph led to fewer than were asked for
            return nearest_vectors(queries.float(), self.vectors, k, self.metric)
        own = functional.normalize(queries.float()) if self.metric == "cosine" else queries.float()
        return measured(own, self.vectors, found, self.metric)

    def recall(self, exact: Tensor, found: Tensor) -> float:
        """The share of the exact neighbours (Q, k) that were found (Q, k)."""
        pairs = zip(exact.tolist(), found.tolist(), strict=True)
        return sum(len(set(a) & set(b)) for a, b in pairs) / max(1, exact.numel())
