"""The page "Runs": comparisons, and the list of one's runs."""

import re

import pytest

from cnnviz.training import TrainingSpec, experiments, open_run, runs, start
from tests.pages.conftest import Open, at_rest, until, words

PAGE = "pages/learning/runs.py"
SMALL = {"dataset": "digits", "network": "tiny", "epochs": "2", "limit": "300"}


def test_a_bundled_comparison_stands_there_at_once(open_page: Open) -> None:
    app = open_page(PAGE)
    assert not app.exception
    assert not app.error
    assert "a bundled comparison" in words(app)
    assert "the difference is larger than the spread" in words(app)
    assert len(app.get("plotly_chart")) == 2


def test_a_comparison_with_several_seeds_ends_with_a_verdict(open_page: Open) -> None:
    app = open_page(PAGE, **SMALL, values="0.0001, 0.1", seeds="2")
    button = app.button(key="compare")
    assert button.label == "Train 4 runs"
    button.click().run(timeout=60)
    assert not app.exception
    until(app, lambda app: "Best on the test images" in words(app))
    assert not app.exception
    said = words(app)
    assert "| learning rate 0.1 |" in said
    assert re.search(r"Best on the test images: \*\*learning rate 0.1\*\*", said)
    assert "Learning rate: tiny on Tiny digits" in said
    found = experiments(1)[0]
    assert len(found.runs) == 4
    assert len({run.spec.seed for run in found.runs.values()}) == 2
    linked = open_page(PAGE, race=found.id)
    assert "Best on the test images: **learning rate 0.1**" in words(linked)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"values": "fast, slow"}, "“fast” is no value of 'learning rate': write a number."),
        ({"differs": "batch_size", "values": "1.5"}, "write a whole number"),
        ({"differs": "optimizer", "values": "sgd, lion"}, "There is no optimiser 'lion'"),
        ({"differs": "augmentation", "values": "twist"}, "There is no augmentation 'twist'"),
        (
            {
                "values": ",".join(f"0.{n:03d}" for n in range(1, 300)),
                "second": "weight_decay",
                "second_values": ",".join(f"0.{n:03d}" for n in range(300)),
            },
            "179,400 runs, and an experiment has at most 100",
        ),
        ({"race": "experiment-nothing"}, "There is no experiment"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(state: dict[str, str], sentence: str, open_page: Open) -> None:
    app = open_page(PAGE, **{"dataset": "digits", "network": "tiny", **state})
    assert not app.exception
    if not app.error:
        app.button(key="compare").click().run(timeout=60)
        assert not app.exception
    assert sentence in app.error[0].value


def test_a_random_sample_of_a_grid_is_trained(open_page: Open) -> None:
    app = open_page(PAGE, **SMALL, values="0.01, 0.02, 0.04", second="batch_size", sample="2", seeds="1")
    assert app.button(key="compare").label == "Train 2 runs"


def test_names_are_text_and_never_paths(open_page: Open) -> None:
    run = start(TrainingSpec("digits", "tiny", 1, limit=64))
    run.wait(60)
    run.rename("../../etc/<script>alert(1)</script> | *bold*")
    assert open_run(run.id).name == "../../etc/<script>alert(1)</script> | *bold*"
    assert run.folder.path.name == run.id
    app = open_page(PAGE, run=run.id)
    assert not app.exception


def test_runs_are_renamed_pinned_and_deleted_by_their_owner(open_page: Open) -> None:
    app = open_page(PAGE, **SMALL, values="0.01", seeds="1")
    app.button(key="compare").click().run(timeout=60)
    until(app, lambda app: "Best on the test images" in words(app))
    run = runs(1)[0]
    app = until(app, at_rest)
    app.selectbox(key="one").set_value(run.id).run()
    app.text_input(key=f"name_{run.id}").set_value("my <b>first</b> run").run()
    app.button(key="rename").click().run()
    assert not app.exception
    assert open_run(run.id).name == "my <b>first</b> run"
    app.button(key="pin").click().run()
    assert run.folder.pinned
    app.button(key="delete").click().run()
    assert "pinned" in app.error[0].value
    app.button(key="pin").click().run()
    app.button(key="delete").click().run()
    assert not app.exception
    assert run.id not in [one.id for one in runs()]
