"""The nearest images to an image, by what a layer of a network makes of them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.data import DATASETS, ImageDataset, load, loading_code
from cnnviz.errors import CnnvizError
from cnnviz.expressions import Expression, script
from cnnviz.features.batches import as_floats, images_at_once
from cnnviz.features.embedding import Progress, layer_features
from cnnviz.inspection.runner import runner_of
from cnnviz.words import say

METRICS = {"cosine": "Cosine distance, 1 − a·b / (|a||b|)", "euclidean": "Euclidean distance, |a − b|"}
"""Name -> title with its formula."""
BLOCK = 20_000
"""Vectors that are compared at one time."""
BATCH = 250
PIXEL_BLOCK = 4000
"""Images whose pixels are compared at one time."""


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
    return measured(queries, vectors, nearest_numbers(queries, vectors, k, metric), metric)


def nearest_numbers(queries: Tensor, vectors: Tensor, k: int, metric: str = "cosine") -> Tensor:
    """(Q, k) int64, the numbers of the same, without their distances: where only those matter, this is quicker."""
    if metric not in METRICS:
        raise CnnvizError(
            say(
                "There is no metric '{metric}'. Choose one of: {metrics}.",
                metric=metric,
                metrics=", ".join(METRICS),
            )
        )
    if k < 1 or not len(vectors):
        raise CnnvizError(
            say(
                "The {k} nearest of {count} cannot be found: both must be 1 or more.", k=k, count=len(vectors)
            )
        )
    if queries.dim() != 2 or vectors.dim() != 2 or queries.shape[1] != vectors.shape[1]:
        here, there = ("×".join(map(str, found.shape)) for found in (queries, vectors))
        raise CnnvizError(
            say(
                "Queries and vectors must be tables of equally long rows, but are {here} and {there}.",
                here=here,
                there=there,
            )
        )
    k = min(k, len(vectors))
    best = torch.empty(len(queries), 0), torch.empty(len(queries), 0, dtype=torch.int64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        # Larger is nearer: a·b, or a·b − |b|²/2, which orders as −|a − b|².
        if metric == "cosine":
            scores = (queries @ block.T) / block.norm(dim=1).clamp(
                min=1e-12
            )  # the query's length changes no order
        else:
            scores = torch.addmm(-0.5 * block.norm(dim=1).square(), queries, block.T)
        top = scores.topk(min(k, len(block)))
        values = torch.cat([best[0], top.values], 1)
        indices = torch.cat([best[1], top.indices + start], 1)
        kept = values.topk(k if values.shape[1] >= k else values.shape[1])
        best = kept.values, indices.gather(1, kept.indices)
    return best[1]


def measured(queries: Tensor, vectors: Tensor, indices: Tensor, metric: str) -> Neighbours:
    """The distances of those that were found, measured one by one: the sums of the search are not that exact."""
    found = vectors[indices]
    if metric == "cosine":
        queries = functional.normalize(queries)
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


def nearest_pixels(
    dataset: ImageDataset, number: int, k: int, metric: str = "euclidean", progress: Progress | None = None
) -> Neighbours:
    """The images of a data set that are nearest to one of its own, pixel by pixel; itself is left out. ``Q`` is 1.

    Only a block of the images is in memory as floats at one time.

    Args:
        number: of the image that is asked about.
        k: how many, at most all others are given.
        metric: a key of ``METRICS``; of vectors of C·H·W values in [0, 1].
        progress: called with the share that is done, 0 to 1.

    Raises:
        CnnvizError: there is no such image, or what ``nearest_vectors`` says.
    """
    if not 0 <= number < len(dataset):
        raise CnnvizError(
            say(
                "There is no image {number:,}: the {count:,} images count from 0 to {count2:,}.",
                number=number,
                count=len(dataset),
                count2=len(dataset) - 1,
            )
        )
    query = dataset.floats([number]).flatten(1)
    indices, distances = torch.empty(1, 0, dtype=torch.int64), torch.empty(1, 0)
    for start in range(0, len(dataset), PIXEL_BLOCK):
        if progress:
            progress(start / len(dataset))
        block = dataset.floats(slice(start, start + PIXEL_BLOCK)).flatten(1)
        found = nearest_vectors(query, block, k + 1, metric)
        indices = torch.cat([indices, found.indices + start], 1)
        distances = torch.cat([distances, found.distances], 1)
    others = indices[0] != number
    indices, distances = indices[:, others], distances[:, others]
    order = torch.argsort(distances, dim=1, stable=True)[:, :k]
    return Neighbours(indices.gather(1, order), distances.gather(1, order))


def precision_at(indices: Tensor, wanted: Tensor, labels: Tensor) -> Tensor:
    """Precision at k: the share of the k found images that have the class of the query, (Q,).

    Args:
        indices: (Q, k) of the found images.
        wanted: (Q,) classes of the queries.
        labels: (N,) classes of all images.
    """
    return (labels[indices] == wanted[:, None]).float().mean(1)


@dataclass(frozen=True)
class Regions:
    """The most similar cell of each of the most similar images, the most similar first.

    Attributes:
        images, rows, columns: (k,) int64: the image, and the cell of its maps.
        similarity: (k,) cosine of the angle between the channels of the two cells.
    """

    images: Tensor
    rows: Tensor
    columns: Tensor
    similarity: Tensor


def nearest_regions(
    network: nn.Module,
    layer: str,
    image: Tensor,
    cell: tuple[int, int],
    images: Tensor,
    k: int,
    progress: Progress | None = None,
) -> Regions:
    """Where other images look as one place of an image does: the channels of a cell of a layer's maps are compared with those
    of all cells of all images.

    Args:
        image: (C, H, W) float in [0, 1], that is asked about.
        cell: row and column of the maps.
        images: (N, C, H, W) that are searched, float in [0, 1] or uint8.
        k: how many, at most N are given.

    Raises:
        CnnvizError: the layer has no maps, or they have no such cell.
    """
    runner = runner_of(network)
    cut = runner.cut(layer)
    with torch.inference_mode():
        query = cut(image[None].to(runner.device))[0]
        if query.dim() != 3:
            raise CnnvizError(
                say(
                    "'{layer}' has no maps, so that it has no places. Choose a layer before the image is flattened.",
                    layer=layer,
                )
            )
        row, column = cell
        if not (0 <= row < query.shape[1] and 0 <= column < query.shape[2]):
            raise CnnvizError(
                say(
                    "The maps of '{layer}' have {shape}×{shape2} cells; there is no cell ({row}, {column}).",
                    layer=layer,
                    shape=query.shape[1],
                    shape2=query.shape[2],
                    row=row,
                    column=column,
                )
            )
        vector = functional.normalize(query[:, row, column], dim=0)
        best, cells = [], []
        batch = images_at_once(images, BATCH)
        for start in range(0, len(images), batch):
            if progress:
                progress(start / len(images))
            part = as_floats(images[start : start + batch].to(runner.device))
            maps = functional.normalize(cut(part), dim=1)
            found = torch.einsum("c,nchw->nhw", vector, maps).flatten(1).max(1)
            best.append(found.values.cpu())
            cells.append(found.indices.cpu())
    top = torch.cat(best).topk(min(k, len(images)))
    at = torch.cat(cells)[top.indices]
    return Regions(top.indices, at // query.shape[2], at % query.shape[2], top.values)


def retrieval_code(
    network: Expression, dataset: ImageDataset, layer: str, image: Expression, k: int, metric: str
) -> str:
    """The nearest images of a data set to an image, and the precision at k of all of them."""
    classes = None if dataset.classes == DATASETS[dataset.name].classes else dataset.classes
    whole = load(dataset.name, "train" if dataset.split == "train" else "test", classes=classes)
    limit = None if len(whole) == len(dataset) else len(dataset)
    fits = whole.shape == dataset.shape
    images = (
        "test.floats()" if fits else f"torch.stack([fit(image, {dataset.shape}) for image in test.images])"
    )
    return script(
        f"""\
network = {network}
test = {loading_code(dataset, limit)}
images = {images}
image = fit({image}, {dataset.shape})
found = nearest(network, "{layer}", image[None], images, {k}, "{metric}")[0]
print([(number, test.classes[test.labels[number]]) for number in found.tolist()])

# Of all images: how many of their {k} nearest have their class? The nearest of all is the image itself.
features = layer_features(network, "{layer}", images)
near = nearest_vectors(features, features, {k + 1}, "{metric}").indices[:, 1:]
precision = precision_at(near, test.labels, test.labels).mean()
print(precision)
""",
        network,
        image,
        first=() if fits else ("import torch",),
        load="cnnviz.data",
        fit="cnnviz.data",
        nearest="cnnviz.features.nearest",
        nearest_vectors="cnnviz.features.nearest",
        precision_at="cnnviz.features.nearest",
        layer_features="cnnviz.features",
    )
