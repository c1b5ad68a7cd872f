"""The playground's page: links, bad input, own points, scikit-learn beside it."""

import io

import pytest

from cnnviz.learning import from_link, to_link
from cnnviz.learning.code import experiment_code
from cnnviz.learning.rivals import rivals
from tests.pages.conftest import Open, words

PAGE = "pages/learning/playground.py"


def test_a_link_opens_with_its_code(open_page: Open) -> None:
    app = open_page(PAGE, dataset="spiral", networkShape="8,8", optimizer="adam", learningRate="0.01")
    assert not app.exception
    experiment = from_link("dataset=spiral&networkShape=8,8&optimizer=adam&learningRate=0.01")
    assert app.code[0].value == experiment_code(experiment)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("learningRate", "1e6", "A learning rate of 1e+06 is not possible"),
        ("networkShape", "4,0", "Hidden layer 2 has 0 neurons"),
        ("dataset", "<script>", "Use one of"),
        ("points", "@@@", "Copy the whole address again"),
    ],
)
def test_a_broken_link_is_a_sentence_and_the_page_works(
    name: str, value: str, sentence: str, open_page: Open
) -> None:
    app = open_page(PAGE, **{"dataset": "own", name: value})
    assert not app.exception
    assert sentence in app.error[0].value
    app.run()
    assert not app.error
    assert experiment_code(from_link("seed=1")) == app.code[0].value


def test_an_address_of_the_other_playground_opens_and_says_what_has_no_meaning(open_page: Open) -> None:
    app = open_page(PAGE)
    address = "https://playground.tensorflow.org/#activation=relu&dataset=xor&networkShape=3&seed=0.5&tutorial=dp&noise=10"
    app.text_input(key="playground_link").set_value(address)
    app.button(key="open_link").click().run()
    assert not app.exception
    assert {**app.query_params} == {
        "dataset": "xor",
        "networkShape": "3",
        "seed": "0.5",
        "noise": "10",
        "activation": "relu",
    }
    assert "tutorial=dp has no meaning here" in words(app)
    kept = app.code[0].value
    app.text_input(key="playground_link").set_value("https://playground.tensorflow.org/#networkShape=0")
    app.button(key="open_link").click().run()
    assert "has 0 neurons" in app.error[0].value
    assert app.code[0].value == kept


def test_a_function_becomes_points_in_the_address(open_page: Open) -> None:
    app = open_page(PAGE, dataset="own")
    app.text_input(key="playground_function").set_value("x^2 + y^2 - 9")
    app.button(key="take_function").click().run()
    assert not app.exception
    experiment = from_link("dataset=own&points=" + app.query_params["points"])
    assert len(experiment.points) == 400
    assert all(
        (p.label > 0) == (p.x**2 + p.y**2 > 9) for p in experiment.points if abs(p.x**2 + p.y**2 - 9) > 0.1
    )
    app.text_input(key="playground_function").set_value("__import__('os')")
    app.button(key="take_function").click().run()
    assert "There is no function" in app.error[0].value
    assert "points" in app.query_params


def test_a_table_becomes_points_or_a_sentence(open_page: Open) -> None:
    app = open_page(PAGE, dataset="own")
    good = io.StringIO("\n".join(f"{i},{i % 5},{'abc'[i % 3]}" for i in range(30))).getvalue()
    app.file_uploader(key="playground_csv").set_value(("points.csv", good.encode(), "text/csv")).run()
    app.button(key="take_table").click().run()
    assert not app.exception
    assert app.query_params["classes"] == "3"
    app.file_uploader(key="playground_csv").set_value(
        ("bad.csv", b"1,2,a\n2,3,b\nx,3,a\n4,5,b", "text/csv")
    ).run()
    app.button(key="take_table").click().run()
    assert "Row 3: “x” is no number for x" in app.error[0].value
    assert app.query_params["classes"] == "3"


def test_scikit_learn_on_the_same_points(open_page: Open) -> None:
    app = open_page(PAGE, dataset="moons", noise="20", compare="true")
    assert not app.exception
    experiment = from_link("dataset=moons&noise=20")
    assert to_link(experiment)
    for result in rivals(experiment):
        assert f"| {result.title} | {result.score:.3f} | {result.train_score:.3f} |" in words(app)
    names: dict = {}
    exec(next(code.value for code in app.code if "sklearn" in code.value), names)
