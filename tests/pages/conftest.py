from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture
def open_page() -> Open:
    """``open_page("pages/…/x.py", key="value")``: the page as a link with these parameters shows it."""

    def open_it(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=60)
        app.switch_page(page)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_it


def words(app: AppTest) -> str:
    """All text of a page."""
    return "\n".join(str(element.value) for kind in ("markdown", "caption", "info", "error", "warning") for element in getattr(app, kind))
