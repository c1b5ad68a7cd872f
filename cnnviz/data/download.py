"""All of MNIST or Fashion-MNIST through torchvision.

The download runs in a process of its own, ``python -m cnnviz.data.download MNIST FOLDER``: torchvision opens its
connections without a time limit.
"""

import socket
import sys
from pathlib import Path

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress, download
from cnnviz.vision import torchvision

CONNECT_SECONDS = 4.0


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
    raw = root / name / "raw"
    download([sys.executable, "-m", "cnnviz.data.download", name, str(root)], lambda: _bytes_in(raw), total_bytes, progress)
    if not _complete(raw):
        raise CnnvizError(
            f"All of {name} could not be downloaded: no answer from the network. "
            "Check the connection and try again; the bundled images work without it."
        )


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    getattr(torchvision().datasets, sys.argv[1])(sys.argv[2], download=True)
