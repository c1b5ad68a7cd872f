"""The lecture as a table of chapters and pages, and what all pages share: start-up, projector mode, the error box."""

import gc
import threading
from dataclasses import dataclass
from importlib import import_module

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.settings import ASSETS


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


def run(chapters: tuple[Chapter, ...]) -> None:
    """Shows the page of the table that the address asks for; the first page is the default."""
    global _lecture
    _lecture = chapters
    st.set_page_config(page_title="cnnviz", page_icon=str(ASSETS / "pictures" / "icon.png"), layout="wide")
    first = chapters[0].lessons[0]
    pages = {
        chapter.title: [st.Page(lesson.file, title=lesson.title, url_path=lesson.url_path, default=lesson is first) for lesson in chapter.lessons]
        for chapter in chapters
    }
    page = st.navigation(pages)
    _prepare()
    _projector_mode()
    try:
        page.run()
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")


@st.cache_resource(show_spinner=False)
def _prepare() -> threading.Thread:
    """Once a server: what later pages need is imported beside the first page, and then left out of garbage collection.

    Streamlit collects all generations after every rerun; with torch's objects frozen this costs 7 ms instead of 130 ms.
    """

    def load() -> None:
        import_module("torch").set_num_threads(1)
        for name in ("cnnviz.features", "cnnviz.figures", "cnnviz.training", "plotly.graph_objects", "plotly.io", "pandas"):
            import_module(name)
        gc.collect()
        gc.freeze()

    thread = threading.Thread(target=load, name="cnnviz-imports", daemon=True)
    thread.start()
    return thread


PROJECTOR_STYLE = """<style>
html { font-size: 21px !important; }
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stExpandSidebarButton"] { display: none !important; }
.stMainBlockContainer { padding: 2.2rem 2rem 1rem !important; max-width: none !important; }
</style>"""
STYLE = """<style>
.stMainBlockContainer { padding: 3.2rem 2.2rem 2rem; max-width: 1750px; }
@media (max-width: 640px) { .stMainBlockContainer { padding: 3.2rem 0.8rem 2rem; } }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
</style>"""


def _projector_mode() -> None:
    """Large type and no sidebar: by the key P, by the switch in the sidebar, or by a link with ``?projector=true``."""
    st.html(STYLE)
    with st.sidebar:
        on = st.toggle("Projector mode", key="projector", bind="query-params", persist_state="session", help="Large type, no sidebar. Key: P")
        st.button("Switch projector mode", key="projector_key", shortcut="p", on_click=_switch_projector, type="tertiary")
    if on:
        st.html(PROJECTOR_STYLE)


def _switch_projector() -> None:
    st.session_state["projector"] = not st.session_state.get("projector", False)
