"""All tests use a folder of their own for runs and downloads, and leave no process behind."""

import functools
import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.properties import USUAL_EXAMPLES

HOME = tempfile.mkdtemp(prefix="cnnviz-tests-")
os.environ["CNNVIZ_HOME"] = HOME
if "PYTEST_XDIST_WORKER" in os.environ:
    # Two processes test at the same time: one thread each, or they would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# No test asserts a time. ``make test`` draws the same cases each time; ``make fuzz`` new ones, and ten times
# as many.
hypothesis.settings.register_profile("test", deadline=None, max_examples=USUAL_EXAMPLES, derandomize=True)
hypothesis.settings.register_profile(
    "fuzz", deadline=None, max_examples=10 * USUAL_EXAMPLES, derandomize=False, print_blob=True
)
hypothesis.settings.load_profile("test")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="all cases of tests that are marked so")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test marked ``thorough(n)``, which does the same on hundreds of states, ``make test`` runs each nth case,
    ``make thorough`` all.
    """
    if config.getoption("--thorough") or any("[" in word for word in config.args):
        return
    seen: dict[object, int] = {}
    left_out = []
    for item in items:
        mark = item.get_closest_marker("thorough")
        if mark is None:
            continue
        test = getattr(item, "function", None)
        seen[test] = seen.get(test, -1) + 1
        if seen[test] % mark.args[0]:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def pytest_collection_finish() -> None:
    """What was imported need not be looked through at each collection of garbage: that took half of a page's time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _packages_looked_through_once() -> None:
    """Each ``AppTest`` looks for components in all installed packages, which takes longer than most pages."""
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session", autouse=True)
def _no_launcher_left() -> Iterator[None]:
    yield
    from cnnviz.training import launcher

    launcher.shut_down(Path(HOME) / "runs")
