"""The page of retrieval: which images are searched, and the walls of those that were found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cnnviz.data import ImageDataset, fit, load
from cnnviz.features.embedding import layer_features
from cnnviz.features.nearest import (
    Neighbours,
    Regions,
    nearest_numbers,
    nearest_regions,
    nearest_vectors,
    precision_at,
)
from cnnviz.figures import palette, picture_sheet
from cnnviz.inspection import receptive_field, shapes
from cnnviz.models.pretrained import BUNDLED
from cnnviz.training import Run
from cnnviz.ui.components import WallItem
from cnnviz.ui.images import ChosenImage
from cnnviz.ui.jobs import Progress
from cnnviz.ui.map_walls import image_rows
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, images_of, open_network
from cnnviz.ui.states.retrieval import Retrieval
from cnnviz.words import _

PHOTOS = 300
"""Photo patches that a network for photographs searches: each takes it some milliseconds."""


def searched(chosen: Run | str, shape: tuple[int, int, int]) -> ImageDataset:
    """The images among which is searched, of the size that the network takes."""
    test = images_of(chosen) or load("patches", "test", PHOTOS)
    return test if test.shape == shape else remember(fitted, test, shape)


def fitted(dataset: ImageDataset, shape: tuple[int, int, int]) -> ImageDataset:
    """The same images as a network with another input sees them."""
    images = torch.stack([(fit(image, shape) * 255).round().byte() for image in dataset.images])
    return replace(dataset, images=images)


@dataclass(frozen=True)
class Way:
    """By what images are compared: a layer of a network, or, without one, their pixels.

    Attributes:
        images: that are searched, as it sees them; ``asked``: the image that asks, likewise.
    """

    words: str
    images: ImageDataset
    asked: Tensor
    network: OpenNetwork | None = None
    layer: str = ""


def first_images(dataset: ImageDataset, count: int) -> ImageDataset:
    return dataset.only(slice(count))


def by_photographs(dataset: ImageDataset, picture: ChosenImage) -> Way:
    """The bundled ImageNet network, at its last layer before the answer."""
    network = open_network(BUNDLED, None)
    layer = last_before_answer(layers_for("image", shapes(network.model, network.input_shape)))
    return Way(
        _("{layer} of {title}", layer=layer, title=_(network.title)),
        remember(fitted, dataset, network.input_shape),
        picture.for_network(network.input_shape),
        network,
        layer,
    )


def layers_for(ask: str, known: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """Layers with their shapes; only those with maps have places."""
    return {
        name: f"{name} ({'×'.join(map(str, shape))})"
        for name, shape in known.items()
        if ask == "image" or (len(shape) == 3 and shape[1] > 1)
    }


def last_before_answer(layers: Mapping[str, str]) -> str:
    """The last one before the fully connected ones."""
    return ([name for name in layers if not name.startswith("fc")] or list(layers))[-1]


def own_number(picture: ChosenImage) -> int | None:
    """The number of the image that asks among those that are searched, if it is one of them."""
    is_one = Retrieval.images.image.now == "test" and picture.label is not None
    return Retrieval.images.number.now if is_one else None


def vector_of(network: OpenNetwork, layer: str, image: Tensor) -> Tensor:
    return layer_features(network.model, layer, image[None])[0]


def vectors_of(network: OpenNetwork, layer: str, dataset: ImageDataset, progress: Progress) -> Tensor:
    """What a layer makes of all images."""
    return layer_features(network.model, layer, dataset.images, progress=progress)


def found_by_pixels(
    query: Tensor, dataset: ImageDataset, count: int, metric: str, without: int | None
) -> Neighbours:
    """``found_by`` the pixels, which as numbers are too large to be kept for long: 180 MB for 300 photographs."""
    return found_by(query.flatten(), dataset.floats().flatten(1), count, metric, without)


def precision_of_pixels(dataset: ImageDataset, count: int, metric: str) -> float:
    near = remember(near_by_pixels, dataset, int(Retrieval.count.high) + 1, metric)
    return precision_at_all(near, dataset.labels, count)


def near_by_pixels(dataset: ImageDataset, k: int, metric: str) -> Tensor:
    pixels = dataset.floats().flatten(1)
    return nearest_numbers(pixels, pixels, k, metric)


def found_by(query: Tensor, vectors: Tensor, count: int, metric: str, without: int | None) -> Neighbours:
    """The nearest; the image that is asked about itself is left out, if it stands among them."""
    found = nearest_vectors(query[None], vectors, count + (without is not None), metric)
    indices, distances = found.indices[0], found.distances[0]
    if without is not None:
        others = indices != without
        indices, distances = indices[others][:count], distances[others][:count]
    return Neighbours(indices, distances)


def precision_of(vectors: Tensor, labels: Tensor, count: int, metric: str) -> float:
    """Precision at k, of all images as queries, in the mean: the share of the k nearest that have the query's class."""
    near = remember(nearest_numbers, vectors, vectors, int(Retrieval.count.high) + 1, metric)
    return precision_at_all(near, labels, count)


def precision_at_all(near: Tensor, labels: Tensor, count: int) -> float:
    """The same from the numbers of the nearest, (N, more than count)."""
    near = near[:, : count + 1]
    itself = near == torch.arange(len(near))[:, None]
    # A vector that others equal may not be found itself; then the farthest goes.
    others = near.gather(1, itself.int().argsort(dim=1, stable=True)[:, :count])
    return float(precision_at(others, labels, labels).mean())


def places_of(
    network: OpenNetwork,
    layer: str,
    image: Tensor,
    cell: tuple[int, int],
    dataset: ImageDataset,
    count: int,
    without: int | None,
    progress: Progress,
) -> Regions:
    """Where other images look as this place does; the image that is asked about itself is left out, if it stands among them."""
    wanted = count + (without is not None)
    found = nearest_regions(network.model, layer, image, cell, dataset.images, wanted, progress)
    others = found.images != (-1 if without is None else without)
    return Regions(
        *(part[others][:count] for part in (found.images, found.rows, found.columns, found.similarity))
    )


def wall_of_asked(image: Tensor) -> list[WallItem]:
    """The image that asks, as the network sees it."""
    return image_rows(image[None], (), _("Asked about"), _("image that asks"))


def wall_of_found(dataset: ImageDataset, found: Neighbours, label: int | None) -> list[WallItem]:
    """The nearest images: class, distance, and by the colour whether it is the class of the query."""
    labels = []
    for one, distance in zip(dataset.labels[found.indices].tolist(), found.distances.tolist(), strict=True):
        mark, colour = (
            ("", "")
            if label is None
            else ("✓ ", palette().right)
            if one == label
            else ("✗ ", palette().wrong)
        )
        labels.append((f"{mark}{dataset.classes[one]}\n{distance:.3g}", colour))
    return image_rows(dataset.floats(found.indices), labels, what=_("nearest images"))


def wall_of_places(
    network: OpenNetwork,
    layer: str,
    image: Tensor,
    cell: tuple[int, int],
    dataset: ImageDataset,
    found: Regions,
) -> list[WallItem]:
    """The place that is asked about, then the most similar place of each image, framed by what the cell sees."""
    fields = receptive_field(network.model, layer, network.input_shape)
    shown = [(_("asked about"), "", image, cell)]
    for number, row, column, similarity in zip(
        found.images.tolist(),
        found.rows.tolist(),
        found.columns.tolist(),
        found.similarity.tolist(),
        strict=True,
    ):
        name = dataset.classes[int(dataset.labels[number])]
        shown.append(
            (
                _("cosine {similarity:.2f}", similarity=similarity),
                name,
                dataset.floats([number])[0],
                (row, column),
            )
        )
    __, height, width = network.input_shape
    return [
        WallItem(
            f"{number}",
            picture_sheet(pixels, f"{title} {name}"),
            unit=_("image"),
            labels=((name, ""),) if name else (),
            title=title,
            target=110,
            legend=False,
            hint="",
            field=inside(fields.box(*place), height, width),
        )
        for number, (title, name, pixels, place) in enumerate(shown)
    ]


def inside(box: tuple[int, int, int, int], height: int, width: int) -> tuple[int, int, int, int]:
    """A box cut at the borders of the image."""
    top, left, bottom, right = box
    return max(0, top), max(0, left), min(height, bottom), min(width, right)
