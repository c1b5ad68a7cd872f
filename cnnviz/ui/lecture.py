"""The lecture as a table of chapters and pages, and what all pages share: style, projector mode, the error
box.
"""

import base64
from dataclasses import dataclass
from functools import cache

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnnviz.classroom import CHAPTERS
from cnnviz.figures.colours import use_palette
from cnnviz.settings import ASSETS
from cnnviz.ui.address import arrive, draw_again, session, tell_address
from cnnviz.ui.components import component
from cnnviz.ui.entry import ask_at_the_door, is_owner, may_enter
from cnnviz.ui.follow import follow
from cnnviz.ui.frame import error_box, link, page
from cnnviz.ui.language import language_ahead, language_here
from cnnviz.ui.owner import PATH as OWNER
from cnnviz.ui.owner import show_owner_page
from cnnviz.ui.player import begin_page, end_page, go_on
from cnnviz.ui.startup import imports
from cnnviz.ui.state import State
from cnnviz.words import _, in_language


@dataclass(frozen=True)
class Lesson:
    """A page of the table.

    Attributes:
        file: its path; also what links name.
        title: in the menu and at the top.
        sentence: what a student can say after using it.
        picture: a file in ``assets/pictures`` for the map of the lecture.
        picture_alt: the picture in words.
        needs_saliency: imports what only saliency and embeddings need, and waits until it is there.
    """

    file: str
    title: str
    sentence: str = ""
    picture: str = ""
    picture_alt: str = ""
    needs_saliency: bool = False

    @property
    def url_path(self) -> str:
        return self.file.rpartition("/")[2].removesuffix(".py")


@dataclass(frozen=True)
class Chapter:
    """Some pages under one heading."""

    title: str
    lessons: tuple[Lesson, ...]


_lecture: tuple[Chapter, ...] = ()


def lecture() -> tuple[Chapter, ...]:
    """The table that the app was started with."""
    return _lecture


@cache
def _icon() -> str:
    return "data:image/png;base64," + base64.b64encode(picture("icon.png")).decode()


@cache
def picture(file: str) -> bytes:
    """A file of ``assets/pictures``, read once a server."""
    return (ASSETS / "pictures" / file).read_bytes()


def run(chapters: tuple[Chapter, ...]) -> None:
    """Shows the page of the table that the address asks for; the first page is the default."""
    global _lecture
    _lecture = chapters
    st.set_page_config(page_title="cnnviz", page_icon=_icon(), layout="wide")
    first = chapters[0].lessons[0]
    spoken = language_ahead()
    with in_language(spoken):
        pages = {
            _(chapter.title): [
                page(lesson.file, title=_(lesson.title), url_path=lesson.url_path, default=lesson is first)
                for lesson in chapter.lessons
            ]
            for chapter in chapters
        }
    pages[""] = [_owner_page()]
    if not may_enter():
        st.navigation(pages, position="hidden")
        st.html(_style("pages"))
        ask_at_the_door()
        return
    shown = st.navigation(pages, expanded=True)
    go_on(shown.url_path)
    arrive(shown.url_path)
    _choose_language(spoken)
    _projector_mode()
    if is_owner():
        st.sidebar.page_link(_owner_page(), icon=":material/key:")
    files = {lesson.url_path: lesson.file for chapter in chapters for lesson in chapter.lessons}
    follow({**files, "": first.file})
    begin_page(shown.url_path, shown.title)
    is_first = shown.url_path == ""
    if not is_first:
        needs_saliency = any(
            lesson.url_path == shown.url_path and lesson.needs_saliency
            for chapter in chapters
            for lesson in chapter.lessons
        )
        imports()[needs_saliency].wait()
    is_whole = False
    try:
        # Asked for once, not once for each sentence.
        with error_box(), in_language(spoken):
            shown.run()
        end_page(shown.url_path)
        is_whole = True
    finally:
        tell_address(whole=is_whole)
    if is_first:
        imports()
    else:
        _questions_of(files.get(shown.url_path, ""))
        component("pictures", "page_pictures")
    component("page_aria", "page_aria")


def _questions_of(file: str) -> None:
    """Below each page: the questions of its chapter."""
    chapter = file.split("/")[1] if file.count("/") > 1 else ""
    if chapter in CHAPTERS:
        link(
            "pages/class/questions.py",
            _("Questions of the chapter “{chapter}”", chapter=_(CHAPTERS[chapter])),
            ":material/quiz:",
            {"chapter": chapter},
        )


def _owner_page() -> StreamlitPage:
    """Not in the menu: whoever has the key knows its address, ``/owner``."""
    return st.Page(show_owner_page, title=_("For the owner"), url_path=OWNER, visibility="hidden")


@cache
def _style(name: str) -> str:
    """A file of ``assets/style``, read once a server."""
    return f"<style>\n{(ASSETS / 'style' / f'{name}.css').read_text(encoding='utf-8')}</style>"


def _choose_language(spoken: str) -> None:
    """The menu of languages; ``spoken`` is that of the menu of pages, which came before the address was read."""
    State.language.now  # noqa: B018 - reads the link
    session().here.language = language_here()
    with st.sidebar:
        State.language.draw()
    if language_here() != spoken:
        draw_again()


def _projector_mode() -> None:
    """Large type and no sidebar: by the key P, by the switch in the sidebar, or by a link with
    ``?projector=true``.
    """
    st.html(_style("pages"))
    with st.sidebar:
        use_palette(State.palette.draw())
        on = State.projector.draw()
        st.button(
            _("Switch projector mode"),
            key="projector_key",
            shortcut="p",
            on_click=_switch_projector,
            type="tertiary",
        )
    if on:
        st.html(_style("projector"))


def _switch_projector() -> None:
    State.projector.set(not State.projector.now)
