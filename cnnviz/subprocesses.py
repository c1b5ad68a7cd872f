"""How the package starts Python processes of its own."""

import os
from pathlib import Path


def python_environment() -> dict[str, str]:
    """The environment in which ``python -m cnnviz.…`` finds this package, also when it is not installed."""
    package_parent = str(Path(__file__).resolve().parent.parent)
    paths = [package_parent, os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
