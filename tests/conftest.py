"""All tests use a folder of their own for runs and downloads, and leave no process behind."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

HOME = tempfile.mkdtemp(prefix="cnnviz-tests-")
os.environ["CNNVIZ_HOME"] = HOME
# The machine is noisy: no test asserts a time.
hypothesis.settings.register_profile("noisy", deadline=None)
# In CI always the same cases; at a desk new ones each time.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "noisy")


@pytest.fixture(scope="session", autouse=True)
def _no_launcher_left() -> Iterator[None]:
    yield
    from cnnviz.training import launcher

    launcher.shut_down(Path(HOME) / "runs")
