"""What this is, and the lecture as a map."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.ui.frame import link
from cnnviz.ui.lecture import Lesson, lecture, picture
from cnnviz.ui.pictures import media_url
from cnnviz.words import _


def card(lesson: Lesson, place: DeltaGenerator) -> None:
    """All of it is one link, and one element of the page."""
    url = media_url(picture(lesson.picture), lesson.picture)
    # A screen reader reads the title first; the style puts the picture above it.
    words = f"**{_(lesson.title)}** ![{_(lesson.picture_alt)}]({url}) *“{_(lesson.sentence)}”*"
    with place:
        link(lesson.file, words, icon="")


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
    card(lesson, place.container(key=f"cards_beside_{lesson.url_path}"))

for number, chapter in enumerate(lecture()[1:]):
    st.subheader(_(chapter.title), anchor=False)
    cards = st.container(key=f"cards_{number}")
    for lesson in chapter.lessons:
        card(lesson, cards)

st.caption(
    _(
        "In class: press P for projector mode. Every page is a link: set it up, copy the address, put it on a slide."
    )
)
