"""Whose runs a page shows, and what it says when a run may not start. A browser is a key in the session."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from streamlit.testing.v1 import AppTest

import cnnviz.ui.states
from cnnviz.training import Run, TrainingSpec, experiments, launcher, queue, start
from cnnviz.training.folder import Status
from cnnviz.training.worker import work
from cnnviz.ui.runs import EXAMPLE
from cnnviz.ui.state import State
from tests.pages.conftest import ROOT, words

ANNA, BEN = "a" * 32, "b" * 32
MENU = "pages/inside/mistakes.py"
LAB = "pages/learning/training_lab.py"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(launcher, "ensure", lambda _: None)


def browser(key: str, page: str, **parameters: str) -> AppTest:
    """The page as a new session of this browser shows it."""
    app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=60)
    app.session_state["browser_secret"] = key
    app.switch_page(page)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def trained(key: str) -> Run:
    run = start(TrainingSpec("digits", "tiny", epochs=1, limit=64), key)
    queue.withdraw(run.folder.path.parent, run.id)
    work(str(run.folder.path))
    return run


def offered(app: AppTest) -> list[str]:
    """The menu's titles; a run's ends with the last part of its name."""
    assert not app.exception
    return app.selectbox(key="run").options


def holds(options: list[str], run: Run) -> bool:
    return any(run.id.rpartition("-")[2] in option for option in options)


def test_a_browser_is_shown_its_own_runs_and_the_example_and_nobody_elses() -> None:
    annas, bens, from_python = trained(ANNA), trained(BEN), trained("")
    for key, own, other in ((ANNA, annas, bens), (BEN, bens, annas)):
        options = offered(browser(key, MENU))
        assert options[0].startswith("Example")
        assert holds(options, own)
        assert not holds(options, other)
        assert not holds(options, from_python)


def test_a_browser_that_has_told_no_key_is_shown_the_example_only() -> None:
    trained(ANNA)
    app = AppTest.from_file(str(ROOT / "explorer_app.py"), default_timeout=60)
    app.switch_page(MENU)
    assert len(offered(app.run())) == 1


def test_a_run_whose_link_was_opened_stays_in_the_menu_of_that_session_only() -> None:
    annas = trained(ANNA)
    app = browser(BEN, MENU, run=annas.id)
    assert app.selectbox(key="run").value == annas.id
    app.selectbox(key="run").select(EXAMPLE).run()
    assert app.selectbox(key="run").value == EXAMPLE
    assert holds(offered(app), annas)
    assert not holds(offered(browser(BEN, MENU)), annas)


def test_a_training_beyond_the_limits_is_refused_with_a_sentence_on_the_page(tmp_path: Path) -> None:
    app = browser(ANNA, LAB, epochs="1000")
    app.button(key="train").click().run(timeout=60)
    assert not app.exception
    assert "Choose at most 250 epochs" in app.error[0].value
    assert "Confusion matrix at step" in words(app)
    assert queue.waiting(tmp_path / "runs") == []


def test_a_race_beyond_the_limits_is_refused_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_WAITING", "1")
    app = browser(ANNA, "pages/seeing/pooling.py")
    (begin,) = [button for button in app.button if (button.key or "").endswith("_start")]
    begin.click().run(timeout=60)
    assert not app.exception
    assert any("one browser may have 1 in the queue" in error.value for error in app.error)
    assert queue.waiting(tmp_path / "runs") == []


def test_whoever_has_the_link_of_a_race_reads_its_titles() -> None:
    page = "pages/seeing/pooling.py"
    app = browser(ANNA, page)
    app.button(key="race_start").click().run(timeout=60)
    assert not app.exception
    (experiment,) = experiments()
    assert app.query_params["race"] == experiment.id
    assert list(experiment.runs) == ["max pooling", "strided"]
    shared = browser(BEN, page, race=experiment.id)
    assert "**Max pooling or strided convolutions**" in words(shared)
    assert {run.id for run in experiment.runs.values()} <= set(shared.session_state["runs_opened"])
    # A link from before there were experiments names the runs alone.
    old = browser(BEN, page, race=",".join(run.id for run in experiment.runs.values()))
    assert not old.exception
    assert "Runs of a link:" in words(old)
    for run in experiment.runs.values():
        run.folder.delete()
    gone = browser(BEN, page, race=experiment.id)
    assert "have been deleted to make room" in gone.error[0].value
    unknown = browser(BEN, page, race="experiment-none")
    assert "There is no experiment" in unknown.error[0].value


def test_a_command_that_was_not_obeyed_says_so_until_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained(ANNA)
    run.folder.set_status(Status("paused", 1, 2))
    monkeypatch.setenv("CNNVIZ_MAX_BROWSER_WAITING", "0")
    app = browser(ANNA, LAB, run=run.id)
    app.button(key="resume").click().run(timeout=60)
    assert not app.exception
    assert "in the queue" in app.error[0].value
    app.button(key="stop").click().run(timeout=60)
    assert not app.error
    assert run.state == "stopped"


for module in iter_modules(cnnviz.ui.states.__path__):
    import_module(f"cnnviz.ui.states.{module.name}")
RUN_PAGES = [state.page for state in State.pages.values() if "run" in state.fields]


@pytest.mark.parametrize("page", RUN_PAGES)
def test_a_run_whose_data_set_has_vanished_is_said_in_a_sentence_and_others_still_open(page: str) -> None:
    run = trained(ANNA)
    about = run.folder.path / "run.json"
    about.write_text(about.read_text().replace('"digits"', '"gone"'))
    app = browser(ANNA, page, run=run.id)
    assert not app.exception
    if app.error:
        assert any("There is no data set 'gone'" in error.value for error in app.error)
    others = browser(ANNA, page)
    assert not others.exception
    assert not others.error
