"""Feature maps of a network and images of a data set as sheets of a wall; the network's answer."""

from collections.abc import Mapping, Sequence

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data import ImageDataset
from cnnviz.figures import image_sheet, limits, map_sheet, probability_bars
from cnnviz.random_numbers import drawing_from
from cnnviz.training.augmentation import Augment
from cnnviz.ui.charts import chart
from cnnviz.ui.components import WallItem
from cnnviz.ui.memory import remember
from cnnviz.ui.networks import OpenNetwork
from cnnviz.words import _

DRAWS = 3
"""Rows of images that each augmentation makes."""
IMAGE_HEIGHT, ROW_WIDTH = 64, 360
"""CSS pixels of an image, and of a row of them: two rows stand side by side on a laptop, and one fits a phone."""


def image_rows(
    images: Tensor, labels: Sequence[tuple[str, str]], title: str = "", what: str = "images"
) -> list[WallItem]:
    """Images (N, C, H, W) in [0, 1] in short rows that flow with the width of the screen; a (text, colour or "") below each.

    Args:
        title: stands above the first row.
    """
    height, width = images.shape[2:]
    zoom = max(0.5, IMAGE_HEIGHT / height)
    columns = max(1, round(ROW_WIDTH // ((width + 1) * (int(zoom) if zoom >= 1 else zoom))))
    items = []
    for start in range(0, len(images), columns):
        part = images[start : start + columns]
        items.append(
            WallItem(
                f"{title} {start}",
                image_sheet(part, columns=len(part), what=what),
                unit=_("image"),
                labels=tuple(labels[start : start + columns]),
                title=title if title and not start else " ",
                target=IMAGE_HEIGHT,
                legend=False,
                hint="",
            )
        )
    return items


def augmented_images(
    dataset: ImageDataset, numbers: Sequence[int], changes: Mapping[str, Sequence[str]], draw: int
) -> list[WallItem]:
    """Some images of a data set, and what augmentations make of them, drawn ``DRAWS`` times.

    Args:
        changes: title -> keys of ``AUGMENTATIONS``.
        draw: seed of the random changes.
    """
    chosen = list(numbers)
    images, labels = dataset.floats(chosen), dataset.labels[chosen]
    names = tuple(("\n".join(dataset.names_of(number)), "") for number in chosen)
    sheet = image_sheet(images, len(images), _("images"))
    items = [WallItem("original", sheet, "", _("image"), names, 56, 720, legend=False)]
    for title, keys in changes.items():
        change = Augment(keys, dataset.shape, len(dataset.classes))
        with drawing_from(torch.Generator().manual_seed(draw)):
            changed = [change(images, labels)[0] for __ in range(DRAWS)]
        sheet = image_sheet(torch.cat(changed), len(images), _("images after {title}", title=title))
        items.append(WallItem(title, sheet, "", _("image"), (), 62 * DRAWS, 720, legend=False))
    return items


def wall_items(maps: dict[str, Tensor], span: tuple[float, float] | None, what: str = "") -> list[WallItem]:
    items = []
    for name, values in maps.items():
        units = values.shape[1:] == (1, 1)
        kind = _("unit") if units else _("map")
        heading = f"{name}{': ' if what else ''}{what}"
        said = _("units of {heading}", heading=heading) if units else _("maps of {heading}", heading=heading)
        sheet = map_sheet(values, span=span, what=said)
        tall = 480 if len(maps) == 1 and not what else 150
        items.append(
            WallItem(
                f"{name}{what}", sheet, "×".join(map(str, values.shape)), kind, title=heading, target=tall
            )
        )
    return items


def pair_items(maps: dict[str, Tensor], others: dict[str, Tensor]) -> list[WallItem]:
    """Of each layer the maps of two images on one scale, and their difference."""
    items = []
    for name, values in maps.items():
        joint = limits(values, others[name])
        items += wall_items({name: values}, joint, "first") + wall_items(
            {name: others[name]}, joint, "second"
        )
        items += wall_items({name: values - others[name]}, None, _("first − second"))
    return items


def show_answer(network: OpenNetwork, answer: Tensor) -> None:
    """The probabilities of all classes, or of the ten most probable ones."""
    st.markdown(
        _("**Prediction at step {step}**", step=network.step)
        if network.step is not None
        else _("**Prediction**")
    )
    words, shown, names = remember(_most_probable, answer, network.classes)
    chart("bars", words, probability_bars, shown, names)


def _most_probable(answer: Tensor, classes: Sequence[str]) -> tuple[str, Tensor, list[str]]:
    """The answer in words, and the ten most probable classes, or all in their order."""
    best = answer.argsort(descending=True)[:10]
    order = best.sort().values if len(answer) <= 10 else best
    words = _(
        "Predicted: {class_name} with probability {answer:.3f}",
        class_name=classes[int(best[0])],
        answer=answer[best[0]],
    )
    return words, answer[order], [classes[i] for i in order.tolist()]
