"""The page of detection: a published detector on photographs, where its weights are on the machine."""

import time

import streamlit as st

from cnnviz.data import photo
from cnnviz.errors import CnnvizError
from cnnviz.figures import palette, picture_sheet
from cnnviz.tasks.coco import MEGABYTES, TITLE, coco_candidates, coco_classes, coco_here, get_coco
from cnnviz.tasks.detection import Detection, suppressed
from cnnviz.ui.components import boxes
from cnnviz.ui.jobs import Progress, job
from cnnviz.ui.memory import remember
from cnnviz.ui.messages import BoxMark
from cnnviz.ui.outside import plain
from cnnviz.words import _, sentence_of

LEAST = 0.05


def show_published(name: str, threshold: float, iou: float) -> None:
    """A photograph with what the published detector finds, or the way to its weights."""
    if not coco_here() and not _get():
        return
    picture = photo(name).float() / 255
    every = remember(found_on, name)
    found = suppressed(every.only(every.scores >= threshold), iou)
    kinds = coco_classes()
    names = [kinds[label] for label in found.labels.tolist()]
    marks = [
        BoxMark(box.tolist(), f"{kind} {float(score):.0%}", palette().boxes[1], False)
        for box, kind, score in zip(found.boxes, names, found.scores, strict=True)
    ]
    rows = [
        [kind, f"{float(score):.1%}", *(f"{value:.0f}" for value in box.tolist())]
        for box, kind, score in zip(found.boxes, names, found.scores, strict=True)
    ]
    boxes(
        "published_boxes",
        picture_sheet(picture, name),
        marks,
        _(
            "Photograph {name} with {count} boxes: {names}",
            name=name,
            count=len(found),
            names=", ".join(names) or _("none"),
        ),
        (
            _("The boxes of the photograph as a table"),
            (_("kind"), _("probability"), _("left"), _("top"), _("right"), _("bottom")),
            rows,
        ),
    )
    st.markdown(
        _(
            "**{title}** finds **{count}** things: {names}. It knows {count2} kinds.",
            title=TITLE,
            count=len(found),
            names=", ".join(names) or _("none"),
            count2=len([one for one in kinds if one != "N/A"]) - 1,
        )
    )


def found_on(name: str) -> Detection:
    """All boxes of a photograph that could count."""
    return coco_candidates(photo(name).float() / 255, LEAST)


def _get() -> bool:
    """A button for the weights; whether they are here now."""
    st.markdown(
        _(
            "**{title}** was trained on 118,000 photographs. Its weights are not on this machine yet: {megabytes:.0f} MB, once.",
            title=TITLE,
            megabytes=MEGABYTES,
        )
    )
    if st.button(_("Get the weights"), key="get_coco", icon=":material/download:"):
        st.session_state["coco_asked"] = time.time()
    asked = st.session_state.get("coco_asked")
    fault = None if asked is None else job("coco", _("Downloading the weights"), got, asked)
    if fault:
        st.warning(plain(fault), icon=":material/wifi_off:")
    return coco_here()


def got(_asked: float, progress: Progress) -> str:
    """Gets the weights; returns why that failed, or nothing.

    Args:
        _asked: when somebody pressed the button: pressed again, it is tried again.
    """
    try:
        get_coco(lambda done, of: progress(done / max(1, of)))
    except CnnvizError as error:
        return sentence_of(error)
    return ""
