"""Text that comes from outside never becomes markup, on any page."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data import bring, found_of
from cnnviz.errors import CnnvizError
from cnnviz.models import PRESETS, NetworkSpec
from cnnviz.settings import settings
from cnnviz.training import Experiment, Run, TrainingSpec, launcher, open_experiment
from cnnviz.ui.outside import LONGEST, MOST_MARKS, plain, printable
from cnnviz.ui.state import State
from tests.hostile import HOSTILE, MARK, MARKUP, shown_raw
from tests.pages.conftest import BROWSER, Open, at_rest, until
from tests.pages.outside import markdown_of, plotly_of
from tests.pages.test_all_pages import PAGES

TITLE = "[hostile](https://evil.example)"
NETWORK = "<img src=x onerror=window.hostile=1> **hostile**"
NAME = ":material/home: `hostile` https://evil.example/hostile"


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.parametrize("text", HOSTILE)
def test_each_stands_on_one_line_without_what_has_no_place_there(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]", shown)
    assert not re.search(rf"[\u0300-\u036f]{{{MOST_MARKS + 1}}}", shown)
    assert len(shown) <= 2 * LONGEST
    assert shown == plain(printable(text))


@pytest.mark.parametrize(
    "text", ["Coat", "T-shirt/top", "a.b (left), C 1", "Größe 3×3", "李", "x & y", "100 %"]
)
def test_a_usual_name_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Experiment]]:
    """A data set with all of them as classes; two trainings on it, with hostile names, in an experiment with a hostile title."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("hostile")
        patch.setenv("CNNVIZ_HOME", str(home))
        names = [text for text in HOSTILE if text.strip("\x00 \t\r\n")]
        pixels = np.random.default_rng(0).integers(0, 255, (5 * len(names), 28, 28, 1), dtype=np.uint8)
        np.savez(home / "images.npz", images=pixels, labels=np.array(names * 5))
        bring(home / "images.npz", "own-hostile")
        network = replace(PRESETS["tiny"], name=NETWORK)
        spec = TrainingSpec(dataset="own-hostile", network=network, epochs=1)
        experiment = Experiment.start(TITLE, {"**hostile**": spec, NAME: replace(spec, seed=1)}, BROWSER)
        for run in experiment.runs.values():
            assert run.wait() == "finished"
        first = next(iter(experiment.runs.values()))
        first.rename(NAME)
        yield first, experiment
        launcher.shut_down(settings().runs)


def raw(app: AppTest) -> list[tuple[str, str]]:
    """Where a hostile text stands as it is and is read as markup."""
    found = [
        (where, text[:200]) for where, text in markdown_of(app) if shown_raw(text, where.startswith("Html."))
    ]
    # Plotly reads some HTML; the lecture's own words have none with this mark.
    return found + [
        ("plotly", text[:200]) for text in plotly_of(app) if MARK in text and re.search("<[a-z/]", text)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_names_of_classes_networks_runs_and_experiments(
    page: str, open_page: Open, hostile_home: tuple[Run, Experiment]
) -> None:
    run, experiment = hostile_home
    known = State.pages[page].fields if page in State.pages else {}
    link = {"run": run.id, "dataset": "own-hostile", "race": experiment.id, "people": "own-hostile"}
    app = until(open_page(page, **{name: text for name, text in link.items() if name in known}), at_rest)
    assert not app.exception
    assert not raw(app)


@pytest.mark.parametrize("page", PAGES)
def test_values_of_a_link(page: str, open_page: Open) -> None:
    """Each field of the page gets another hostile text, and all of them more than one."""
    open_page(page)
    fields = State.pages[page].fields if page in State.pages else {"projector": None}
    for turn in (0, 37, 74):
        link = {name: HOSTILE[(turn + 5 * number) % len(HOSTILE)] for number, name in enumerate(fields)}
        app = until(open_page(page, **link, **{MARKUP[0]: MARKUP[1]}), at_rest)
        assert not app.exception, link
        assert not raw(app), link


@pytest.mark.parametrize("text", HOSTILE)
def test_a_file_of_a_network_is_read_as_data(text: str) -> None:
    for value in (
        text,
        json.dumps({"name": text, "layers": [{"kind": text}]}),
        json.dumps({"name": text, "layers": [{"kind": "conv", text: 1}]}),
        json.dumps({text: text}),
    ):
        with pytest.raises(CnnvizError):
            NetworkSpec.from_json(value)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_of_a_run_leads_out_of_no_folder(text: str) -> None:
    with pytest.raises(CnnvizError):
        Run(text)
    with pytest.raises(CnnvizError):
        open_experiment(text)
    assert found_of(text) is None
