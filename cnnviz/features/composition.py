"""Repeated composition along depth: a network's stages, and what the strongest filters of each look for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import CnnvizError
from cnnviz.features.batches import as_floats, images_at_once
from cnnviz.inspection import LayerGraph, receptive_field, runner_of
from cnnviz.inspection.receptive import LayerField

Progress = Callable[[float], None]
SIDE_MADE = 96
"""Images are made for the filters of large networks at this side: enough for a texture, and five times as fast as
at 224.
"""


@dataclass(frozen=True)
class Stage:
    """Layers whose maps have one size; the last of them speaks for all.

    Attributes:
        layer: that last layer.
        shape: of its output, (C, H, W).
        field: what its units see.
    """

    layer: str
    shape: tuple[int, int, int]
    field: LayerField


@dataclass(frozen=True, eq=False)
class Peaks:
    """The largest value of each channel in each image, and where.

    Attributes:
        values: (N, C).
        places: (N, C) index of the unit, row by row.
        width: units in a row.
    """

    values: Tensor
    places: Tensor
    width: int

    def place(self, image: int, channel: int) -> tuple[int, int]:
        """(row, column) of the unit that fires most."""
        return divmod(int(self.places[image, channel]), self.width)


def stages(model: nn.Module, input_shape: tuple[int, int, int], most: int = 5) -> list[Stage]:
    """The stages of a network from the image on: where its maps get smaller, a new one begins.

    A stage has a convolution; its last ReLU speaks for it, or its last convolution where it has none. Of
    networks with more than ``most`` stages the last ones are taken.

    Raises:
        CnnvizError: no layer has maps.
    """
    runner = runner_of(model)
    graph, shapes = runner.graph, runner.shapes(input_shape)
    speaks: dict[tuple[int, ...], str] = {}
    for shown, name in graph.shown.items():
        size, module = shapes[name][1:], graph.calls[name].module
        if len(size) != 2 or min(size) < 2:
            continue
        if isinstance(module, nn.ReLU | nn.ReLU6) or (
            isinstance(module, nn.Conv2d) and not _rectified(graph, speaks.get(size))
        ):
            speaks[size] = shown
    if not speaks:
        raise CnnvizError("This network has no convolution, so nothing is composed along its depth.")
    found = []
    for layer in list(speaks.values())[-most:]:
        channels, height, width = shapes[graph.find(layer)]
        found.append(Stage(layer, (channels, height, width), receptive_field(model, layer, input_shape)))
    return found


def _rectified(graph: LayerGraph, layer: str | None) -> bool:
    return layer is not None and isinstance(graph.calls[graph.find(layer)].module, nn.ReLU | nn.ReLU6)


def peaks(
    model: nn.Module,
    layers: Sequence[str],
    images: Tensor,
    *,
    batch: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Peaks]:
    """Layer -> where its channels fire most in each image; one pass for all layers.

    Args:
        images: (N, C, H, W), float in [0, 1] or uint8.
        batch: so many at once; usually as many as is quickest for their size.
    """
    runner = runner_of(model)
    batch = batch or images_at_once(images, 100)
    values: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    places: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    widths = {}
    for start in range(0, len(images), batch):
        if progress:
            progress(start / len(images))
        with torch.inference_mode():
            outputs = runner.outputs(as_floats(images[start : start + batch]))
        for layer in layers:
            maps = outputs[runner.graph.find(layer)]
            largest = maps.flatten(2).max(2)
            values[layer].append(largest.values)
            places[layer].append(largest.indices)
            widths[layer] = maps.shape[-1]
    return {
        layer: Peaks(torch.cat(values[layer]), torch.cat(places[layer]), widths[layer]) for layer in layers
    }


def strongest(here: Peaks, usual: Peaks, count: int) -> list[int]:
    """The channels that an image fires most beyond the usual: by its largest value over the mean of the
    largest values in other images.

    Args:
        here: of one image.
        usual: of the other images.
    """
    mean = usual.values.mean(0)
    beyond = here.values[0] / mean.clamp_min(1e-3 * mean.max().clamp_min(1e-9))
    # A channel that is nearly silent everywhere says nothing, however much it is above its mean.
    beyond[mean < 0.02 * mean.max()] = 0
    return beyond.argsort(descending=True, stable=True)[:count].tolist()


def parts(images: Tensor, found: Peaks, stage: Stage, channel: int, count: int, side: int) -> Tensor:
    """(count, C, side, side) what the unit sees in the images that fire a channel most, the strongest first,
    enlarged to one size.

    Args:
        images: (N, C, H, W), float in [0, 1] or uint8.
    """
    order = found.values[:, channel].argsort(descending=True, stable=True)[:count].tolist()
    cut = []
    for number in order:
        top, left, bottom, right = stage.field.box(*found.place(number, channel))
        part = images[number : number + 1, :, top : max(bottom, top + 1), left : max(right, left + 1)]
        cut.append(_square(as_floats(part), side))
    return torch.stack(cut)


def _square(part: Tensor, side: int) -> Tensor:
    """(C, side, side), the longer side fitted and the rest grey: a field that the image's edge cuts off keeps
    its proportions.
    """
    height, width = part.shape[2:]
    zoom = side / max(height, width)
    size = max(1, round(height * zoom)), max(1, round(width * zoom))
    mode = "nearest" if zoom > 1 else "area"
    small = functional.interpolate(part, size, mode=mode)[0]
    square = torch.full((part.shape[1], side, side), 0.5)
    top, left = (side - size[0]) // 2, (side - size[1]) // 2
    square[:, top : top + size[0], left : left + size[1]] = small
    return square
