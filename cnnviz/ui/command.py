"""The command ``cnnviz``: starts the app of the installed package, or of a checkout."""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
APP = _PACKAGE / "app" if (_PACKAGE / "app").is_dir() else _PACKAGE.parent
"""The folder of ``explorer_app.py`` and ``pages/``: inside the package when it is installed, beside it in a
checkout.
"""


def main() -> None:
    """``cnnviz --server.port 8502``: what follows is told to ``streamlit run``."""
    from streamlit.web.cli import main as streamlit

    streamlit(["run", str(APP / "explorer_app.py"), *sys.argv[1:]], prog_name="streamlit")
