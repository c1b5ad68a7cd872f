"""Every question against another way to the same number, for two hundred seeds each."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import signal, special, stats
from sklearn import metrics
from torch import nn

from cnnviz.classroom import CHAPTERS
from cnnviz.classroom.asking import RIGHT, number_text, read_number
from cnnviz.classroom.questions import QUESTIONS, Question, question, question_code
from cnnviz.errors import CnnvizError

SEEDS = range(200)


def conv_size(n: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    return nn.Conv2d(1, 1, k, s, p, d)(torch.zeros(1, 1, n, n)).shape[-1]


def window_sides(windows: list[tuple[int, int]]) -> int:
    """How many pixels a unit sees, by asking autograd which ones move it."""
    side = 1
    for k, s in reversed(windows):
        side = (side - 1) * s + k
    line = torch.zeros(1, 1, side + 6, requires_grad=True)
    out = line
    for k, s in windows:
        out = nn.functional.conv1d(out, torch.ones(1, 1, k), stride=s)
    out[0, 0, 0].backward()
    assert line.grad is not None
    return int((line.grad != 0).sum())


def parameters(layer: nn.Module) -> int:
    return sum(one.numel() for one in layer.parameters())


def conv_value(g: dict[str, Any]) -> float:
    return float(
        signal.correlate2d(np.array(g["image"]), np.array(g["kernel"]), "valid")[g["row"], g["column"]]
    )


def window_pixel(g: dict[str, Any]) -> set[tuple[int, int]]:
    image = torch.zeros(1, 1, g["n"], g["n"], requires_grad=True)
    weights = torch.zeros(1, 1, g["k"], g["k"])
    weights[0, 0, g["i"], g["j"]] = 1
    nn.functional.conv2d(image, weights, stride=g["s"])[0, 0, g["row"], g["column"]].backward()
    assert image.grad is not None
    return {(r, c) for r, c in image.grad[0, 0].nonzero().tolist()}


def strongest(g: dict[str, Any]) -> set[tuple[int, int]]:
    padded = np.pad(g["digit"].double().numpy(), 1, mode="edge")
    answer = signal.correlate2d(padded, g["kernel"].double().numpy(), "valid")
    return {(int(r), int(c)) for r, c in np.argwhere(answer >= 0.9 * answer.max() - 1e-6)}


def brightest(g: dict[str, Any]) -> set[tuple[int, int]]:
    values = g["values"].numpy()
    place = values.argmin() if g["dark"] else values.argmax()
    return {tuple(int(one) for one in np.unravel_index(place, values.shape))}


def kernel_title(g: dict[str, Any]) -> str:
    from cnnviz.ops.kernels import KERNELS, kernel

    padded = np.pad(g["digit"].double().numpy(), 1, mode="edge")
    errors = {
        name: np.abs(
            signal.correlate2d(padded, kernel(name).double().numpy(), "valid") - g["map"].double().numpy()
        ).max()
        for name in ("sobel_x", "sobel_y", "laplacian", "gaussian")
    }
    return KERNELS[min(errors, key=lambda name: errors[name])].title


def pooled(g: dict[str, Any]) -> float:
    kind = nn.MaxPool2d if g["mode"] == "max" else nn.AvgPool2d
    return float(kind(g["size"], g["stride"])(torch.tensor([[g["values"]]]))[0, 0, g["row"], g["column"]])


def activated(g: dict[str, Any]) -> float:
    x = g["x"]
    return {
        "relu": max(x, 0.0),
        "sigmoid": float(special.expit(x)),
        "tanh": math.tanh(x),
        "elu": x if x > 0 else math.exp(x) - 1,
    }[g["name"]]


def dead(g: dict[str, Any]) -> str:
    silent = [
        all(first * a + second * b + bias <= 0 for a, b in g["inputs"]) for first, second, bias in g["units"]
    ]
    assert sum(silent) == 1
    return g["names"][silent.index(True)]


def kept(g: dict[str, Any]) -> str:
    torch.manual_seed(0)
    out = nn.functional.dropout(torch.full((200,), g["value"], dtype=torch.float64), g["p"], training=True)
    return number_text(float(out.max()))


def flat_place(g: dict[str, Any]) -> str:
    return number_text(int(np.ravel_multi_index(g["place"], g["shape"])))


def flat_length(g: dict[str, Any]) -> str:
    layers = nn.Sequential(nn.Conv2d(1, g["filters"], g["k"]), nn.MaxPool2d(2), nn.Flatten())
    return number_text(layers(torch.zeros(1, 1, g["side"], g["side"])).shape[1])


def gradient_step(g: dict[str, Any]) -> str:
    w = nn.Parameter(torch.tensor(float(g["start"]), dtype=torch.float64))
    rule = torch.optim.SGD([w], lr=g["rate"])
    (g["a"] * (w - g["goal"]) ** 2).backward()
    rule.step()
    return number_text(round(w.item(), 9))


def momentum_step(g: dict[str, Any]) -> float:
    w = nn.Parameter(torch.tensor(float(g["w"]), dtype=torch.float64))
    rule = torch.optim.SGD([w], lr=g["rate"], momentum=g["momentum"])
    rule.state[w]["momentum_buffer"] = torch.tensor(float(g["velocity"]), dtype=torch.float64)
    w.grad = torch.tensor(float(g["gradient"]), dtype=torch.float64)
    rule.step()
    return w.item()


def rate_limit(g: dict[str, Any]) -> str:
    """By bisection on what descent does."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        w = 1.0
        for _ in range(50):
            w -= middle * 2 * g["a"] * w
        low, high = (middle, high) if abs(w) <= 1 else (low, middle)
    return number_text(round(low, 6))


def slope(g: dict[str, Any]) -> float:
    values = {name: g[name] for name in "xyz"}
    expression = g["expression"].replace("^", "**")

    def at(step: float) -> float:
        return eval(
            expression, {"relu": lambda v: max(v, 0.0)}, {**values, g["name"]: values[g["name"]] + step}
        )

    return (at(1e-5) - at(-1e-5)) / 2e-5


def batches(g: dict[str, Any]) -> str:
    loader = torch.utils.data.DataLoader(range(g["images"]), batch_size=g["batch"])  # type: ignore[arg-type]
    return number_text(len(loader) * g["epochs"])


def normalised(g: dict[str, Any]) -> float:
    return float(stats.zscore(g["values"])[g["place"]] * g["gamma"] + g["beta"])


def suppressed(g: dict[str, Any]) -> str:
    stay: list[int] = []
    for place in sorted(range(4), key=lambda at: -g["scores"][at]):
        if all(overlap(g["boxes"][place], g["boxes"][other]) <= g["limit"] for other in stay):
            stay.append(place)
    return ", ".join(g["names"][place] for place in sorted(stay))


def overlap(first: list[float], second: list[float]) -> float:
    """The IoU of two boxes with whole corners, pixel by pixel."""
    masks = []
    for x1, y1, x2, y2 in (first, second):
        mask = np.zeros((16, 16), dtype=bool)
        mask[int(y1) : int(y2), int(x1) : int(x2)] = True
        masks.append(mask)
    return float((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


def told_apart(g: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    hits, false, missed, rest = (g[name] for name in ("hits", "false", "missed", "rest"))
    true = np.array([1] * hits + [0] * false + [1] * missed + [0] * rest)
    return true, np.array([1] * (hits + false) + [0] * (missed + rest))


def answers_of(counts: torch.Tensor) -> tuple[list[int], list[int]]:
    pairs = [(r, c) for r in range(4) for c in range(4) for _ in range(int(counts[r, c]))]
    return [r for r, _ in pairs], [c for _, c in pairs]


def confused(g: dict[str, Any]) -> str:
    wrong = [c for r, c in zip(*answers_of(g["counts"]), strict=True) if r == g["asked"] != c]
    return g["classes"][max(set(wrong), key=wrong.count)]


def nearest(g: dict[str, Any]) -> str:
    found = metrics.pairwise.cosine_distances(g["asked"][None].numpy(), g["others"].numpy())[0]
    return g["names"][int(found.argmin())]


def needed(g: dict[str, Any]) -> str:
    falls = [float(g["before"][g["asked"]] - row[g["asked"]]) for row in g["after"]]
    return g["names"][falls.index(max(falls))]


def ensemble(g: dict[str, Any]) -> str:
    return g["classes"][int(np.mean(g["table"], axis=0).argmax())]


def corners(g: dict[str, Any]) -> str:
    a, b = g["weights"]
    yes = [(x, y) for x in (0, 1) for y in (0, 1) if a * x + b * y + g["bias"] > 0]
    return ", ".join(map(str, yes)) or "none of them"


def unit(g: dict[str, Any]) -> float:
    return max(float((np.array(g["image"]) * np.array(g["weights"])).sum() + g["bias"]), 0.0)


REFERENCES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "brightest_pixel": brightest,
    "convolution_size": lambda g: str(conv_size(g["n"], g["k"], g["s"], g["p"], g["d"])),
    "convolution_value": conv_value,
    "window_pixel": window_pixel,
    "strongest_answer": strongest,
    "kernel_of_map": kernel_title,
    "layer_parameters": lambda g: number_text(parameters(nn.Conv2d(3, g["filters"], g["k"]))),
    "multiply_adds": lambda g: number_text(
        g["filters"] * conv_size(32, g["k"], g["s"]) ** 2 * 3 * g["k"] ** 2
    ),
    "transposed_size": lambda g: str(
        nn.ConvTranspose2d(1, 1, g["k"], g["s"], g["p"])(torch.zeros(1, 1, g["n"], g["n"])).shape[-1]
    ),
    "receptive_field": lambda g: str(window_sides(g["windows"])),
    "pooling_value": pooled,
    "activation_value": activated,
    "dead_relu": dead,
    "dropout_scaling": kept,
    "flatten_place": flat_place,
    "flatten_length": flat_length,
    "softmax_probability": lambda g: f"{special.softmax(g['logits'])[g['place']]:.3f}",
    "cross_entropy": lambda g: metrics.log_loss([g["place"]], [g["shares"]], labels=range(4)),
    "gradient_step": gradient_step,
    "rate_limit": rate_limit,
    "momentum_step": momentum_step,
    "chain_rule": slope,
    "batches": batches,
    "batch_norm": normalised,
    "ensemble": ensemble,
    "linear_parameters": lambda g: number_text(
        parameters(nn.Linear(g["channels"] * g["side"] ** 2, g["outputs"]))
    ),
    "xor": corners,
    "confused_class": confused,
    "accuracy": lambda g: 100 * metrics.accuracy_score(*answers_of(g["counts"])),
    "unit_sum": unit,
    "nearest": nearest,
    "ablation": needed,
    "iou": lambda g: f"{overlap(g['first'], g['second']):.3f}",
    "nms": suppressed,
    "precision": lambda g: f"{metrics.precision_score(*told_apart(g)):.3f}",
    "recall": lambda g: f"{metrics.recall_score(*told_apart(g)):.3f}",
    "mask_iou": lambda g: metrics.jaccard_score(g["wanted"].flatten(), g["predicted"].flatten()),
    "windows": lambda g: number_text(
        int(
            np.prod(
                nn.functional.unfold(
                    torch.zeros(1, 1, g["side"], g["side"]), g["window"], stride=g["stride"]
                ).shape[-1:]
            )
        )
    ),
    "separable": lambda g: number_text(
        parameters(nn.Conv2d(g["channels"], g["channels"], g["k"], groups=g["channels"]))
        + parameters(nn.Conv2d(g["channels"], g["filters"], 1))
    ),
    "leakage": lambda g: sum(
        g["people"][place] in {p for at, p in enumerate(g["people"]) if at not in g["test"]}
        for place in g["test"]
    ),
}


def test_every_question_has_a_reference_and_every_chapter_has_questions() -> None:
    assert set(REFERENCES) == set(QUESTIONS)
    assert len(QUESTIONS) >= 24
    for chapter in CHAPTERS:
        assert sum(entry.chapter == chapter for entry in QUESTIONS.values()) >= 5
    assert {entry.kind for entry in QUESTIONS.values()} == {"choice", "number", "pixel"}


def check_choice(asked: Question) -> None:
    texts = [option.text for option in asked.options]
    assert 3 <= len(texts) == len(set(texts)) <= 4
    assert texts.count(asked.answer) == 1
    for place, option in enumerate(asked.options):
        verdict = asked.judge(str(place))
        assert verdict.right == option.right == (option.text == asked.answer)
        assert verdict.why
        assert (verdict.mistake == RIGHT) == option.right


def check_number(asked: Question) -> None:
    assert asked.judge(repr(asked.value)).right
    assert asked.judge(repr(asked.value + asked.tolerance)).right
    assert not asked.judge(repr(asked.value + 2.01 * asked.tolerance + 0.01)).right
    for option in asked.options:
        verdict = asked.judge(repr(option.value))
        assert not verdict.right
        assert verdict.why


def check_pixel(asked: Question) -> None:
    assert asked.picture is not None
    rows, columns = asked.picture.shape
    right = [(r, c) for r in range(rows) for c in range(columns) if asked.judge(f"{r},{c}").right]
    assert set(right) == asked.pixels
    assert 0 < len(right) < rows * columns / 4


CHECKS = {"choice": check_choice, "number": check_number, "pixel": check_pixel}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_answer_is_right_and_no_wrong_one_is(name: str) -> None:
    texts = set()
    for seed in SEEDS:
        asked = question(name, seed)
        texts.add((asked.text, str(asked.given)))
        assert asked.kind == QUESTIONS[name].kind
        assert asked.explanation
        CHECKS[asked.kind](asked)
        found = REFERENCES[name](dict(asked.given))
        if asked.kind == "choice":
            assert asked.answer == found, (seed, asked.text)
        elif asked.kind == "number":
            assert asked.value == pytest.approx(found, abs=1e-6 + 1e-3 * (name == "chain_rule")), seed
        else:
            assert asked.pixels == found, seed
    # Enough different ones that neighbours in a class do not get the same.
    assert len(texts) >= (8 if name == "rate_limit" else 30)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_seed_gives_the_same_question_each_time(name: str) -> None:
    first, again = QUESTIONS[name].question(5), QUESTIONS[name].question(5)
    assert (first.text, first.answer, str(first.given)) == (again.text, again.answer, str(again.given))
    assert [option.text for option in first.options] == [option.text for option in again.options]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_page_that_shows_it_knows_the_state(name: str) -> None:
    from importlib import import_module

    from cnnviz.ui.state import State

    for seed in range(20):
        place = question(name, seed).place
        import_module(f"cnnviz.ui.states.{place.page.rpartition('/')[2].removesuffix('.py')}")
        _, foreign = State.pages[place.page].parse(place.parameters)
        assert not foreign
        assert place.page.split("/")[1] == QUESTIONS[name].chapter


def test_numbers_are_read_as_people_type_them() -> None:
    assert [read_number(text) for text in ("3", " −2,5 ", "1/4", "1e-3", "+7")] == [3, -2.5, 0.25, 1e-3, 7]
    for text in ("", "x", "1/0", "nan", "inf", "1,2,3", "=1+1", "1e400", "<b>"):
        with pytest.raises(CnnvizError, match="is not a number"):
            read_number(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iou", "7"),
        ("iou", "-1"),
        ("iou", "²"),
        ("iou", "x"),
        ("window_pixel", "8,0"),
        ("window_pixel", "1"),
        ("window_pixel", "-1,0"),
    ],
)
def test_what_is_no_answer_is_a_sentence(name: str, text: str) -> None:
    with pytest.raises(CnnvizError, match=r"none of the choices|no pixel"):
        question(name, 0).judge(text)


def test_what_is_no_question_is_a_sentence() -> None:
    with pytest.raises(CnnvizError, match="There is no question"):
        question("nonsense", 0)
    for seed in (-1, 2**31):
        with pytest.raises(CnnvizError, match="between 0 and"):
            question("iou", seed)


def test_the_code_that_the_page_shows_makes_the_question() -> None:
    names: dict[str, Any] = {}
    exec(question_code("iou", 3), names)
    assert names["asked"].answer == question("iou", 3).answer
