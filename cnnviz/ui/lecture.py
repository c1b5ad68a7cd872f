"""The lecture as a table of chapters and pages, and what all pages share: start-up, projector mode, the error box."""

import base64
import threading
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import streamlit as st

from cnnviz.settings import ASSETS
from cnnviz.ui.frame import error_box, page
from cnnviz.ui.housekeeping import note_imports
from cnnviz.ui.links import switch, tell_address


@dataclass(frozen=True)
class Lesson:
    """A page of the table.

    Attributes:
        file: its path; also what links name.
        title: in the menu and at the top.
        sentence: what a student can say after using it.
        picture: a file in ``assets/pictures`` for the map of the lecture.
        picture_alt: the picture in words.
    """

    file: str
    title: str
    sentence: str = ""
    picture: str = ""
    picture_alt: str = ""

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
    pages = {
        chapter.title: [page(lesson.file, title=lesson.title, url_path=lesson.url_path, default=lesson is first) for lesson in chapter.lessons]
        for chapter in chapters
    }
    shown = st.navigation(pages, expanded=True)
    tell_address()
    _projector_mode()
    is_first = shown.url_path == ""
    if not is_first:
        looks_inside = any(
            lesson.url_path == shown.url_path and lesson.file.startswith("pages/inside/") for chapter in chapters for lesson in chapter.lessons
        )
        _imports()[looks_inside].wait()
    with error_box():
        shown.run()
    if is_first:
        _imports()


BASE = ("pandas", "torch", "plotly.graph_objects", "plotly.io", "cnnviz.features", "cnnviz.figures", "cnnviz.training")
INSIDE = ("captum.attr", "captum.metrics", "cnnviz.saliency", "sklearn.linear_model", "openTSNE")


@st.cache_resource(show_spinner=False)
def _imports() -> tuple[threading.Event, threading.Event]:
    """Once a server: imports what the pages need. Two events: what all pages need is there; and what the pages inside need besides.

    The first page needs none of it and is shown before; every other page waits for its event. Two threads that import pandas
    at the same moment can meet in a circle and get half of it, so no page may run beside the import of what it needs.
    """
    events = threading.Event(), threading.Event()

    def load() -> None:
        try:
            for names, event in zip((BASE, INSIDE), events, strict=True):
                for name in names:
                    import_module(name)
                import_module("torch").set_num_threads(1)
                note_imports()
                event.set()
        finally:
            # If something is missing, the page's own import says so.
            for event in events:
                event.set()

    threading.Thread(target=load, name="cnnviz-imports", daemon=True).start()
    return events


def wait_for_imports() -> None:
    """Until what every page but the first needs is there; for whoever else needs it."""
    _imports()[0].wait()


PROJECTOR_STYLE = """<style>
html { font-size: 21px !important; }
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stExpandSidebarButton"] { display: none !important; }
.stMainBlockContainer { padding: 2.2rem 2rem 1rem !important; max-width: none !important; }
</style>"""
STYLE = """<style>
.stMainBlockContainer { padding: 1.6rem 2.2rem 2rem; max-width: 1750px; }
.stMainBlockContainer h2 { padding-top: 0; }
[data-testid="stHeader"] { background: transparent; pointer-events: none; }
[data-testid="stHeader"] * { pointer-events: auto; }
[data-testid="stSidebarHeader"] { height: 2.5rem; padding-bottom: 0; margin: 0; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 3.2rem 0.8rem 2rem; }
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-play) { flex-direction: column-reverse; }
}
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
</style>"""


def _projector_mode() -> None:
    """Large type and no sidebar: by the key P, by the switch in the sidebar, or by a link with ``?projector=true``."""
    st.html(STYLE)
    with st.sidebar:
        on = switch("Projector mode", "projector", help="Large type, no sidebar. Key: P")
        st.button("Switch projector mode", key="projector_key", shortcut="p", on_click=_switch_projector, type="tertiary")
    if on:
        st.html(PROJECTOR_STYLE)


def _switch_projector() -> None:
    st.session_state["projector"] = not st.session_state.get("projector", False)
