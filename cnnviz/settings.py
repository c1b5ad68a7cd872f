"""Limits and places, each readable from an environment variable ``CNNVIZ_<NAME>``.

Change them for a bigger machine: ``CNNVIZ_MAX_PARAMETERS=500_000_000 make run``.
"""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path

from platformdirs import user_data_path

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
    max_activations: int = 50_000_000
    """Largest sum of feature-map values for one image."""
    max_layers: int = 200
    max_run_bytes: int = 2_000_000_000
    """Disk space of all runs together; above it the oldest runs that nobody pinned go."""
    max_runs: int = 300
    workers: int = os.cpu_count() or 1
    """Training processes at one time."""
    launcher_idle_seconds: float = 600.0
    """The launcher and its workers end after this long without work."""
    pause_seconds: float = 60.0
    """A paused run gives its worker back after this long (at once if another run waits)."""
    cache_bytes: int = 250_000_000
    """Results that all sessions together keep for whoever asks next, in bytes of memory."""
    max_image_pixels: int = 60_000_000
    """Largest picture that is decoded, in pixels."""

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def downloads(self) -> Path:
        return self.home / "data"


def settings() -> Settings:
    """The settings with the environment's changes; read anew at each call, so tests and notebooks can change them."""
    changes = {}
    for item in fields(Settings):
        text = os.environ.get(f"CNNVIZ_{item.name.upper()}")
        if text:
            kind = {"home": Path, "launcher_idle_seconds": float, "pause_seconds": float}.get(item.name, int)
            changes[item.name] = kind(text)
    return Settings(**changes)
