# ruff: noqa: N999 — the issue names this figure "import"
"""A zip of 10,000 JPEG files of 32×32 pixels to a ready data set, against Pillow that decodes the same files in one process,
in turns; and the memory that it takes beyond what the process had, in units of the decoded pixels.
"""

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

FILES, CLASSES, SIDE, TURNS = 10_000, 10, 32, 5
WANTED, WANTED_MEMORY = 1.5, 3.0


def write(path: Path) -> None:
    generator = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(FILES):
            coarse = Image.fromarray(generator.integers(0, 256, (4, 4, 3), dtype=np.uint8))
            content = io.BytesIO()
            coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(content, "JPEG", quality=90)
            archive.writestr(f"class {number % CLASSES}/{number}.jpg", content.getvalue())


def by_pillow(path: Path) -> float:
    begun = time.perf_counter()
    images, labels = [], []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                images.append(np.asarray(picture.convert("RGB")))
            labels.append(name.partition("/")[0])
    table = np.stack(images)
    assert table.shape == (FILES, SIDE, SIDE, 3)
    return time.perf_counter() - begun


def by_us(path: Path) -> float:
    from cnnviz.data import bring

    begun = time.perf_counter()
    assert len(bring(path, "benchmark")) == 0.8 * FILES
    return time.perf_counter() - begun


MEMORY = """
import sys
from cnnviz.data import bring
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(sys.argv[2])).split()[1])
before = int(open("/proc/self/statm").read().split()[1]) * 4096
bring(sys.argv[1], "benchmark")
print(peak() - before)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNVIZ_HOME"] = home
        path = Path(home) / "images.zip"
        write(path)
        ratios = []
        for turn in range(TURNS + 1):
            other, mine = by_pillow(path), by_us(path)
            if turn:
                ratios.append(other / mine)
                print(f"Pillow {other:.2f} s, ours {mine:.2f} s", flush=True)
        print(
            f"{statistics.median(ratios):.2f} times as fast as Pillow in one process ({min(ratios):.2f} to {max(ratios):.2f}; wanted: {WANTED})"
        )
        told = subprocess.run(
            [sys.executable, "-c", MEMORY, str(path), "VmHWM"], capture_output=True, text=True, check=True
        )
        share = int(told.stdout) / (FILES * 3 * SIDE**2)
        print(f"memory: {share:.1f} times the decoded pixels at most (wanted: below {WANTED_MEMORY:g})")


if __name__ == "__main__":
    main()
