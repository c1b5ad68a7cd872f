"""A lecture is given: which slide is shown, the bar on every page, what is hidden, and one's own lecture."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ui.address import comes_by_history, session
from cnnviz.ui.components import component, told
from cnnviz.ui.fields import Field
from cnnviz.ui.frame import page
from cnnviz.ui.lectures import SIDEBAR, Lecture, Slide, bundled_lecture, pages, read_lecture, state_of
from cnnviz.ui.messages import LectureBarMessage, OwnLectureMessage
from cnnviz.ui.startup import imports
from cnnviz.ui.state import State
from cnnviz.ui.states.given import Given
from cnnviz.words import _

OWN = "own"
"""Name of the lecture that is kept in this browser."""
HOME = "home"
LECTURES, NOTES = "lectures", "notes"
"""Names of the two pages."""
OF_THE_APP = {name for name, entry in vars(State).items() if isinstance(entry, Field)} | set(Given.fields)
"""Fields that no slide changes."""


@dataclass(frozen=True)
class Own:
    """One's own lecture, as this session knows it.

    Attributes:
        lecture: ``None``: this browser has none.
        version: seconds since 1970 when it was changed.
    """

    lecture: Lecture | None = None
    version: float = 0.0


def own() -> Own | None:
    """``None`` until the browser has told."""
    known = st.session_state.get("own_lecture_known")
    return known if isinstance(known, Own) else None


def keep_own(lecture: Lecture | None) -> None:
    """From now on this is one's own lecture; the browser keeps it."""
    st.session_state["own_lecture_known"] = Own(lecture, time.time())


def is_editing() -> bool:
    """Whether every page offers to be added."""
    return bool(st.session_state.get("lecture_is_edited"))


def edit(on: bool) -> None:
    st.session_state["lecture_is_edited"] = on


def listen_to_browser() -> None:
    """Lets the browser tell and keep one's own lecture."""
    known = own()
    text = None if known is None else "" if known.lecture is None else known.lecture.text()

    def hear(news: Mapping[str, Any]) -> None:
        here, version = own(), float(news.get("version") or 0)
        if here is not None and here.version >= version:
            return
        lecture = None
        if news.get("text"):
            try:
                lecture = read_lecture(str(news["text"]))
            except CnnvizError:
                lecture = None
        st.session_state["own_lecture_known"] = Own(lecture, version)

    component(
        "own_lecture",
        "own_lecture",
        OwnLectureMessage(text, 0.0 if known is None else known.version),
        default={"stored": None},
        on_stored_change=told("own_lecture", "stored", hear),
    )


def lecture_named(name: str) -> Lecture | None:
    """A bundled one, or one's own."""
    if name == OWN:
        known = own()
        return None if known is None else known.lecture
    return bundled_lecture(name)


@dataclass(frozen=True)
class Showing:
    """What is given now. ``number`` of the slide is from 1."""

    name: str
    lecture: Lecture
    number: int

    @property
    def slide(self) -> Slide:
        return self.lecture.slides[self.number - 1]


def showing() -> Showing | None:
    """The lecture and the slide that the address names, if there are such."""
    name = Given.lecture.now
    lecture = lecture_named(name) if name else None
    if lecture is None or not lecture.slides:
        return None
    return Showing(name, lecture, min(Given.slide.now, len(lecture.slides)))


def ask_for(lecture: str, number: int) -> None:
    """In a callback: the script that follows shows this slide."""
    st.session_state["slide_asked"] = lecture, number


def leave() -> None:
    """Ends the lecture; the page stays as it is."""
    for entry in (Given.lecture, Given.slide):
        entry.forget()


def path_of(name: str) -> str:
    """A page in addresses; the first one has none."""
    return "" if name == HOME else name


def go_on(shown: str) -> None:
    """Called before a page is drawn: goes to the slide that was asked for.

    Args:
        shown: path of the page that the browser asks for.
    """
    if comes_by_history():
        # The browser's back button: what the address does not name is usual.
        for entry in (Given.lecture, Given.slide, Given.hide):
            if entry.name not in st.query_params:
                session().shared.pop(entry.name, None)
    asked = st.session_state.pop("slide_asked", None) or _in_short(shown)
    if asked is None:
        return
    name, number = asked
    imports()[False].wait()
    lecture = lecture_named(name)
    if lecture is None or not lecture.slides:
        return
    number = min(max(1, number), len(lecture.slides))
    slide = lecture.slides[number - 1]
    visit = session()
    visit.shared = {key: value for key, value in visit.shared.items() if key in OF_THE_APP}
    visit.ordered = {**slide.state, "lecture": name, "slide": str(number)}
    if path_of(slide.page) != shown:
        st.switch_page(page(pages()[slide.page]), query_params=visit.ordered)


def _in_short(shown: str) -> tuple[str, int] | None:
    """The slide of a link to the app itself, such as ``/?lecture=cnn&slide=7``."""
    if shown != "" or session().page == "":
        return None
    address = st.query_params.to_dict()
    if address.get("lecture", OWN) == OWN:
        return None
    number = address.get("slide", "1")
    return address["lecture"], int(number) if number.isdecimal() and len(number) < 4 else 1


def begin_page(shown: str, title: str) -> None:
    """Called before the page's own script: the bar, and what is not drawn."""
    Given.lecture.kept(), Given.slide.kept()
    asked = [name.strip() for name in Given.hide.kept().split(",")]
    if Given.lecture.now:
        imports()[False].wait()
    now = showing()
    is_here = now is not None and path_of(now.slide.page) == shown
    session().hidden = frozenset(
        name for name in (*asked, *(now.slide.hide if now and is_here else ())) if name
    )
    if SIDEBAR in session().hidden:
        st.html(
            "<style>[data-testid=stSidebar], [data-testid=stExpandSidebarButton] { display: none; }</style>"
        )
    with st.container(key="lecture_player", gap=None):
        if Given.lecture.now == OWN or is_editing() or shown in (LECTURES, NOTES):
            listen_to_browser()
        if now is not None and shown not in (LECTURES, NOTES):
            _bar(now, is_here)
        elif Given.lecture.now and now is None and (Given.lecture.now != OWN or own() is not None):
            st.caption(
                _("“{name}” is no lecture here. The page “Lectures” lists all.", name=Given.lecture.now[:40])
            )
    if is_editing() and shown not in (LECTURES, NOTES):
        st.sidebar.button(
            _("Add this page to my lecture"),
            key="add_page_to_lecture",
            icon=":material/playlist_add:",
            on_click=_add_page,
            args=(shown, title),
        )


def end_page(shown: str) -> None:
    """Called when the page was drawn: the address says also what nobody drew because it is hidden."""
    visit = session()
    if not visit.hidden:
        return
    for name, entry in state_of(shown or HOME).fields.items():
        if name in visit.here.values and name not in visit.here.texts:
            entry.kept()


def _bar(now: Showing, is_here: bool) -> None:
    if now.slide.caption and is_here:
        with st.container(key="lecture_caption"):
            st.markdown(plain(now.slide.caption))

    def hear(news: Mapping[str, Any]) -> None:
        if news.get("leave"):
            leave()
        elif isinstance(number := news.get("slide"), int):
            ask_for(now.name, number)

    component(
        "lecture_bar",
        "lecture_bar",
        LectureBarMessage(
            now.name,
            now.number,
            not is_here,
            titles_of_slides(now.lecture),
            [slide.minutes for slide in now.lecture.slides],
            now.slide.spot,
            _bar_words(),
        ),
        default={"go": None},
        on_go_change=told("lecture_bar", "go", hear),
    )


def titles_of_slides(lecture: Lecture) -> list[str]:
    """The page's name for a slide without a title."""
    return [slide.title or slide.page.replace("_", " ").capitalize() for slide in lecture.slides]


def literal(text: str) -> str:
    """A text of somebody's file as it is, for what reads Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def plain(text: str) -> str:
    """A text of somebody's file as Markdown that loads nothing from elsewhere."""
    return text.replace("![", "!\u2060[")


def _bar_words() -> dict[str, str]:
    return {
        "bar": _("Lecture"),
        "previous": _("Previous slide (PageUp)"),
        "next": _("Next slide (PageDown)"),
        "jump": _("Go to a slide (its number, then Enter)"),
        "back": _("Back to the slide"),
        "spot": _("Spotlight (S)"),
        "notes": _("Notes in a second window (O)"),
        "leave": _("Leave the lecture (Esc)"),
        "time": _("Elapsed time, and where the plan is. Press to begin at 0."),
        "planned": _("plan"),
        "goto": _("Slide"),
        "blocked": _("The browser did not open the window. Allow it, or open the page “Notes” yourself."),
    }


def _add_page(shown: str, title: str) -> None:
    here, known = session().here, own()
    state = {**here.linked, **{name: text for name, text in here.texts.items() if text is not None}}
    slide = Slide(
        page=shown or HOME,
        state={name: text for name, text in state.items() if name in state_of(shown or HOME).fields and name not in OF_THE_APP},
        title=title,
    )  # fmt: skip
    lecture = known.lecture if known and known.lecture else Lecture(title=_("My lecture"))
    keep_own(replace(lecture, slides=(*lecture.slides, slide)))
    st.toast(_("“{title}” is slide {number} of your lecture.", title=title, number=len(lecture.slides) + 1))
