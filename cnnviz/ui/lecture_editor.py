"""The page "Lectures": the bundled ones, and one's own with its editor."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ui.lectures import Lecture, Slide, bundled, bundled_lecture, hidable, read_lecture
from cnnviz.ui.player import OWN, ask_for, edit, is_editing, keep_own, literal, own, plain, titles_of_slides
from cnnviz.words import _

CHOSEN = "slide_chosen"
"""Number, from 0, of the slide that is edited."""
TURN = "slides_turn"
"""How often slides were moved: their controls are new ones then."""


def list_bundled() -> None:
    """Each lecture of the folder ``lectures``, with a start at any slide."""
    for name in bundled():
        lecture = bundled_lecture(name)
        if lecture is not None:
            with st.container(border=True):
                _offer(name, lecture)


def _offer(name: str, lecture: Lecture) -> None:
    words, start = st.columns([2, 1], gap="large")
    titles = titles_of_slides(lecture)
    with words:
        st.subheader(literal(lecture.title) or _("A lecture without a title"), anchor=False)
        st.markdown(plain(lecture.about))
        st.caption(
            _(
                "{slides} slides, {minutes} minutes{author}",
                slides=len(lecture.slides),
                minutes=f"{lecture.minutes:g}",
                author=f" · {literal(lecture.author)}" if lecture.author else "",
            )
        )
    with start:
        at = st.selectbox(
            _("Begin at"),
            range(len(titles)),
            format_func=lambda number: f"{number + 1} · {titles[number]}",
            key=f"begin_of_{name}",
            help=_("The slide that the lecture begins with. Usual: the first."),
        )
        row = st.container(horizontal=True)
        row.button(
            _("Start"),
            key=f"start_of_{name}",
            icon=":material/play_arrow:",
            type="primary",
            on_click=ask_for,
            args=(name, at + 1),
        )
        if name == OWN:
            st.caption(_("To give it on another computer, download the file and open it there."))
            return
        if not is_editing():
            row.button(
                _("Edit a copy"),
                key=f"copy_of_{name}",
                icon=":material/edit:",
                on_click=_begin,
                args=(lecture,),
            )
    app = st.context.url.rsplit("/", 1)[0] if st.context.url else ""
    words.code(f"{app}/?lecture={name}&slide={at + 1}", language=None, wrap_lines=True)


def _begin(lecture: Lecture) -> None:
    keep_own(lecture)
    edit(True)


def own_file() -> None:
    """One's own lecture: from a file, a new one, and back as a file."""
    st.subheader(_("My lecture"), anchor=False)
    known = own()
    lecture = known.lecture if known else None
    if lecture is not None and lecture.slides:
        with st.container(border=True):
            _offer(OWN, lecture)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        st.file_uploader(
            _("Open a lecture from a file (TOML)"),
            type=["toml"],
            key="lecture_file",
            on_change=_open,
            help=_("One that “Download” has saved here, or one that you wrote by hand."),
        )
        for sentence in st.session_state.get("lecture_file_says", ()):
            st.warning(literal(sentence), icon=":material/info:")
    with right:
        _own_buttons(lecture)


def _own_buttons(lecture: Lecture | None) -> None:
    if lecture is None:
        st.caption(_("It is kept in this browser, and by you as a file. There is no account."))
    elif not lecture.slides:
        st.caption(
            _(
                "It has no slide yet. Go to any page, set it up, and press “Add this page to my lecture” in the sidebar."
            )
        )
    row = st.container(horizontal=True)
    if is_editing():
        row.button(_("Stop editing"), key="edit_stop", icon=":material/check:", on_click=edit, args=(False,))
    elif lecture is not None:
        row.button(_("Edit"), key="edit_own", icon=":material/edit:", on_click=edit, args=(True,))
    else:
        new = Lecture(title=_("My lecture"))
        row.button(_("A new lecture"), key="edit_new", icon=":material/add:", on_click=_begin, args=(new,))
    if lecture is not None:
        row.download_button(
            _("Download"),
            lecture.text(),
            file_name="lecture.toml",
            mime="application/toml",
            key="lecture_download",
            icon=":material/download:",
            on_click="ignore",
        )


def _open() -> None:
    """Makes the file that was chosen one's own lecture, and keeps what is to say about it."""
    file = st.session_state.get("lecture_file")
    says: list[str] = []
    if file is not None:
        try:
            lecture = read_lecture(file.getvalue())
        except CnnvizError as error:
            says = [_(error)]
        else:
            _begin(lecture)
            st.session_state.pop(CHOSEN, None)
            says = [_(sentence) for sentence in lecture.unknown]
    st.session_state["lecture_file_says"] = says


def edit_own() -> None:
    """The words of one's own lecture, its slides in their order, and one of them."""
    known = own()
    if known is None or known.lecture is None:
        return
    lecture = known.lecture
    st.subheader(_("Edit"), anchor=False)
    columns = st.columns([2, 1, 0.6, 3])
    words = {"title": _("Title"), "author": _("Author"), "language": _("Language"), "about": _("About")}
    for column, (name, label) in zip(columns, words.items(), strict=True):
        _box(column.text_input, label, getattr(lecture, name), f"lecture_{name}", _of_lecture(name))
    if not lecture.slides:
        return
    number = min(st.session_state.get(CHOSEN, 0), len(lecture.slides) - 1)
    left, right = st.columns([1, 1.3], gap="large")
    with left:
        _table(lecture, number)
    with right:
        _slide(lecture.slides[number], number, len(lecture.slides))


def _table(lecture: Lecture, number: int) -> None:
    """All slides; pressing one edits it."""
    key = f"slides_of_lecture_{st.session_state.get(TURN, 0)}"

    def chosen() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows:
            st.session_state[CHOSEN] = rows[0]

    st.dataframe(
        {
            _("Slide"): [f"{at + 1}" for at in range(len(lecture.slides))],
            _("Title"): titles_of_slides(lecture),
            _("Page"): [slide.page for slide in lecture.slides],
            _("Minutes"): [slide.minutes for slide in lecture.slides],
        },
        key=key,
        on_select=chosen,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [number], "columns": [], "cells": []}},
        hide_index=True,
        height=560,
    )


def _slide(slide: Slide, number: int, count: int) -> None:
    row = st.container(horizontal=True)
    for label, icon, to, off in (
        (_("Up"), ":material/arrow_upward:", number - 1, number == 0),
        (_("Down"), ":material/arrow_downward:", number + 1, number == count - 1),
    ):
        row.button(
            label, key=f"move_to_{to - number}", icon=icon, disabled=off, on_click=_move, args=(number, to)
        )
    row.button(_("Remove"), key="slide_remove", icon=":material/delete:", on_click=_move, args=(number, None))
    row.button(
        _("Show"), key="slide_show", icon=":material/play_arrow:", on_click=ask_for, args=(OWN, number + 1)
    )
    st.caption(literal(slide.link()))
    turn = f"{number}_{st.session_state.get(TURN, 0)}"
    words: dict[str, tuple[str, Callable[..., Any]]] = {
        "title": (_("Title of the slide"), st.text_input),
        "notes": (_("Notes for the lecturer (Markdown)"), partial(st.text_area, height=220)),
        "caption": (_("Caption for the hall; `[words](#spot:section)` point at the picture"), st.text_input),
        "spot": (_("Spotlight on: a section, a component, a CSS selector"), st.text_input),
    }
    for name, (label, box) in words.items():
        _box(box, label, getattr(slide, name), f"slide_{name}_{turn}", _of_slide(number, name))
    known = dict.fromkeys((*hidable(slide.page), *slide.hide))
    st.multiselect(
        _("Hidden"),
        list(known),
        list(slide.hide),
        key=f"slide_hide_{turn}",
        on_change=_take,
        args=(f"slide_hide_{turn}", _of_slide(number, "hide", tuple)),
        help=_("Parts of the page and controls that this slide does not show. Usual: none."),
    )
    st.number_input(
        _("Minutes"),
        0.0,
        1000.0,
        float(slide.minutes),
        1.0,
        key=f"slide_minutes_{turn}",
        on_change=_take,
        args=(f"slide_minutes_{turn}", _of_slide(number, "minutes", float)),
        help=_("Time planned for this slide. The bar of the lecture compares it with the clock."),
    )


def _box(draw: Callable[..., Any], label: str, value: str, key: str, change: Callable[[Any], None]) -> None:
    """A box of text that changes one thing of the lecture."""
    draw(label, value, key=key, on_change=_take, args=(key, change))


def _take(key: str, change: Callable[[Any], None]) -> None:
    change(st.session_state[key])


def _of_lecture(name: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        _keep(lambda lecture: replace(lecture, **{name: value}))

    return change


def _of_slide(number: int, name: str, kind: Callable[[Any], Any] = str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        def changed(lecture: Lecture) -> Lecture:
            slides = list(lecture.slides)
            slides[number] = replace(slides[number], **{name: kind(value)})
            return replace(lecture, slides=tuple(slides))

        _keep(changed)

    return change


def _move(number: int, to: int | None) -> None:
    """Another place for a slide; ``None``: nowhere."""

    def moved(lecture: Lecture) -> Lecture:
        slides = list(lecture.slides)
        slide = slides.pop(number)
        if to is not None:
            slides.insert(to, slide)
        return replace(lecture, slides=tuple(slides))

    _keep(moved)
    st.session_state[CHOSEN] = number if to is None else to
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def _keep(change: Callable[[Lecture], Lecture]) -> None:
    known = own()
    if known is not None and known.lecture is not None:
        keep_own(change(known.lecture))
