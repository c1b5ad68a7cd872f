import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from cnnviz.ui.jobs import wait_for_any

pytest.register_assert_rewrite("tests.pages.restored")
ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]
PATIENCE = 180
"""Seconds after which a page that does not answer is broken, on a machine that has other things to do as
well.
"""
BROWSER = "b" * 32
"""The key of the browser that looks at the pages."""
FOLDED = (
    "show_code",
    "check_differences",
    "code_of_both",
    "code_of_videos",
    "formulas",
    "sums_by_channel",
    "speeds_in_words",
    "competition_in_words",
    "published_in_words",
    "small_in_words",
    "all_published",
    "rates_in_words",
    "classes_in_words",
    "numbers_bias",
    "numbers_own_bias",
    "layers_of_volumes",
    "layer_and_options",
)
"""What a student has to unfold; the tests of pages begin with all of it open."""


@pytest.fixture
def open_page() -> Iterator[Open]:
    """``open_page("pages/…/x.py", key="value")``: the page as a link with these parameters shows it."""

    opened: list[AppTest] = []

    def open_it(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=PATIENCE)
        app.switch_page(page)
        app.session_state["browser_key"] = {
            "key": BROWSER
        }  # a browser tells it a moment after the first visit
        for key in FOLDED:
            app.session_state[key] = True
        for name, value in parameters.items():
            app.query_params[name] = value
        opened.append(app)
        return app.run()

    yield open_it
    # Nobody waits any more: the next test's work need not stand behind this one's.
    for app in opened:
        for button in at_work(app):
            button.click().run()


def words(app: AppTest) -> str:
    """All text of a page."""
    return "\n".join(
        str(element.value)
        for kind in ("markdown", "caption", "info", "error", "warning")
        for element in getattr(app, kind)
    )


def until(app: AppTest, holds: Callable[[AppTest], bool]) -> AppTest:
    """Runs the page again and again, as its own bars do, until something holds of it."""
    end = time.monotonic() + PATIENCE
    while not holds(app):
        assert time.monotonic() < end, words(app)
        # A page that asked again and again would take the processor from the work that it waits for.
        wait_for_any(1.0)
        app.run()
    return app


def at_rest(app: AppTest) -> bool:
    """Whether no job of the page is at work."""
    return not at_work(app)


def at_work(app: AppTest) -> list[Button]:
    """What ends the jobs of the page that are at work."""
    return [button for button in app.button if str(button.key).endswith("_cancel")]
