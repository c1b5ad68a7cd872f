"""Limits and places, each readable from an environment variable ``CNNVIZ_<NAME>``, or from the TOML file that
``CNNVIZ_SETTINGS`` names: a line each, ``max_parameters = 500_000_000``. The environment counts more.

Change them for a bigger machine: ``CNNVIZ_MAX_PARAMETERS=500_000_000 make run``.
"""

import os
import tomllib
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from cnnviz.errors import CnnvizError
from cnnviz.words import say

_HERE = Path(__file__).resolve().parent
ASSETS = _HERE / "assets" if (_HERE / "assets").is_dir() else _HERE.parent / "assets"
"""Bundled files: inside the package when it is installed, beside it in a checkout."""


@dataclass(frozen=True)
class Settings:
    """Every limit of the package, with its unit."""

    home: Path = field(default_factory=lambda: user_data_path("cnnviz", appauthor=False))
    """Folder of training runs and downloaded data."""
    max_parameters: int = 50_000_000
    """Largest network that is built, in weights."""
    max_activations: int = 100_000_000
    """Largest sum of feature-map values for one image."""
    max_layers: int = 1000
    max_run_bytes: int = 2_000_000_000
    """Disk space of all runs together; above it the oldest runs that nobody pinned go."""
    max_runs: int = 300
    max_one_run_bytes: int = 200_000_000
    """Disk space of one run; one that would need more keeps fewer snapshots."""
    paused_hours: float = 12.0
    """A run that has been paused without a process for this long may go to make room."""
    max_browser_bytes: int = 500_000_000
    """Disk space of all runs started from one browser; above it the oldest of them go."""
    max_browser_running: int = os.cpu_count() or 1
    """Runs from one browser that train at one time. Below it, browsers take turns."""
    max_browser_waiting: int = 64
    """Runs from one browser that wait at one time; enough for a sweep."""
    max_browser_images: int = 5_000_000
    """Work of one run started from a browser: training images seen, epochs × images."""
    max_browser_multiply_adds: int = 4_000_000_000_000
    """The same in multiply-adds of the forward pass, all images seen together: about half an hour of one
    core.
    """
    launcher: str = "local"
    """What trains the runs: a name in ``cnnviz.training.launcher.LAUNCHERS``."""
    cluster: str = ""
    """Address of a Ray cluster that trains the runs, or ``auto`` for the one of this machine; empty: this machine alone.
    The folder of runs must lie on a disk that all its machines share.
    """
    cluster_gpu_share: float = 0.25
    """Part of a GPU that one run takes, in a cluster that has some."""
    cluster_retries: int = 3
    """So often a run begins again elsewhere, at its last checkpoint, after its machine or its process was lost."""
    workers: int = os.cpu_count() or 1
    """Training processes at one time."""
    launcher_idle_seconds: float = 600.0
    """The launcher and its workers end after this long without work."""
    pause_seconds: float = 60.0
    """A paused run gives its worker back after this long (at once if another run waits)."""
    jobs: int = os.cpu_count() or 1
    """Longer computations of pages at one time, in one web process."""
    cache_bytes: int = 250_000_000
    """Results that all sessions together keep for whoever asks next, in bytes of memory."""
    max_weights_bytes: int = 250_000_000
    """Largest file of weights that is brought."""
    max_image_pixels: int = 60_000_000
    """Largest picture that is decoded, in pixels."""
    max_import_files: int = 50_000
    """Files of a folder, zip file or table of one's own images."""
    max_import_bytes: int = 2_000_000_000
    """All of them together, unpacked; and the pixels that they become."""
    max_import_file_bytes: int = 50_000_000
    """One of them, unpacked."""
    max_classes: int = 1000
    """Classes of a data set of one's own."""
    max_videos: int = 20_000
    """Videos of records that are brought, all files together; 4.6 kB of memory each."""
    max_record_bytes: int = 1_000_000
    """One record of such a file."""

    max_brought: int = 100
    """Data sets of one's own that are kept; above it the oldest that no run was trained on go."""
    max_brought_bytes: int = 10_000_000_000
    """Disk space of all of them together."""
    max_browser_brought: int = 10
    """Data sets brought from one browser; above it the oldest of them that no run was trained on go."""
    max_browser_brought_bytes: int = 1_000_000_000
    """Disk space of all of them together."""
    max_rooms: int = 200
    """Rooms of lecturers at one time."""
    max_browser_rooms: int = 5
    """Rooms opened from one browser at one time."""
    max_room_students: int = 1000
    """Browsers that have joined a room."""
    room_hours: float = 24.0
    """A room is forgotten this long after it was opened."""

    owner_key: str = ""
    """Whoever enters it may start runs without limits, and stop those of others. Empty: nobody."""
    class_password: str = ""
    """Whoever has not entered it sees nothing but its page. Empty: everybody sees all."""
    who_trains: str = "everyone"
    """Who may start runs from a browser: ``everyone`` (who has entered the password, where there is one) or ``owner``."""
    max_running: int = 0
    """Runs started from browsers that wait or train at one time, of all browsers together. 0: no limit."""
    max_browser_seconds: float = 0.0
    """Longest training of a run started from a browser, in seconds; then it stops by itself. 0: no limit."""

    frame_ancestors: str = ""
    """Other sites that may show the app inside their own page, such as ``https://moodle.example.edu``; with blanks between."""

    @property
    def brought(self) -> Path:
        """Data sets of one's own."""
        return self.home / "datasets"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def rooms(self) -> Path:
        return self.home / "rooms"

    @property
    def downloads(self) -> Path:
        return self.home / "data"


_NAMES = {item.name: f"CNNVIZ_{item.name.upper()}" for item in fields(Settings)}
_PLACES = ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "USERPROFILE")
"""What the system's own place for data depends on."""


def settings() -> Settings:
    """The settings with the environment's changes; looked at anew at each call, so tests and notebooks can change
    them.
    """
    told = os.environ.get
    file = told("CNNVIZ_SETTINGS", "")
    changed = Path(file).stat().st_mtime_ns if file and Path(file).is_file() else 0
    return _read(tuple(map(told, _NAMES.values())), tuple(map(told, _PLACES)), file, changed)


@lru_cache(maxsize=4)
def _read(
    given: tuple[str | None, ...],
    places: tuple[str | None, ...],  # noqa: ARG001 - other places, another home
    file: str,
    changed: int,  # noqa: ARG001 - another time, another content
) -> Settings:
    """``given``: the environment's texts, in the order of the settings."""
    changes: dict[str, Any] = {}
    written = _read_file(file) if file else {}
    for item, said in zip(fields(Settings), given, strict=True):
        text = said or written.get(item.name)
        if text:
            changes[item.name] = (
                type(item.default)(text) if isinstance(item.default, int | float | str) else Path(text)
            )
    return Settings(**changes)


def _read_file(file: str) -> dict[str, str]:
    """The file's lines as texts; raises CnnvizError where it cannot be read, or names what is no setting."""
    try:
        lines = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CnnvizError(
            say(
                "The file of settings '{file}' cannot be read: {error}. Mend it, or unset CNNVIZ_SETTINGS.",
                file=file,
                error=error,
            )
        ) from None
    known = {item.name for item in fields(Settings)}
    if unknown := [name for name in lines if name not in known]:
        raise CnnvizError(
            say(
                "The file of settings names '{unknown}', which is no setting. There are: {known}.",
                unknown=unknown[0],
                known=", ".join(sorted(known)),
            )
        )
    return {name: str(value) for name, value in lines.items()}
