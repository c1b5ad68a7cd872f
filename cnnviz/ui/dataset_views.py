"""The ways in which the page of data sets looks at one. A new one is one entry in ``SHOW`` and a title in the page's state."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st
import torch

from cnnviz.data import ImageDataset, load
from cnnviz.data.look import Twins, extremes, mean_images, near_duplicates, search_images
from cnnviz.features.nearest import Neighbours, nearest_pixels
from cnnviz.figures import image_sheet, palette
from cnnviz.training.augmentation import AUGMENTATIONS
from cnnviz.ui.components import WallItem, map_wall
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.map_walls import augmented_images, image_rows
from cnnviz.ui.memory import remember
from cnnviz.ui.outside import plain
from cnnviz.ui.states.datasets import Datasets
from cnnviz.words import _, many

ROW, SHOWN, NEAREST, CHANGED = 12, 48, 24, 5
"""Images of a row of extremes, of a page, nearest ones, and those that augmentation changes."""
TWINS = 12
NAMED = 10
"""Classes that a search names."""


def of_classes(dataset: ImageDataset, chosen: Sequence[str]) -> list[int]:
    """The numbers of the images of some classes; of all, if none is chosen."""
    labels = {dataset.classes.index(name) for name in chosen}
    if not labels:
        return list(range(len(dataset)))
    if dataset.many_labels:
        return dataset.targets["labels"][:, sorted(labels)].any(1).nonzero().flatten().tolist()
    return [number for number, label in enumerate(dataset.labels.tolist()) if label in labels]


def wall_of(
    dataset: ImageDataset, numbers: Sequence[int], title: str = "", numbered: bool = True
) -> list[WallItem]:
    """Images in rows, each with its class below."""
    chosen = list(numbers)
    names = ["\n".join(dataset.names_of(number)) or _("none") for number in chosen]
    labels = [
        (_("{name}\nno. {number}", name=name, number=number) if numbered else name, "")
        for name, number in zip(names, chosen, strict=True)
    ]
    return image_rows(dataset.floats(chosen), labels, title, _("images of {name}", name=dataset.name))


def means_of(dataset: ImageDataset) -> list[WallItem]:
    """The mean image of each class."""
    means = (mean_images(dataset) * 255).round().byte()
    return wall_of(
        replace(dataset, images=means, labels=torch.arange(len(means)), many_labels=False),
        range(len(means)),
        numbered=False,
    )


def extremes_of(dataset: ImageDataset) -> list[WallItem]:
    """Typical and odd, dark and bright images."""
    found = extremes(dataset, ROW)
    rows = {
        _("Nearest to the mean image of their class"): found.typical,
        _("Farthest from it"): found.odd,
        _("Darkest"): found.darkest,
        _("Brightest"): found.brightest,
    }
    return [item for title, numbers in rows.items() for item in wall_of(dataset, numbers.tolist(), title)]


def twins_of(train: ImageDataset, test: ImageDataset, progress: Progress) -> Twins:
    """Test images that stand among the training images."""
    progress(0.0)
    return near_duplicates(train, test)


def wall_of_twins(train: ImageDataset, test: ImageDataset, found: Twins) -> list[WallItem]:
    """The pairs that are most alike, a training and a test image each; each image stands in one of them."""
    items: list[WallItem] = []
    seen: set[tuple[str, int]] = set()
    for first, second, difference in zip(
        found.first.tolist(), found.second.tolist(), found.difference.tolist(), strict=True
    ):
        ends = {("train", first), ("test", second)}
        if len(items) == TWINS or seen & ends:
            continue
        seen |= ends
        pair = torch.cat([train.floats([first]), test.floats([second])])
        labels = tuple(
            (
                _(
                    "{kind}\nno. {number}\n{class_name}",
                    kind=kind,
                    number=number,
                    class_name="\n".join(one.names_of(number)),
                ),
                "",
            )
            for kind, number, one in (("training", first, train), ("test", second, test))
        )
        items.append(
            WallItem(
                f"{first} {second}",
                image_sheet(pair, columns=2, what=_("images that look alike")),
                unit=_("image"),
                labels=labels,
                title=_("{difference:.2%} apart", difference=difference),
                target=90,
                legend=False,
                hint="",
            )
        )
    return items


def nearest_of(dataset: ImageDataset, number: int, progress: Progress) -> Neighbours:
    return nearest_pixels(dataset, number, NEAREST, progress=progress)


def wall_of_near(dataset: ImageDataset, number: int, found: Neighbours) -> list[WallItem]:
    """The image that is asked about, then the nearest: distance, and whether the class is the same."""
    own = int(dataset.labels[number])
    labels = []
    for label, distance in zip(
        dataset.labels[found.indices[0]].tolist(), found.distances[0].tolist(), strict=True
    ):
        mark, colour = ("✓", palette().right) if label == own else ("✗", palette().wrong)
        labels.append((f"{mark} {dataset.classes[label]}\n{distance:.3g}", colour))
    return [
        *wall_of(dataset, [number], _("Asked about")),
        *image_rows(dataset.floats(found.indices[0]), labels, _("Nearest to it"), _("nearest images")),
    ]


# --- what the page shows, by the name of the view ---


def _grid(dataset: ImageDataset, numbers: list[int]) -> None:
    left, right, __ = st.columns([2, 1, 1], gap="medium")
    text = Datasets.search.draw(left).strip()
    found = search_images(dataset, text)
    if text:
        meant = set(found.numbers.tolist())
        numbers = [number for number in numbers if number in meant]
    page = Datasets.part.draw(right, high=max(1, math.ceil(len(numbers) / SHOWN)))
    if not numbers:
        st.info(
            _(
                "Nothing was found for “{text}” among the images that are chosen. Type a part of a class's name, such as {name}, or "
                "numbers of images up to {last:,}: #7, or 120-180.",
                text=plain(text),
                name=plain(dataset.classes[0]),
                last=len(dataset) - 1,
            ),
            icon=":material/search_off:",
        )
        return
    if text:
        st.markdown(
            many("Found: {count:,} image", "Found: {count:,} images", len(numbers))
            + (f" ({', '.join(plain(name) for name in found.classes[:NAMED])})" if found.classes else "")
        )
    if text and len(numbers) == 1 and not dataset.many_labels:
        _show_near(dataset, numbers[0])
    else:
        map_wall("shown_images", remember(wall_of, dataset, numbers[(page - 1) * SHOWN : page * SHOWN]))


def _means(dataset: ImageDataset, __: list[int]) -> None:
    map_wall("means", remember(means_of, dataset))


def _one_class(dataset: ImageDataset) -> bool:
    """Whether each image has one; says so if not."""
    if dataset.many_labels:
        st.info(
            _(
                "This view compares an image with its class, but here an image may have several labels, or none."
            ),
            icon=":material/label:",
        )
    return not dataset.many_labels


def _extremes(dataset: ImageDataset, __: list[int]) -> None:
    if not _one_class(dataset):
        return
    map_wall("extremes", remember(extremes_of, dataset))


def _twins(dataset: ImageDataset, __: list[int]) -> None:
    train, test = load(dataset.name), load(dataset.name, "test")
    found = job("twins", _("Comparing all training with all test images"), twins_of, train, test)
    if found is None:
        return
    st.markdown(
        _(
            "{count} pairs of a training and a test image differ by less than 3 % of the range of a pixel, in the mean.",
            count=len(found),
        )
        if len(found)
        else _("No test image stands among the training images.")
    )
    map_wall("twins", remember(wall_of_twins, train, test, found))


def _near(dataset: ImageDataset, __: list[int]) -> None:
    if not _one_class(dataset):
        return
    _show_near(dataset, Datasets.asked.draw(st.columns([1, 3])[0], high=len(dataset) - 1))


def _show_near(dataset: ImageDataset, number: int) -> None:
    found = job("near", _("Comparing it with all images"), nearest_of, dataset, number)
    if found is None:
        return
    label = int(dataset.labels[number])
    same = int((dataset.labels[found.indices[0]] == label).sum())
    st.markdown(
        _(
            "Of the {shape} nearest by their pixels (Euclidean distance) **{same}** are of its class. "
            "No network was asked.",
            shape=found.indices.shape[1],
            same=same,
        )
    )
    map_wall("near", remember(wall_of_near, dataset, number, found))


def _augmentation(dataset: ImageDataset, numbers: list[int]) -> None:
    draw = Datasets.draw_number.draw(st.columns([1, 3])[0])
    changes = {one.title: (name,) for name, one in AUGMENTATIONS.items()}
    map_wall("augmented", remember(augmented_images, dataset, numbers[:CHANGED], changes, draw))
    st.caption(" ".join(f"**{_(one.title)}.** {_(one.words)}" for one in AUGMENTATIONS.values()))


SHOW: Mapping[str, Callable[[ImageDataset, list[int]], None]] = {
    "grid": _grid,
    "means": _means,
    "extremes": _extremes,
    "twins": _twins,
    "near": _near,
    "augment": _augmentation,
}
