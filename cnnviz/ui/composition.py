"""Composition along depth on a page: the stages of a network, the strongest filters of each, what they look for."""

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.data import ImageDataset, photo_parts
from cnnviz.expressions import Expression, script
from cnnviz.features.composition import Peaks, Stage, parts, peaks, stages, strongest
from cnnviz.features.made import bundled_image, bundled_peaks, make_all
from cnnviz.figures import boxes_on, image_sheet
from cnnviz.models import PRETRAINED
from cnnviz.ui.components import WallItem
from cnnviz.ui.jobs import Progress, job, part
from cnnviz.ui.memory import content, keep, key_of, remember, remembered
from cnnviz.ui.networks import OpenNetwork
from cnnviz.ui.pictures import photograph_file
from cnnviz.words import _

SEARCHED = 500
"""Test images of a small network."""
TILE = 96
WORDS = (
    "edges, lines and colours",
    "corners and textures",
    "patterns, put together from textures",
    "parts of things",
    "whole things",
)
"""What the stages of a large network find (Zeiler and Fergus, 2014, figure 2)."""


def stages_of(network: OpenNetwork) -> list[Stage]:
    return stages(network.model, network.input_shape)


def searched_images(test: ImageDataset | None, shape: tuple[int, int, int]) -> Tensor:
    """The images among which those are found that fire a filter: of a data set as bytes, for 240 photographs as numbers
    would fill 144 MB.
    """
    return remember(photo_parts, shape) if test is None else test.images[:SEARCHED]


def searched(
    network: OpenNetwork, layers: Sequence[str], test: ImageDataset | None, progress: Progress
) -> dict[str, Peaks]:
    """Where the channels fire most in all images that are searched."""
    images = searched_images(test, network.input_shape)
    return peaks(network.model, layers, images, progress=progress)


def usual_peaks(
    network: OpenNetwork, found: Sequence[Stage], test: ImageDataset | None
) -> Mapping[str, Peaks] | None:
    """``searched`` of all stages; ``None`` while it is being searched. Of the bundled network it lies there."""
    bundled = bundled_peaks(str(network.key[0])) if test is None else None
    if bundled is not None:
        return bundled
    what = _("Searching images that fire the filters")
    return job("peaks", what, searched, network, [stage.layer for stage in found], test)


def _of_image(network: OpenNetwork, layers: Sequence[str], image: Tensor) -> dict[str, Peaks]:
    return peaks(network.model, layers, image.unsqueeze(0))


@dataclass(frozen=True, eq=False)
class Look:
    """An image in all stages of a network, beside other images.

    Attributes:
        images: the others.
        here, usual: layer -> where its channels fire most in the image, and in the others.
        channels: of each stage, the strongest filters.
    """

    network: OpenNetwork
    stages: Sequence[Stage]
    image: Tensor
    images: Tensor
    here: Mapping[str, Peaks]
    usual: Mapping[str, Peaks]
    channels: Sequence[Sequence[int]]

    def cache_key(self) -> Hashable:
        """The network decides the stages and the other images."""
        return content((self.network, self.image, self.channels))

    def box(self, number: int) -> tuple[int, int, int, int]:
        """What the unit sees of the image where the strongest filter of a stage fires most."""
        stage = self.stages[number]
        return stage.field.box(*self.here[stage.layer].place(0, self.channels[number][0]))

    def wanted(self) -> list[tuple[str, int]]:
        """(layer, channel) of all that are shown; the cheap first layers come first."""
        return [
            (stage.layer, channel)
            for stage, channels in zip(self.stages, self.channels, strict=True)
            for channel in channels
        ]


def look_at(
    network: OpenNetwork,
    found: Sequence[Stage],
    image: Tensor,
    images: Tensor,
    usual: Mapping[str, Peaks],
    count: int,
) -> Look:
    """The ``count`` strongest filters of each stage for an image."""
    here = remember(_of_image, network, [stage.layer for stage in found], image)
    channels = [
        strongest(here[stage.layer], usual[stage.layer], min(count, stage.shape[0])) for stage in found
    ]
    return Look(network, found, image, images, here, usual, channels)


def photo_with_fields(look: Look) -> tuple[bytes, str]:
    """The image with the field of each stage where its strongest filter fires most, as a file; and in words."""
    numbers = range(len(look.stages))
    boxes = [look.box(number) for number in numbers]
    drawn = boxes_on(look.image, boxes, [str(number + 1) for number in numbers], 448)
    words = "; ".join(
        _(
            "stage {number}: rows {top} to {bottom}, columns {left} to {right}",
            number=number + 1,
            top=top,
            bottom=bottom - 1,
            left=left,
            right=right - 1,
        )
        for number, (top, left, bottom, right) in zip(numbers, boxes, strict=True)
    )
    return photograph_file(drawn), _(
        "The image, and on it what one unit of each stage sees. {words}", words=words
    )


def rows_of(look: Look, chosen: str) -> list[dict[str, str]]:
    """The stages as a table."""
    rows = []
    for number, stage in enumerate(look.stages):
        channels, height, width = stage.shape
        size = stage.field.size
        side = max(size) if isinstance(size, tuple) else size
        beyond = side >= max(look.network.input_shape[1:])
        row = {
            _("stage"): str(number + 1),
            _("maps"): _("{channels} of {height}×{width}", channels=channels, height=height, width=width),
            _("one unit sees"): f"{side}×{side}" + (_(", the whole image") if beyond else _(" pixels")),
        }
        if chosen in PRETRAINED and len(look.stages) == len(WORDS):
            row[_("what it finds")] = _(WORDS[number])
        rows.append(row)
    return rows


def made_images(look: Look) -> list[Tensor | None]:
    """An image made for each filter of ``wanted``, in order; ``None`` for one that is still being made."""
    network, wanted = look.network, look.wanted()

    def there() -> list[Tensor | None]:
        return [_made_before(network, layer, channel) for layer, channel in wanted]

    def known() -> tuple[bool, ...]:
        return tuple(one is not None for one in there())

    if all(known()):
        return there()
    job(
        "made",
        _("Making images for {count} filters", count=len(wanted)),
        _make_all,
        network,
        wanted,
        parts=known,
    )
    return there()


def _made_before(network: OpenNetwork, layer: str, channel: int) -> Tensor | None:
    bundled = bundled_image(str(network.key[0]), layer, channel)
    return remembered(_make, network, layer, channel) if bundled is None else bundled


def _make_all(network: OpenNetwork, wanted: Sequence[tuple[str, int]], progress: Progress) -> bool:
    """Layer by layer, the filters of one at one time; each is kept by itself."""
    missing = [one for one in wanted if _made_before(network, *one) is None]
    done = 0
    for layer in dict.fromkeys(layer for layer, __ in missing):
        channels = [channel for where, channel in missing if where == layer]
        before, begun = part(progress, done, len(missing), len(channels)), time.thread_time()
        images = make_all(network.model, layer, channels, network.input_shape, before)
        seconds = (time.thread_time() - begun) / len(channels)
        for channel, image in zip(channels, images, strict=True):
            keep(key_of(_make, (network, layer, channel), {}), image, seconds)
        done += len(channels)
    return True


def _make(network: OpenNetwork, layer: str, channel: int) -> Tensor:
    [image] = make_all(network.model, layer, [channel], network.input_shape)
    return image


def stage_items(look: Look, number: int, made: Sequence[Tensor | None]) -> list[WallItem]:
    """A stage on a wall: of its strongest filters what they see of the image, the image made for each, and what
    fires each most elsewhere.
    """
    stage, channels = look.stages[number], look.channels[number]
    here, usual = look.here[stage.layer], look.usual[stage.layer]
    own = torch.cat([parts(look.image.unsqueeze(0), here, stage, channel, 1, TILE) for channel in channels])
    best = [parts(look.images, usual, stage, channel, 2, TILE) for channel in channels]
    others = torch.cat([one[place : place + 1] for place in range(2) for one in best])
    values = [here.values[0, channel].item() for channel in channels]
    named = tuple(
        (_("filter {channel}\n{value:.3g}", channel=channel, value=value), "")
        for channel, value in zip(channels, values, strict=True)
    )
    target = 80
    items = [
        _item(f"own{number}", own, _("in this image"), _("parts of the image that fire them"), target, named)
    ]
    if all(one is not None for one in made):
        pictures = torch.stack([one for one in made if one is not None])
        labels = tuple((_("for filter {channel}", channel=channel), "") for channel in channels)
        items.append(
            _item(f"made{number}", pictures, _("made for them"), _("images made for them"), target, labels)
        )
    items.append(
        _item(
            f"others{number}",
            others,
            _("fire them most"),
            _("parts of other images"),
            2 * target,
            (),
            len(channels),
        )
    )
    return items


def _item(
    name: str,
    pictures: Tensor,
    heading: str,
    what: str,
    target: int,
    labels: tuple[tuple[str, str], ...],
    columns: int | None = None,
) -> WallItem:
    sheet = remember(image_sheet, pictures, columns, what)
    return WallItem(
        name, sheet, unit=_("image"), title=heading, target=target, legend=False, labels=labels, hint=""
    )


def composition_code(
    network: Expression, image: Expression, shape: tuple[int, int, int], dataset: str | None, count: int
) -> str:
    """The stages and the strongest filters of each."""
    images = (
        f"photo_parts({shape})"
        if dataset is None
        else f'load("{dataset}", "test").floats(slice(0, {SEARCHED}))'
    )
    taken = {"photo_parts": "cnnviz.data"} if dataset is None else {"load": "cnnviz.data"}
    return script(
        f"""\
network = {network}
image = fit({image}, {shape})
images = {images}
found = stages(network, {shape})
layers = [stage.layer for stage in found]
here = peaks(network, layers, image.unsqueeze(0))
usual = peaks(network, layers, images)
for stage in found:
    channels = strongest(here[stage.layer], usual[stage.layer], {count})
    print(stage.layer, stage.shape, stage.field.size, channels)
made = make_all(network, stage.layer, channels, {shape})
""",
        network,
        image,
        first=(),
        fit="cnnviz.data",
        stages="cnnviz.features.composition",
        peaks="cnnviz.features.composition",
        strongest="cnnviz.features.composition",
        make_all="cnnviz.features.made",
        **taken,
    )
