"""Made-up faces in the formats of scikit-learn's cache, for tests: nobody's picture."""

from pathlib import Path

import joblib
import numpy as np
from PIL import Image

OLIVETTI = "olivetti_py3.pkz"
"""As scikit-learn calls it below its folder."""


def olivetti_values() -> np.ndarray:
    """(400, 64, 64) float32 in [0, 1]: 40 patterns, ten times each with noise; 0 and 1 are there."""
    generator = np.random.default_rng(0)
    coarse = generator.random((40, 8, 8)).astype(np.float32)
    patterns = np.kron(coarse, np.ones((1, 8, 8), np.float32)).repeat(10, axis=0)
    values = np.clip(patterns + generator.normal(0, 0.15, patterns.shape).astype(np.float32), 0, 1)
    return np.rint(values * 255).astype(np.float32) / 255


def olivetti_rows() -> np.ndarray:
    """(400, 4096), each image column by column, as Matlab writes it."""
    return olivetti_values().transpose(0, 2, 1).reshape(400, -1)


def olivetti_file(home: Path) -> None:
    """The cache of ``fetch_olivetti_faces``: 400 rows of 4096 values."""
    home.mkdir(parents=True, exist_ok=True)
    joblib.dump(olivetti_rows(), home / OLIVETTI, compress=6)


def lfw_folder(home: Path) -> None:
    """The cache of ``fetch_lfw_people``: a folder a person. The last one has too few pictures."""
    lfw = home / "lfw_home"
    for number, (person, count) in enumerate(
        {"Ada_One": 20, "Bert_Two": 20, "Cleo_Three": 20, "Dan_Few": 3}.items()
    ):
        folder = lfw / "lfw_funneled" / person
        folder.mkdir(parents=True)
        for one in range(count):
            colour = (60 * (number + 1), 60 * (number + 1), 60 * (number + 1))
            picture = Image.new("RGB", (250, 250), colour)
            picture.putpixel((100, 100), (one, one, one))
            picture.save(folder / f"{person}_{one + 1:04}.jpg", quality=95)
    for name in ("pairsDevTrain.txt", "pairsDevTest.txt", "pairs.txt"):
        (lfw / name).write_text("0\n")
