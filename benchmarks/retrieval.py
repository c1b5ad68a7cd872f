"""Exact search for the 10 nearest of 100,000 vectors of 256 numbers against scikit-learn's brute force, in turns."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from cnnviz.features.nearest import METRICS, nearest_vectors

VECTORS, SIZE, QUERIES, NEAREST, TURNS = 100_000, 256, 200, 10, 5


def seconds(search: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = search()
    return time.perf_counter() - begun, found


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(VECTORS, SIZE, generator=generator)
    for queries in (torch.randn(count, SIZE, generator=generator) for count in (1, QUERIES)):
        for metric in METRICS:
            theirs = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute", metric=metric)
            theirs.fit(vectors.numpy())
            ratios = []
            for turn in range(TURNS + 1):
                mine, found = seconds(lambda: nearest_vectors(queries, vectors, NEAREST, metric))  # noqa: B023
                other, wanted = seconds(lambda: theirs.kneighbors(queries.numpy(), return_distance=False))  # noqa: B023
                assert np.mean(found.indices.numpy() == wanted) > 0.999
                if turn:
                    ratios.append(other / mine)
            print(
                f"{len(queries)} queries, {metric}: {statistics.median(ratios):.1f} times as fast as scikit-learn "
                f"({min(ratios):.1f} to {max(ratios):.1f}; wanted: 1)",
                flush=True,
            )


if __name__ == "__main__":
    main()
