"""Writes ``assets/data/digits_plane.json``: the digits 0 to 5 of scikit-learn's 8×8 images as points in the plane.

Run it with ``python -m tools.make_digits_plane``. Each point is [x, y, digit]; the places are the two best directions of a
    linear discriminant analysis, scaled into −5 to 5.
"""

import json

import numpy as np
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from cnnviz.settings import ASSETS

EACH = 90


def points() -> list[list[float]]:
    """[x, y, digit] of 90 images a digit."""
    images, labels = load_digits(return_X_y=True)
    few = labels < 6
    images, labels = images[few], labels[few]
    places = LinearDiscriminantAnalysis(n_components=2).fit(images, labels).transform(images)
    low, high = places.min(0), places.max(0)
    scaled = (places - low) / (high - low) * 10 - 5
    taken = np.concatenate([np.flatnonzero(labels == digit)[:EACH] for digit in range(6)])
    return [[round(float(x), 3), round(float(y), 3), int(labels[i])] for i in taken for x, y in [scaled[i]]]


if __name__ == "__main__":
    (ASSETS / "data" / "digits_plane.json").write_text(json.dumps(points()) + "\n")
