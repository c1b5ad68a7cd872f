"""The playground's points given to scikit-learn: other methods beside the network."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.learning.experiment import Experiment2D
from cnnviz.learning.plane import EDGE
from cnnviz.learning.twin import inputs_of

SIDE = 60


@dataclass(frozen=True)
class Rival:
    """A method of scikit-learn; ``code`` makes it."""

    name: str
    title: str
    classifier: Callable[[], Any]
    regressor: Callable[[], Any]
    code: tuple[str, str]


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def _linear() -> Any:
    from sklearn.linear_model import LinearRegression

    return LinearRegression()


def _neighbours(regression: bool) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    return KNeighborsRegressor(5) if regression else KNeighborsClassifier(5)


def _svm(regression: bool) -> Any:
    from sklearn.svm import SVC, SVR

    return SVR() if regression else SVC()


def _mlp(regression: bool) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPRegressor if regression else MLPClassifier
    return kind(hidden_layer_sizes=(8, 8, 8), activation="tanh", max_iter=1000, random_state=0)


RIVALS = (
    Rival(
        "linear",
        "Logistic regression",
        _logistic,
        _linear,
        ("linear_model.LogisticRegression()", "linear_model.LinearRegression()"),
    ),
    Rival(
        "neighbours",
        "5 nearest neighbours",
        lambda: _neighbours(False),
        lambda: _neighbours(True),
        ("neighbors.KNeighborsClassifier(5)", "neighbors.KNeighborsRegressor(5)"),
    ),
    Rival(
        "svm",
        "SVM, RBF kernel",
        lambda: _svm(False),
        lambda: _svm(True),
        ("svm.SVC()", "svm.SVR()"),
    ),
    Rival(
        "mlp",
        "MLP 8-8-8, tanh, Adam",
        lambda: _mlp(False),
        lambda: _mlp(True),
        (
            'neural_network.MLPClassifier(hidden_layer_sizes=(8, 8, 8), activation="tanh", max_iter=1000, random_state=0)',
            'neural_network.MLPRegressor(hidden_layer_sizes=(8, 8, 8), activation="tanh", max_iter=1000, random_state=0)',
        ),
    ),
)


@dataclass(frozen=True, eq=False)
class RivalResult:
    """What a method made of the points.

    Attributes:
        title: of the method.
        score: accuracy on the test points; of a regression R².
        train_score: the same on the training points.
        seconds: to fit.
        plane: (60, 60): what it says over the plane, top row first: −1 to 1, or the number of the class.
        code: makes it.
    """

    title: str
    score: float
    train_score: float
    seconds: float
    plane: Tensor
    code: str


def rivals(experiment: Experiment2D) -> tuple[RivalResult, ...]:
    """Four methods of scikit-learn on the same points and the same inputs.

    Raises:
        CnnvizError: there are too few points, or they have one class.
    """
    data = experiment.data
    if len(data.train) < 10 or not data.test:
        raise CnnvizError(
            "scikit-learn needs at least ten training points and a test point. Put more points."
        )
    x, y = _arrays(experiment, data.train)
    test_x, test_y = _arrays(experiment, data.test)
    if not experiment.is_regression and len(set(y.tolist())) < 2:
        raise CnnvizError("The training points have one class. Put points of another class.")
    grid = _grid(experiment)
    found = []
    import warnings

    for rival in RIVALS:
        model = rival.regressor() if experiment.is_regression else rival.classifier()
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "did not converge" is no news here: the score says it
            model.fit(x, y)
        seconds = time.perf_counter() - began
        title = "Linear regression" if experiment.is_regression and rival.name == "linear" else rival.title
        plane = torch.from_numpy(np.asarray(model.predict(grid), dtype=np.float64)).reshape(SIDE, SIDE)
        found.append(
            RivalResult(
                title,
                float(model.score(test_x, test_y)),
                float(model.score(x, y)),
                seconds,
                plane.float(),
                rival.code[experiment.is_regression],
            )
        )
    return tuple(found)


def _arrays(experiment: Experiment2D, points: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inputs = inputs_of(experiment, points).numpy()
    return inputs, np.array([point.label for point in points])


def _grid(experiment: Experiment2D) -> NDArray[np.float64]:
    from cnnviz.learning.plane import Point

    places = [(column + 0.5) / SIDE * 2 * EDGE - EDGE for column in range(SIDE)]
    return inputs_of(experiment, [Point(x, -y, 0) for y in places for x in places]).numpy()


def rivals_code(experiment: Experiment2D) -> str:
    """scikit-learn lines that give the same scores."""
    from cnnviz.learning.links import to_link

    makers = ",\n    ".join(rival.code[experiment.is_regression] for rival in RIVALS)
    return (
        "from sklearn import linear_model, neighbors, neural_network, svm\n\n"
        "from cnnviz.learning import from_link\n"
        "from cnnviz.learning.twin import inputs_of\n\n"
        f'experiment = from_link("{to_link(experiment) or "seed=1"}")\n'
        "train, test = experiment.data.train, experiment.data.test\n"
        f"for model in (\n    {makers},\n):\n"
        "    model.fit(inputs_of(experiment, train), [point.label for point in train])\n"
        "    print(model, model.score(inputs_of(experiment, test), [point.label for point in test]))"
    )
