"""The playground's network in torch, float64: the browser's engine gives the same numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.learning.experiment import PLANE_INITIALISATIONS, SCHEDULES, Experiment2D
from cnnviz.learning.plane import PLANE_FEATURES, Point
from cnnviz.learning.random import Random, random_from, shuffle
from cnnviz.learning.rules import RULES, Memory
from cnnviz.ops.activations import ACTIVATIONS, PRELU_START
from cnnviz.words import say

RETRY = "Take a smaller learning rate, and reset."


@dataclass
class Layer:
    """A layer's numbers.

    Attributes:
        weight: (units × pieces, inputs).
        bias: (units × pieces,).
        slope: what PReLU learns: (1,).
        alive: the weights that L1 did not set to zero for good.
    """

    weight: Tensor
    bias: Tensor
    activation: str
    dropout: float = 0.0
    slope: Tensor | None = None
    alive: Tensor | None = None

    @property
    def learned(self) -> list[Tensor]:
        return [self.weight, self.bias, *([self.slope] if self.slope is not None else [])]


@dataclass(frozen=True, eq=False)
class Outcome2D:
    """What a training came to.

    Attributes:
        train_loss, test_loss: mean over the points, at the end.
        accuracy: share of the test points with the right class; ``nan`` for a regression.
        train_accuracy: the same of the training points.
        weights: one matrix a layer, (units, inputs), from the first hidden layer to the output.
        biases: one vector a layer.
        slopes: what a layer's PReLU learned; ``None`` where there is none.
        confusion: (classes, classes) counts of test points, [true, predicted]; none for a regression.
        history: (train loss, test loss) before training and after each epoch.
        epochs: how many were trained.
        stopped: why it ended early, in words; empty if it did not.
    """

    train_loss: float
    test_loss: float
    accuracy: float
    train_accuracy: float
    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    slopes: tuple[Tensor | None, ...]
    confusion: Tensor | None
    history: tuple[tuple[float, float], ...]
    epochs: int
    stopped: str
    network: "Network"

    def __call__(self, places: Tensor) -> Tensor:
        """What the network gives at places of the plane, (N, 2): (N, outputs); for softmax: probabilities."""
        return self.network.answer(self.network.inputs(places))


def inputs_of(experiment: Experiment2D, points: Sequence[Point]) -> Tensor:
    """(N, features) float64."""
    rows = [
        [PLANE_FEATURES[name].function(point.x, point.y) for name in experiment.features] for point in points
    ]
    return torch.tensor(rows, dtype=torch.float64).reshape(len(points), len(experiment.features))


class Network:
    """The experiment's network with its first weights."""

    def __init__(self, experiment: Experiment2D, random: Random) -> None:
        self.experiment = experiment
        init = PLANE_INITIALISATIONS[experiment.init]
        self.layers: list[Layer] = []
        width = len(experiment.features)
        kinds = [(one.units, one.activation, one.dropout) for one in experiment.layers]
        for units, activation, dropout in (*kinds, (experiment.outputs, "", 0.0)):
            pieces = ACTIVATIONS[activation].pieces if activation in ACTIVATIONS else 1
            rows = units * pieces
            limit = init.limit(width, units)
            if init.constant is not None:
                weight = torch.full((rows, width), init.constant, dtype=torch.float64)
            else:
                drawn = [(random() - 0.5) * (2 * limit) for _ in range(rows * width)]
                weight = torch.tensor(drawn, dtype=torch.float64).reshape(rows, width)
            layer = Layer(weight, torch.full((rows,), init.bias, dtype=torch.float64), activation, dropout)
            if activation == "prelu":
                layer.slope = torch.tensor([PRELU_START], dtype=torch.float64)
            self.layers.append(layer)
            width = units

    def inputs(self, places: Tensor) -> Tensor:
        """(N, 2) -> (N, features)."""
        return inputs_of(self.experiment, [Point(x, y, 0) for x, y in places.tolist()])

    def forward(self, values: Tensor, masks: Sequence[Tensor | None] = ()) -> Tensor:
        """(N, features) -> (N, outputs), before the last function."""
        for number, layer in enumerate(self.layers):
            values = torch.nn.functional.linear(values, layer.weight, layer.bias)
            if layer.slope is not None:
                values = torch.nn.functional.prelu(values, layer.slope)
            elif layer.activation == "maxout":
                values = values.unflatten(1, (-1, 2)).amax(2)
            elif layer.activation in ACTIVATIONS:
                values = ACTIVATIONS[layer.activation].function(values)
            mask = masks[number] if number < len(masks) else None
            if mask is not None:
                values = values * mask
        return values

    def answer(self, values: Tensor) -> Tensor:
        with torch.no_grad():
            last = self.forward(values)
            ends = self.experiment.ends
            return torch.tanh(last) if ends == "tanh" else last.softmax(1) if ends == "softmax" else last

    def losses(self, last: Tensor, target: Tensor) -> Tensor:
        """(N,): of each point."""
        if self.experiment.ends == "softmax":
            return torch.nn.functional.cross_entropy(last, target, reduction="none")
        output = torch.tanh(last[:, 0]) if self.experiment.ends == "tanh" else last[:, 0]
        return 0.5 * (output - target).square()

    def targets(self, points: Sequence[Point]) -> Tensor:
        """Classes for softmax, labels as they are else."""
        labels = [point.label for point in points]
        if self.experiment.ends != "softmax":
            return torch.tensor(labels, dtype=torch.float64)
        if self.experiment.classes == 2:
            labels = [float(label > 0) for label in labels]
        return torch.tensor(labels).long()

    def classes(self, last: Tensor) -> Tensor:
        return last.argmax(1) if self.experiment.ends == "softmax" else (last[:, 0] >= 0).long()


class Drops:
    """What dropout multiplies each unit with, drawn example by example, layer by layer."""

    def __init__(self, experiment: Experiment2D) -> None:
        self._layers = experiment.layers
        self._random = random_from(f"{experiment.seed} dropout")
        self.masks: list[Tensor | None] = []
        self._used = 0

    def draw(self, count: int) -> list[Tensor | None]:
        """For the next ``count`` examples: (count, units) of each layer; ``None`` without dropout."""
        rows: list[list[list[float]]] = [[] for _ in self._layers]
        for _ in range(count if any(layer.dropout for layer in self._layers) else 0):
            for row, layer in zip(rows, self._layers, strict=True):
                kept = 1 / (1 - layer.dropout)
                if layer.dropout:
                    row.append([0.0 if self._random() < layer.dropout else kept for _ in range(layer.units)])
        self.masks = [torch.tensor(row, dtype=torch.float64) if row else None for row in rows]
        self._used = 0
        return self.masks

    def mask(self) -> Tensor:
        """The masks of the next layer that has dropout."""
        found = [mask for mask in self.masks if mask is not None]
        self._used += 1
        return found[(self._used - 1) % len(found)]


def batches(experiment: Experiment2D, count: int) -> Iterator[list[list[int]]]:
    """For each epoch its batches of places; what is left over joins the first batch of the next epoch."""
    random = random_from(f"{experiment.seed} order")
    size = min(experiment.batch_size, max(count, 1))
    left: list[int] = []
    order = list(range(count))
    while True:
        if experiment.shuffle:
            shuffle(order, random)
        found = []
        for number, place in enumerate(order, 1):
            left.append(place)
            if number % size == 0:
                found.append(left)
                left = []
        yield found


def train(experiment: Experiment2D, epochs: int) -> Outcome2D:
    """Trains for some epochs, or until the experiment's own end."""
    data, random = experiment.stream()
    network = Network(experiment, random)
    train_inputs, test_inputs = inputs_of(experiment, data.train), inputs_of(experiment, data.test)
    train_targets, test_targets = network.targets(data.train), network.targets(data.test)
    rule = RULES[experiment.optimizer]
    memories: list[list[Memory]] = [
        [{name: torch.zeros_like(numbers) for name in rule.memory} for numbers in layer.learned]
        for layer in network.layers
    ]
    drops = Drops(experiment)

    def loss(inputs: Tensor, targets: Tensor) -> float:
        with torch.no_grad():
            return float(network.losses(network.forward(inputs), targets).mean()) if len(inputs) else 0.0

    history = [(loss(train_inputs, train_targets), loss(test_inputs, test_targets))]
    plan = batches(experiment, len(data.train))
    step, best, waited, stopped, epoch = 0, history[0][1], 0, "", 0
    while epoch < epochs and not stopped:
        rate = experiment.learning_rate * SCHEDULES[experiment.schedule].factor(epoch)
        for places in next(plan):
            step += 1
            learned = [numbers.requires_grad_() for layer in network.layers for numbers in layer.learned]
            last = network.forward(train_inputs[places], drops.draw(len(places)))
            total = network.losses(last, train_targets[places]).mean()
            gradients = iter(torch.autograd.grad(total, learned))
            with torch.no_grad():
                for layer, memory in zip(network.layers, memories, strict=True):
                    _update(layer, [next(gradients) for _ in layer.learned], memory, experiment, rate, step)
        epoch += 1
        history.append((loss(train_inputs, train_targets), loss(test_inputs, test_targets)))
        test = history[-1][1]
        waited = 0 if test < best else waited + 1
        best = min(best, test)
        if not torch.isfinite(torch.tensor(history[-1])).all():
            stopped = say("The loss is no longer a number. {retry}", retry=RETRY)
        elif experiment.target and test <= experiment.target:
            stopped = say("The test loss is at most {target:g}.", target=experiment.target)
        elif experiment.patience and waited >= experiment.patience:
            stopped = say("The test loss was not lower for {patience} epochs.", patience=experiment.patience)
        elif experiment.most_epochs and epoch >= experiment.most_epochs:
            stopped = say("{most_epochs} epochs are done.", most_epochs=experiment.most_epochs)
    return _outcome(network, data.train, data.test, history, epoch, stopped)


def _update(
    layer: Layer,
    gradients: list[Tensor],
    memory: list[Memory],
    experiment: Experiment2D,
    rate: float,
    step: int,
) -> None:
    rule = RULES[experiment.optimizer]
    moved = [
        rule.update(numbers.detach(), gradient, one, rate, step)
        for numbers, gradient, one in zip(layer.learned, gradients, memory, strict=True)
    ]
    before = layer.weight.detach()
    pull = rate * experiment.penalty_rate
    if layer.alive is not None:
        moved[0] = torch.where(layer.alive, moved[0], 0.0)
    if experiment.penalty == "L2":
        moved[0] = moved[0] - pull * before
    elif experiment.penalty == "L1":
        pulled = moved[0] - pull * before.sign()
        crossed = moved[0] * pulled < 0
        layer.alive = ~crossed if layer.alive is None else layer.alive & ~crossed
        moved[0] = torch.where(layer.alive, pulled, 0.0)
    layer.weight, layer.bias = moved[0], moved[1]
    if layer.slope is not None:
        layer.slope = moved[2]


def _outcome(
    network: Network,
    train_points: Sequence[Point],
    test_points: Sequence[Point],
    history: list[tuple[float, float]],
    epochs: int,
    stopped: str,
) -> Outcome2D:
    experiment = network.experiment
    confusion = None
    shares = [float("nan"), float("nan")]
    if not experiment.is_regression:
        for place, points in enumerate((train_points, test_points)):
            if not points:
                continue
            with torch.no_grad():
                said = network.classes(network.forward(inputs_of(experiment, points)))
            true = torch.tensor(
                [int(p.label > 0) if experiment.classes == 2 else int(p.label) for p in points]
            )
            shares[place] = float((said == true).double().mean())
            count = experiment.classes
            confusion = torch.bincount(true * count + said, minlength=count * count).reshape(count, count)
    return Outcome2D(
        train_loss=history[-1][0],
        test_loss=history[-1][1],
        accuracy=shares[1],
        train_accuracy=shares[0],
        weights=tuple(layer.weight.detach().clone() for layer in network.layers),
        biases=tuple(layer.bias.detach().clone() for layer in network.layers),
        slopes=tuple(
            None if layer.slope is None else layer.slope.detach().clone() for layer in network.layers
        ),
        confusion=confusion,
        history=tuple(history),
        epochs=epochs,
        stopped=stopped,
        network=network,
    )
