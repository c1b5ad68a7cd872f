"""What this is, and the lecture as a map."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.ui.frame import link
from cnnviz.ui.lecture import Lesson, lecture, picture
from cnnviz.words import _


def card(lesson: Lesson, place: DeltaGenerator) -> None:
    with place.container(border=True, height="stretch"):
        st.image(picture(lesson.picture), alt=_(lesson.picture_alt), width="stretch", output_format="PNG")
        link(lesson.file, f"**{_(lesson.title)}**", ":material/arrow_forward:")
        st.markdown(f"*“{_(lesson.sentence)}”*")


__, *before = lecture()[0].lessons
words, *places = st.columns([4 - len(before), *[1] * len(before)])
with words:
    st.header(_("The CNN lecture that you can touch"), anchor=False)
    st.markdown(
        _(
            "See what a convolutional network does, with real numbers, on your own image, your own network and your own training. "
            "Everything runs on this computer; no internet is needed."
        )
    )
    link(
        "pages/learning/training_lab.py",
        _("**Start the first experiment: train a network**"),
        ":material/play_circle:",
    )
for lesson, place in zip(before, places, strict=True):
    card(lesson, place)

for chapter in lecture()[1:]:
    st.subheader(_(chapter.title), anchor=False)
    for first in range(0, len(chapter.lessons), 4):
        for column, lesson in zip(st.columns(4), chapter.lessons[first : first + 4], strict=False):
            card(lesson, column)

st.caption(
    _(
        "In class: press P for projector mode. Every page is a link: set it up, copy the address, put it on a slide."
    )
)
