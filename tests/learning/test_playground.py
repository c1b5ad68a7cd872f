"""The playground's experiment: its links, its torch twin, its points, and scikit-learn beside it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.errors import CnnvizError
from cnnviz.learning import RULES, Experiment2D, Layer2D, Point, along, from_csv, from_link, to_link
from cnnviz.learning.code import experiment_code
from cnnviz.learning.links import PLAYGROUND_PROPERTIES
from cnnviz.learning.plane import PLANE_SETS
from cnnviz.learning.points import MOST_POINTS, decoded, encoded
from cnnviz.learning.random import random_from
from cnnviz.learning.rivals import rivals
from cnnviz.learning.twin import inputs_of
from tools.make_golden import links

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
START = "https://playground.tensorflow.org/#"
WHOLE = (
    "activation=tanh&batchSize=10&dataset=circle&regDataset=reg-plane&learningRate=0.03&regularizationRate=0&noise=0"
    "&networkShape=4,2&seed=0.12345&showTestData=false&discretize=false&percTrainData=50&x=true&y=true&xTimesY=false"
    "&xSquared=false&ySquared=false&cosX=false&sinX=false&cosY=false&sinY=false&collectStats=false"
    "&problem=classification&initZero=false&hideText=false"
)
LINKS = [
    (WHOLE, Experiment2D(seed="0.12345")),
    ("activation=relu&networkShape=3", Experiment2D(layers=(Layer2D(3, "relu"),))),
    (
        "activation=sigmoid&regularization=L1&regularizationRate=0.003",
        Experiment2D(layers=(Layer2D(4, "sigmoid"), Layer2D(2, "sigmoid")), penalty="L1", penalty_rate=0.003),
    ),
    ("activation=linear&networkShape=", Experiment2D(layers=())),
    (
        "regularization=L2&regularizationRate=0.1&batchSize=30",
        Experiment2D(penalty="L2", penalty_rate=0.1, batch_size=30),
    ),
    ("dataset=xor&noise=25&percTrainData=70", Experiment2D(dataset="xor", noise=25, train_share=70)),
    (
        "dataset=gauss&seed=0.98765&learningRate=3",
        Experiment2D(dataset="gauss", seed="0.98765", learning_rate=3),
    ),
    ("dataset=spiral&networkShape=8,8,8,8,8,8", Experiment2D(dataset="spiral", layers=(Layer2D(8),) * 6)),
    ("problem=regression&regDataset=reg-plane&dataset=spiral", Experiment2D(dataset="reg-plane")),
    (
        "problem=regression&regDataset=reg-gauss&showTestData=true&discretize=true",
        Experiment2D(dataset="reg-gauss", show_test=True, discretize=True),
    ),
    (
        "x=false&xTimesY=true&xSquared=true&ySquared=true",
        Experiment2D(features=("y", "xSquared", "ySquared", "xTimesY")),
    ),
    (
        "y=false&sinX=true&sinY=true&cosX=true&cosY=true",
        Experiment2D(features=("x", "sinX", "sinY", "cosX", "cosY")),
    ),
    ("initZero=true&hideText=true&tutorial=dp&collectStats=true", Experiment2D(init="zero", hide_text=True)),
    (
        "x_hide=true&ySquared=true&playButton_hide=true&dataset_hide=true&noise_hide=false",
        Experiment2D(features=("y", "ySquared"), hidden=("dataset", "playButton", "x")),
    ),
]


@pytest.mark.parametrize(("link", "expected"), LINKS, ids=[link[:40] for link, _ in LINKS])
def test_a_link_of_the_other_playground_is_the_same_experiment(link: str, expected: Experiment2D) -> None:
    assert from_link(START + link) == expected
    assert from_link(to_link(expected) or "seed=1") == expected


def test_the_table_of_links_has_every_property() -> None:
    said = {pair.partition("=")[0] for link, _ in LINKS for pair in link.split("&")}
    assert set(PLAYGROUND_PROPERTIES) <= said
    assert len(PLAYGROUND_PROPERTIES) == 27


def test_what_has_no_meaning_is_named() -> None:
    notes = " ".join(from_link(START + "tutorial=dp&collectStats=true&cosX=true&flavour=7&noise=70").notes)
    for word in ("tutorial=dp", "collectStats", "cosX", "flavour", "seed", "noise=70"):
        assert word in notes


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("learningRate=1000000", "learning rate of 1e+06"),
        ("learningRate=nan", "no number"),
        ("networkShape=4,0", "Hidden layer 2 has 0 neurons"),
        ("networkShape=4,2.5", "no whole number"),
        ("networkShape=" + ",".join(["9"] * 400), "too many"),
        ("x=false&y=false", "no input"),
        ("activation=__import__", "activation function"),
        ("dataset=../../etc/passwd", "Use one of"),
        ("points=!!!&dataset=own", "broken"),
        ("dropouts=0.5&networkShape=4,2", "2 hidden layers"),
        ("batchSize=0", "batch size"),
        ("noise=<script>", "no number"),
        ("https://example.org/", "no link of a playground"),
        ("a" * 9000, "too long"),
    ],
)
def test_a_broken_link_is_a_sentence(link: str, words: str) -> None:
    with pytest.raises(CnnvizError, match=words.replace("(", "\\(").replace("+", "\\+")):
        from_link(link)


def test_random_numbers_are_those_of_seedrandom() -> None:
    """Published example: ``Math.seedrandom('hello.')`` (README of seedrandom)."""
    random = random_from("hello.")
    assert [random(), random()] == pytest.approx([0.9282578795792454, 0.3752569768646784], abs=1e-15)


@pytest.mark.parametrize("row", GOLDEN, ids=[row["link"][:60] for row in GOLDEN])
def test_the_twin_gives_the_golden_numbers(row: dict) -> None:
    outcome = from_link(row["link"]).run(row["epochs"])
    numbers = []
    for weight, bias, slope in zip(outcome.weights, outcome.biases, outcome.slopes, strict=True):
        numbers += [*weight.flatten().tolist(), *bias.tolist(), *([] if slope is None else slope.tolist())]
    assert numbers == pytest.approx(row["parameters"], abs=1e-9)
    assert outcome.train_loss == pytest.approx(row["train_loss"], abs=1e-9)
    assert outcome.test_loss == pytest.approx(row["test_loss"], abs=1e-9)


def test_the_golden_numbers_are_of_these_links() -> None:
    assert [row["link"] for row in GOLDEN] == links()


@pytest.mark.parametrize("link", [*links()[::3], links()[-3], links()[-5], links()[-4], "schedule=cosine"])
def test_the_shown_code_gives_the_same_weights(link: str) -> None:
    experiment = from_link(link)
    names: dict = {}
    before = torch.get_default_dtype()
    try:
        exec(experiment_code(experiment, 5), names)
    finally:
        torch.set_default_dtype(before)
    outcome = experiment.run(5)
    shown = [w.detach() for w in names["network"].parameters()]
    kept = [
        numbers
        for weight, bias, slope in zip(outcome.weights, outcome.biases, outcome.slopes, strict=True)
        for numbers in (weight, bias, *([] if slope is None else [slope]))
    ]
    for ours, theirs in zip(kept, shown, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
    assert names["train_loss"].item() == pytest.approx(outcome.train_loss, abs=1e-9)
    assert names["test_loss"].item() == pytest.approx(outcome.test_loss, abs=1e-9)


@pytest.mark.parametrize("name", list(RULES))
def test_update_rules_are_those_of_torch(name: str) -> None:
    torch.manual_seed(0)
    start, targets = torch.randn(5, dtype=torch.float64), torch.randn(100, 5, dtype=torch.float64)
    theirs = nn.Parameter(start.clone())
    optimizer = eval(RULES[name].code.format(p="[theirs]", lr="0.05"))
    ours, memory = start.clone(), {key: torch.zeros(5, dtype=torch.float64) for key in RULES[name].memory}
    for step in range(100):
        optimizer.zero_grad()
        (torch.cosh(theirs - targets[step]).log()).sum().backward()
        optimizer.step()
        ours = RULES[name].update(ours, torch.tanh(ours - targets[step]), memory, 0.05, step + 1)
        torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-6)


def test_zero_weights_learn_nothing_but_the_bias() -> None:
    outcome = from_link("dataset=xor&initZero=true&networkShape=4").run(50)
    assert all(float(weight.abs().max()) == 0 for weight in outcome.weights)
    assert abs(outcome.accuracy - 0.5) < 0.1


def test_the_spiral_is_learned_and_the_end_is_said() -> None:
    outcome = from_link(
        "dataset=spiral&networkShape=8,8&optimizer=adam&learningRate=0.01&targetLoss=0.05&seed=2"
    ).run(600)
    assert outcome.stopped == "The test loss is at most 0.05."
    assert outcome.accuracy > 0.95
    assert outcome.confusion is not None
    assert int(outcome.confusion.sum()) == 250
    assert len(outcome.history) == outcome.epochs + 1 < 601


def test_patience_stops_and_divergence_is_a_sentence() -> None:
    outcome = from_link("dataset=gauss&noise=50&patience=3").run(500)
    assert "was not lower for 3 epochs" in outcome.stopped
    blown = from_link(
        "problem=regression&regDataset=reg-plane&activation=linear&learningRate=100&xSquared=true"
    ).run(50)
    assert "smaller learning rate" in blown.stopped


def test_points_survive_the_link() -> None:
    points = along("y - 2 * sin(x)", count=300)
    assert len(points) == 300
    back = decoded(encoded(points))
    assert max(abs(a.x - b.x) for a, b in zip(points, back, strict=True)) < 0.002
    assert [a.label for a in points] == [b.label for b in back]
    experiment = Experiment2D(dataset="own", points=back)
    assert from_link(to_link(experiment)) == experiment


def test_a_table_becomes_points() -> None:
    points, names = from_csv("width,height,kind\n1,2,cat\n3,4,dog\n5,6,cat\n7,9,emu\n")
    assert names == ("cat", "dog", "emu")
    assert [point.label for point in points] == [0, 1, 0, 2]
    assert min(p.x for p in points) == -5
    assert max(p.y for p in points) == 5
    values, none = from_csv("0,0,10\n1,1,20\n2,2,30\n3,3,40", "regression")
    assert none == ()
    assert [round(p.label, 3) for p in values] == [-1, -0.333, 0.333, 1]
    many, _ = from_csv("\n".join(f"{i},{i % 7},{i % 2}" for i in range(5000)))
    assert len(many) == MOST_POINTS


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "fewer than four"),
        ("1,2,a\n2,3,b\nx,3,a\n4,5,b", "Row 3: “x” is no number for x"),
        ("1,2,a\n2,nan,b\n2,3,a\n4,5,b", "“nan” is no number for y"),
        ("1,2,a\n2,3,a\n4,5,a\n5,5,a", "one class"),
        ("1,2\n2,3\n4,5\n5,5", "2 columns"),
        ("\n".join(f"{i},{i},{i}" for i in range(20)), "20 different classes"),
        ("1,2,3\n" * 1_000_001, "more than 100,000 rows"),
    ],
)
def test_a_table_that_is_none_is_a_sentence(table: str, words: str) -> None:
    with pytest.raises(CnnvizError, match=words):
        from_csv(table)


def test_a_function_without_a_border_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="one sign"):
        along("x^2 + 1")


@pytest.mark.parametrize("name", ["circle", "blobs", "digits", "reg-gauss"])
def test_rivals_are_scikit_learn_s(name: str) -> None:
    from sklearn.svm import SVC, SVR

    experiment = Experiment2D(dataset=name, noise=20, classes=4)
    found = {result.title: result for result in rivals(experiment)}
    assert len(found) == 4
    data = experiment.data
    model = (SVR if experiment.is_regression else SVC)()
    model.fit(inputs_of(experiment, data.train).numpy(), [p.label for p in data.train])
    score = model.score(inputs_of(experiment, data.test).numpy(), [p.label for p in data.test])
    assert found["SVM, RBF kernel"].score == pytest.approx(score)
    top_left = float(found["SVM, RBF kernel"].plane[0, 0])
    expected = model.predict(inputs_of(experiment, [Point(-5.9, 5.9, 0)]).numpy())[0]
    assert top_left == pytest.approx(float(expected), abs=0.05)


def test_rivals_of_too_few_points_are_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="ten training points"):
        rivals(Experiment2D(dataset="own", points=along("y - x", count=6)))


def test_our_classifier_agrees_with_scikit_learn_s() -> None:
    """The same network, data and optimiser in MLPClassifier reach the same loss."""
    from sklearn.linear_model import LogisticRegression

    experiment = from_link(
        "dataset=gauss&noise=50&networkShape=&output=softmax&batchSize=250&learningRate=0.3"
    )
    outcome = experiment.run(1500)
    data = experiment.data
    x = inputs_of(experiment, data.train).numpy()
    y = np.array([p.label > 0 for p in data.train])
    model = LogisticRegression(C=np.inf, tol=1e-10).fit(x, y)
    theirs = -np.log(model.predict_proba(x)[np.arange(len(y)), y.astype(int)]).mean()
    assert outcome.train_loss == pytest.approx(theirs, abs=1e-4)
    slope = (outcome.weights[0][1] - outcome.weights[0][0]).numpy()
    assert slope / np.linalg.norm(slope) == pytest.approx(
        model.coef_[0] / np.linalg.norm(model.coef_[0]), abs=0.01
    )


def test_every_set_has_points_of_all_its_classes() -> None:
    for name, entry in PLANE_SETS.items():
        if name in ("own", "reg-own"):
            continue
        experiment = Experiment2D(dataset=name, classes=entry.classes[1])
        data = experiment.data
        labels = {p.label for p in (*data.train, *data.test)}
        assert all(math.isfinite(p.x + p.y + p.label) for p in data.train)
        assert entry.problem == "regression" or len(labels) == experiment.classes
