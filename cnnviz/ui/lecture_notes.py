"""What the page "Notes" shows of the slide that is given now."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cnnviz.ui.components import component, told
from cnnviz.ui.frame import link
from cnnviz.ui.lecture import lecture as table
from cnnviz.ui.lecture import picture
from cnnviz.ui.lectures import Slide, pages
from cnnviz.ui.messages import LectureNotesMessage
from cnnviz.ui.player import LECTURES, Showing, literal, plain, showing, titles_of_slides
from cnnviz.ui.states.given import Given
from cnnviz.words import _


def show_notes() -> None:
    """The clock, the notes, the question, and what comes next."""
    now = showing()
    if now is None:
        st.info(_("No lecture is given now. Start one, then press O there."))
        link(pages()[LECTURES], _("Lectures"), ":material/co_present:")
        return
    _clock(now)
    words, coming = st.columns([1.8, 1], gap="large")
    with words, st.container(key="notes_of_slide"):
        st.subheader(literal(titles_of_slides(now.lecture)[now.number - 1]), anchor=False)
        st.markdown(plain(now.slide.notes) or _("*This slide has no notes.*"))
        if now.slide.caption:
            st.caption(_("On the projector:"))
            st.markdown(plain(now.slide.caption))
        if now.slide.question:
            _question(now.slide)
    with coming, st.container(key="next_slide"):
        _next(now)


def _clock(now: Showing) -> None:
    def hear(news: Mapping[str, Any]) -> None:
        Given.lecture.set(str(news["lecture"])[:100])
        Given.slide.set(min(max(1, int(news["slide"])), 999))

    component(
        "lecture_notes",
        "lecture_notes",
        LectureNotesMessage(
            now.name,
            now.number,
            titles_of_slides(now.lecture),
            [slide.minutes for slide in now.lecture.slides],
            {
                "previous": _("Previous slide, in both windows"),
                "next": _("Next slide, in both windows"),
                "again": _("Clock to 0"),
                "plan": _("plan"),
                "of": _("of"),
            },
        ),
        default={"at": None},
        on_at_change=told("lecture_notes", "at", hear),
    )


def _question(slide: Slide) -> None:
    with st.container(border=True):
        st.markdown(f"**{_('Ask')}:** {plain(str(slide.question.get('text', '')))}")
        choices = slide.question.get("choices", [])
        answer = slide.question.get("answer")
        for number, choice in enumerate(choices if isinstance(choices, list) else [choices]):
            right = answer in (choice, number) and not isinstance(answer, bool)
            st.markdown(f"- {literal(str(choice))}{' ✓' if right else ''}")
        if answer is not None and not choices:
            st.markdown(_("Answer: {answer}", answer=literal(str(answer))))


def _next(now: Showing) -> None:
    if now.number == len(now.lecture.slides):
        st.markdown(_("This is the last slide."))
        return
    following = now.lecture.slides[now.number]
    st.caption(_("Next"))
    st.markdown(f"**{literal(titles_of_slides(now.lecture)[now.number])}**")
    lesson = next(
        (one for chapter in table() for one in chapter.lessons if one.file == pages()[following.page]), None
    )
    if lesson is not None and lesson.picture:
        st.image(picture(lesson.picture), alt=lesson.picture_alt, width="stretch")
    if lesson is not None:
        st.caption(lesson.title)
