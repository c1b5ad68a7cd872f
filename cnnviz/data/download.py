"""All of MNIST or Fashion-MNIST through torchvision.

The download runs in a process of its own (``python -m cnnviz.data.download MNIST FOLDER``): torchvision opens its
connections without a time limit, and a process can be given one without touching the sockets of anybody else.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import python_environment
from cnnviz.vision import torchvision

Progress = Callable[[int, int], None]
CONNECT_SECONDS = 4.0
STALL_SECONDS = 20.0


def fetch_full(torchvision_name: str, split: str, total_bytes: int, progress: Progress | None = None) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64 of the whole split; downloads at the first call.

    Raises:
        CnnvizError: there is no network, or it stalled.
    """
    root = settings().downloads
    raw = root / torchvision_name / "raw"
    if not _complete(raw):
        _download(torchvision_name, root, total_bytes, progress)
    dataset = getattr(torchvision().datasets, torchvision_name)(root, train=split == "train", download=False)
    return dataset.data.unsqueeze(1), dataset.targets.to(torch.int64)


def _complete(raw: Path) -> bool:
    return len(list(raw.glob("*-ubyte"))) == 4


def _bytes_in(raw: Path) -> int:
    return sum(path.stat().st_size for path in raw.glob("*.gz")) if raw.is_dir() else 0


def _download(name: str, root: Path, total_bytes: int, progress: Progress | None) -> None:
    root.mkdir(parents=True, exist_ok=True)
    worker = subprocess.Popen(
        [sys.executable, "-m", "cnnviz.data.download", name, str(root)],
        env=python_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    raw = root / name / "raw"
    seen, last_growth = 0, time.monotonic()
    try:
        while worker.poll() is None:
            time.sleep(0.1)
            done = _bytes_in(raw)
            if done != seen:
                seen, last_growth = done, time.monotonic()
                if progress:
                    progress(min(done, total_bytes), total_bytes)
            if time.monotonic() - last_growth > STALL_SECONDS:
                break
    finally:
        worker.kill()
        worker.wait()
    if not _complete(raw):
        raise CnnvizError(
            f"All of {name} could not be downloaded: no answer from the network. "
            "Check the connection and try again; the bundled images work without it."
        )
    if progress:
        progress(total_bytes, total_bytes)


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    getattr(torchvision().datasets, sys.argv[1])(sys.argv[2], download=True)
