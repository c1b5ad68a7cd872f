"""All of MNIST or Fashion-MNIST through torchvision.

The download runs in a process of its own, ``python -m cnnviz.data.download MNIST FOLDER``: torchvision opens
its connections without a time limit.
"""

import socket
import sys
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.settings import settings
from cnnviz.subprocesses import Progress, bytes_below, fetch
from cnnviz.vision import torchvision
from cnnviz.words import say

CONNECT_SECONDS = 4.0


SIZES = {
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}
"""Bytes of the unpacked files, the same for both sets."""


def fetch_full(
    torchvision_name: str, split: str, total_bytes: int, progress: Progress | None = None
) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64 of the whole split; downloads at the first call,
    reads once.

    Raises:
        CnnvizError: there is no network, or it stalled.
    """
    make_complete(torchvision_name, total_bytes, progress)
    return _read(torchvision_name, split, settings().downloads)


def make_complete(torchvision_name: str, total_bytes: int, progress: Progress | None = None) -> None:
    """Downloads what is not there yet; asks for the sizes of four files if all is.

    Raises:
        CnnvizError: there is no network, or it stalled.
    """
    target = settings().downloads / torchvision_name

    def command(folder: Path) -> list[str]:
        return [sys.executable, "-m", "cnnviz.data.download", torchvision_name, str(folder)]

    if not fetch(
        target, command, _complete, lambda folder: bytes_below(folder, ".gz"), total_bytes, progress
    ):
        raise CnnvizError(
            say(
                "All of {torchvision_name} could not be downloaded: no answer from the network. "
                "Check the connection and try again; the bundled images work without it.",
                torchvision_name=torchvision_name,
            )
        )


def _complete(folder: Path) -> bool:
    paths = {folder / "raw" / name: size for name, size in SIZES.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in paths.items())


@lru_cache(maxsize=4)
def _read(name: str, split: str, root: Path) -> tuple[Tensor, Tensor]:
    dataset = getattr(torchvision().datasets, name)(root, train=split == "train", download=False)
    return dataset.data.unsqueeze(1), dataset.targets.to(torch.int64)


if __name__ == "__main__":
    socket.setdefaulttimeout(CONNECT_SECONDS)
    getattr(torchvision().datasets, sys.argv[1])(sys.argv[2], download=True)
