"""One's own images on the page of data sets: a file, or a handful of shots with the camera."""

import csv
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from cnnviz.data import FORMATS, Found, bring, found_of
from cnnviz.data.listing import BETWEEN_LABELS
from cnnviz.training.run import datasets_in_use, owner_hash
from cnnviz.ui.address import draw_again
from cnnviz.ui.components import browser_key
from cnnviz.ui.datasets import use_links
from cnnviz.ui.frame import error_box, link
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import forget
from cnnviz.ui.outside import plain
from cnnviz.ui.states.datasets import Datasets
from cnnviz.ui.states.faces import Faces
from cnnviz.ui.tables import table_in_words
from cnnviz.words import _, many

NAMED = 20
"""Classes and files that were left out and are named."""
MOST_SHOTS = 200
LONGEST_CLASS = 40


def show_own() -> None:
    """The controls, and what was found in the images."""
    st.caption(
        _(
            "A zip file of folders, one a class ({formats}), perhaps below 'train' and 'test'; a zip file of images with one CSV "
            "table, a line each: path,label (several labels with ';' or '|' between them); or an NPZ file with 'images' and 'labels'.",
            formats=", ".join(FORMATS),
        )
    )
    file = st.file_uploader(
        _("Your images"),
        ["zip", "npz"],
        key="own_file",
        help=_("The images stay on this server and become a data set of this browser alone."),
    )
    if file is not None:
        show_brought("bring", file.getvalue(), file.name)
    if st.toggle(
        _("Take some with the camera"),
        key="own_with_camera",
        help=_("Makes a small data set of shots of the camera, each with its class."),
    ):
        shots = camera_shots()
        if shots is not None:
            show_brought("bring_shots", shots, "shots.zip")


def show_brought(slot: str, content: bytes, file: str) -> None:
    """Keeps the images of a file as a data set, says what is in it, and leads on."""
    secret = browser_key(f"own_browser_{slot}")
    if secret is None:
        return
    with error_box():
        suffix, owner = Path(file).suffix.lower(), owner_hash(secret)
        name = job(slot, _("Reading your images"), brought, content, suffix, owner)
        found = name and found_of(name)
        if name and not found:
            # It had to go since, to make room for others.
            forget(brought, content, suffix, owner)
            draw_again()
        if name and found:
            show_found(found, file)
            link(
                Datasets.page, _("Look at them"), ":material/visibility:", Datasets(dataset=name).parameters()
            )
            if not found.many_labels:
                pairs = Faces(people=name)
                words = _("Judge pairs of them: the same?")
                link(pairs.page, words, ":material/compare:", pairs.parameters())
            use_links(name, ())


def brought(content: bytes, suffix: str, owner: str, progress: Progress) -> str:
    """Keeps the images of a file as a data set of one's own; returns its name, which its content decides."""
    name = f"own-{hashlib.sha256(content).hexdigest()[:12]}"
    if found_of(name) is None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"images{suffix}"
            file.write_bytes(content)
            bring(
                file,
                name,
                progress=lambda done, of: progress(done / max(1, of)),
                owner=owner,
                in_use=datasets_in_use,
            )
    return name


def show_found(found: Found, file: str) -> None:
    """What stands in a file of one's own, before it is used."""
    rows = [
        {_("Class"): plain(name), _("Training"): f"{train:,}", _("Test"): f"{test:,}"}
        for name, train, test in zip(found.classes, found.counts["train"], found.counts["test"], strict=True)
    ]
    sizes = ", ".join(f"{size} ({count:,})" for size, count in list(found.sizes.items())[:5])
    st.markdown(
        _(
            "**{file}**: {sum:,} images of {count} classes. "
            "They were {sizes} pixels, and are {shape}×{shape2} now, {part}.",
            file=plain(file),
            sum=found.images,
            count=len(found.classes),
            sizes=sizes,
            shape=found.shape[2],
            shape2=found.shape[1],
            part=_("grey") if found.shape[0] == 1 else _("in colour"),
        )
    )
    st.markdown(table_in_words(rows[:NAMED]))
    if found.many_labels:
        st.caption(
            _(
                "An image may have several of them, or none, and counts for each it has: {train:,} images to train, {test:,} to test.",
                train=found.lengths["train"],
                test=found.lengths["test"],
            )
        )
    if found.left_out:
        count = len(found.left_out)
        st.warning(
            many("{count:,} file was left out:", "{count:,} files were left out:", count),
            icon=":material/rule:",
        )
        st.markdown("\n".join(f"- {plain(name)}: {why}" for name, why in found.left_out[:NAMED]))


# --- the camera ---


def camera_shots() -> bytes | None:
    """Collects shots of this session, a class each; a zip file of them once they are to be used."""
    shots: dict[str, list[bytes]] = st.session_state.setdefault("own_shots", {})
    left, right = st.columns(2, gap="medium")
    with left:
        picture = st.camera_input(
            _("One shot"),
            key="own_camera",
            help=_("The shot is kept when you name its class and press the button."),
        )
    with right:
        typed = st.text_input(
            _("Its class"),
            key="own_class",
            max_chars=LONGEST_CLASS,
            help=_("What the shot shows, in a word; shots with the same word are one class."),
        )
        # One class a shot: what stands between labels in a table may not stand in it.
        name = " ".join(BETWEEN_LABELS.sub(",", typed).split())
        keep = st.button(
            _("Keep this shot"),
            key="own_keep",
            icon=":material/add_a_photo:",
            disabled=picture is None or not name,
        )
        if keep and picture is not None and name:
            _keep(shots, name, picture.getvalue())
        if not shots:
            st.caption(_("Take five or more of each of two classes: one way up and another, near and far."))
            return None
        counts = [{_("Class"): plain(one), _("Shots"): str(len(kept))} for one, kept in shots.items()]
        st.markdown(table_in_words(counts))
        if st.button(_("Use these shots"), key="own_use", type="primary", disabled=len(shots) < 2):
            st.session_state["own_shots_file"] = zip_of(shots)
        st.button(_("Forget them"), key="own_forget", icon=":material/delete:", on_click=_forget)
    found: bytes | None = st.session_state.get("own_shots_file")
    return found


def _forget() -> None:
    st.session_state.pop("own_shots", None)
    st.session_state.pop("own_shots_file", None)


def _keep(shots: dict[str, list[bytes]], name: str, shot: bytes) -> None:
    if sum(map(len, shots.values())) >= MOST_SHOTS:
        st.warning(
            _("{most_shots} shots are kept at most. Use them, or bring a zip file.", most_shots=MOST_SHOTS),
            icon=":material/rule:",
        )
    elif any(shot in kept for kept in shots.values()):
        st.info(_("This shot is kept already. Take another one."), icon=":material/info:")
    else:
        shots.setdefault(name, []).append(shot)


def zip_of(shots: Mapping[str, list[bytes]]) -> bytes:
    """The shots with a table of their classes; the same bytes for the same shots."""
    content, table = io.BytesIO(), io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["path", "label"])
    with zipfile.ZipFile(content, "w") as file:
        for name, kept in shots.items():
            for shot in kept:
                path = f"{hashlib.sha256(shot).hexdigest()[:16]}.jpg"
                file.writestr(zipfile.ZipInfo(path), shot)
                writer.writerow([path, name])
        file.writestr(zipfile.ZipInfo("labels.csv"), table.getvalue())
    return content.getvalue()
