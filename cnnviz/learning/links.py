"""Experiments as links: the addresses of TensorFlow Playground, and the same names with more for what it does not have."""

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus, urlencode

from cnnviz.errors import CnnvizError
from cnnviz.learning.experiment import MOST_LAYERS, Experiment2D, Layer2D
from cnnviz.learning.plane import PLANE_FEATURES, PLANE_SETS
from cnnviz.learning.points import decoded, encoded
from cnnviz.words import say

LONGEST = 8000
NO_LAYERS = "none"
"""In our links; TensorFlow Playground leaves the text empty."""
HIDE = "_hide"
PLAYGROUND_PROPERTIES: dict[str, str] = {
    "activation": "The function φ of all hidden units: a = φ(w·x + b).",
    "regularization": "Penalty on large weights: none, L1 (λ·Σ |w|) or L2 (½·λ·Σ w²).",
    "batchSize": "How many training points give the gradient of one step.",
    "dataset": "The points of a classification: circle, two squares, two Gaussians, or spiral.",
    "regDataset": "The points of a regression: a plane, or several Gaussian hills.",
    "learningRate": "How far one step goes: w ← w − η·g.",
    "regularizationRate": "The factor λ of the penalty on large weights.",
    "noise": "How far the points are moved at random, in percent.",
    "networkShape": "Units of each hidden layer, with commas between them.",
    "seed": "The text or number from which points and first weights are drawn.",
    "showTestData": "Whether the test points are drawn as well.",
    "discretize": "Whether the output is drawn in two colours only, by its sign.",
    "percTrainData": "How many of the points are training points, in percent.",
    "x": "Whether x is an input of the network.",
    "y": "Whether y is an input of the network.",
    "xTimesY": "Whether the product x·y is an input of the network.",
    "xSquared": "Whether x² is an input of the network.",
    "ySquared": "Whether y² is an input of the network.",
    "cosX": "Whether cos(x) is an input of the network.",
    "sinX": "Whether sin(x) is an input of the network.",
    "cosY": "Whether cos(y) is an input of the network.",
    "sinY": "Whether sin(y) is an input of the network.",
    "collectStats": "Of TensorFlow Playground’s own links; it has no meaning here.",
    "tutorial": "Of TensorFlow Playground’s own links; it has no meaning here.",
    "problem": "Whether the network says a class or a number: classification or regression.",
    "initZero": "Whether all first weights are 0; then units of a layer stay alike.",
    "hideText": "Of TensorFlow Playground’s own links; it has no meaning here.",
}
"""The 27 properties of a link of playground.tensorflow.org, and what each is."""
MORE_PROPERTIES: dict[str, str] = {
    "activations": "The activation function of each layer, where they differ.",
    "dropouts": "The probability p of each layer that a unit is set to 0 in training.",
    "classes": "How many classes the points have, two to six.",
    "output": "What the output unit does with its sum: tanh, sigmoid, softmax or nothing.",
    "init": "How the first weights are drawn, such as He or Xavier.",
    "optimizer": "How a step is made of the gradient: plain, momentum, Adam and others.",
    "schedule": "How the learning rate changes from epoch to epoch.",
    "shuffle": "Whether the training points come in a new order at each epoch.",
    "patience": "The training ends after so many epochs without a smaller test loss.",
    "targetLoss": "The training ends when the test loss is as small as this.",
    "maxEpochs": "The training ends after so many epochs.",
    "points": "Your own points, as x, y and class in a short text.",
}
"""What only this playground has."""
PLAYGROUND_ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear")
HIDABLE = {
    "showTestData": "Show test data",
    "discretize": "Discretize output",
    "playButton": "Play button",
    "stepButton": "Step button",
    "resetButton": "Reset button",
    "learningRate": "Learning rate",
    "activation": "Activation",
    "regularization": "Regularization",
    "regularizationRate": "Regularization rate",
    "problem": "Problem type",
    "dataset": "Which data set",
    "percTrainData": "Share of training data",
    "noise": "Noise level",
    "batchSize": "Batch size",
    "numHiddenLayers": "Number of hidden layers",
}
"""Controls that a link can hide with ``…_hide=true``."""


def from_link(text: str) -> Experiment2D:
    """The experiment that an address says: of playground.tensorflow.org, or of this app; or only its properties.

    What has no meaning here is named in ``.notes``.

    Raises:
        CnnvizError: a value in it is impossible; the sentence says which.
    """
    if len(text) > LONGEST:
        raise CnnvizError("This link is too long to be one of the playground. Copy it again.")
    return from_properties(_properties(text))


def _properties(text: str) -> dict[str, str]:
    text = text.strip()
    for mark in ("#", "?"):
        if mark in text:
            text = text.partition(mark)[2]
            break
    else:
        if "://" in text or ("=" not in text and text):
            text = "" if "playground" in text else "?"
    if text == "?":
        raise CnnvizError(
            "This is no link of a playground. It begins with https://playground.tensorflow.org/#… or has name=value pairs."
        )
    found = {}
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        found[unquote_plus(name)] = unquote_plus(value)
    return found


def from_properties(properties: dict[str, str]) -> Experiment2D:
    """The experiment of property -> text; see ``from_link``."""
    said = {
        name: value.strip() for name, value in properties.items() if value.strip() or name == "networkShape"
    }
    notes = []
    problem = _one_of(said, "problem", ("classification", "regression"), "classification")
    classified = [name for name, entry in PLANE_SETS.items() if entry.problem == "classification"]
    regressed = [name for name, entry in PLANE_SETS.items() if entry.problem == "regression"]
    dataset = _one_of(said, "dataset", classified, "circle")
    reg_dataset = _one_of(said, "regDataset", regressed, "reg-plane")
    chosen = dataset if problem == "classification" else reg_dataset
    noise = _number(said, "noise", 0.0)
    if noise > 50:
        notes.append(f"noise={noise:g} is more than the playground's 50; here it is 50.")
    noise = min(max(noise, 0.0), 50.0)
    hidden = tuple(
        sorted(
            name.removesuffix(HIDE) for name, value in said.items() if name.endswith(HIDE) and value == "true"
        )
    )
    features = tuple(
        name for name in PLANE_FEATURES if _switch(said, name, name in ("x", "y")) and name not in hidden
    )
    notes += [
        f"{name}=true: TensorFlow Playground leaves the cosine out of its page; here it is an input."
        for name in ("cosX", "cosY")
        if name in features
    ]
    if _switch(said, "collectStats", False):
        notes.append("collectStats has no meaning here: nothing is sent to anybody.")
    if "tutorial" in said:
        notes.append(
            f"tutorial={said['tutorial'][:30]} has no meaning here: that text belongs to the other page."
        )
    if "seed" not in said:
        notes.append("The link names no seed, so the other page draws one each time; here it is 1.")
    known = {*PLAYGROUND_PROPERTIES, *MORE_PROPERTIES}
    notes += [
        f"“{name[:30]}” is not a property of the playground."
        for name in said
        if name not in known and not name.endswith(HIDE)
    ]
    layers = _layers(said)
    init = said.get("init", "zero" if _switch(said, "initZero", False) else "playground")
    batch_size = _whole(said, "batchSize", 10)
    return Experiment2D(
        dataset=chosen,
        noise=noise,
        train_share=_number(said, "percTrainData", 50.0),
        points=decoded(said["points"]) if "points" in said and chosen in ("own", "reg-own") else (),
        classes=_whole(said, "classes", 3 if chosen in ("blobs", "arms") else 2),
        features=features,
        layers=layers,
        output=said.get("output", "tanh"),
        init=init,
        optimizer=said.get("optimizer", "sgd"),
        learning_rate=_number(said, "learningRate", 0.03),
        schedule=said.get("schedule", "constant"),
        penalty=_one_of(said, "regularization", ("none", "L1", "L2"), "none"),
        penalty_rate=_number(said, "regularizationRate", 0.0),
        batch_size=batch_size,
        shuffle=_switch(said, "shuffle", False),
        seed=said.get("seed", "1")[:64],
        patience=_whole(said, "patience", 0),
        target=_number(said, "targetLoss", 0.0),
        most_epochs=_whole(said, "maxEpochs", 0),
        show_test=_switch(said, "showTestData", False),
        discretize=_switch(said, "discretize", False),
        hidden=hidden,
        hide_text=_switch(said, "hideText", False),
        notes=tuple(notes),
    )


def _layers(said: dict[str, str]) -> tuple[Layer2D, ...]:
    activation = said.get("activation", "tanh")
    text = said.get("networkShape", "4,2")
    shape = [part for part in text.split(",") if part.strip()] if text != NO_LAYERS else []
    if len(shape) > MOST_LAYERS:
        raise CnnvizError(
            say(
                "{count} hidden layers are too many; at most {most_layers} are possible.",
                count=len(shape),
                most_layers=MOST_LAYERS,
            )
        )
    units = [_as_whole(part, "networkShape") for part in shape]
    activations = (
        said.get("activations", "").split(",") if "activations" in said else [activation] * len(units)
    )
    dropouts = said.get("dropouts", "").split(",") if "dropouts" in said else ["0"] * len(units)
    if len(activations) != len(units) or len(dropouts) != len(units):
        raise CnnvizError(
            say(
                "The link has {count} hidden layers, but {activations} activation functions and {dropouts} dropouts.",
                count=len(units),
                activations=len(activations),
                dropouts=len(dropouts),
            )
        )
    return tuple(
        Layer2D(count, name, _as_number(share, "dropouts"))
        for count, name, share in zip(units, activations, dropouts, strict=True)
    )


def properties_of(experiment: Experiment2D) -> dict[str, str]:
    """Property -> text of all that is not usual: the opposite of ``from_properties``."""
    usual = from_properties({"seed": "1"})
    found: dict[str, str] = {}

    def tell(name: str, value: Any, usually: Any, words: Callable[[Any], str] = str) -> None:
        if value != usually:
            found[name] = words(value)

    def switch(value: bool) -> str:
        return "true" if value else "false"

    def real(value: float) -> str:
        return f"{value:.12g}"

    tell("problem", experiment.problem, "classification")
    tell(
        "regDataset" if experiment.is_regression else "dataset",
        experiment.dataset,
        "reg-plane" if experiment.is_regression else "circle",
    )
    if PLANE_SETS[experiment.dataset].classes[1] > 2 and experiment.dataset != "digits":
        tell("classes", experiment.classes, 3 if experiment.dataset in ("blobs", "arms") else 2)
    if experiment.points:
        found["points"] = encoded(experiment.points)
    tell("noise", experiment.noise, usual.noise, real)
    tell("percTrainData", experiment.train_share, usual.train_share, real)
    for name in PLANE_FEATURES:
        tell(name, name in experiment.features, name in usual.features, switch)
    tell(
        "networkShape",
        [layer.units for layer in experiment.layers],
        [4, 2],
        lambda units: ",".join(map(str, units)) or NO_LAYERS,
    )
    names = [layer.activation for layer in experiment.layers]
    if len(set(names)) == 1:
        tell("activation", names[0], "tanh")
    elif names:
        found["activations"] = ",".join(names)
    if any(layer.dropout for layer in experiment.layers):
        found["dropouts"] = ",".join(real(layer.dropout) for layer in experiment.layers)
    if not experiment.is_regression and experiment.classes == 2:
        tell("output", experiment.output, "tanh")
    tell("init", experiment.init, "playground")
    tell("optimizer", experiment.optimizer, "sgd")
    tell("learningRate", experiment.learning_rate, usual.learning_rate, real)
    tell("schedule", experiment.schedule, "constant")
    tell("regularization", experiment.penalty, "none")
    tell("regularizationRate", experiment.penalty_rate, 0.0, real)
    tell("batchSize", experiment.batch_size, 10)
    tell("shuffle", experiment.shuffle, False, switch)
    tell("seed", experiment.seed, "1")
    tell("patience", experiment.patience, 0)
    tell("targetLoss", experiment.target, 0.0, real)
    tell("maxEpochs", experiment.most_epochs, 0)
    tell("showTestData", experiment.show_test, False, switch)
    tell("discretize", experiment.discretize, False, switch)
    tell("hideText", experiment.hide_text, False, switch)
    for name in experiment.hidden:
        found[name + HIDE] = "true"
    return found


def to_link(experiment: Experiment2D) -> str:
    """Its properties as they stand in an address."""
    return urlencode(properties_of(experiment), safe=",")


def _one_of(said: dict[str, str], name: str, known: list[str] | tuple[str, ...], usual: str) -> str:
    value = said.get(name, usual)
    if value not in known:
        raise CnnvizError(
            say(
                "The link says {name}={value}. Use one of: {known}.",
                name=name,
                value=value[:30],
                known=", ".join(known),
            )
        )
    return value


def _switch(said: dict[str, str], name: str, usual: bool) -> bool:
    return said[name] != "false" if name in said else usual


def _number(said: dict[str, str], name: str, usual: float) -> float:
    return _as_number(said[name], name) if name in said else usual


def _whole(said: dict[str, str], name: str, usual: int) -> int:
    return _as_whole(said[name], name) if name in said else usual


def _as_number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CnnvizError(say("The link says {name}={text}, which is no number.", name=name, text=text[:30]))
    return value


def _as_whole(text: str, name: str) -> int:
    value = _as_number(text, name)
    if value != int(value):
        raise CnnvizError(
            say("The link says {name}={text}, which is no whole number.", name=name, text=text[:30])
        )
    return int(value)
