"""The page "Backpropagation": its numbers are those of the package, and bad input is a sentence."""

import pytest
import torch

from cnnviz.learning import cnn_steps, graph, network_steps
from cnnviz.learning.cnn import LECTURE_IMAGE, LECTURE_KERNEL, cnn_code
from cnnviz.learning.small import expression_code, network_code
from tests.pages.conftest import Open, words

PAGE = "pages/learning/backpropagation.py"


def test_the_lecture_s_example(open_page: Open) -> None:
    app = open_page(PAGE)
    assert not app.exception
    trace = cnn_steps(torch.tensor(LECTURE_IMAGE), torch.tensor(LECTURE_KERNEL))
    assert f"Loss before: **{trace.loss:.4f}**" in words(app)
    assert f"**{trace.new_loss:.4f}**, lower" in words(app)
    assert app.code[0].value == cnn_code(trace)


@pytest.mark.parametrize(
    "settings",
    [
        {"pooling": "average", "activation": "tanh", "stride": "2", "target": "1", "rate": "0.5"},
        {"image": "1,0,2;0,1,0;3,0,1;1,1,1", "kernel": "1,-1;0.5,2", "bias": "0.5"},
        {"preset": "digit", "target": "7", "pool": "2", "stride": "2"},
    ],
)
def test_other_settings_and_the_shown_code(settings: dict[str, str], open_page: Open) -> None:
    app = open_page(PAGE, **settings)
    assert not app.exception
    assert not app.error
    names: dict = {}
    before = torch.get_default_dtype()
    try:
        exec(app.code[0].value, names)
    finally:
        torch.set_default_dtype(before)
    assert f"Loss before: **{names['loss'].item():.4f}**" in words(app)
    assert f"**{names['new_loss'].item():.4f}**" in words(app)


def test_a_small_network_and_an_expression(open_page: Open) -> None:
    app = open_page(PAGE, view="network", rate="0.5", wanted="0.3", function="tanh")
    trace = network_steps(learning_rate=0.5, target=0.3, activation="tanh")
    assert f"Loss before: **{trace.loss:.4f}**" in words(app)
    assert app.code[0].value == network_code(trace)
    app = open_page(PAGE, view="expression", text="x^2 + sin(y)", x="3")
    found = graph("x^2 + sin(y)", x=3, y=2.0)
    assert f"Value: **{found.value:.6g}**" in words(app)
    assert app.code[0].value == expression_code(found)


def test_finite_differences_agree(open_page: Open) -> None:
    for state in ({"pooling": "average", "activation": "tanh"}, {"view": "network"}):
        app = open_page(PAGE, **state)
        rows = [line for line in words(app).splitlines() if line.startswith(("| kernel", "| weights 1"))]
        assert len(rows) == (4 if "view" in state else 9)
        assert all(float(row.split("|")[4]) < 1e-6 for row in rows)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"pool": "4"}, "does not fit"),
        ({"view": "expression", "text": "__import__('os').system('ls')"}, "is not possible here"),
        ({"view": "expression", "text": "x.real"}, "not possible here"),
        ({"view": "expression", "text": "1 / (x - 1)"}, "has no value at"),
        ({"image": "1,2;3,4"}, "larger than the image"),
        ({"kernel": "100000,1;1,1"}, "larger than 1000"),
    ],
)
def test_bad_input_is_a_sentence_and_the_page_stays(
    settings: dict[str, str], sentence: str, open_page: Open
) -> None:
    app = open_page(PAGE, **settings)
    assert not app.exception
    assert sentence in "".join(error.value for error in app.error)
    assert "Try this" in [element.value for element in app.subheader]


def test_a_learning_rate_that_is_too_large_is_said(open_page: Open) -> None:
    trace = network_steps(learning_rate=10.0, activation="sigmoid")
    assert trace.new_loss > trace.loss
    app = open_page(PAGE, view="network", rate="10")
    assert f"**{trace.new_loss:.4f}**, not lower: take a smaller learning rate." in words(app)
