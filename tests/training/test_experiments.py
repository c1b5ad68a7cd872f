"""Experiments: started whole, stored with their titles, read by whoever has the link."""

import json
from pathlib import Path

import pytest

from cnnviz.errors import CnnvizError
from cnnviz.models import PRESETS
from cnnviz.settings import settings
from cnnviz.training import Experiment, TrainingSpec, experiments, open_experiment, queue, runs
from cnnviz.training.worker import work
from tests.training.test_commands import TINY, _home  # noqa: F401 - the fixture acts by itself

ANNA, BEN = "a" * 32, "b" * 32


def test_an_experiment_is_its_runs_with_their_titles() -> None:
    begun = Experiment.start(
        "Does the seed matter?", {"seed 0": TINY, "seed 1": TrainingSpec("digits", "tiny", epochs=1, seed=1)}
    )
    assert list(begun.runs) == ["seed 0", "seed 1"]
    assert [run.spec.seed for run in begun.runs.values()] == [TINY.seed, 1]
    for run in begun.runs.values():
        queue.withdraw(run.folder.path.parent, run.id)
        work(str(run.folder.path))
    again = open_experiment(begun.id)
    assert again == begun
    assert {name: run.state for name, run in again.runs.items()} == {
        "seed 0": "finished",
        "seed 1": "finished",
    }
    assert [metric.accuracy for metric in again.runs["seed 1"].metrics()]


def test_a_network_alone_is_trained_with_the_usual_settings() -> None:
    begun = Experiment.start("Two networks", {"small": "tiny", "residual": PRESETS["small_resnet"]})
    assert begun.runs["small"].spec == TrainingSpec(network="tiny")
    assert begun.runs["residual"].spec.network == PRESETS["small_resnet"]


def test_the_list_is_newest_first_and_a_browser_sees_its_own() -> None:
    first, second = Experiment.start("One", {"a": TINY}, ANNA), Experiment.start("Two", {"b": TINY}, BEN)
    assert experiments() == [second, first]
    assert experiments(1) == [second]
    assert experiments(key=ANNA) == [first]
    assert ANNA not in (settings().home / "experiments" / f"{first.id}.json").read_text()


@pytest.mark.parametrize(
    ("title", "specs", "sentence"),
    [
        ("No runs", {}, "1 to 100 runs, but this one has 0"),
        ("Many", {f"run {number}": TINY for number in range(101)}, "1 to 100 runs, but this one has 101"),
        (" ", {"a": TINY}, "it must have 1 to 120 letters"),
        ("Long name", {"a" * 121: TINY}, "it must have 1 to 120 letters"),
        ("Impossible", {"good": TINY, "bad": TrainingSpec("digits", "tiny", epochs=0)}, "epochs"),
    ],
)
def test_all_or_none(title: str, specs: dict[str, TrainingSpec], sentence: str) -> None:
    with pytest.raises(CnnvizError, match=sentence):
        Experiment.start(title, specs)
    assert runs() == []
    assert experiments() == []


def test_deleted_runs_are_left_out_and_an_experiment_without_any_goes() -> None:
    begun = Experiment.start("Soon gone", {"kept": TINY, "gone": TINY})
    begun.runs["gone"].folder.delete()
    assert list(open_experiment(begun.id).runs) == ["kept"]
    begun.runs["kept"].folder.delete()
    assert open_experiment(begun.id).runs == {}
    later = Experiment.start("Another", {"a": TINY})
    assert experiments() == [later]
    with pytest.raises(CnnvizError, match="It may have been deleted with its runs"):
        open_experiment(begun.id)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format": 1, "title": "x"}', "damaged"),
        ('{"title": "x"}', "another version"),
        (json.dumps({"format": 2, "title": "x", "created": 0, "runs": []}), "another version"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence_and_no_hindrance(text: str, sentence: str) -> None:
    good = Experiment.start("Good", {"a": TINY})
    (Path(settings().home) / "experiments" / "experiment-bad.json").write_text(text)
    with pytest.raises(CnnvizError, match=sentence):
        open_experiment("experiment-bad")
    assert experiments() == [good]


@pytest.mark.parametrize("name", ["", "example", "experiment-", "experiment-../x", "experiment-" + "a" * 50])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(CnnvizError, match="not the name of an experiment"):
        open_experiment(name)
