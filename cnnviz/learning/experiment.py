"""One experiment of the playground: network, data, optimiser and seed in one description, which the browser's engine and
the torch twin read alike.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from cnnviz.errors import CnnvizError
from cnnviz.learning.plane import MOST_CLASSES, PLANE_FEATURES, PLANE_SETS, Point
from cnnviz.learning.points import class_label
from cnnviz.learning.random import Random, random_from, shuffle
from cnnviz.learning.rules import RULES
from cnnviz.ops.activations import ACTIVATIONS
from cnnviz.settings import ASSETS
from cnnviz.words import say

if TYPE_CHECKING:
    from torch import Tensor

    from cnnviz.learning.twin import Outcome2D

MOST_LAYERS, MOST_UNITS, LARGEST_RATE = 8, 32, 100.0
LINEAR = "linear"
PLANE_ACTIVATIONS: dict[str, str] = {
    **{name: entry.title for name, entry in ACTIVATIONS.items()},
    LINEAR: "Linear",
}
"""Activation functions of a layer: the whole registry, and none."""


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes: the factor of an epoch, counted from 0."""

    title: str
    formula: str
    factor: Callable[[int], float]
    code: str


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("Constant", r"\eta_t = \eta", lambda epoch: 1.0, ""),
    "step": Schedule(
        "Half every 100 epochs",
        r"\eta_t = \eta \cdot 0.5^{\lfloor t / 100 \rfloor}",
        lambda epoch: 0.5 ** (epoch // 100),
        "torch.optim.lr_scheduler.StepLR(optimizer, 100, 0.5)",
    ),
    "exponential": Schedule(
        "0.995 each epoch",
        r"\eta_t = \eta \cdot 0.995^t",
        lambda epoch: 0.995**epoch,
        "torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.995)",
    ),
    "cosine": Schedule(
        "Cosine over 500 epochs",
        r"\eta_t = \eta\,(1 + \cos(\pi \min(t, 500) / 500)) / 2",
        lambda epoch: (1 + math.cos(math.pi * min(epoch, 500) / 500)) / 2,
        "torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: "
        "(1 + math.cos(math.pi * min(epoch, 500) / 500)) / 2)",
    ),
}


@dataclass(frozen=True)
class Initialisation2D:
    """First weights: uniform in ±limit(inputs, outputs) of a layer, or all the ``constant``."""

    title: str
    formula: str
    limit: Callable[[int, int], float]
    bias: float = 0.0
    constant: float | None = None


PLANE_INITIALISATIONS: dict[str, Initialisation2D] = {
    "playground": Initialisation2D("Small (±0.5)", r"w \in [-0.5, 0.5),\; b = 0.1", lambda i, o: 0.5, 0.1),
    "zero": Initialisation2D("Zero", "w = b = 0", lambda i, o: 0.0, 0.0, 0.0),
    "constant": Initialisation2D("All the same", "w = 0.5,\\; b = 0.1", lambda i, o: 0.0, 0.1, 0.5),
    "xavier": Initialisation2D(
        "Xavier", r"|w| \le \sqrt{6 / (n_{in} + n_{out})},\; b = 0", lambda i, o: math.sqrt(6 / (i + o))
    ),
    "he": Initialisation2D("He", r"|w| \le \sqrt{6 / n_{in}},\; b = 0", lambda i, o: math.sqrt(6 / i)),
    "large": Initialisation2D("Too large (±5)", r"w \in [-5, 5),\; b = 0", lambda i, o: 5.0),
}
OUTPUTS = {"tanh": "tanh, squared error", "softmax": "softmax, cross-entropy"}
PENALTIES = {"none": "None", "L1": "L1", "L2": "L2"}


@dataclass(frozen=True)
class Layer2D:
    """A hidden layer; ``dropout``: the probability that a unit is zero in a training step."""

    units: int
    activation: str = "tanh"
    dropout: float = 0.0


@dataclass(frozen=True)
class PlaneData:
    """Points to train on, and points to test with."""

    train: tuple[Point, ...]
    test: tuple[Point, ...]


@dataclass(frozen=True)
class Experiment2D:
    """A small network that learns points in the plane.

    Attributes:
        dataset: of ``PLANE_SETS``.
        noise: in percent, 0 to 50.
        train_share: percent of the points to train on.
        points: of the sets that the student gives.
        classes: of the sets that can have more than two.
        features: of ``PLANE_FEATURES``, in its order.
        layers: the hidden ones; none is a perceptron.
        output: ``tanh``: one unit and half the squared error, as TensorFlow Playground has it; ``softmax``: a
            unit a class and cross-entropy. A regression has one linear unit and half the squared error.
        optimizer: of ``RULES``; ``schedule``: of ``SCHEDULES``.
        penalty, penalty_rate: after each step w ← w − η·rate·w (L2) or w ← w − η·rate·sign(w) (L1); with L1 a
            weight that crosses zero stays zero.
        batch_size: examples an update; the rest of an epoch joins the first batch of the next.
        shuffle: the order of the examples is drawn anew in each epoch.
        seed: of points, order and first weights, any text.
        patience: stop after so many epochs without a lower test loss; 0: never.
        target: stop when the test loss is at most this; 0: never.
        most_epochs: stop after so many; 0: never.
        show_test, discretize, hidden, hide_text: what the page shows.
        notes: what of a link has no meaning here, in words.

    Raises:
        CnnvizError: something in it is impossible; the sentence says what.
    """

    dataset: str = "circle"
    noise: float = 0.0
    train_share: float = 50.0
    points: tuple[Point, ...] = ()
    classes: int = 2
    features: tuple[str, ...] = ("x", "y")
    layers: tuple[Layer2D, ...] = (Layer2D(4), Layer2D(2))
    output: str = "tanh"
    init: str = "playground"
    optimizer: str = "sgd"
    learning_rate: float = 0.03
    schedule: str = "constant"
    penalty: str = "none"
    penalty_rate: float = 0.0
    batch_size: int = 10
    shuffle: bool = False
    seed: str = "1"
    patience: int = 0
    target: float = 0.0
    most_epochs: int = 0
    show_test: bool = False
    discretize: bool = False
    hidden: tuple[str, ...] = ()
    hide_text: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        names: list[tuple[str, Mapping[str, Any], str]] = [
            (self.dataset, PLANE_SETS, "data set"),
            (self.output, OUTPUTS, "output"),
            (self.init, PLANE_INITIALISATIONS, "initialisation"),
            (self.optimizer, RULES, "optimiser"),
            (self.schedule, SCHEDULES, "schedule"),
            (self.penalty, PENALTIES, "regularisation"),
            *((layer.activation, PLANE_ACTIVATIONS, "activation function") for layer in self.layers),
            *((name, PLANE_FEATURES, "input feature") for name in self.features),
        ]
        for value, known, words in names:
            if value not in known:
                raise CnnvizError(
                    say(
                        "There is no {words} “{value}”. Use one of: {known}.",
                        words=words,
                        value=value[:30],
                        known=", ".join(known),
                    )
                )
        if not self.features:
            raise CnnvizError("The network has no input. Switch on at least one feature, such as x₁.")
        if len(self.layers) > MOST_LAYERS:
            raise CnnvizError(
                say(
                    "{count} hidden layers are too many; at most {most_layers} are possible.",
                    count=len(self.layers),
                    most_layers=MOST_LAYERS,
                )
            )
        for number, layer in enumerate(self.layers, 1):
            if not 1 <= layer.units <= MOST_UNITS:
                raise CnnvizError(
                    say(
                        "Hidden layer {number} has {units} neurons; it needs 1 to {most_units}. "
                        "Take the layer away instead of its last neuron.",
                        number=number,
                        units=layer.units,
                        most_units=MOST_UNITS,
                    )
                )
            if not 0 <= layer.dropout <= 0.9:
                raise CnnvizError(
                    say("Hidden layer {number}: dropout is a probability from 0 to 0.9.", number=number)
                )
        limits: list[tuple[float, float, float, str]] = [
            (self.noise, 0, 50, "Noise, in percent,"),
            (self.train_share, 10, 90, "The share of training data, in percent,"),
            (self.batch_size, 1, 1000, "The batch size"),
            (self.penalty_rate, 0, 100, "The rate of the regularisation"),
            (self.patience, 0, 100_000, "Patience"),
            (self.target, 0, 1000, "The loss to stop at"),
            (self.most_epochs, 0, 10**6, "The number of epochs to stop after"),
        ]
        for given, low, high, words in limits:
            if not low <= given <= high:  # NaN as well
                raise CnnvizError(
                    say(
                        "{words} must be from {low:g} to {high:g}; here it is {given:g}.",
                        words=words,
                        low=low,
                        high=high,
                        given=given,
                    )
                )
        if not 0 < self.learning_rate <= LARGEST_RATE:
            raise CnnvizError(
                say(
                    "A learning rate of {learning_rate:g} is not possible: it must be above 0 and at most "
                    "{largest_rate:g}. At 10 most networks diverge already.",
                    learning_rate=self.learning_rate,
                    largest_rate=LARGEST_RATE,
                )
            )
        fewest, most = PLANE_SETS[self.dataset].classes
        if not fewest <= self.classes <= most:
            object.__setattr__(self, "classes", min(max(self.classes, fewest), most))
        if self.classes > 2 and self.output == "tanh":
            object.__setattr__(self, "output", "softmax")

    @property
    def problem(self) -> str:
        return PLANE_SETS[self.dataset].problem

    @property
    def is_regression(self) -> bool:
        return self.problem == "regression"

    @property
    def ends(self) -> str:
        """How the network ends: ``tanh``, ``softmax``, or ``linear``."""
        return LINEAR if self.is_regression else self.output

    @property
    def outputs(self) -> int:
        """Units of the last layer."""
        return self.classes if self.ends == "softmax" else 1

    def stream(self) -> tuple[PlaneData, Random]:
        """The points, and the random numbers that go on to the first weights."""
        random = random_from(self.seed)
        entry = PLANE_SETS[self.dataset]
        given = digits() if self.dataset == "digits" else self.points
        points = list(given) or entry.make(random, entry.count, self.noise / 100, self.classes)
        order = list(range(len(points)))
        shuffle(order, random)
        cut = math.floor(len(points) * self.train_share / 100)
        mixed = tuple(points[place] for place in order)
        return PlaneData(mixed[:cut], mixed[cut:]), random

    @property
    def data(self) -> PlaneData:
        return self.stream()[0]

    def with_(self, **changes: Any) -> "Experiment2D":
        """The same experiment with something changed."""
        return replace(self, **changes)

    def first_weights(self) -> list["Tensor"]:
        """Weights, biases and slopes before training, in the order of ``nn.Sequential``'s parameters."""
        from cnnviz.learning.twin import Network

        network = Network(self, self.stream()[1])
        return [numbers for layer in network.layers for numbers in layer.learned]

    def batches(self) -> Iterator[list[list[int]]]:
        """For each epoch its batches of places among the training points."""
        from cnnviz.learning.twin import batches

        return batches(self, len(self.data.train))

    def run(self, epochs: int) -> "Outcome2D":
        """Trains it in torch, in float64: the same numbers as in the browser."""
        from cnnviz.learning.twin import train

        return train(self, epochs)

    def description(self) -> dict[str, Any]:
        """What the browser's engine reads."""
        plain = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "notes"}
        plain["layers"] = [
            {"units": layer.units, "activation": layer.activation, "dropout": layer.dropout}
            for layer in self.layers
        ]
        plain["points"] = [[point.x, point.y, point.label] for point in self.points]
        return {**plain, "features": list(self.features), "hidden": list(self.hidden)}

    def json(self) -> str:
        return json.dumps(self.description())

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Experiment2D":
        """The experiment of a description.

        Raises:
            CnnvizError: it is none.
        """
        try:
            plain = {
                entry.name: description[entry.name] for entry in fields(cls) if entry.name in description
            }
            plain["layers"] = tuple(
                Layer2D(int(one["units"]), str(one["activation"]), float(one["dropout"]))
                for one in description["layers"]
            )
            plain["points"] = tuple(Point(*map(float, one)) for one in description.get("points", ()))
            for name in ("features", "hidden", "notes"):
                plain[name] = tuple(map(str, plain.get(name, ())))
            for entry in fields(cls):
                if entry.type in ("int", "float", "bool", int, float, bool) and entry.name in plain:
                    kind = {"int": int, "float": float, "bool": bool}.get(str(entry.type), entry.type)
                    plain[entry.name] = kind(plain[entry.name])  # type: ignore[operator]
            return cls(**plain)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, CnnvizError):
                raise
            raise CnnvizError("This is no description of an experiment. Open the page again.") from None


@cache
def digits() -> tuple[Point, ...]:
    """Handwritten digits 0 to 5 in two dimensions: a linear discriminant analysis of scikit-learn's 8×8 images
    (``tools/make_digits_plane.py``).
    """
    rows: Sequence[Sequence[float]] = json.loads((ASSETS / "data" / "digits_plane.json").read_text())
    return tuple(Point(x, y, class_label(int(label), MOST_CLASSES)) for x, y, label in rows)
