"""All tests use a folder of their own for runs and downloads, and leave no process behind."""

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


@pytest.fixture(scope="session", autouse=True)
def _no_launcher_left() -> Iterator[None]:
    yield
    from cnnviz.training import launcher

    launcher.shut_down(Path(HOME) / "runs")
