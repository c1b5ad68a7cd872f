"""What the server imports in the background, and the pages that wait for it."""

import threading
from importlib import import_module

import streamlit as st

from cnnviz.ui.housekeeping import note_imports

BASE = (
    "pandas",
    "torch",
    "plotly.graph_objects",
    "plotly.io",
    "cnnviz.features",
    "cnnviz.figures",
    "cnnviz.training",
)
INSIDE = ("captum.attr", "captum.metrics", "cnnviz.saliency", "sklearn.linear_model", "openTSNE")


@st.cache_resource(show_spinner=False)
def imports() -> tuple[threading.Event, threading.Event]:
    """Once a server: imports what the pages need. Two events: what all pages need is there; and what the
    pages inside need besides.

    The first page needs none of it and is shown before; every other page waits for its event. Two threads
    that import pandas at the same moment can meet in a circle and get half of it, so no page may run beside
    the import of what it needs.
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
    imports()[0].wait()
