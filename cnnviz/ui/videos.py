"""Records of videos on the page of data sets: what stands in the files that were brought, and two classifiers that learn from them."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from cnnviz.data.records import LABELS, Videos, read_videos, read_vocabulary
from cnnviz.tasks.videos import Comparison, compare_classifiers, videos_code
from cnnviz.ui.frame import error_box, unfolding
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import content
from cnnviz.ui.outside import plain
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _, many

FREQUENT = 20
NAMED = 20
"""Labels, and records that cannot be used, that are named."""
TITLES = {
    "frequency": "Frequencies alone",
    "logistic": "Logistic regression",
    "experts": "Mixture of experts",
}


def show_videos() -> None:
    """The files, what was found in them, and the classifiers."""
    files, words = _brought()
    videos = None
    with error_box():
        videos = job("videos", _("Reading the records"), found_videos, files) if files else None
        if videos is not None:
            show_found(videos, words)
    with error_box():
        found = _compared(videos)
        if found is not None:
            show_compared(found)
    if not files:
        return
    box = unfolding(_("The code of the classifiers"), "code_of_videos", ":material/code:")
    if box.open:
        code = videos_code(tuple(files), Datasets.experts.now, Datasets.video_epochs.now)
        box.code(code, language="python")


def _brought() -> tuple[dict[str, np.ndarray], Mapping[int, str]]:
    """Name -> bytes of the files of records, and the words of the labels."""
    st.caption(
        _(
            "Files of the parts train and validate, video level, from research.google.com/youtube8m: each has about a thousand videos "
            "as 1,024 + 128 numbers. With vocabulary.csv from there the labels have words."
        )
    )
    given = st.file_uploader(
        _("Files of records (.tfrecord), and vocabulary.csv"),
        ["tfrecord", "csv"],
        accept_multiple_files=True,
        key="video_files",
        help=_("The files are read on this server, checked record by record, and not kept."),
    )
    words: Mapping[int, str] = {}
    files: dict[str, np.ndarray] = {}
    with error_box():
        for file in given:
            if file.name.lower().endswith(".csv"):
                words = read_vocabulary(file.getvalue())
            else:
                files[file.name] = np.frombuffer(file.getvalue(), dtype=np.uint8)
    return files, words


def found_videos(files: Mapping[str, np.ndarray], progress: Progress) -> Videos:
    progress(0.0)
    return read_videos([(name, array.tobytes()) for name, array in files.items()])


def show_found(videos: Videos, words: Mapping[int, str]) -> None:
    """Videos, labels and what could not be read."""
    counts = videos.label_counts()
    total = sum(count for _label, count in counts)
    st.markdown(
        many("**{count:,} video** was read.", "**{count:,} videos** were read.", len(videos))
        + " "
        + _(
            "A video has {mean:.2f} labels in the mean; {labels:,} of the {all:,} labels are among them.",
            mean=total / len(videos),
            labels=len(counts),
            all=LABELS,
        )
    )
    st.markdown(_("**The most frequent labels**"))
    rows = [
        {
            _("Label"): plain(words.get(label, label)),
            _("Videos"): f"{count:,}",
            _("Share"): f"{count / len(videos):.1%}",
        }
        for label, count in counts[:FREQUENT]
    ]
    half = (len(rows) + 1) // 2
    for place, part in zip(st.columns(2, gap="medium"), (rows[:half], rows[half:]), strict=True):
        place.markdown(table_in_words(part))
    if videos.unreadable:
        st.warning(
            many(
                "{count:,} record was left out:",
                "{count:,} records were left out:",
                len(videos.unreadable),
            ),
            icon=":material/rule:",
        )
        st.markdown(
            "\n".join(f"- {plain(_(where))}: {plain(_(why))}" for where, why in videos.unreadable[:NAMED])
        )


def _compared(videos: Videos | None) -> Comparison | None:
    """The controls; the result of a training that somebody asked for with these videos and controls."""
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    experts, epochs = Datasets.experts.draw(left), Datasets.video_epochs.draw(middle)
    asked = None if videos is None else content((videos.ids, experts, epochs))
    if right.button(
        _("Train both classifiers"),
        key="videos_train",
        type="primary",
        icon=":material/play_arrow:",
        disabled=videos is None,
    ):
        st.session_state["videos_asked"] = asked
    if videos is None or st.session_state.get("videos_asked") != asked:
        return None
    return job(
        "videos_training",
        _("Training two classifiers"),
        compare_classifiers,
        videos,
        experts=experts,
        epochs=epochs,
    )


def show_compared(found: Comparison) -> None:
    """The scores, and what they are."""
    st.markdown(
        table_in_words(
            [
                {
                    _("Classifier"): _(TITLES[one.kind]),
                    _("Weights"): f"{one.parameters:,}",
                    "Hit@1": f"{one.hit:.1%}",
                    "PERR": f"{one.perr:.1%}",
                    "GAP@20": f"{one.gap:.1%}",
                }
                for one in found.scores
            ]
        )
    )
    st.caption(
        _(
            "Learned from {train:,} videos with {labels:,} labels, measured on {test:,} others. Frequencies alone: each label as sure as "
            "it is frequent. Hit@1: the best label is right. "
            "PERR (precision at equal recall rate): of a video with n labels, the share of right ones among its n best. GAP@20: the 20 "
            "best of each video in one list, the surest first: the precision p(i) at each right one, summed up, divided by the number "
            "of all labels.",
            train=found.train,
            labels=found.labels,
            test=found.test,
        )
        + (
            " "
            + many(
                "{count:,} label of the others stands in no video that was learned from: nobody can find it.",
                "{count:,} labels of the others stand in no video that was learned from: nobody can find them.",
                found.unseen,
            )
            if found.unseen
            else ""
        )
    )
