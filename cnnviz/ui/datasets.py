"""The page of data sets: walls of images, one's own images, and what is known of the published ones."""

import hashlib
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
import torch

from cnnviz.data import CATALOGUE, Found, ImageDataset, PublishedSet, bring, found_of
from cnnviz.data.look import Twins, extremes, mean_images, near_duplicates
from cnnviz.data.published import TASK_TITLES
from cnnviz.figures import image_sheet
from cnnviz.ui.components import WallItem
from cnnviz.ui.frame import link
from cnnviz.ui.jobs import Progress
from cnnviz.ui.map_walls import image_rows
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.ui.tables import table_in_words

ROW, SHOWN = 12, 48
TWINS = 12
NAMED = 20
"""Files that were left out and are named."""
MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: str) -> str:
    """A name from outside, for Markdown: nothing in it is markup."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def of_classes(dataset: ImageDataset, chosen: Sequence[str]) -> list[int]:
    """The numbers of the images of some classes; of all, if none is chosen."""
    labels = {dataset.classes.index(name) for name in chosen} or set(range(len(dataset.classes)))
    return [number for number, label in enumerate(dataset.labels.tolist()) if label in labels]


def wall_of(
    dataset: ImageDataset, numbers: Sequence[int], title: str = "", numbered: bool = True
) -> list[WallItem]:
    """Images in rows, each with its class below."""
    chosen = list(numbers)
    names = [dataset.classes[label] for label in dataset.labels[chosen].tolist()]
    labels = [
        (f"{name}\nno. {number}" if numbered else name, "")
        for name, number in zip(names, chosen, strict=True)
    ]
    return image_rows(dataset.floats(chosen), labels, title, f"images of {dataset.name}")


def means_of(dataset: ImageDataset) -> list[WallItem]:
    """The mean image of each class."""
    means = (mean_images(dataset) * 255).round().byte()
    return wall_of(
        replace(dataset, images=means, labels=torch.arange(len(means))), range(len(means)), numbered=False
    )


def extremes_of(dataset: ImageDataset) -> list[WallItem]:
    """Typical and odd, dark and bright images."""
    found = extremes(dataset, ROW)
    rows = {
        "Nearest to the mean image of their class": found.typical,
        "Farthest from it": found.odd,
        "Darkest": found.darkest,
        "Brightest": found.brightest,
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
            (f"{kind}\nno. {number}\n{one.classes[int(one.labels[number])]}", "")
            for kind, number, one in (("training", first, train), ("test", second, test))
        )
        items.append(
            WallItem(
                f"{first} {second}",
                image_sheet(pair, columns=2, what="images that look alike"),
                unit="image",
                labels=labels,
                title=f"{difference:.2%} apart",
                target=90,
                legend=False,
                hint="",
            )
        )
    return items


# --- one's own images ---


def brought(content: bytes, suffix: str, size: int | None, progress: Progress) -> str:
    """Keeps the images of a file as a data set of one's own; returns its name, which its content decides."""
    name = f"own-{hashlib.sha256(content + str(size).encode()).hexdigest()[:12]}"
    if found_of(name) is None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"images{suffix}"
            file.write_bytes(content)
            bring(file, name, size=size, progress=lambda done, of: progress(done / max(1, of)))
    return name


def show_found(found: Found, file: str) -> None:
    """What stands in a file of one's own, before it is used."""
    rows = [
        {"Class": plain(name), "Training": f"{train:,}", "Test": f"{test:,}"}
        for name, train, test in zip(found.classes, found.counts["train"], found.counts["test"], strict=True)
    ]
    sizes = ", ".join(f"{size} ({count:,})" for size, count in list(found.sizes.items())[:5])
    st.markdown(
        f"**{plain(file)}**: {sum(map(sum, found.counts.values())):,} images of {len(found.classes)} classes. "
        f"They were {sizes} pixels, and are {found.shape[2]}×{found.shape[1]} now, {'grey' if found.shape[0] == 1 else 'in colour'}."
    )
    st.markdown(table_in_words(rows[:NAMED]))
    if found.left_out:
        st.warning(f"{len(found.left_out):,} files were left out:", icon=":material/rule:")
        st.markdown("\n".join(f"- {plain(name)}: {why}" for name, why in found.left_out[:NAMED]))


def use_links(name: str, classes: Sequence[str]) -> None:
    """From looking to training: the same data set and classes in the other rooms."""
    chosen = {"classes": tuple(classes)} if len(classes) > 1 else {}
    link(
        TrainingLab.page,
        f"Train on {'these classes' if chosen else 'this data set'}",
        ":material/play_circle:",
        TrainingLab(dataset=name, knobs="data", **chosen).parameters(),
    )


# --- the published ones ---


def show_published(entry: PublishedSet) -> None:
    """What is known of one of them."""
    splits = ", ".join(f"{count:,} {name}" for name, count in entry.splits.items())
    facts = {
        "Images": f"{entry.images:,}" + (f" = {splits}" if splits else ""),
        "Classes": f"{entry.classes:,}; {TASK_TITLES[entry.task]}",
        "Pixels": f"{entry.size_text}, {'grey' if entry.channels == 1 else 'colour'}",
        "Good for": entry.good_for,
        "How to get it": entry.get + (f" ({entry.megabytes:,.0f} MB)" if entry.megabytes else ""),
        "Licence": entry.licence,
        "Source": entry.source,
    }
    if entry.note:
        facts["Note"] = entry.note
    st.markdown(table_in_words([{"": f"**{name}**", entry.title: text} for name, text in facts.items()]))
    if entry.withdrawn:
        st.warning(entry.withdrawn, icon=":material/block:")
    if entry.bundled:
        link(
            Datasets.page,
            "Look at the part that is bundled",
            ":material/visibility:",
            Datasets(dataset=entry.bundled).parameters(),
        )


def published_rows() -> list[dict[str, str]]:
    """All of them in one table."""
    return [
        {
            "Data set": entry.title,
            "Images": f"{entry.images:,}",
            "Classes": f"{entry.classes:,}",
            "Pixels": entry.size_text,
            "Licence": entry.licence,
            "Here": "a part" if entry.bundled else "withdrawn" if entry.withdrawn else "",
        }
        for entry in CATALOGUE.values()
    ]
