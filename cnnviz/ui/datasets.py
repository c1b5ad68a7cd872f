"""The page of data sets: one's own images, and what is known of the published ones."""

import hashlib
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cnnviz.data import CATALOGUE, Found, PublishedSet, bring, found_of
from cnnviz.data.published import TASK_TITLES
from cnnviz.ui.frame import link
from cnnviz.ui.jobs import Progress
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.ui.tables import table_in_words

NAMED = 20
"""Files that were left out and are named."""
MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: str) -> str:
    """A name from outside, for Markdown: nothing in it is markup."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


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
