"""``streamlit run tests/pseudo_app.py``: the app with the language of the tests, ``?language=xx``."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cnnviz.ui.server import ROUTES, lifespan, show_error  # noqa: E402
from tests import pseudo  # noqa: E402

pseudo.install()
app = st.App(str(ROOT / "explorer_app.py"), lifespan=lifespan, on_script_error=show_error, routes=ROUTES)
