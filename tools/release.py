"""Build wheel and sdist, and start what was built.

    python -m tools.release            # both, in dist/

Each is installed in a fresh environment, which borrows only the dependencies of this one (so it works
offline, and what is tested is the file and not the checkout): the package is imported, a bundled data set and
a bundled run are loaded, all pages of the table are found, the command ``cnnviz`` starts the app, and its
server, one of its own addresses and one page are asked.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 240.0

USE = """
import json, cnnviz
from cnnviz.data import load
from cnnviz.training import open_run
from cnnviz.ui.command import APP
from cnnviz.ui.lectures import bundled, bundled_lecture
from streamlit.testing.v1 import AppTest

test = load("mnist", "test")
run = open_run("example")
network = run.network(run.steps[-1])
right = (network(test.floats(slice(0, 500))).argmax(1) == test.labels[:500]).float().mean().item()
app = AppTest.from_file(str(APP / "explorer_app.py"), default_timeout=120).run()
app.switch_page("pages/seeing/pooling.py").run()
print(json.dumps({
    "version": cnnviz.__version__,
    "package": cnnviz.__file__,
    "app": str(APP),
    "images": len(test),
    "accuracy": right,
    "page": app.header[0].value,
    "lectures": {name: len(bundled_lecture(name).slides) for name in bundled()},
    "errors": [str(one.value) for one in app.exception],
}))
"""


@dataclass(frozen=True)
class Checked:
    """What an installed file said of itself.

    Attributes:
        package, app: where the package and its pages lie.
        images: of the bundled MNIST test set; accuracy: of the bundled run on the first 500.
        page: the heading of the page that was opened.
        lectures: name of each bundled lecture -> its number of slides.
        seconds: from the command ``cnnviz`` to the server's first answer.
    """

    version: str
    package: Path
    app: Path
    images: int
    accuracy: float
    page: str
    lectures: dict[str, int]
    seconds: float


def build(folder: Path = ROOT / "dist") -> dict[str, Path]:
    """Builds the sdist, and the wheel from it, so that no old file of the checkout gets in: kind -> file."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", place, str(ROOT)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        folder.mkdir(parents=True, exist_ok=True)
        files = {}
        for kind, pattern in (("wheel", "*.whl"), ("sdist", "*.tar.gz")):
            (made,) = Path(place).glob(pattern)
            files[kind] = Path(shutil.move(made, folder / made.name))
    return files


def install(file: Path, folder: Path) -> Path:
    """A fresh environment with this file and this environment's dependencies; returns its folder of programs."""
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", *options, str(file)],
        check=True,
        env={**_plain(), "PYTHONPATH": sysconfig.get_path("purelib")},
    )
    paths = {"base": str(folder), "platbase": str(folder)}
    own = Path(sysconfig.get_path("purelib", "venv", paths))
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return programs


def _plain() -> dict[str, str]:
    """The environment without what would lead to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def check(programs: Path, folder: Path) -> Checked:
    """Uses what is installed, from a folder that is not the checkout.

    Raises:
        AssertionError: it does not do what it should.
    """
    environment = {**_plain(), "CNNVIZ_HOME": str(folder / "home")}
    answer = subprocess.run(
        [str(programs / "python"), "-c", USE],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    said = json.loads(answer.stdout.splitlines()[-1])
    assert not said["errors"], said["errors"]
    assert not Path(said["package"]).is_relative_to(ROOT / "cnnviz"), said["package"]
    began = time.monotonic()
    with started([str(programs / "cnnviz")], folder, environment) as address:
        assert _asked(f"{address}/_stcore/health") == "ok"
        seconds = time.monotonic() - began
        # The app's own route answers once PyTorch is imported.
        assert _asked(f"{address}/cnnviz/live") == "[]"
        assert "<title>" in _asked(f"{address}/pooling")
    return Checked(
        said["version"],
        Path(said["package"]),
        Path(said["app"]),
        said["images"],
        said["accuracy"],
        said["page"],
        said["lectures"],
        seconds,
    )


@contextmanager
def started(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A server on a free port of this machine; gives its address, and ends it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    with log.open("w") as file:
        server = subprocess.Popen([*command, *options], cwd=folder, env=environment, stdout=file, stderr=file)
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
    try:
        while True:
            with suppress(OSError):
                _asked(f"{address}/_stcore/health")
                break
            if server.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"the server did not start: {log.read_text()}")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(60)
    assert "Traceback" not in log.read_text(), log.read_text()


def _asked(address: str) -> str:
    with urllib.request.urlopen(address, timeout=START_SECONDS) as reply:
        return str(reply.read().decode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kind", choices=("wheel", "sdist"), help="only this one")
    chosen = parser.parse_args().kind
    for kind, file in build().items():
        if chosen not in (None, kind):
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            found = check(install(file, folder / "environment"), folder)
            print(
                f"{file.name} ({file.stat().st_size / 1e6:.1f} MB): version {found.version}, {found.images} test images, "
                f"bundled run {found.accuracy:.1%}, page “{found.page}”, server after {found.seconds:.1f} s"
            )


if __name__ == "__main__":
    main()
