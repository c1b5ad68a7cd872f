"""The page of data sets: what is known of the published ones, and links to the rooms that use one."""

import time
from collections.abc import Sequence

import streamlit as st

from cnnviz.data import CATALOGUE, DATASETS, PublishedSet
from cnnviz.data.fetch import GETTABLE, fetch, is_got, kept_words, megabytes
from cnnviz.data.published import TASK_TITLES
from cnnviz.errors import CnnvizError
from cnnviz.ui.frame import link
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.outside import plain
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.states.labels import Labels
from cnnviz.ui.states.training_lab import TrainingLab
from cnnviz.ui.tables import table_in_words
from cnnviz.ui.videos import show_videos
from cnnviz.words import _, sentence_of


def use_links(name: str, classes: Sequence[str]) -> None:
    """From looking to training: the same data set and classes in the other rooms."""
    entry = DATASETS[name]
    if entry.many_labels:
        link(
            Labels.page,
            _("Train on it: yes or no for each label"),
            ":material/play_circle:",
            Labels(data=name).parameters(),
        )
        return
    if entry.grades:
        link(
            Labels.page,
            _("Train on its grades"),
            ":material/play_circle:",
            Labels(learn="ordinal", graded=name).parameters(),
        )
    chosen = {"classes": tuple(classes)} if len(classes) > 1 else {}
    link(
        TrainingLab.page,
        _("Train on {part}", part=_("these classes") if chosen else _("this data set")),
        ":material/play_circle:",
        TrainingLab(dataset=name, knobs="data", **chosen).parameters(),
    )


# --- the published ones ---


def show_published(entry: PublishedSet) -> None:
    """What is known of one of them."""
    splits = ", ".join(f"{count:,} {_(name)}" for name, count in entry.splits.items())
    facts = {
        _("Images"): f"{entry.images:,}" + (f" = {splits}" if splits else ""),
        _("Classes"): f"{entry.classes:,}; {_(TASK_TITLES[entry.task])}",
        _("Pixels"): f"{_(entry.size_text)}, {_('grey') if entry.channels == 1 else _('colour')}",
        _("Good for"): _(entry.good_for),
        _("How to get it"): _(entry.get) + (f" ({entry.megabytes:,.0f} MB)" if entry.megabytes else ""),
        _("Licence"): _(entry.licence),
        _("Source"): entry.source,
    }
    if entry.note:
        facts[_("Note")] = _(entry.note)
    st.markdown(table_in_words([{"": f"**{name}**", _(entry.title): text} for name, text in facts.items()]))
    if entry.withdrawn:
        st.warning(plain(_(entry.withdrawn)), icon=":material/block:")
    if entry.bundled:
        link(
            Datasets.page,
            _("Look at the part that is bundled"),
            ":material/visibility:",
            Datasets(dataset=entry.bundled).parameters(),
        )
    if entry.key in GETTABLE:
        _show_download(entry)
    if entry.key == "youtube8m":
        show_videos()


def _show_download(entry: PublishedSet) -> None:
    """A button that gets it, then the way to it."""
    if not is_got(entry.key):
        size = f"{('' if entry.megabytes else _('at most '))}{megabytes(entry):,.0f} MB"
        asked = st.session_state.setdefault("published_asked", {})
        if st.button(_("Get it ({size})", size=size), key="published_get", icon=":material/download:"):
            asked[entry.key] = time.time()
        if entry.key in asked:
            fault = job(
                "published", _("Downloading {title}", title=_(entry.title)), got, entry.key, asked[entry.key]
            )
            if fault:
                st.error(plain(fault), icon=":material/error:")
    if is_got(entry.key):
        st.success(kept_words(entry.key), icon=":material/check:")
        link(
            Datasets.page,
            _("Look at it"),
            ":material/visibility:",
            Datasets(dataset=entry.key).parameters(),
        )
        use_links(entry.key, ())


def got(key: str, _asked: float, progress: Progress) -> str:
    """Gets a published set; returns why that failed, or nothing.

    Args:
        _asked: when somebody pressed the button: pressed again, it is tried again.
    """
    try:
        fetch(key, lambda done, of: progress(done / max(1, of)))
    except CnnvizError as error:
        return sentence_of(error)
    return ""


def published_rows() -> list[dict[str, str]]:
    """All of them in one table."""
    return [
        {
            _("Data set"): _(entry.title),
            _("Images"): f"{entry.images:,}",
            _("Classes"): f"{entry.classes:,}",
            _("Pixels"): _(entry.size_text),
            _("Licence"): _(entry.licence),
            _("Here"): _("a part")
            if entry.bundled
            else _("withdrawn")
            if entry.withdrawn
            else _("yes")
            if is_got(entry.key)
            else "",
        }
        for entry in CATALOGUE.values()
    ]
