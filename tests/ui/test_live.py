import json
from urllib.parse import urlencode

import orjson
import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from cnnviz.figures import curve_in_words
from cnnviz.training import Run, TrainingSpec, open_run, start
from cnnviz.ui.live import MOST_RUNS, answer
from cnnviz.ui.server import ROUTES


@pytest.fixture(scope="module")
def ended() -> Run:
    run = start(TrainingSpec("digits", "tiny", epochs=2))
    assert run.wait(60) == "finished"
    return run


def asked(*pairs: tuple[str, str]) -> list[dict]:
    query = urlencode([item for run, mark in pairs for item in (("run", run), ("after", mark))])
    return orjson.loads(answer(Request({"type": "http", "query_string": query.encode(), "headers": []})).body)


def test_the_answer_holds_the_numbers_of_the_run_and_then_only_what_is_new(ended: Run) -> None:
    (found,) = asked((ended.id, ""))
    lines = [json.loads(line) for line in (ended.folder.path / "metrics.jsonl").read_text().splitlines()]
    names = ("step", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")
    assert found["rows"] == [[line[name] for name in names] for line in lines]
    assert found["whole"]
    assert (found["state"], found["step"], found["total"]) == (
        "finished",
        ended.total_steps,
        ended.total_steps,
    )
    assert found["says"][0] == "Finished"
    (again,) = asked((ended.id, found["mark"]))
    assert not again["whole"]
    assert again["rows"] == []
    assert again["says"] == found["says"]


def test_changes_of_the_learning_rate_come_with_their_step() -> None:
    run = start(TrainingSpec("digits", "tiny", epochs=30))
    run.pause()
    run.set(learning_rate=0.25)
    run.resume()
    assert run.wait(60) == "finished"
    (found,) = asked((run.id, ""))
    assert [words for _, words in found["changes"]] == ["learning rate 0.25"]


@pytest.mark.parametrize("name", ["no-such-run", "../../etc", "", "A" * 300])
def test_a_name_that_is_none_gives_its_sentence_and_nothing_else(name: str, ended: Run) -> None:
    wrong, right = asked((name, ""), (ended.id, ""))
    assert set(wrong) == {"run", "error"}
    assert right["rows"]


def test_nobody_can_ask_for_more_runs_than_a_race_has(ended: Run) -> None:
    assert len(asked(*[(ended.id, "")] * 50)) == MOST_RUNS


@pytest.mark.parametrize("path", ["/cnnviz/live", "/base/cnnviz/live", "/user/x/proxy/8501/cnnviz/live"])
def test_the_address_is_found_below_any_base(path: str) -> None:
    assert ROUTES[0].path_regex.match(path)


def curves(title_of: dict[str, str], **options: bool) -> dict:
    """What ``live_curves`` hands to the browser."""

    def page(title_of: dict[str, str], options: dict[str, bool]) -> None:
        from cnnviz.training import open_run
        from cnnviz.ui.live import live_curves

        live_curves("curves", {title: open_run(name) for title, name in title_of.items()}, **options)  # type: ignore[arg-type]

    app = AppTest.from_function(page, default_timeout=60, args=(title_of, options)).run()
    assert not app.exception
    proto = app.get("bidi_component")[0].proto
    return orjson.loads(proto.bytes or proto.arrow_data or proto.json)


def test_the_page_says_the_curves_in_words_and_leaves_the_records_to_the_browser() -> None:
    data = curves({"tiny": "example"})
    metrics = open_run("example").metrics()
    assert data["alt"] == {quantity: curve_in_words(metrics, quantity) for quantity in ("accuracy", "loss")}
    assert data["reports"] is None
    assert data["runs"][0]["state"] == "finished"


def test_runs_of_a_race_differ_in_colour_and_dash() -> None:
    data = curves({"with": "example_dropout", "without": "example_no_dropout"})
    first, second = data["runs"]
    assert first["colours"] != second["colours"]
    assert first["dash"] != second["dash"]
    assert data["alt"]["accuracy"].startswith("with: Validation accuracy from ")


class Ending:
    """A run that ends while its curves are drawn."""

    state = "running"


ending: list[Ending] = []


def test_a_run_that_ends_while_it_is_drawn_has_the_page_drawn_again() -> None:
    """Its curves were drawn with the end already; so the browser has nothing to tell, and nobody would show what follows from it."""

    def page() -> None:
        import streamlit as st

        from cnnviz.ui.address import arrive
        from cnnviz.ui.live import watch
        from tests.ui.test_live import ending

        arrive("page")

        def draw() -> None:
            ending[0].state = "finished"

        at_first = ending[0].state
        watch("curves", ending, draw)  # type: ignore[arg-type]
        st.write(f"{at_first} when it was drawn")

    ending[:] = [Ending()]
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [one.value for one in app.markdown] == ["finished when it was drawn"]
