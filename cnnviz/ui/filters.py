"""What one filter looks for, as pictures on a wall; and a layer's weights at all steps."""

from collections.abc import Sequence

import torch
from torch import Tensor

from cnnviz.data import PHOTOS, ImageDataset, fit, photo
from cnnviz.features import (
    FilterBank,
    Maximised,
    TopImage,
    deconvolved,
    maximise,
    tiles,
    top_images,
    weight_histogram,
)
from cnnviz.figures import Sheet, image_sheet, map_sheet, overlay, picture_sheet
from cnnviz.training import Run, open_run
from cnnviz.ui.components import WallItem
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork, network_of_run
from cnnviz.words import _

MOST_KERNELS = 64


def photographs(shape: tuple[int, int, int]) -> Tensor:
    """All bundled photographs as a network with this input shape sees them."""
    return torch.stack([fit(photo(name), shape) for name in PHOTOS])


def numbered(count: int) -> list[str]:
    """How the images of a set are called."""
    return [_("no. {i}", i=i) for i in range(count)]


def first_images(test: ImageDataset, count: int) -> Tensor:
    return test.floats(slice(0, count))


def sheet_of_bank(bank: FilterBank, order: str) -> tuple[list[int], Sheet]:
    """The filters' numbers in an order, and one kernel of each."""
    numbers, inputs = bank.order(order), bank.kernels.shape[1]
    what = (
        _("kernel")
        if inputs in (1, 3)
        else _("kernel of the strongest of {inputs} input channels", inputs=inputs)
    )
    return numbers, map_sheet(
        bank.pictures[numbers], what=_("{what}s of {name}", what=what, name=bank.name), signed=True
    )


def marks_of(bank: FilterBank, judged: int | None) -> str:
    """Dead filters and near duplicates in words.

    Args:
        judged: the number of images that a dead filter was silent on; ``None``: its weights alone tell.
    """
    dead, pairs = bank.dead[:20], bank.duplicates[:8]
    silent = _(
        "**Dead** (never above zero on {judged} images): {str}.",
        judged=judged or _("any"),
        str=", ".join(map(str, dead)),
    )
    alike = _(
        "**Near duplicates** (cosine similarity above 0.95): {pairs}.",
        pairs=", ".join((_("{i} and {j}", i=i, j=j) for i, j in pairs)),
    )
    return f"{(silent if dead else _('No dead filter.'))} {(alike if pairs else _('No near duplicates.'))}"


def kernels_of(bank: FilterBank, number: int) -> WallItem:
    """One filter's kernels, one an input channel."""
    kernels = bank.kernels[number]
    strongest = kernels.flatten(1).norm(dim=1).argsort(descending=True)[:MOST_KERNELS].sort().values
    sheet = map_sheet(kernels[strongest], what=_("kernels, one an input channel"), signed=True)
    return WallItem(
        "kernels",
        sheet,
        _("{count} of {kernels}", count=len(strongest), kernels=len(kernels)),
        target=120,
        title=_("weights"),
    )


def made_for(network: OpenNetwork, layer: str, number: int, smoothness: float, seed: int) -> list[WallItem]:
    """The image that fires it; nothing while it is being made."""
    made = job(
        "made", _("Making an image for this filter"), _maximised, network, layer, number, smoothness, seed
    )
    if made is None:
        return []
    sheet = remember(picture_sheet, made.image, what=_("image made for the filter"))
    label = ((_("activation {history:.2f}", history=made.history[-1]), ""),)
    return [
        WallItem(
            "made",
            sheet,
            unit=_("image"),
            title=_("made for it"),
            target=max(168, network.input_shape[1]),
            legend=False,
            labels=label,
        )
    ]


def _maximised(
    network: OpenNetwork, layer: str, number: int, smoothness: float, seed: int, progress: Progress
) -> Maximised:
    return maximise(
        network.model, layer, number, network.input_shape, smoothness=smoothness, seed=seed, progress=progress
    )


def fired_by(
    network: OpenNetwork, layer: str, number: int, images: Tensor, names: Sequence[str]
) -> list[WallItem]:
    """Parts of the images that fire it most, and what of them did; nothing while they are searched."""
    tops = job(
        "tops", _("Searching {count} images", count=len(images)), _searched, network, layer, number, images
    )
    if tops is None:
        return []
    return remember(_fired, network, layer, number, images, names, tops)


def _searched(
    network: OpenNetwork, layer: str, number: int, images: Tensor, progress: Progress
) -> list[TopImage]:
    return top_images(network.model, layer, number, images, 8, progress=progress)


def _fired(
    network: OpenNetwork, layer: str, number: int, images: Tensor, names: Sequence[str], tops: list[TopImage]
) -> list[WallItem]:
    cut = tiles(images, tops, max(12, max(one.box[2] - one.box[0] for one in tops)))
    labels = tuple((f"{one.value:.2f}\n{names[one.number]}", "") for one in tops)
    sheet = image_sheet(cut, what=_("parts of images that fire it most"))
    items = [
        WallItem(
            "tops",
            sheet,
            _("of {count} images", count=len(images)),
            _("image"),
            title=_("fire it most"),
            target=110,
            most=1000,
            legend=False,
            labels=labels,
        )
    ]
    for one in tops[:4]:
        values = deconvolved(network.model, images[one.number], layer, number, one.row, one.col).sum(0)
        top, left, bottom, right = one.box
        part = overlay(
            images[one.number][:, top:bottom, left:right],
            values[top:bottom, left:right],
            _("what of it fired the unit"),
        )
        label = ((_("sent back\n{name}", name=names[one.number]), ""),)
        items.append(WallItem(f"back{one.number}", part, title=" ", target=110, legend=False, labels=label))
    return items


def weights_by_step(
    run: Run, layer: str, edges: Sequence[float]
) -> tuple[list[int], list[list[float]]] | None:
    """Some forty steps, and the histogram of the layer's weights at each. ``None`` while they are being
    read.
    """
    steps = run.steps[:: max(1, len(run.steps) // 40)]
    versions = [run.version(step) for step in steps]
    columns = job("history", _("Reading all steps"), _histograms, run.id, layer, steps, versions, edges)
    return None if columns is None else (steps, columns)


def _histograms(
    run_id: str,
    layer: str,
    steps: Sequence[int],
    _versions: Sequence[str],
    edges: Sequence[float],
    progress: Progress,
) -> list[list[float]]:
    """One histogram a step. A run that is resumed writes some steps anew, which are then other versions."""
    run, columns = open_run(run_id), []
    for index, step in enumerate(steps):
        progress(index / len(steps))
        columns.append(weight_histogram(network_of_run(run, step).model, layer, edges))
    return columns


def bin_edges(kernels: Tensor) -> list[float]:
    """Edges of 41 bins around zero that hold all weights."""
    most = kernels.abs().max().item() or 1.0
    return torch.linspace(-most, most, 42).tolist()
