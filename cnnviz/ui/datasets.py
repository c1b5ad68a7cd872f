"""The page of data sets: what is known of the published ones, and links to the rooms that use one."""

import re
from collections.abc import Sequence

import streamlit as st

from cnnviz.data import CATALOGUE, PublishedSet
from cnnviz.data.published import TASK_TITLES
from cnnviz.ui.frame import link
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.ui.tables import table_in_words

MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def plain(text: str) -> str:
    """A name from outside, for Markdown: nothing in it is markup."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


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
